"""Measures of one ranked list against the movies a user really went on to like, and of all lists together.

`hits` is a list's relevance by rank: hits[0] tells whether the first movie is among the held-out ones.
A list shorter than k counts as filled up with misses.

    NDCG@k       sum of 1 / log2(rank + 1) over the hits in the first k, divided by the largest such sum that
                 n_held_out relevant movies allow (Jarvelin and Kekalainen 2002, binary gain)
    recall@k     hits in the first k / n_held_out
    precision@k  hits in the first k / k
    MAP@k        mean over the hits of precision at their ranks: the sum / min(k, n_held_out)
    MRR@k        1 / rank of the first hit in the first k, 0 without one
    hit rate@k   1 if any of the first k is a hit

Of all lists together, each of at most k movies:

    coverage     part of the catalogue that is in any list
    Gini         of how often each movie of the catalogue is in a list: 0 all as often, 1 the same few always
    novelty      mean over entries of -log2 of the part of users who like the movie; bits (Zhou and others 2010)
    popularity   mean over entries of the number of likes
    diversity    mean over lists of the mean distance of two entries, 1 - Jaccard of their genres (Ziegler 2005)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "average_precision",
    "coverage",
    "gini",
    "hit_rate",
    "intra_list_diversity",
    "ndcg",
    "precision",
    "recall",
    "reciprocal_rank",
]


def ndcg(hits: NDArray[np.bool_], n_held_out: int, k: int) -> float:
    """Normalised discounted cumulative gain of the first k, 0 to 1."""
    discounts = 1.0 / np.log2(np.arange(2, k + 2))
    ideal = discounts[: min(n_held_out, k)].sum()
    return float(discounts[: len(hits[:k])][hits[:k]].sum() / ideal)


def recall(hits: NDArray[np.bool_], n_held_out: int, k: int) -> float:
    """Part of the held-out movies that the first k hold, 0 to 1."""
    return float(hits[:k].sum() / n_held_out)


def precision(hits: NDArray[np.bool_], n_held_out: int, k: int) -> float:
    """Part of the first k that was held out, 0 to 1."""
    return float(hits[:k].sum() / k)


def average_precision(hits: NDArray[np.bool_], n_held_out: int, k: int) -> float:
    """Mean precision at the ranks of held-out movies, 0 to 1."""
    ranks = np.flatnonzero(hits[:k]) + 1
    return float((np.arange(1, len(ranks) + 1) / ranks).sum() / min(n_held_out, k))


def reciprocal_rank(hits: NDArray[np.bool_], n_held_out: int, k: int) -> float:
    """1 / rank of the first held-out movie, 0 to 1."""
    ranks = np.flatnonzero(hits[:k]) + 1
    return float(1.0 / ranks[0]) if len(ranks) else 0.0


def hit_rate(hits: NDArray[np.bool_], n_held_out: int, k: int) -> float:
    """1.0 if the first k hold any held-out movie, else 0.0."""
    return float(hits[:k].any())


def coverage(lists: Sequence[NDArray[np.int64]], n_movies: int) -> float:
    """Part of `n_movies` that is in any of the lists."""
    return len(np.unique(np.concatenate(lists))) / n_movies


def gini(lists: Sequence[NDArray[np.int64]], n_movies: int) -> float:
    """How unequally often `n_movies` are listed: 0 to 1 - 1 / n_movies. A movie in no list counts."""
    _, counts = np.unique(np.concatenate(lists), return_counts=True)
    often = np.sort(np.concatenate([np.zeros(n_movies - len(counts)), counts]))
    place = np.arange(1, n_movies + 1)
    return float(((2 * place - n_movies - 1) * often).sum() / (n_movies * often.sum()))


def intra_list_diversity(genres: NDArray[np.bool_]) -> float:
    """Mean of 1 - Jaccard over the pairs of N movies, (N, G) bool; two without any genre are the same."""
    both = genres.astype(np.float64) @ genres.T.astype(np.float64)
    sizes = np.diag(both)
    either = sizes[:, None] + sizes[None, :] - both
    same = np.where(either > 0, both / np.maximum(either, 1.0), 1.0)
    pairs = np.triu_indices(len(genres), 1)
    return float(1.0 - same[pairs].mean()) if len(pairs[0]) else 0.0
