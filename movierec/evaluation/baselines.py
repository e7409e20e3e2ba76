"""What movierec is compared with: well-known methods over the same likes. Pure: arrays in, arrays out.

Those of this file do not know the order of likes; `sequential_baselines` has those that do. Each takes the likes X
of training (U users, C movies; 1 or nothing) and gives a function from the likes of a block of users, (B, C) and
sparse, to their scores of every movie, (B, C). `BASELINES` has all of them, from and to like histories.

    most popular   likes of a movie
    item-kNN       cosine, shrunk by 30, of each movie with the 50 nearest to it (Sarwar and others 2001)
    RP3beta        three steps of a random walk, the last divided by likes ** 0.3 (Paudel and others 2017)
    EASE           a ridge regression of each movie on all others, lambda 200 (Steck 2019), exact
    iALS           implicit matrix factorisation of 128 dimensions (Hu, Koren and Volinsky 2008), with the settings
                   that Rendle and others (2021) recommend

iALS's two settings are the best on inner splits of the random kind; beta of RP3beta was taken after a look at the
test part, which can only flatter it; the others are usual ones.

EASE and RP3beta hold a number for every pair of movies, or nearly; `estimate.memory_of` says how much that is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from movierec.arrays import Lists
from movierec.embedding.ials import ITERATIONS, factorise, solve_rows
from movierec.errors import MovieRecError
from movierec.evaluation.sequential_baselines import Scores, markov_chain, slist, stan
from movierec.progress import Advance, by_share, silently
from movierec.recommendation.scoring import LikeHistories, best_of_rows, block_rows
from movierec.thread_pool import one_blas_thread, safe_factorisation

__all__ = [
    "BASELINES",
    "Fit",
    "ScoresOfLikes",
    "ease",
    "ials",
    "item_knn",
    "likes_matrix",
    "most_popular",
    "of_likes",
    "rp3beta",
]

ScoresOfLikes = Callable[[sp.csr_array], NDArray[np.float64]]  # (B, C) likes -> (B, C)
# (histories of training, C, seed, progress) -> histories of B users -> (B, C)
Fit = Callable[[LikeHistories, int, int, Advance], Scores]

NEIGHBOURS, SHRINK = 50, 30.0
BETA = 0.3
RIDGE = 200.0
DIMENSIONS = 128
UNOBSERVED_WEIGHT, REGULARISATION = 0.2, 0.02


def most_popular(likes: sp.csr_array, seed: int, advance: Advance = silently) -> ScoresOfLikes:
    """The same for everybody."""
    counts = likes.sum(axis=0).astype(np.float64)
    return lambda liked: np.broadcast_to(counts, liked.shape)


def item_knn(likes: sp.csr_array, seed: int, advance: Advance = silently) -> ScoresOfLikes:
    """Sum over likes i of sim(i, j), where i is among the 50 movies nearest to j."""
    n = likes.shape[1]
    norms = np.sqrt(likes.sum(axis=0))
    by_movie = likes.T.tocsr()
    sizes, columns, values = [], [], []
    rows = block_rows(n)
    for start in range(0, n, rows):
        both = (by_movie[start : start + rows] @ likes).toarray()  # (rows, C)
        similarity = both / (norms[start : start + rows, None] * norms + SHRINK)
        similarity[np.arange(len(both)), np.arange(start, start + len(both))] = 0.0
        near = best_of_rows(np.where(similarity > 0, similarity, -np.inf), NEIGHBOURS)
        sizes.append(near.sizes)
        columns.append(near.values)
        values.append(similarity[near.rows, near.values])
        advance(len(both))
    indptr = np.concatenate([[0], np.cumsum(np.concatenate(sizes))])
    near_of = sp.csr_array((np.concatenate(values), np.concatenate(columns), indptr), shape=(n, n))
    nearest = near_of.T.tocsr()  # row i leads to the movies j that it is near to
    return lambda liked: (liked @ nearest).toarray()


def rp3beta(likes: sp.csr_array, seed: int, advance: Advance = silently) -> ScoresOfLikes:
    """Sum over likes i of the chance to walk from i over a user to j, divided by likes of j ** beta."""
    counts = likes.sum(axis=0)
    weights = np.maximum(counts, 1.0)
    from_users = sp.diags_array(1.0 / np.maximum(likes.sum(axis=1), 1)) @ likes
    from_movies = (sp.diags_array(1.0 / weights) @ likes.T).tocsr()
    walked = (from_movies @ (from_users @ sp.diags_array(1.0 / weights**BETA)).tocsr()).tocsr()
    for movie in range(len(counts)):
        own = slice(walked.indptr[movie], walked.indptr[movie + 1])
        walked.data[own][walked.indices[own] == movie] = 0.0
    advance(len(counts))
    return lambda liked: (liked @ walked).toarray()


def ease(likes: sp.csr_array, seed: int, advance: Advance = silently) -> ScoresOfLikes:
    """X B with B = I - P diag(P)^-1, P = (X'X + lambda I)^-1, and a zero diagonal; in the memory of X'X alone."""
    from scipy.linalg.lapack import dpotrf, dpotri

    n = likes.shape[1]
    by_movie = likes.T.tocsr()
    gram = np.empty((n, n), order="F")
    rows = block_rows(n)
    parts = [slice(start, min(start + rows, n)) for start in range(0, n, rows)]
    for part in parts:
        gram[:, part] = (by_movie[part] @ likes).toarray().T
    gram[np.diag_indices(n)] += RIDGE
    # By its Cholesky factor, each step in the place of the last; LAPACK fills the upper triangle alone.
    with safe_factorisation(gram.nbytes):
        gram, failed = dpotrf(gram, overwrite_a=1)
        inverse, failed_too = dpotri(gram, overwrite_c=1)
    if failed or failed_too:
        raise MovieRecError("EASE's matrix could not be inverted; expected likes to be counts.")
    for part in parts:
        inverse[part.stop :, part] = inverse[part, part.stop :].T
        corner = inverse[part, part]
        inverse[part, part] = np.triu(corner) + np.triu(corner, 1).T
    diagonal = np.diag(inverse).copy()
    weights = inverse.T  # symmetric, and now in C's order, by which rows are added up
    for part in parts:
        weights[part] /= -diagonal
        advance(part.stop - part.start)
    np.fill_diagonal(weights, 0.0)
    return lambda liked: np.asarray(liked @ weights)


def ials(
    likes: sp.csr_array,
    seed: int,
    advance: Advance = silently,
    *,
    unobserved_weight: float = UNOBSERVED_WEIGHT,
    regularisation: float = REGULARISATION,
) -> ScoresOfLikes:
    """Vectors of movies by iALS; users' are solved for from what they like."""
    with one_blas_thread():
        movies = factorise(
            likes,
            dimensions=DIMENSIONS,
            unobserved_weight=unobserved_weight,
            regularisation=regularisation,
            iterations=ITERATIONS,
            seed=seed,
            advance=by_share(advance, likes.shape[1]),
        )

    def scores(liked: sp.csr_array) -> NDArray[np.float64]:
        with one_blas_thread():
            users = solve_rows(liked, movies, unobserved_weight, regularisation)
        return np.asarray(users @ movies.T)

    return scores


def likes_matrix(likes: Lists, n_movies: int) -> sp.csr_array:
    """(N, C) 1 where the list of a row has a movie, nothing else."""
    ones = np.ones(len(likes.values), dtype=np.float64)
    return sp.csr_array((ones, likes.values, likes.indptr), shape=(len(likes), n_movies))


def of_likes(fit: Callable[[sp.csr_array, int, Advance], ScoresOfLikes]) -> Fit:
    """A method that does not know the order of likes."""

    def fitted(histories: LikeHistories, n_movies: int, seed: int, advance: Advance) -> Scores:
        scores = fit(likes_matrix(histories.movies, n_movies), seed, advance)
        return lambda users: scores(likes_matrix(users.movies, n_movies))

    return fitted


BASELINES: dict[str, Fit] = {
    "most_popular": of_likes(most_popular),
    "item_knn": of_likes(item_knn),
    "rp3beta": of_likes(rp3beta),
    "ease": of_likes(ease),
    "ials": of_likes(ials),
    "markov_chain": lambda histories, n_movies, seed, advance: markov_chain(histories, n_movies, advance=advance),
    "stan": lambda histories, n_movies, seed, advance: stan(histories, n_movies, advance=advance),
    "slist": lambda histories, n_movies, seed, advance: slist(histories, n_movies, advance=advance),
}
