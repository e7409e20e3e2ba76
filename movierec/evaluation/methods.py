"""movierec's own methods: each scores every candidate movie for a block of users. Pure: arrays in, arrays out.

    vectors_cosine   the walk embeddings alone: mean cosine with the liked movies
    vectors_kernel   the same vectors with popularity: exp(8 cosine), of each like's 50 nearest, times sqrt(likes)
    co_liked         the graph alone: sum of CO_LIKED weights to the liked movies
    profile_vectors  the profile score alone
    movierec         what `recommend` ranks by

Shapes: B users of a block, C candidates (movies liked in training), T likes of all users, D dimensions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import Adjacency, Lists
from movierec.ids import Ids
from movierec.recommendation.scoring import LikeHistories, Scorer, block_rows

__all__ = [
    "Candidates",
    "Method",
    "Methods",
    "UserProfiles",
    "above_zero",
    "co_liked",
    "kernel",
    "mean_cosine",
    "movierec_scores",
]

KERNEL, NEAREST = 8.0, 50


@dataclass(frozen=True)
class UserProfiles:
    """U users: likes, newest first, and which movies are rated, as positions; all of the training part."""

    user_ids: Ids
    likes: LikeHistories
    rated: Lists

    def __len__(self) -> int:
        return len(self.user_ids)

    def part(self, start: int, end: int) -> UserProfiles:
        """Users `start` to `end`."""
        return UserProfiles(self.user_ids[start:end], self.likes.part(start, end), self.rated.part(start, end))

    def taken(self, chosen: NDArray[np.int64]) -> UserProfiles:
        """The users `chosen`, in that order."""
        return UserProfiles(self.user_ids[chosen], self.likes.taken(chosen), self.rated.taken(chosen))


Method = Callable[[UserProfiles], NDArray[np.float64]]  # -> (B, C) scores; -inf: not to be recommended
# Several methods that have parts of their work in common: name and scores of each, one after the other.
Methods = Callable[[UserProfiles], Iterable[tuple[str, NDArray[np.float64]]]]


@dataclass(frozen=True)
class Candidates:
    """What the methods read, all in the order of `movie_ids`.

    movie_ids    (C,) int64 or str, ascending: the movies that any user likes in the training part
    like_counts  (C,) float64
    co_liked     rows of CO_LIKED, each edge in both
    unit         (C, D) float32: vectors of length 1; zeros where a movie has none
    """

    movie_ids: Ids
    like_counts: NDArray[np.float64]
    co_liked: Adjacency
    unit: NDArray[np.float32]


def mean_cosine(candidates: Candidates) -> Method:
    """(B, C) mean cosine of each movie with the liked ones."""
    unit = candidates.unit

    def scores(users: UserProfiles) -> NDArray[np.float64]:
        liked = users.likes.movies
        means = liked.sums(unit[liked.values]) / np.maximum(liked.sizes, 1)[:, None]
        return (means.astype(np.float32) @ unit.T).astype(np.float64)

    return scores


def kernel(candidates: Candidates) -> Method:
    """(B, C) sum of exp(8 cosine) to the liked movies, of each like's 50 nearest, times sqrt(likes)."""
    near, popularity = _nearest(candidates.unit), np.sqrt(candidates.like_counts)

    def scores(users: UserProfiles) -> NDArray[np.float64]:
        liked = users.likes.movies
        return near.weighted_neighbour_sums(liked, np.ones(len(liked.values))) * popularity

    return scores


def co_liked(candidates: Candidates) -> Method:
    """(B, C) sum of CO_LIKED weights to the liked movies, -inf without an edge to any."""

    def scores(users: UserProfiles) -> NDArray[np.float64]:
        liked = users.likes.movies
        return above_zero(candidates.co_liked.weighted_neighbour_sums(liked, np.ones(len(liked.values))))

    return scores


def movierec_scores(scorer: Scorer) -> Methods:
    """(B, C) what `recommend` ranks by, and the profile score alone; -inf where it recommends nothing."""

    def scores(users: UserProfiles) -> Iterable[tuple[str, NDArray[np.float64]]]:
        is_rated = users.rated.marked(scorer.n_movies)
        score = scorer.profile_scores(users.likes, is_rated)
        if scorer.profiles is not None:
            yield "profile_vectors", above_zero(score)
        score += scorer.graph_scores(users.likes, is_rated)
        score += scorer.prediction_scores(users.likes, is_rated)
        score += scorer.encoder_scores(users.likes, is_rated)
        yield "movierec", above_zero(score)

    return scores


def above_zero(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The scores; -inf, not to be recommended, for what is not above 0."""
    return np.where(scores > 0, scores, -np.inf)


def _nearest(unit: NDArray[np.float32]) -> Adjacency:
    """exp(8 cosine) from each movie to the 50 movies nearest to it: those nearer than the next one."""
    n = len(unit)
    n_far = max(n - NEAREST - 1, 0)
    sizes, targets, weights = [], [], []
    rows = block_rows(n)
    for start in range(0, n, rows):
        cosine = unit[start : start + rows] @ unit.T  # (B, C)
        row, near = np.nonzero(cosine > np.partition(cosine, n_far, axis=1)[:, n_far, None])
        sizes.append(np.bincount(row, minlength=len(cosine)))
        targets.append(near.astype(np.int32))
        weights.append(np.exp(KERNEL * cosine[row, near]))
    indptr = np.concatenate([[0], np.cumsum(np.concatenate([np.empty(0, np.int64), *sizes]))]).astype(np.int64)
    return Adjacency(
        indptr,
        np.concatenate([np.empty(0, np.int32), *targets]),
        np.concatenate([np.empty(0, np.float32), *weights]),
    )
