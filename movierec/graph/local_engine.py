"""The local engine: the steps of a derivation with the counting on this side, for what takes Cypher hours.

The likes are pulled once, pairs are counted and weighted in compiled loops over arrays (`pair_kernel.py`), and
what comes of them is written in the same way as by the Cypher engine, in batches that can be repeated. The graph
is the same, but for the last digits of weights. Memory: about 100 bytes per like while they are pulled and
sorted, 20 after that, and of the edges one batch at a time.

With `top_k` each pair is counted three times: from both its ends for the cutoff of either, and again to be
written, so that no edges have to be kept in memory.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from movierec.database.connection import Row, Transaction
from movierec.database.query_files import load_query
from movierec.errors import ServerOutOfMemory
from movierec.graph.derive_steps import (
    BATCH_EDGES,
    BATCH_NODES,
    DAY,
    CoLikes,
    DeriveConstants,
    Likes,
    batches,
    mapped,
)
from movierec.graph.pair_kernel import MEASURE_CODES, best_cutoffs, count_following, count_pairs, fans_of
from movierec.graph.user_likes import PulledLikes, UserLikes
from movierec.ids import Id, id_array

__all__ = ["Block", "LocalCoLikes"]

_log = logging.getLogger(__name__)

BATCH_RATINGS = 200_000  # of users that are pulled in one transaction
BATCH_LIKES = 100_000  # written in one transaction
BLOCK_PATHS = 4_000_000  # that one thread counts at a time; at most as many edges, of 16 bytes

Cutoffs: TypeAlias = tuple[NDArray[np.float64], NDArray[np.int32]]  # (M,) weights and indexes


class LocalCoLikes(CoLikes):
    """The steps, counted on this side."""

    @cached_property
    def batch_edges(self) -> int:
        """Edges of a transaction; at most as many as a batch of the Cypher engine may have."""
        return min(BATCH_EDGES, self.batch_paths)

    def keep_likes(self, constants: DeriveConstants | None = None) -> Likes:
        users = self._run("derive/users")
        sizes = [row["ratings"] for row in users]
        parts: dict[int, PulledLikes] = {}

        def pull(first: int, last: int) -> None:
            parts[first] = self._pulled(users[first]["userId"], users[last]["userId"])

        self._in_blocks("pull likes", pull, sizes, BATCH_RATINGS, unit="ratings")
        pulled = PulledLikes.joined([parts[first] for first in sorted(parts)])
        parts.clear()
        if constants is None:
            auto = self.settings.sequential == "auto"
            sequential = pulled.resolution().tells_order if auto else self.settings.sequential == "on"
            reference_time = pulled.newest_at
        else:
            sequential, reference_time = constants.sequential, constants.reference_time
        days = self.settings.half_life_days
        most = self.settings.max_user_likes
        kept = pulled.kept(most, None if days is None else days * DAY, reference_time, sequential)
        n_capped = 0 if most is None else int((np.diff(pulled.indptr) > most).sum())
        self.likes = kept
        if not self.dry_run:
            self._repeat("derive/clear_likes", "users", BATCH_NODES, minRating=self.settings.min_rating)
            self._write_likes()
        list_sizes = np.diff(kept.indptr)
        return Likes(
            users=kept.n_users,
            likes=kept.n_likes,
            capped=n_capped,
            user_decays=float(kept.n_users if kept.decays is None else kept.decays[kept.indptr[:-1]].sum()),
            like_decays=float(kept.n_likes if kept.decays is None else kept.decays.sum()),
            reference_time=reference_time,
            sequential=sequential,
            paths=int((list_sizes**2).sum()),
        )

    @cached_property
    def likes(self) -> UserLikes:
        """The users' lists: those just kept, in an incremental derivation those on the users."""
        users = self._run("derive/users")
        sizes = [row["ratings"] for row in users]
        rows: list[Row] = []
        with self.progress("pull likes", sum(sizes), "ratings") as advance:
            for first, last in batches(sizes, BATCH_RATINGS):
                rows += self._run(
                    "derive/pull_lists",
                    firstUserId=users[first]["userId"],
                    lastUserId=users[last]["userId"],
                )
                advance(sum(sizes[first : last + 1]))
        has_decays = self.settings.half_life_days is not None
        has_ages = bool(rows) and rows[0]["ages"] is not None
        return UserLikes.from_lists(
            id_array(row["userId"] for row in rows),
            [np.array(row["indexes"], dtype=np.int32) for row in rows],
            [np.array(row["decays"], dtype=np.float64) for row in rows] if has_decays else None,
            [np.array(row["ages"], dtype=np.float32) for row in rows] if has_ages else None,
        )

    def count_likes(
        self, indexes: Sequence[int], reference_time: int, mean_list: float
    ) -> tuple[list[int], list[int]]:
        asked = np.array(indexes, dtype=np.int64)
        counts, decayed = self._like_counts
        if not self.dry_run:
            with self.progress("count likes", len(asked), "movies") as advance:
                for start in range(0, len(asked), BATCH_NODES):
                    batch = asked[start : start + BATCH_NODES]
                    self._run(
                        "derive/write_like_counts",
                        likeIndexes=batch,
                        likes=counts[batch],
                        decayed=None if decayed is None else decayed[batch],
                    )
                    advance(len(batch))
        return list(indexes), self.likes.paths(self._n_movies)[asked].tolist()

    def link(self, indexes: Sequence[int], paths: Sequence[int], constants: DeriveConstants) -> None:
        self._link_later(indexes, paths, constants, self._no_cutoffs())

    def link_best(self, indexes: Sequence[int], paths: Sequence[int], constants: DeriveConstants) -> None:
        cutoffs, top_k = self._no_cutoffs(), self.settings.top_k
        thresholds = self._thresholds(constants)

        def find(first: int, last: int) -> None:
            best_cutoffs(
                first, last + 1, self._lists, self._fans, self._decays, self._sums, thresholds, top_k, cutoffs
            )

        self._in_blocks("find the strongest", find, paths, BLOCK_PATHS)
        self._link_later(indexes, paths, constants, cutoffs)

    def relink(self, indexes: Sequence[int], paths: Sequence[int], constants: DeriveConstants) -> None:
        # A movie deletes all of its pairs, those that a batch before has made included, and makes them anew.
        def link(first: int, last: int) -> None:
            block = self._counted(indexes[first : last + 1], constants, self._no_cutoffs(), only_later=False)
            try:
                self._commit(block, "derive/clear_co_liked_of_movies", "derive/write_co_liked")
            except ServerOutOfMemory:
                if self.writers == 1 or first == last:
                    raise
                _log.warning("The server has too little memory for a batch; continuing with half of it.")
                middle = (first + last) // 2
                link(first, middle)
                link(middle + 1, last)

        self._in_blocks("recount pairs", link, paths, self.batch_paths, n_threads=1)

    def follow(self, indexes: Sequence[int], paths: Sequence[int]) -> int:
        likes, settings = self.likes, self.settings
        lists = (likes.indptr, likes.indexes)
        fans, ranks = fans_of(*lists, self._n_movies), self._ranks
        n_edges: list[int] = []

        def follow(first: int, last: int) -> None:
            batch = np.array(indexes[first : last + 1], dtype=np.int64)
            pointers, followers, weights = count_following(
                batch,
                lists,
                fans,
                likes.ages,
                float(settings.follow_window),
                float(settings.follow_scale),
                settings.follow_top_k,
                ranks,
            )
            block = Block(batch, pointers, followers, {"weights": weights})
            if not self.dry_run:
                self.write_block(block, "derive/clear_followed_by_from_movies", "derive/write_followed_by")
            n_edges.append(len(followers))

        self._in_blocks("count what follows", follow, paths, BLOCK_PATHS)
        return sum(n_edges)

    def _pulled(self, first_user: Id, last_user: Id) -> PulledLikes:
        rows = self._run(
            "derive/pull_likes",
            firstUserId=first_user,
            lastUserId=last_user,
            minRating=self.settings.min_rating,
        )
        return PulledLikes.of(
            id_array(row["userId"] for row in rows),
            np.array([len(row["indexes"]) for row in rows], dtype=np.int64),
            np.concatenate([np.empty(0, np.int32), *(np.array(row["indexes"], np.int32) for row in rows)]),
            np.concatenate([np.empty(0, np.int64), *(np.array(row["timestamps"], np.int64) for row in rows)]),
        )

    def _write_likes(self) -> None:
        """What the users like, onto the users."""
        likes = self.likes
        sizes = np.diff(likes.indptr)

        def write(first: int, last: int) -> None:
            bounds = [(likes.indptr[user], likes.indptr[user + 1]) for user in range(first, last + 1)]

            def lists_of(values: NDArray[Any] | None) -> list[list[Any]] | None:
                return None if values is None else [values[start:end].tolist() for start, end in bounds]

            self._run(
                "derive/write_likes",
                userIds=likes.user_ids[first : last + 1].tolist(),
                indexes=lists_of(likes.indexes),
                decays=lists_of(likes.decays),
                ages=lists_of(likes.ages),
            )

        self._in_blocks("write likes", write, sizes.tolist(), BATCH_LIKES, unit="likes")

    def _link_later(
        self, indexes: Sequence[int], paths: Sequence[int], constants: DeriveConstants, cutoffs: Cutoffs
    ) -> None:
        """The pairs of each movie with those of a larger index."""

        def link(first: int, last: int) -> None:
            block = self._counted(indexes[first : last + 1], constants, cutoffs, only_later=True)
            if self.on_rows is None:
                self.write_block(block, "derive/clear_co_liked_from_movies", "derive/write_co_liked")
            else:
                self.on_rows(block.rows())

        self._in_blocks("count pairs", link, paths, BLOCK_PATHS)

    def _counted(
        self, indexes: Sequence[int], constants: DeriveConstants, cutoffs: Cutoffs, *, only_later: bool
    ) -> Block:
        batch = np.array(indexes, dtype=np.int64)
        pointers, neighbours, counts, weights = count_pairs(
            batch,
            only_later,
            self._lists,
            self._fans,
            self._decays,
            self._sums,
            self._thresholds(constants),
            cutoffs,
        )
        return Block(batch, pointers, neighbours, {"counts": counts, "weights": weights})

    def write_block(self, block: Block, before: str, query: str) -> None:
        """Write a block in transactions of about BATCH_EDGES each, fewer where the server's memory asks for it."""
        for first, last in batches(np.diff(block.pointers), self.batch_edges):
            part = block.part(first, last)
            try:
                self._commit(part, before, query)
            except ServerOutOfMemory:
                # With writers each part is a transaction of its own, of which a smaller one may fit.
                if self.writers == 1 or first == last:
                    raise
                self.batch_edges = max(1, part.n_edges // 2)
                _log.warning(
                    "The server has too little memory for a batch; continuing with %d edges.", self.batch_edges
                )
                self.write_block(part, before, query)

    def _commit(self, block: Block, before: str, query: str) -> None:
        """Write a block in one transaction that can be repeated: what is there of it goes first."""
        sources, targets = block.ends()
        if query == "derive/write_co_liked":
            # From the smaller movieId.
            is_turned = self._ranks[sources] > self._ranks[targets]
            sources, targets = np.where(is_turned, targets, sources), np.where(is_turned, sources, targets)
        movies, places = np.unique(np.concatenate([sources, targets]), return_inverse=True)
        parameters = {
            "likeIndexes": movies,
            "sources": places[: len(sources)],
            "targets": places[len(sources) :],
            **block.values(),
        }

        def write(transaction: Transaction) -> None:
            transaction.run(load_query(before), likeIndexes=block.indexes)
            transaction.run(load_query(query), **parameters)

        self.run_in_transaction(write)

    def _in_blocks(
        self,
        title: str,
        work: Callable[[int, int], None],
        sizes: Sequence[int],
        most: int,
        *,
        unit: str = "paths",
        n_threads: int | None = None,
    ) -> None:
        """Do all of `work`, a block of about `most` at a time, in as many threads as there are writers."""

        def counted(bounds: tuple[int, int]) -> int:
            first, last = bounds
            work(first, last)
            return int(np.sum(sizes[first : last + 1]))

        with self.progress(title, int(np.sum(sizes)), unit) as advance:
            for done in mapped(n_threads or self.writers, counted, batches(sizes, most)):
                advance(done)

    @cached_property
    def _n_movies(self) -> int:
        return self.last_index() + 1

    @cached_property
    def _by_index(self) -> UserLikes:
        return self.likes.by_index()

    @property
    def _lists(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        return self._by_index.indptr, self._by_index.indexes

    @property
    def _decays(self) -> NDArray[np.float64]:
        return np.empty(0) if self._by_index.decays is None else self._by_index.decays

    @cached_property
    def _fans(self) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]:
        fans: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]] = fans_of(
            *self._lists, self._n_movies
        )
        return fans

    @cached_property
    def _like_counts(self) -> tuple[NDArray[np.int64], NDArray[np.float64] | None]:
        """(M,) users who like each movie, and with a half-life the sum of their decays."""
        likes = self.likes
        counts = np.bincount(likes.indexes, minlength=self._n_movies).astype(np.int64)
        if likes.decays is None:
            return counts, None
        return counts, np.bincount(likes.indexes, likes.decays, self._n_movies).astype(np.float64)

    @property
    def _sums(self) -> NDArray[np.float64]:
        counts, decayed = self._like_counts
        return counts.astype(np.float64) if decayed is None else decayed

    def _no_cutoffs(self) -> Cutoffs:
        return np.zeros(self._n_movies), np.zeros(self._n_movies, dtype=np.int32)

    def _thresholds(self, constants: DeriveConstants) -> tuple[int, float, float, float, int]:
        settings = self.settings
        return (
            MEASURE_CODES[settings.measure],
            float(constants.denominator),
            float(settings.damping),
            float(settings.min_weight or 0.0),
            int(settings.min_count or 1),
        )

    @cached_property
    def _ranks(self) -> NDArray[np.int64]:
        """(M,) the place of each movie in the order of the movieIds: where CO_LIKED starts, and which of equal
        weights is kept.
        """
        ranks = np.zeros(self._n_movies, dtype=np.int64)
        indexes = [row["likeIndex"] for row in self._run("derive/movies_by_id")]
        ranks[indexes] = np.arange(len(indexes))
        return ranks


@dataclass(frozen=True)
class Block:
    """The edges of n movies: those of movie indexes[i] are pointers[i] to pointers[i + 1]."""

    indexes: NDArray[np.int64]  # (n,) likeIndexes
    pointers: NDArray[np.int64]  # (n + 1,)
    neighbours: NDArray[np.int32]  # (E,) likeIndexes
    columns: dict[str, NDArray[Any]]  # (E,) counts, weights

    @property
    def n_edges(self) -> int:
        return int(self.pointers[-1] - self.pointers[0])

    def part(self, first: int, last: int) -> Block:
        """The edges of movies first..last."""
        return replace(self, indexes=self.indexes[first : last + 1], pointers=self.pointers[first : last + 2])

    def ends(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(E,) likeIndexes of both movies of each edge."""
        neighbours = self.neighbours[self.pointers[0] : self.pointers[-1]]
        return np.repeat(self.indexes, np.diff(self.pointers)), neighbours.astype(np.int64)

    def values(self) -> dict[str, NDArray[Any]]:
        """The columns of these edges."""
        return {name: column[self.pointers[0] : self.pointers[-1]] for name, column in self.columns.items()}

    def rows(self) -> list[Row]:
        """As derive/co_liked returns them in a dry run."""
        return [
            {
                "likeIndex": int(index),
                "edges": end - start,
                "neighbours": self.neighbours[start:end],
                "weights": self.columns["weights"][start:end],
            }
            for index, (start, end) in zip(self.indexes, pairwise(self.pointers.tolist()), strict=True)
        ]
