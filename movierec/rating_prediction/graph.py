"""The bipartite graph of ratings as arrays: who gave which movie how many stars, and what is known of both.

Shapes: U users, M movies, E ratings, R levels (the numbers of stars that occur), A features of a user, B of a
movie.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from movierec.errors import BadRequest
from movierec.ids import Ids
from movierec.rating_prediction.array_store import ArrayStore, slices, whole_rows

__all__ = ["MOST_LEVELS", "Features", "RatingGraph", "Side", "check_levels", "level_of"]

MOST_LEVELS = 50


@dataclass(frozen=True)
class Features:
    """How properties become numbers; the same for a user who comes later.

    genres, genders, occupations  the values that are known, each a number of its own, 0 or 1
    A year counts in decades from 1990 and an age in decades from 35; both have a second number that says whether
    they are known.
    """

    genres: tuple[str, ...]
    genders: tuple[str, ...]
    occupations: tuple[str, ...]

    @classmethod
    def of(cls, users: Sequence[Mapping[str, Any]], movies: Sequence[Mapping[str, Any]]) -> Features:
        """Those that occur among rows with gender, age and occupation, and among rows with genres and year."""
        return cls(
            tuple(sorted({genre for row in movies for genre in row["genres"] or ()})),
            tuple(sorted({row["gender"] for row in users if row["gender"] is not None})),
            tuple(sorted({row["occupation"] for row in users if row["occupation"] is not None})),
        )

    def of_users(self, rows: Sequence[Mapping[str, Any]]) -> NDArray[np.float32]:
        """(U, A)."""
        found = [
            [
                *(float(row["gender"] == gender) for gender in self.genders),
                *(float(row["occupation"] == occupation) for occupation in self.occupations),
                *_scaled(row["age"], 35.0, 10.0),
            ]
            for row in rows
        ]
        width = len(self.genders) + len(self.occupations) + 2
        return np.array(found, dtype=np.float32).reshape(len(rows), width)

    def of_movies(self, rows: Sequence[Mapping[str, Any]]) -> NDArray[np.float32]:
        """(M, B)."""
        found = [
            [
                *(float(genre in (row["genres"] or ())) for genre in self.genres),
                *_scaled(row["year"], 1990.0, 10.0),
            ]
            for row in rows
        ]
        return np.array(found, dtype=np.float32).reshape(len(rows), len(self.genres) + 2)


def _scaled(value: float | None, middle: float, unit: float) -> tuple[float, float]:
    return (0.0, 0.0) if value is None else ((value - middle) / unit, 1.0)


@dataclass(frozen=True)
class Side:
    """The ratings of each user, or those that each movie got. N receivers.

    indptr  (N + 1,) int64: those of receiver v are at indptr[v]:indptr[v + 1]
    others  (E,) int32 positions on the other side, by level and then by position
    levels  (E,) int8
    edges   (E,) int32, or int64 for more, which rating each is
    """

    indptr: NDArray[np.int64]
    others: NDArray[np.int32]
    levels: NDArray[np.int8]
    edges: NDArray[np.signedinteger]

    @property
    def degrees(self) -> NDArray[np.int64]:
        return np.diff(self.indptr)

    @classmethod
    def of(
        cls,
        n: int,
        receivers: NDArray[np.int32],
        others: NDArray[np.int32],
        levels: NDArray[np.int8],
        store: ArrayStore | None = None,
    ) -> Side:
        """Those of E ratings, in a `store`; some receivers at a time, so that not all are sorted in memory."""
        store = store or ArrayStore()
        n_ratings = len(receivers)
        degrees = np.zeros(n, dtype=np.int64)
        for part in slices(n_ratings, store.chunk_size):
            degrees += np.bincount(receivers[part], minlength=n)
        indptr = np.concatenate([[0], np.cumsum(degrees)])
        number = np.int32 if n_ratings < 2**31 else np.int64
        side = cls(indptr, *(store.zeros(n_ratings, kind) for kind in (np.int32, np.int8, number)))
        for rows in whole_rows(indptr, store.chunk_size):
            found = np.empty(0, np.int64)
            for part in slices(n_ratings, store.chunk_size):
                own = part.start + np.flatnonzero((receivers[part] >= rows.start) & (receivers[part] < rows.stop))
                found = np.append(found, own)
            found = found[np.lexsort((others[found], levels[found], receivers[found]))]
            entries = slice(indptr[rows.start], indptr[rows.stop])
            side.others[entries], side.levels[entries], side.edges[entries] = others[found], levels[found], found
        return side


@dataclass(frozen=True, kw_only=True)
class RatingGraph:
    """Ratings, in the order of users and then of movies.

    user_ids (U,), movie_ids (M,) int64 or str, ascending; stars (R,) float64, ascending
    users, movies (E,) int32 positions; levels (E,) int8, positions in `stars`
    user_features (U, A), movie_features (M, B) float32
    store  where arrays of E are made
    """

    user_ids: Ids
    movie_ids: Ids
    stars: NDArray[np.float64]
    users: NDArray[np.int32]
    movies: NDArray[np.int32]
    levels: NDArray[np.int8]
    features: Features
    user_features: NDArray[np.float32]
    movie_features: NDArray[np.float32]
    store: ArrayStore = field(default_factory=ArrayStore)

    @property
    def n_ratings(self) -> int:
        return len(self.users)

    def by_user(self) -> Side:
        return Side.of(len(self.user_ids), self.users, self.movies, self.levels, self.store)

    def by_movie(self) -> Side:
        return Side.of(len(self.movie_ids), self.movies, self.users, self.levels, self.store)

    def part(self, kept: NDArray[np.bool_]) -> RatingGraph:
        """The same users and movies, with a part of the ratings, (E,)."""
        users, movies, levels = (self.store.chosen(x, kept) for x in (self.users, self.movies, self.levels))
        return replace(self, users=users, movies=movies, levels=levels)

    def fingerprint(self) -> str:
        """A hash of the content: two graphs with the same one lead to the same model."""
        digest = hashlib.sha256()
        arrays = (self.user_ids, self.movie_ids, self.stars, self.users, self.movies, self.levels)
        for array in (*arrays, self.user_features, self.movie_features):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()[:16]


def check_levels(stars: NDArray[np.float64]) -> None:
    """Raises BadRequest where there is nothing to tell apart, or too much for a matrix each."""
    if len(stars) < 2:
        raise BadRequest(
            f"There are ratings of {len(stars)} different numbers of stars; expected 2 or more, to tell apart. "
            'Likes alone have none to predict: use "movierec recommend".'
        )
    if len(stars) > MOST_LEVELS:
        raise BadRequest(
            f"There are ratings of {len(stars)} different numbers of stars; expected at most {MOST_LEVELS}, as "
            "each has a matrix of its own. Load them rounded, such as to half stars."
        )


def level_of(stars: NDArray[np.float64], given: NDArray[np.float64]) -> NDArray[np.int8]:
    """(N,) the level that is nearest to each number of stars; of two that are as near, the lower."""
    middles = (stars[1:] + stars[:-1]) / 2.0
    return np.searchsorted(middles, given, side="left").astype(np.int8)
