"""iALS: implicit matrix factorisation as Rendle and others (2021) set it up. Pure: arrays in, arrays out.

    loss = sum over likes (1 - w_u . h_i)**2 + a * sum over all u, i (w_u . h_i)**2
           + l * sum over u (likes_u + a * movies) |w_u|**2 + l * sum over i (likes_i + a * users) |h_i|**2

a is the weight of what is not liked, l the regularisation, which grows with how often a row is seen. Users and
movies are solved for in turn, each exactly: Hu, Koren and Volinsky (2008), whose loss this is but for the last
sums.

Source: "Revisiting the performance of iALS on item recommendation benchmarks", arXiv 2110.14037, equations 1 to 4.
Shapes: U users, C movies, D dimensions, R rows that are solved for.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

__all__ = ["factorise", "solve_rows"]

BLOCK_ROWS = 256  # systems that are solved at the same time


def factorise(
    likes: sp.csr_array,
    *,
    dimensions: int,
    unobserved_weight: float,
    regularisation: float,
    iterations: int,
    seed: int,
    advance: Callable[[float], object] = lambda part: None,
) -> NDArray[np.float64]:
    """(C, D) vectors h of the movies of `likes` (U, C), ones where a user likes a movie.

    `advance` is called with the part that is done.
    """
    generator = np.random.default_rng(seed)
    n_movies = likes.shape[1]
    movies = generator.normal(0.0, 0.1 / np.sqrt(dimensions), (n_movies, dimensions))
    by_movie = likes.T.tocsr()
    for iteration in range(iterations):
        users = solve_rows(likes, movies, unobserved_weight, regularisation)
        movies = solve_rows(by_movie, users, unobserved_weight, regularisation)
        advance((iteration + 1) / iterations)
    return movies


def solve_rows(
    likes: sp.csr_array, others: NDArray[np.float64], unobserved_weight: float, regularisation: float
) -> NDArray[np.float64]:
    """(R, D) the vectors with the least loss for the rows of `likes` (R, N), where `others` (N, D) stay."""
    n_rows, (n_others, size) = likes.shape[0], others.shape
    shared = unobserved_weight * (others.T @ others)  # (D, D)
    sizes = np.diff(likes.indptr)
    ridge = regularisation * (sizes + unobserved_weight * n_others)
    right = likes @ others  # (R, D)
    found = np.empty((n_rows, size))
    diagonal = np.arange(size)
    for start in range(0, n_rows, BLOCK_ROWS):
        rows = range(start, min(start + BLOCK_ROWS, n_rows))
        systems = np.broadcast_to(shared, (len(rows), size, size)).copy()
        for system, row in zip(systems, rows, strict=True):
            own = others[likes.indices[likes.indptr[row] : likes.indptr[row + 1]]]
            np.add(system, own.T @ own, out=system)
        systems[:, diagonal, diagonal] += ridge[rows.start : rows.stop, None]
        found[rows.start : rows.stop] = np.linalg.solve(systems, right[rows.start : rows.stop, :, None])[..., 0]
    return found
