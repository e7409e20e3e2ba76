"""Score every movie for one user: by taste, from tuned vectors, and by evidence, from the graph. Pure.

    taste    = exp((logit - the best logit) / temperature), logit = (sum over likes i of a_i P_i) . O_j + b_j
    evidence = share * g_j / the largest g
    score    = taste + evidence

With the order of likes  g_j = sum over likes i of recent_i * weight(i FOLLOWED_BY j) / sqrt(likeCount_j),
without it               g_j = sum over likes i of weight(i CO_LIKED j).

recent_i = 2^(-steps / recency) for a like that is so many likes older than the newest; a_i is half 1 / likes and
half recent_i / sum of recent. Without an order a_i = 1 / likes. The best logit and the largest g are those of
movies that the user has not rated, so that filters change no score.

The query files recommend/recommend_sequential and recommend/recommend_unordered compute the same inside the
server.

Shapes: M movies, L likes of the user, D embedding size.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import Adjacency

__all__ = ["KNOWN_LIKES", "Liked", "Scorer", "carried", "likes_ago", "most_diverse", "similarity_score", "top"]

DISLIKE = 0.5  # share of the mean disliked movie that is taken off a profile; not measured
KNOWN_LIKES = 5  # a movie that fewer people like comes last among similar ones
REMEMBERED = 10  # half-lives after which a like is no evidence of what follows


@dataclass(frozen=True)
class Liked:
    """What one user likes: positions of movies, and how many likes ago each was (zeros: no order)."""

    movies: NDArray[np.int64]  # (L,)
    ago: NDArray[np.float64]  # (L,)
    disliked: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))  # positions too


@dataclass(frozen=True)
class Scorer:
    """What the arithmetic reads. The tables are None where nothing was tuned: then only evidence counts.

    profiles, contexts  (M, D) float32; bias (M,) float32; tuned (M,) which movies have them
    evidence            FOLLOWED_BY / sqrt(likeCount), or CO_LIKED in both directions
    recency             likes in which a like loses half its weight; None: no order
    temperature         of taste
    share               the largest evidence, by the largest taste
    """

    evidence: Adjacency
    recency: float | None
    profiles: NDArray[np.float32] | None = None
    contexts: NDArray[np.float32] | None = None
    bias: NDArray[np.float32] | None = None
    tuned: NDArray[np.bool_] | None = None
    temperature: float = 2.0
    share: float = 1.0

    @property
    def n_movies(self) -> int:
        return len(self.evidence.indptr) - 1

    def logits(self, liked: Liked) -> NDArray[np.float64] | None:
        """(M,) how well each movie fits the user's profile; None without tables or likes."""
        if self.profiles is None or self.contexts is None or self.bias is None or self.tuned is None:
            return None
        weights = self.weights(liked)
        if not weights.any():
            return None
        profile = weights @ self.profiles[liked.movies]  # (D,)
        disliked = liked.disliked[self.tuned[liked.disliked]]
        if len(disliked):
            profile = profile - DISLIKE * self.profiles[disliked].mean(axis=0)
        logits: NDArray[np.float64] = np.where(self.tuned, self.contexts @ profile + self.bias, -np.inf)
        return logits

    def weights(self, liked: Liked) -> NDArray[np.float64]:
        """(L,) a: of each like in the profile; sums to 1, 0 for movies without tables."""
        counts = np.ones(len(liked.movies)) if self.tuned is None else self.tuned[liked.movies].astype(np.float64)
        if not counts.any():
            return counts
        even: NDArray[np.float64] = counts / counts.sum()
        if self.recency is None:
            return even
        recent = counts * np.exp2(-liked.ago / self.recency)
        return np.asarray(0.5 * even + 0.5 * recent / recent.sum())

    def recent(self, liked: Liked) -> NDArray[np.float64]:
        """(L,) weight of each like as evidence: 0 for those long ago."""
        if self.recency is None:
            return np.ones(len(liked.movies))
        recent = np.exp2(-liked.ago / self.recency)
        weights: NDArray[np.float64] = np.where(liked.ago <= REMEMBERED * self.recency, recent, 0.0)
        return weights

    def terms(self, liked: Liked, is_rated: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(M,) taste and (M,) evidence of every movie, for a user who has rated those marked in `is_rated`."""
        taste = evidence = np.zeros(self.n_movies)
        if not len(liked.movies) or is_rated.all():
            return taste, evidence
        logits = self.logits(liked)
        if logits is not None:
            best = logits[~is_rated].max()
            taste = np.exp((logits - best) / self.temperature) if np.isfinite(best) else taste
        recent = self.recent(liked)
        gathered = self.evidence.weighted_neighbour_sum(liked.movies[recent > 0], recent[recent > 0])
        most = gathered[~is_rated].max()
        if most > 0:
            evidence = self.share * gathered / most
        return taste, evidence


def carried(scorer: Scorer, liked: Liked, position: int, taste: float, evidence: float) -> NDArray[np.float64]:
    """(L,) what each like adds to the score of the movie at `position`; sums to its `taste` + `evidence`.

    Evidence is a sum over likes, and is shared out as that. Taste is shared out by what each like adds to the
    logit, where that is above 0.
    """
    parts = np.zeros(len(liked.movies))
    if scorer.profiles is not None and scorer.contexts is not None and taste > 0:
        added = scorer.weights(liked) * (scorer.profiles[liked.movies] @ scorer.contexts[position])
        added = np.maximum(added, 0.0)
        parts += taste * added / added.sum() if added.any() else taste / len(parts)
    if evidence > 0:
        pieces = scorer.evidence.weights_to(liked.movies, position) * scorer.recent(liked)
        parts += evidence * pieces / pieces.sum()
    return parts


def similarity_score(cosine: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """(M,) how similar each movie is: its cosine, and the root of its CO_LIKED weight (0: none) by the largest."""
    most = weights.max()
    return cosine + np.sqrt(weights / most) if most > 0 else cosine


def likes_ago(times: NDArray[np.int64]) -> NDArray[np.float64]:
    """(L,) how many likes before the newest each was, by (L,) times, newest first; ties share their mean."""
    _, group, sizes = np.unique(-times, return_inverse=True, return_counts=True)
    ends = np.cumsum(sizes)
    means = ends - (sizes + 1) / 2.0
    ago: NDArray[np.float64] = means[group] - means[0] if len(times) else np.zeros(0)
    return ago


def top(scores: NDArray[np.float64], allowed: NDArray[np.bool_], k: int) -> NDArray[np.int64]:
    """The k best positions that are allowed and above 0, best first, equal scores by position."""
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

    Next comes whichever has the largest (1 - diversity) * score / best score - diversity * largest cosine with
    those that are chosen. `scores` (N,) descending, > 0; `unit` (N, D) vectors of length 1, zeros where there is
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
