"""The compiled loop that counts, over pairs of each user's likes, what `predictions` solves for.

Shapes: R movies that take part, U users, L likes.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["count_all", "count_cuts"]


@njit(nogil=True, cache=True)
def count_all(users, indptr, places, weight, table):  # type: ignore[no-untyped-def]
    """Add `weight` to `table` (R, R) for every pair of likes of the `users`, a like with itself included.

    `places` (L,) has the position of each like's movie, -1 where it takes no part.
    """
    for user in users:
        for s in range(indptr[user], indptr[user + 1]):
            i = places[s]
            if i < 0:
                continue
            for t in range(indptr[user], indptr[user + 1]):
                j = places[t]
                if j >= 0:
                    table[i, j] += weight


@njit(nogil=True, cache=True)
def count_cuts(users, lists, settings, before, after):  # type: ignore[no-untyped-def]
    """Add what the cuts of the histories of `users` contribute to S'S in `before` and to S'T in `after` (R, R).

    A history whose oldest like has age n is cut at 1/2, 3/2, ... n - 1/2. A row of S has 2^(-(a - c - 1/2) /
    half-life before) for a like of age a before the cut c, one of T 2^(-(c - a - 1/2) / half-life after) for one
    after it. The sums over c of the products of two are geometric series. `lists`: pointers, and places and ages
    (L,). `settings`: the weight of a cut; the most cuts that a user counts as; both half-lives.
    """
    indptr, places, ages = lists
    weight, most_cuts, half_life_before, half_life_after = settings
    x, y = 2.0 ** (-1.0 / half_life_before), 2.0 ** (-1.0 / half_life_after)
    q = x * x
    for user in users:
        first, end = indptr[user], indptr[user + 1]
        n_cuts = 0.0
        for s in range(first, end):
            n_cuts = max(n_cuts, ages[s])
        if n_cuts < 1.0:
            continue
        each = weight * min(1.0, most_cuts / n_cuts)
        for s in range(first, end):
            i = places[s]
            if i < 0:
                continue
            for t in range(first, end):
                j = places[t]
                if j < 0:
                    continue
                gap = np.float64(ages[s]) - np.float64(ages[t])  # above 0: i was liked before j
                cuts_after_both = np.float64(min(ages[s], ages[t]))
                before[i, j] += each * x ** abs(gap) * (1.0 - q**cuts_after_both) / (1.0 - q)
                if gap > 0:
                    if x == y:
                        after[i, j] += each * gap * x ** (gap - 1.0)
                    else:
                        after[i, j] += each * (y**gap - x**gap) / (y - x)
