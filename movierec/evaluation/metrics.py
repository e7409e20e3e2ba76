"""Measures of one ranked list against the movies a user really went on to like.

`hits` is a list's relevance by rank: hits[0] tells whether the first movie is among the held-out ones.
A list shorter than k counts as filled up with misses.

    NDCG@k    sum of 1 / log2(rank + 1) over the hits in the first k, divided by the largest such sum that
              n_held_out relevant movies allow (Jarvelin and Kekalainen 2002, binary gain)
    recall@k  hits in the first k / n_held_out
    hit rate  1 if any of the first k is a hit
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["hit_rate", "ndcg", "recall"]


def ndcg(hits: NDArray[np.bool_], n_held_out: int, k: int) -> float:
    """Normalised discounted cumulative gain of the first k, 0 to 1."""
    discounts = 1.0 / np.log2(np.arange(2, k + 2))
    ideal = discounts[: min(n_held_out, k)].sum()
    return float(discounts[: len(hits[:k])][hits[:k]].sum() / ideal)


def recall(hits: NDArray[np.bool_], n_held_out: int, k: int) -> float:
    """Part of the held-out movies that the first k hold, 0 to 1."""
    return float(hits[:k].sum() / n_held_out)


def hit_rate(hits: NDArray[np.bool_], n_held_out: int, k: int) -> float:
    """1.0 if the first k hold any held-out movie, else 0.0."""
    return float(hits[:k].any())
