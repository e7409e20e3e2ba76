"""Vectors by which a cosine index finds the movies with the largest logits. Pure.

A logit is an inner product plus a bias, profile . O_j + b_j. A vector index ranks by cosine, for which a long
vector is no better than a short one. So each movie gets two more numbers, its bias and what is missing to one
common length (Bachrach et al. 2014, "Speeding up the Xbox recommender system using a Euclidean transformation for
inner-product spaces"):

    x_j = (O_j - mean O,  b_j - mean b,  sqrt(R^2 - |O_j - mean O|^2 - (b_j - mean b)^2))     R: the largest length
    cosine of (profile, 1, 0) and x_j = (logit_j - c) / (R * |(profile, 1)|)

where c is the same for all movies. The means are subtracted because they change no order and make R smaller: with
lengths that differ less, an approximate index misses less.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["INDEXED_FROM", "logit_vectors"]

INDEXED_FROM = 20_000  # movies with vectors; fewer are compared as quickly one by one as by an index


def logit_vectors(contexts: NDArray[np.float32], bias: NDArray[np.float32]) -> NDArray[np.float32]:
    """(M, D + 2) float32 x, from (M, D) O and (M,) b; all rows have the same length, 0 only if M is 1."""
    table = np.column_stack([contexts, bias]).astype(np.float64)
    table -= table.mean(axis=0)
    squares = (table**2).sum(axis=1)
    missing = np.sqrt(squares.max() - squares)
    return np.column_stack([table, missing]).astype(np.float32)
