"""Score every movie for one user: a profile score, from vectors, and a graph score, from who liked what. Pure.

    profile score = exp((logit_j - the largest logit) / temperature)
                    logit_j = (sum over likes i of a_i P_i) . O_j + b_j
    graph score   = graph weight * g_j / the largest g
    score         = profile score + graph score

Sequentially, a like of age n (in likes; 0 is the newest) has recency r_i = 2^(-n / half-life), and

    g_j = sum over likes i of r_i * weight(i FOLLOWED_BY j) / sqrt(likeCount_j)
    a_i = 1/2 of 1 / likes + 1/2 of r_i / sum of r

Without the order of likes

    g_j = sum over likes i of weight(i CO_LIKED j),   a_i = 1 / likes

The largest logit and the largest g are taken over the movies that the user has not rated, so filters change no
score. The query files recommend/recommend_sequential and recommend/recommend_unordered compute the same inside the
server.

Shapes: M movies, L likes of the user, D dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import Adjacency

__all__ = [
    "KNOWN_LIKES",
    "LikeHistory",
    "Scorer",
    "contribution_per_like",
    "like_ages",
    "most_diverse",
    "similarity_score",
    "top",
]

DISLIKE_WEIGHT = 0.5  # of the mean disliked movie, subtracted from a profile; not measured
KNOWN_LIKES = 5  # a movie that fewer people like comes last among similar ones
HALF_LIVES_USED = 10  # an older like has no part in the graph score


@dataclass(frozen=True)
class LikeHistory:
    """What one user likes: positions of movies, and the age of each like in likes (0: the newest, or no order)."""

    movies: NDArray[np.int64]  # (L,)
    ages: NDArray[np.float64]  # (L,)
    disliked: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))  # positions too


@dataclass(frozen=True, kw_only=True)
class Scorer:
    """What the arithmetic reads. Without profiles, and so tables of None, the score is the graph score.

    graph                FOLLOWED_BY / sqrt(likeCount), or CO_LIKED in both directions
    like_half_life       likes after which a like counts half; None: the order of likes is not used
    profiles, contexts   (M, D) float32 P and O; bias (M,) float32 b
    has_profile          (M,) bool: which movies have these three
    profile_temperature  the higher, the flatter the profile score
    graph_weight         maximum graph score, relative to the maximum profile score of 1
    """

    graph: Adjacency
    like_half_life: float | None
    profiles: NDArray[np.float32] | None = None
    contexts: NDArray[np.float32] | None = None
    bias: NDArray[np.float32] | None = None
    has_profile: NDArray[np.bool_] | None = None
    profile_temperature: float = 2.0
    graph_weight: float = 1.0

    @property
    def n_movies(self) -> int:
        return len(self.graph.indptr) - 1

    def logits(self, likes: LikeHistory) -> NDArray[np.float64] | None:
        """(M,) how well each movie fits the user's profile; None without profiles or likes."""
        if self.profiles is None or self.contexts is None or self.bias is None or self.has_profile is None:
            return None
        weights = self.profile_weights(likes)
        if not weights.any():
            return None
        profile = weights @ self.profiles[likes.movies]  # (D,)
        disliked = likes.disliked[self.has_profile[likes.disliked]]
        if len(disliked):
            profile = profile - DISLIKE_WEIGHT * self.profiles[disliked].mean(axis=0)
        logits: NDArray[np.float64] = np.where(self.has_profile, self.contexts @ profile + self.bias, -np.inf)
        return logits

    def profile_weights(self, likes: LikeHistory) -> NDArray[np.float64]:
        """(L,) weight a of each like in the profile; sums to 1, 0 for movies without one."""
        known = self.has_profile
        counts = np.ones(len(likes.movies)) if known is None else known[likes.movies].astype(np.float64)
        if not counts.any():
            return counts
        even: NDArray[np.float64] = counts / counts.sum()
        if self.like_half_life is None:
            return even
        recency = counts * np.exp2(-likes.ages / self.like_half_life)
        return np.asarray(0.5 * even + 0.5 * recency / recency.sum())

    def graph_weights(self, likes: LikeHistory) -> NDArray[np.float64]:
        """(L,) weight r of each like in the graph score; 0 for those that are too old."""
        if self.like_half_life is None:
            return np.ones(len(likes.movies))
        recency = np.exp2(-likes.ages / self.like_half_life)
        used = likes.ages <= HALF_LIVES_USED * self.like_half_life
        weights: NDArray[np.float64] = np.where(used, recency, 0.0)
        return weights

    def scores(
        self, likes: LikeHistory, is_rated: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(M,) profile scores and (M,) graph scores, for a user who has rated the movies marked in `is_rated`."""
        profile_score = graph_score = np.zeros(self.n_movies)
        if not len(likes.movies) or is_rated.all():
            return profile_score, graph_score
        logits = self.logits(likes)
        if logits is not None:
            max_logit = logits[~is_rated].max()
            if np.isfinite(max_logit):
                profile_score = np.exp((logits - max_logit) / self.profile_temperature)
        weights = self.graph_weights(likes)
        graph_sum = self.graph.weighted_neighbour_sum(likes.movies[weights > 0], weights[weights > 0])
        max_graph_sum = graph_sum[~is_rated].max()
        if max_graph_sum > 0:
            graph_score = self.graph_weight * graph_sum / max_graph_sum
        return profile_score, graph_score


def contribution_per_like(
    scorer: Scorer, likes: LikeHistory, movie: int, profile_score: float, graph_score: float
) -> NDArray[np.float64]:
    """(L,) what each like contributes to the score of the movie at position `movie`; sums to both of its scores.

    The graph score is a sum over likes, and is divided as such. The profile score is divided in proportion to what
    each like adds to the logit, where that is above 0.
    """
    contribution = np.zeros(len(likes.movies))
    if scorer.profiles is not None and scorer.contexts is not None and profile_score > 0:
        added = scorer.profile_weights(likes) * (scorer.profiles[likes.movies] @ scorer.contexts[movie])
        added = np.maximum(added, 0.0)
        equal = profile_score / len(contribution)
        contribution += profile_score * added / added.sum() if added.any() else equal
    if graph_score > 0:
        terms = scorer.graph.weights_to(likes.movies, movie) * scorer.graph_weights(likes)
        contribution += graph_score * terms / terms.sum()
    return contribution


def similarity_score(cosine: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """(M,) cosine + sqrt(weight / the largest weight), of the CO_LIKED weights of one movie (0: no edge)."""
    max_weight = weights.max()
    return cosine + np.sqrt(weights / max_weight) if max_weight > 0 else cosine


def like_ages(timestamps: NDArray[np.int64]) -> NDArray[np.float64]:
    """(L,) the age of each like in likes, from (L,) timestamps, newest first; equal ones share their mean age."""
    _, group, sizes = np.unique(-timestamps, return_inverse=True, return_counts=True)
    ends = np.cumsum(sizes)
    means = ends - (sizes + 1) / 2.0
    ages: NDArray[np.float64] = means[group] - means[0] if len(timestamps) else np.zeros(0)
    return ages


def top(scores: NDArray[np.float64], allowed: NDArray[np.bool_], k: int) -> NDArray[np.int64]:
    """The k best positions that are allowed and score above 0, best first, equal scores by position."""
    candidates = np.flatnonzero(allowed & (scores > 0))
    if len(candidates) > k:
        least = np.partition(scores[candidates], len(candidates) - k)[len(candidates) - k]
        candidates = candidates[scores[candidates] >= least]
    order: NDArray[np.int64] = candidates[np.argsort(-scores[candidates], kind="stable")][:k]
    return order


def most_diverse(
    scores: NDArray[np.float64], unit: NDArray[np.float32], diversity: float, k: int
) -> NDArray[np.int64]:
    """k of N ranked movies by maximal marginal relevance (Carbonell and Goldstein 1998): positions 0..N-1.

    The next is the one with the largest (1 - diversity) * score / best score - diversity * largest cosine with
    those chosen before. `scores` (N,) descending, > 0; `unit` (N, D) vectors of length 1, zeros where there is
    none.
    """
    relevance = (1.0 - diversity) * scores / scores[0] if len(scores) else scores
    nearest = np.zeros(len(scores))
    chosen: list[int] = []
    free = np.ones(len(scores), dtype=bool)
    for _ in range(min(k, len(scores))):
        best = int(np.argmax(np.where(free, relevance - diversity * nearest, -np.inf)))
        chosen.append(best)
        free[best] = False
        nearest = np.maximum(nearest, unit @ unit[best])
    return np.array(chosen, dtype=np.int64)
