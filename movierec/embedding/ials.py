"""iALS: implicit matrix factorisation as Rendle and others (2021) set it up. Pure: arrays in, arrays out.

`train` makes a user encoder of it where the order of likes is not used; it is a baseline of `evaluate` too.

    loss = sum over likes (1 - w_u . h_i)**2 + a * sum over all u, i (w_u . h_i)**2
           + l * sum over u (likes_u + a * movies) |w_u|**2 + l * sum over i (likes_i + a * users) |h_i|**2

a is the weight of what is not liked, l the regularisation, which grows with how often a row is seen. Users and
movies are solved for in turn, each exactly: Hu, Koren and Volinsky (2008), whose loss this is but for the last
sums.

Source: "Revisiting the performance of iALS on item recommendation benchmarks", arXiv 2110.14037, equations 1 to 4.
Shapes: U users, C movies, D dimensions, R rows that are solved for, n likes of a row.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from movierec.arrays import LikeLists, Lists
from movierec.embedding.plan import most_liked, places_among, users_for, users_to_learn_from
from movierec.embedding.settings import TrainSettings
from movierec.embedding.user_encoder import EncodedMovies, FactorEncoder
from movierec.progress import Progress, silent
from movierec.random_streams import Stream, random_generator
from movierec.thread_pool import one_blas_thread

__all__ = ["ITERATIONS", "factorise", "fit_factors", "solve_rows"]

_log = logging.getLogger(__name__)

BLOCK_NUMBERS = 1_000_000  # of the vectors of likes that are solved for at the same time
ITERATIONS = 16
UNOBSERVED_WEIGHT, REGULARISATION = 0.1, 0.02  # chosen on inner splits of both MovieLens sets
MOST_MOVIES = 60_000  # that take part, the most liked
MOST_LIKES = 5_000_000  # that are learnt from: some minutes


def fit_factors(likes: LikeLists, settings: TrainSettings, progress: Progress = silent) -> EncodedMovies:
    """Factors of `settings.embedding_size` dimensions, and what solves for those of a user."""
    movies = most_liked(likes.like_counts, 1, MOST_MOVIES)
    place = places_among(movies, likes.n_movies)
    every = users_to_learn_from(likes)
    users = users_for(np.diff(likes.indptr), every, MOST_LIKES, random_generator(Stream.FACTORS, settings.seed))
    if len(users) < len(every):
        _log.info("the factors are of %d of %d users", len(users), len(every))
    lists = Lists(likes.indptr, place[likes.movies]).taken(users)
    lists = lists.kept(lists.values >= 0)
    ones = np.ones(len(lists.values))
    liked = sp.csr_array((ones, lists.values, lists.indptr), shape=(len(users), len(movies)))
    with one_blas_thread(), progress("factorise likes", ITERATIONS, "iterations") as advance:
        factors = factorise(
            liked,
            dimensions=settings.embedding_size,
            unobserved_weight=UNOBSERVED_WEIGHT,
            regularisation=REGULARISATION,
            iterations=ITERATIONS,
            seed=settings.seed,
            advance=lambda part: advance(1),
        )
    each = [REGULARISATION, REGULARISATION * UNOBSERVED_WEIGHT * len(movies)]
    encoder = FactorEncoder(
        gram=(UNOBSERVED_WEIGHT * (factors.T @ factors)).astype(np.float32), ridge=np.array(each, np.float32)
    )
    vectors = factors.astype(np.float32)
    bias = np.zeros(len(movies), np.float32)
    return EncodedMovies(encoder=encoder, movie_ids=likes.movie_ids[movies], vectors=vectors, bias=bias)


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
    """(R, D) the vectors with the least loss for the rows of `likes` (R, N), where `others` (N, D) stay.

    With X (n, D) the vectors of a row's n likes, and r its ridge,

        w = (X'X + a * others' others + r I)^-1 X'1 = M X' (I + X M X')^-1 1,    M = (a * others' others + r I)^-1

    The second form (the Woodbury identity) takes a system of n instead of D; M is a diagonal in the basis of the
    eigenvectors of others' others.
    """
    sizes = np.diff(likes.indptr)
    squares, basis = np.linalg.eigh(unobserved_weight * (others.T @ others))
    rotated = others @ basis
    ridge = regularisation * (sizes + unobserved_weight * len(others))
    found = np.zeros((len(sizes), rotated.shape[1]))
    for size in np.unique(sizes[sizes > 0]).tolist():
        every = np.flatnonzero(sizes == size)
        at_once = max(1, BLOCK_NUMBERS // (size * rotated.shape[1]))
        for start in range(0, len(every), at_once):
            rows = every[start : start + at_once]
            own = rotated[likes.indices[likes.indptr[rows][:, None] + np.arange(size)]]  # (rows, n, D)
            diagonal = squares + ridge[rows, None]
            solve = _solve_small if size < rotated.shape[1] else _solve_large
            found[rows] = solve(own, diagonal)
    return np.asarray(found @ basis.T)


def _solve_small(own: NDArray[np.float64], diagonal: NDArray[np.float64]) -> NDArray[np.float64]:
    """(R, D) by systems of n, from X (R, n, D) and the inverse of M (R, D)."""
    scaled = own / diagonal[:, None, :]
    systems = scaled @ own.transpose(0, 2, 1)
    systems += np.eye(systems.shape[1])
    solved = np.linalg.solve(systems, np.ones((*systems.shape[:2], 1)))
    return np.asarray((scaled.transpose(0, 2, 1) @ solved)[..., 0])


def _solve_large(own: NDArray[np.float64], diagonal: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same by systems of D."""
    systems = own.transpose(0, 2, 1) @ own
    at = np.arange(systems.shape[1])
    systems[:, at, at] += diagonal
    return np.asarray(np.linalg.solve(systems, own.sum(axis=1)[..., None])[..., 0])
