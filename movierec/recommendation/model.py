"""The model as arrays, for many answers from one process: pulled once, and again when a new training is live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import Adjacency, positions_in, unit_vectors, vector_table
from movierec.database.connection import Database, Row
from movierec.database.query_files import load_query
from movierec.database.runs import consistent_read, require_live_run
from movierec.errors import StageMissing
from movierec.graph.pull import pull_edges
from movierec.lookup.filters import Filters
from movierec.recommendation.scoring import Liked, Scorer, likes_ago

__all__ = ["Model", "is_in_order", "pull_model", "require_model"]


@dataclass(frozen=True)
class Model:
    """Everything that recommending reads but users' likes; M movies, those that anybody likes.

    movie_ids      (M,) int64, ascending
    like_counts    (M,) int64, rating_counts (M,) int64: users who like, and who rated each
    titles, years, genres   of each; a year may be None
    unit           (M, D) float32: Movie.embedding at length 1, zeros where a movie has none
    scorer         the tables and the graph
    min_rating     stars from which a rating is a like
    run_id         the training that is live
    derive_id      the derive that made the graph
    """

    movie_ids: NDArray[np.int64]
    like_counts: NDArray[np.int64]
    rating_counts: NDArray[np.int64]
    titles: list[str]
    years: list[int | None]
    genres: list[list[str]]
    unit: NDArray[np.float32]
    scorer: Scorer
    min_rating: float
    run_id: str
    derive_id: str

    @property
    def order(self) -> str:
        return "off" if self.scorer.recency is None else "on"

    @cached_property
    def known_genres(self) -> set[str]:
        return {genre for genres in self.genres for genre in genres}

    @cached_property
    def _year_numbers(self) -> NDArray[np.float64]:
        return np.array([np.nan if year is None else year for year in self.years])

    @cached_property
    def _genre_members(self) -> dict[str, NDArray[np.bool_]]:
        return {genre: np.array([genre in one for one in self.genres]) for genre in self.known_genres}

    def positions(self, movie_ids: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
        """Positions of those of `movie_ids` that are in the model, in the order given."""
        return positions_in(self.movie_ids, movie_ids)

    def liked(self, movie_ids: list[int], times: list[int], disliked: Sequence[int] = ()) -> Liked:
        """A user's likes, newest first; those that the model does not know count as steps all the same."""
        ago = likes_ago(np.array(times, dtype=np.int64))
        known = np.isin(np.array(movie_ids, dtype=np.int64), self.movie_ids)
        return Liked(self.positions(movie_ids), ago[known], self.positions(disliked))

    def allowed(self, filters: Filters) -> NDArray[np.bool_]:
        """(M,) which movies the filters let through, whatever the user has rated."""
        allowed = np.ones(len(self.movie_ids), dtype=bool)
        nobody = np.zeros(len(self.movie_ids), dtype=bool)
        if filters.any_genre:
            allowed &= np.any([self._genre_members.get(genre, nobody) for genre in filters.any_genre], axis=0)
        for genre in filters.all_genres:
            allowed &= self._genre_members.get(genre, nobody)
        for genre in filters.no_genres:
            allowed &= ~self._genre_members.get(genre, nobody)
        if filters.from_year is not None:
            allowed &= self._year_numbers >= filters.from_year
        if filters.to_year is not None:
            allowed &= self._year_numbers <= filters.to_year
        allowed &= self.rating_counts >= filters.min_ratings
        allowed[self.positions(filters.exclude)] = False
        return allowed

    def describe(self, position: int) -> dict[str, Any]:
        """movieId, title, year, genres and likeCount of a movie, as rows of answers begin."""
        return {
            "movieId": int(self.movie_ids[position]),
            "title": self.titles[position],
            "year": self.years[position],
            "genres": self.genres[position],
            "likeCount": int(self.like_counts[position]),
        }


def is_in_order(run: dict[str, Any]) -> bool:
    """Whether a training heeded the order of likes."""
    return bool(run.get("order") == "on")


def require_model(database: Database, derived: Row) -> Row:
    """The live Run. Raises StageMissing when nothing was trained yet, or only by an earlier version, or in an
    order of likes that the derive since then has not.
    """
    run = require_live_run(database)
    if "temperature" not in run:
        raise StageMissing(f'{run["runId"]} is of an earlier version of movierec. Run "movierec train" again.')
    if is_in_order(run) and not derived.get("ordered"):
        raise StageMissing(
            f"{run['runId']} heeded the order of likes, {derived['runId']} has none. "
            'Run "movierec train" again, or "movierec derive --order on".'
        )
    return run


def pull_model(database: Database) -> Model:
    """The model of the live training and the last derive; StageMissing before both are done."""
    with consistent_read(database, "derive") as derived, consistent_read(database, "train"):
        run = require_model(database, derived)
        rows = database.read(load_query("recommend/model"))
        ordered = is_in_order(run)
        sources, targets, weights = pull_edges(database, "FOLLOWED_BY" if ordered else "CO_LIKED")
    movie_ids = np.array([row["movieId"] for row in rows], dtype=np.int64)
    like_counts = np.array([row["likeCount"] for row in rows], dtype=np.int64)
    if not np.isin(np.concatenate([sources, targets]), movie_ids).all():
        raise StageMissing('A movie that nobody likes is still linked. Run "movierec derive" again.')
    heads, tails = np.searchsorted(movie_ids, sources), np.searchsorted(movie_ids, targets)
    if ordered:
        evidence = Adjacency.from_edges(len(rows), heads, tails, weights / np.sqrt(like_counts[tails]))
    else:
        evidence = Adjacency.from_undirected(len(rows), heads, tails, weights)
    vectors = vector_table([row["embedding"] for row in rows])
    if vectors is None:
        raise StageMissing('No movie has a vector. Run "movierec train" first.')
    profiles, contexts = (
        vector_table([row["profileEmbedding"] for row in rows]),
        vector_table([row["contextEmbedding"] for row in rows]),
    )
    bias = tuned = None
    if profiles is not None:
        bias = np.array([row["likeBias"] or 0.0 for row in rows], dtype=np.float32)
        tuned = np.array([row["likeBias"] is not None for row in rows])
    return Model(
        movie_ids,
        like_counts,
        np.array([row["ratings"] for row in rows], dtype=np.int64),
        [row["title"] for row in rows],
        [row["year"] for row in rows],
        [row["genres"] or [] for row in rows],
        unit_vectors(vectors),
        Scorer(
            evidence,
            run["recency"] if ordered else None,
            profiles,
            contexts,
            bias,
            tuned,
            run["temperature"],
            run["evidence"],
        ),
        derived["minRating"],
        run["runId"],
        derived["runId"],
    )
