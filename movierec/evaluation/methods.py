"""movierec's own methods: each scores every candidate movie for one user. Pure: arrays in, arrays out.

    vectors_cosine   the walk embeddings alone: mean cosine with the liked movies
    vectors_kernel   the same vectors with popularity: exp(8 cosine), of each like's 50 nearest, times sqrt(likes)
    co_liked         the graph alone: sum of CO_LIKED weights to the liked movies
    profile_vectors  the profile score alone
    movierec         what `recommend` ranks by

Shapes: C candidates (movies liked in training), L of them liked by the user, D dimensions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import Adjacency
from movierec.ids import Id, Ids
from movierec.recommendation.scoring import LikeHistory, Scorer

__all__ = ["Candidates", "Method", "UserProfile", "best", "co_liked", "kernel", "mean_cosine", "movierec_scores"]

KERNEL, NEAREST = 8.0, 50


@dataclass(frozen=True)
class UserProfile:
    """One user: likes, newest first, and (C,) which movies are rated; all of the training part."""

    user_id: Id
    likes: LikeHistory
    is_rated: NDArray[np.bool_]


Method = Callable[[UserProfile], NDArray[np.float64]]  # -> (C,) scores; -inf: not to be recommended


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
    """(C,) mean cosine of each movie with the liked ones."""
    return lambda user: (candidates.unit @ candidates.unit[user.likes.movies].mean(axis=0)).astype(np.float64)


def kernel(candidates: Candidates) -> Method:
    """(C,) sum of exp(8 cosine) to the liked movies, of each of which the 50 nearest count, times sqrt(likes)."""

    def scores(user: UserProfile) -> NDArray[np.float64]:
        cosine = candidates.unit @ candidates.unit[user.likes.movies].T  # (C, L)
        nearest = -np.partition(-cosine, min(NEAREST, len(cosine) - 1), axis=0)[min(NEAREST, len(cosine) - 1)]
        sums = np.where(cosine > nearest, np.exp(KERNEL * cosine), 0.0).sum(axis=1)
        return np.asarray(sums * np.sqrt(candidates.like_counts), dtype=np.float64)

    return scores


def co_liked(candidates: Candidates) -> Method:
    """(C,) sum of CO_LIKED weights to the liked movies, -inf without an edge to any."""

    def scores(user: UserProfile) -> NDArray[np.float64]:
        weights = candidates.co_liked.weighted_neighbour_sum(user.likes.movies, np.ones(len(user.likes.movies)))
        return np.where(weights > 0, weights, -np.inf)

    return scores


def movierec_scores(scorer: Scorer, profile_only: bool = False) -> Method:
    """(C,) what `recommend` ranks by, or the profile score alone; -inf where it recommends nothing."""

    def scores(user: UserProfile) -> NDArray[np.float64]:
        profile_score, graph_score = scorer.scores(user.likes, user.is_rated)
        score = profile_score if profile_only else profile_score + graph_score
        return np.where(score > 0, score, -np.inf)

    return scores


def best(scores: NDArray[np.float64], is_rated: NDArray[np.bool_], k: int) -> NDArray[np.int64]:
    """The k best positions, best first, equal scores by ascending movieId; rated movies left out."""
    unrated = np.where(is_rated, -np.inf, scores)
    order = np.argsort(-unrated, kind="stable")[:k]
    return order[np.isfinite(unrated[order])]
