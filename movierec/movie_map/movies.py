"""What a map shows: movies, where each lies, and which are most similar to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from movierec.ids import Ids

__all__ = ["MapMovies", "Region", "shown_genres"]


@dataclass(frozen=True, kw_only=True)
class MapMovies:
    """M movies, and K neighbours of each.

    movie_ids    (M,) int64 or str, ascending
    titles, years, genres, like_counts   of each; a year may be None
    places       (M, 2) float32, from -1 to 1
    neighbours   (M, K) int32, positions of the most similar movies, best first; -1 where there are fewer
    counts       (M, K) int32, users who like both
    distances    (M, K) float32, 1 - the cosine
    """

    movie_ids: Ids
    titles: Sequence[str]
    years: Sequence[int | None]
    genres: Sequence[Sequence[str]]
    like_counts: NDArray[np.int64]
    places: NDArray[np.float32]
    neighbours: NDArray[np.int32]
    counts: NDArray[np.int32]
    distances: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.titles)


@dataclass(frozen=True, kw_only=True)
class Region:
    """A part of the map, named by what is common there: its middle, and how many movies it has."""

    name: str
    x: float
    y: float
    movies: int


def shown_genres(genres: Sequence[Sequence[str]], most: int) -> list[str]:
    """The genres that most movies have, at most so many, by name where these are equal."""
    counts = Counter(genre for one in genres for genre in one)
    return [genre for genre, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]]
