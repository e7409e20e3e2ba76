"""The steps of a derivation, each a query file run over batches.

    RATED  ->  Movie.likeIndex, User.likedIndexes  ->  Movie.likeCount  ->  CO_LIKED

A liked movie has a number, its index; a user has the list of the indexes of what they like. A movie's pairs are
then counted by going to the users who like it and unrolling their lists: one step in the graph for each like,
and none for each pair.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from movierec.database.connection import Row, Transaction
from movierec.database.query_files import load_query
from movierec.errors import ServerOutOfMemory
from movierec.graph.settings import DeriveSettings
from movierec.ids import Id
from movierec.progress import Advance, Progress, silent
from movierec.thread_pool import thread_pool

__all__ = [
    "BATCH_EDGES",
    "BATCH_NODES",
    "BATCH_PATHS",
    "DAY",
    "WRITERS",
    "CoLikes",
    "DeriveConstants",
    "InTransaction",
    "Likes",
    "batches",
    "mapped",
]

_log = logging.getLogger(__name__)

BATCH_PATHS = 400_000  # movie - user - movie; a fifth of a second of counting, at most as many edges
WRITERS = 2  # batches in the making: one is counted while another is written
BATCH_LIKES = 50_000
BATCH_NODES = 10_000
BATCH_EDGES = 50_000
BATCH_USERS = 500
DAY = 86_400.0  # seconds

T = TypeVar("T")


class InTransaction(Protocol):
    """Run some work in a transaction: in one for all, or in a new one each time."""

    def __call__(self, work: Callable[[Transaction], T]) -> T: ...


@dataclass(frozen=True)
class DeriveConstants:
    """What a full derivation finds, and an incremental one after it keeps."""

    denominator: float  # D
    reference_time: int  # Unix seconds; a like of this time or later counts in full
    sequential: bool  # whether FOLLOWED_BY is derived too


@dataclass(kw_only=True)
class Likes:
    """What is liked: sums over the users, and with a half-life over decays."""

    users: int = 0
    likes: int = 0
    capped: int = 0  # users with more likes than are used
    user_decays: float = 0.0
    like_decays: float = 0.0
    reference_time: int = 0  # Unix seconds
    sequential: bool = False
    paths: int = 0  # movie - user - movie: sum over users of the likes that are used, squared

    @property
    def mean_list(self) -> float:
        """Likes of a user, the mean over likes."""
        return self.paths / max(self.likes, 1)

    def constants(self, denominator: str) -> DeriveConstants:
        d = self.user_decays if denominator == "users" else self.like_decays
        return DeriveConstants(d, self.reference_time, self.sequential)


class CoLikes:
    """The steps. With `on_rows` a dry run: that gets the rows of the pairs, and no edge is changed."""

    def __init__(
        self,
        run_in_transaction: InTransaction,
        settings: DeriveSettings,
        progress: Progress = silent,
        batch_paths: int = BATCH_PATHS,
        *,
        writers: int = 1,
        on_rows: Callable[[list[Row]], None] | None = None,
    ) -> None:
        self.run_in_transaction = run_in_transaction
        self.settings = settings
        self.progress = progress
        self.batch_paths = batch_paths
        self.writers = writers
        self.on_rows = on_rows
        self.dry_run = on_rows is not None

    def clear_edges(self) -> None:
        """Delete CO_LIKED and FOLLOWED_BY."""
        old = self._run("derive/summary")[0]
        with self.progress("clear old edges", old["edges"] + old["followedBy"], "edges") as advance:
            self._repeat("derive/clear_co_liked", "edges", BATCH_EDGES, advance=advance)
            self._repeat("derive/clear_followed_by", "edges", BATCH_EDGES, advance=advance)

    def index_all_movies(self) -> int:
        """Number the liked movies anew, by movieId; returns how many there are."""
        self._repeat("derive/clear_like_indexes", "movies", BATCH_NODES, minRating=self.settings.min_rating)
        movies = self._run("derive/liked_movies", minRating=self.settings.min_rating)
        self._index_movies([row["movieId"] for row in movies], 0, "derive/index_movies")
        return len(movies)

    def index_new_movies(self) -> None:
        """Number the movies that changed users like and that have no number yet, after the others."""
        movies = self._run("derive/unindexed_movies", minRating=self.settings.min_rating)
        self._index_movies([row["movieId"] for row in movies], self.last_index() + 1, "derive/index_new_movies")

    def last_index(self) -> int:
        index = self._run("derive/last_like_index")[0]["lastIndex"]
        return -1 if index is None else int(index)

    def keep_likes(self, constants: DeriveConstants | None = None) -> Likes:
        """Keep on every user what they like; of `constants` those that are to stay."""
        raters = self._run("derive/raters", minRating=self.settings.min_rating)
        total = Likes(
            reference_time=max((row["newestAt"] for row in raters), default=0),
            paths=sum(self._kept(row["likes"]) ** 2 for row in raters),
        )
        if constants is not None:
            total.reference_time = constants.reference_time
        self._repeat("derive/clear_likes", "users", BATCH_NODES, minRating=self.settings.min_rating)
        sizes = [row["likes"] for row in raters]
        with self.progress("likes", sum(sizes), "likes") as advance:
            for first, last in batches(sizes, BATCH_LIKES):
                (row,) = self._run(
                    "derive/likes",
                    firstUserId=raters[first]["userId"],
                    lastUserId=raters[last]["userId"],
                    maxUserLikes=self.settings.max_user_likes,
                    **self._ageing(total.reference_time),
                )
                total.users += row["users"]
                total.likes += row["likes"]
                total.capped += row["capped"]
                total.user_decays += row["userDecays"]
                total.like_decays += row["likeDecays"]
                advance(sum(sizes[first : last + 1]))
        total.sequential = self._has_reliable_timestamps() if constants is None else constants.sequential
        if total.sequential:
            self.keep_ages([row["userId"] for row in raters])
        return total

    def keep_changed_likes(self, reference_time: int) -> int:
        """The same for changed users; marks the movies whose likes have changed. Returns how many users."""
        users = self.changed_users()
        for start in range(0, len(users), BATCH_USERS):
            self._run(
                "derive/changed_likes",
                userIds=users[start : start + BATCH_USERS],
                maxUserLikes=self.settings.max_user_likes,
                **self._ageing(reference_time),
            )
        return len(users)

    def keep_ages(self, user_ids: Sequence[Id]) -> None:
        """Keep on users how many likes ago each of theirs was."""
        with self.progress("order of likes", len(user_ids), "users") as advance:
            for start in range(0, len(user_ids), BATCH_USERS):
                batch = list(user_ids[start : start + BATCH_USERS])
                self._run("derive/like_ages", userIds=batch, minRating=self.settings.min_rating)
                advance(len(batch))

    def changed_users(self) -> list[int]:
        return [row["userId"] for row in self._run("derive/changed_users")]

    def mark_order_changed(self) -> None:
        """Mark what changed users like by their lists, before and after these change."""
        self._run("derive/mark_order_changed")

    def order_changed_indexes(self) -> list[int]:
        return [row["likeIndex"] for row in self._run("derive/order_changed_movies")]

    def follow(self, indexes: Sequence[int], paths: Sequence[int]) -> int:
        """Count, weight and write what follows each movie; returns how many relationships."""
        settings, last_index, edges = self.settings, self.last_index(), 0
        with self.progress("count what follows", sum(paths), "paths") as advance:
            for first, last in batches(paths, self.batch_paths):
                batch = list(indexes[first : last + 1])

                def write(transaction: Transaction, batch: list[int] = batch) -> list[Row]:
                    if not self.dry_run:
                        transaction.run(load_query("derive/clear_followed_by_from_movies"), likeIndexes=batch)
                    return transaction.run(
                        load_query("derive/followed_by"),
                        likeIndexes=batch,
                        lastIndex=last_index,
                        minRating=settings.min_rating,
                        followScale=settings.follow_scale,
                        followWindow=settings.follow_window,
                        followTopK=settings.follow_top_k,
                        dryRun=self.dry_run,
                    )

                edges += sum(row["edges"] for row in self.run_in_transaction(write))
                advance(int(np.sum(paths[first : last + 1])))
        return edges

    def has_changes(self) -> bool:
        """Whether anything has changed since the last derivation, movies that are gone included."""
        return bool(self._run("derive/has_changes")[0]["hasChanges"])

    def changed_indexes(self) -> list[int]:
        return [row["likeIndex"] for row in self._run("derive/changed_movies")]

    def count_likes(
        self, indexes: Sequence[int], reference_time: int, mean_list: float
    ) -> tuple[list[int], list[int]]:
        """Put the number of likes on the movies; returns the indexes of movies, and the paths of each.

        Paths are estimated by `mean_list`, the mean size of the list of a like's user: to read the lists
        themselves would take as long as to count the pairs.
        """
        rows: list[Row] = []
        with self.progress("count likes", len(indexes), "movies") as advance:
            for start in range(0, len(indexes), BATCH_NODES):
                batch = list(indexes[start : start + BATCH_NODES])
                rows += self._run(
                    "derive/count_likes",
                    likeIndexes=batch,
                    isCapped=self.settings.max_user_likes is not None,
                    **self._ageing(reference_time),
                )
                advance(len(batch))
        return [row["likeIndex"] for row in rows], [math.ceil(row["likes"] * mean_list) for row in rows]

    def link(self, indexes: Sequence[int], paths: Sequence[int], constants: DeriveConstants) -> None:
        """Count, weight and write the pairs of each movie with those of a larger index."""
        # A batch whose commit was not answered is repeated, and must not find its own edges there.
        before = "derive/clear_co_liked_from_movies"
        self._link("derive/co_liked", indexes, paths, constants, more={}, before=before)

    def link_best(self, indexes: Sequence[int], paths: Sequence[int], constants: DeriveConstants) -> None:
        """The pairs of each movie with all others, of each the best `top_k`."""
        more = {"lastIndex": self.last_index(), "topK": self.settings.top_k}
        self._link("derive/co_liked_of_movies", indexes, paths, constants, more=more)

    def relink(self, indexes: Sequence[int], paths: Sequence[int], constants: DeriveConstants) -> None:
        """Delete the pairs of the movies and make them anew, each batch in one transaction."""
        last_index = self.last_index()
        more = {"lastIndex": last_index, "topK": last_index + 1}  # no movie has as many neighbours
        before = "derive/clear_co_liked_of_movies"
        self._link("derive/co_liked_of_movies", indexes, paths, constants, more=more, before=before)

    def totals(self) -> Likes:
        """How many users like anything, how many likes there are, and paths over all lists."""
        (row,) = self._run("derive/like_totals")
        return Likes(users=row["users"], likes=row["likes"], paths=row["paths"])

    def clear_changed(self) -> None:
        self._repeat("derive/clear_changed", "nodes", BATCH_NODES)

    def _index_movies(self, movie_ids: list[Id], first: int, query: str) -> None:
        for start in range(0, len(movie_ids), BATCH_NODES):
            batch = movie_ids[start : start + BATCH_NODES]
            self._run(query, movieIds=batch, firstIndex=first + start)

    def _link(
        self,
        query: str,
        indexes: Sequence[int],
        paths: Sequence[int],
        constants: DeriveConstants,
        *,
        more: dict[str, Any],
        before: str = "",
    ) -> None:
        settings = self.settings
        half_life_days = settings.half_life_days is not None
        parameters = more | {
            "minRating": settings.min_rating,
            "isCapped": settings.max_user_likes is not None,
            "measure": settings.measure,
            "denominatorValue": constants.denominator,
            "damping": settings.damping,
            "minWeight": settings.min_weight,
            "minCount": settings.min_count,
            "dryRun": self.dry_run,
            **(self._ageing(constants.reference_time) if half_life_days else {}),
        }
        text = load_query(f"{query}_decayed" if half_life_days else query)

        def written(first: int, last: int) -> list[Row]:
            n_paths = int(np.sum(paths[first : last + 1]))
            if n_paths > self.batch_paths and first < last:
                return halves(first, last)
            batch = list(indexes[first : last + 1])

            def write(transaction: Transaction) -> list[Row]:
                if before and not self.dry_run:
                    transaction.run(load_query(before), likeIndexes=batch)
                return transaction.run(text, likeIndexes=batch, **parameters)

            try:
                return self.run_in_transaction(write)
            except ServerOutOfMemory:
                # With writers each batch is a transaction of its own, of which a smaller one may fit.
                if self.writers == 1 or first == last:
                    raise
                self.batch_paths = min(self.batch_paths, n_paths // 2)
                _log.warning(
                    "The server has too little memory for a batch; continuing with %d paths.", self.batch_paths
                )
            return halves(first, last)

        def halves(first: int, last: int) -> list[Row]:
            middle = (first + last) // 2
            return [*written(first, middle), *written(middle + 1, last)]

        def work(bounds: tuple[int, int]) -> tuple[int, list[Row]]:
            first, last = bounds
            return int(np.sum(paths[first : last + 1])), written(first, last)

        # Two that MERGE the same pair from its two ends would be in each other's way.
        writers = self.writers if query == "derive/co_liked" else 1
        with self.progress("count pairs", sum(paths), "paths") as advance:
            for n_paths, rows in mapped(writers, work, batches(paths, self.batch_paths)):
                advance(n_paths)
                if self.on_rows is not None:
                    self.on_rows(rows)

    def _ageing(self, reference_time: int) -> dict[str, Any]:
        days = self.settings.half_life_days
        return {
            "minRating": self.settings.min_rating,
            "halfLifeSeconds": None if days is None else days * DAY,
            "referenceTime": reference_time,
        }

    def _kept(self, likes: int) -> int:
        return min(likes, self.settings.max_user_likes or likes)

    def _repeat(
        self, query: str, counted: str, limit: int, *, advance: Advance | None = None, **parameters: Any
    ) -> None:
        """Run a query that does at most `limit` until it finds nothing more to do."""
        while done := self._run(query, limit=limit, **parameters)[0][counted]:
            if advance is not None:
                advance(done)

    def _has_reliable_timestamps(self) -> bool:
        """Whether FOLLOWED_BY is to be derived: by the setting, or if times tell likes of an hour apart."""
        if self.settings.sequential != "auto":
            return self.settings.sequential == "on"
        (times,) = self._run("derive/timestamp_resolution", minRating=self.settings.min_rating)
        return bool(times["distinct"] >= max(1, times["tied"]))

    def _run(self, query: str, **parameters: Any) -> list[Row]:
        return self.run_in_transaction(lambda transaction: transaction.run(load_query(query), **parameters))


def mapped(n_threads: int, work: Callable[[Any], T], items: Iterator[Any]) -> Iterator[T]:
    """The results of `work` in order; in threads of their own if more than one."""
    if n_threads == 1:
        yield from map(work, items)
        return
    with thread_pool(n_threads, "writer") as pool:
        yield from pool.map(work, items)


def batches(sizes: Sequence[int] | NDArray[np.int64], most: int) -> Iterator[tuple[int, int]]:
    """(first, last) positions of runs of items whose sizes sum up to about `most`; a larger item is alone."""
    ends = np.searchsorted(np.cumsum(sizes), np.arange(most, np.sum(sizes), most))
    bounds = np.unique(np.concatenate([[-1], ends, [len(sizes) - 1]]))
    return ((int(before) + 1, int(last)) for before, last in pairwise(bounds))
