"""Measures of ranked lists against the movies that users really went on to like, and of all lists together.

`hits` is the relevance of lists by rank: hits[..., 0] tells whether the first movie is among the held-out ones.
A list shorter than k counts as filled up with misses. Each measure takes the lists of any number of users at once,
hits (..., K) and n_held_out (...), and gives (...).

    NDCG@k       sum of 1 / log2(rank + 1) over the hits in the first k, divided by the largest such sum that
                 n_held_out relevant movies allow (Jarvelin and Kekalainen 2002, binary gain)
    recall@k     hits in the first k / n_held_out
    precision@k  hits in the first k / k
    MAP@k        mean over the hits of precision at their ranks: the sum / min(k, n_held_out)
    MRR@k        1 / rank of the first hit in the first k, 0 without one
    hit rate@k   1 if any of the first k is a hit

Of all lists together, each of at most k movies; a list is a row of positions, filled up with -1 (NONE):

    coverage     part of the catalogue that is in any list
    Gini         of how often each movie of the catalogue is in a list: 0 all as often, 1 the same few always
    novelty      mean over entries of -log2 of the part of users who like the movie; bits (Zhou and others 2010)
    popularity   mean over entries of the number of likes
    diversity    mean over lists of the mean distance of two entries, 1 - Jaccard of their genres (Ziegler 2005)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "NONE",
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

NONE = -1  # where a list has ended
Counts = NDArray[np.int64] | int
Values = NDArray[np.float64]


def ndcg(hits: NDArray[np.bool_], n_held_out: Counts, k: int) -> Values:
    """Normalised discounted cumulative gain of the first k, 0 to 1."""
    discounts = 1.0 / np.log2(np.arange(2, k + 2))
    ideal = (np.tri(k) * discounts).sum(axis=-1)[np.minimum(n_held_out, k) - 1]
    first = hits[..., :k]
    return np.asarray((first * discounts[: first.shape[-1]]).sum(axis=-1) / ideal)


def recall(hits: NDArray[np.bool_], n_held_out: Counts, k: int) -> Values:
    """Part of the held-out movies that the first k hold, 0 to 1."""
    return np.asarray(hits[..., :k].sum(axis=-1) / n_held_out)


def precision(hits: NDArray[np.bool_], n_held_out: Counts, k: int) -> Values:
    """Part of the first k that was held out, 0 to 1."""
    return np.asarray(hits[..., :k].sum(axis=-1) / k)


def average_precision(hits: NDArray[np.bool_], n_held_out: Counts, k: int) -> Values:
    """Mean precision at the ranks of held-out movies, 0 to 1."""
    first = hits[..., :k]
    precisions = np.cumsum(first, axis=-1) / np.arange(1, first.shape[-1] + 1)
    return np.asarray((precisions * first).sum(axis=-1) / np.minimum(n_held_out, k))


def reciprocal_rank(hits: NDArray[np.bool_], n_held_out: Counts, k: int) -> Values:
    """1 / rank of the first held-out movie, 0 to 1."""
    first = hits[..., :k]
    return np.asarray((first / np.arange(1, first.shape[-1] + 1)).max(axis=-1, initial=0.0))


def hit_rate(hits: NDArray[np.bool_], n_held_out: Counts, k: int) -> Values:
    """1.0 if the first k hold any held-out movie, else 0.0."""
    return np.asarray(hits[..., :k].any(axis=-1), dtype=np.float64)


def coverage(lists: NDArray[np.int64], n_movies: int) -> float:
    """Part of `n_movies` that is in any of the lists."""
    return len(np.unique(lists[lists != NONE])) / n_movies


def gini(lists: NDArray[np.int64], n_movies: int) -> float:
    """How unequally often `n_movies` are listed: 0 to 1 - 1 / n_movies. A movie in no list counts."""
    _, counts = np.unique(lists[lists != NONE], return_counts=True)
    often = np.sort(np.concatenate([np.zeros(n_movies - len(counts)), counts]))
    place = np.arange(1, n_movies + 1)
    return float(((2 * place - n_movies - 1) * often).sum() / (n_movies * often.sum()))


def intra_list_diversity(lists: NDArray[np.int64], genres: NDArray[np.bool_]) -> Values:
    """(U,) mean of 1 - Jaccard over the pairs of each of (U, K) lists, of (C, G) genres; 0 for a single movie.

    Two without any genre are the same.
    """
    listed = lists != NONE
    own = genres.astype(np.float32)[np.where(listed, lists, 0)]  # (U, K, G); small whole numbers, so exact
    both = (own @ own.swapaxes(1, 2)).astype(np.float64)
    sizes = own.sum(axis=2)
    either = sizes[:, :, None] + sizes[:, None, :] - both
    apart = 1.0 - np.where(either > 0, both / np.maximum(either, 1.0), 1.0)
    counted = np.triu(np.ones(lists.shape[1:] * 2, dtype=bool), 1) & listed[:, :, None] & listed[:, None, :]
    pairs = counted.sum(axis=(1, 2))
    return np.asarray((apart * counted).sum(axis=(1, 2)) / np.maximum(pairs, 1))
