"""What movierec is compared with: well-known methods over the same likes. Pure: arrays in, arrays out.

Each takes the likes X of training (U users, C movies; 1 or nothing) and gives a function from the positions of
what a user likes, to a score for every movie.

    most popular   likes of a movie
    item-kNN       cosine, shrunk by 30, of each movie with the 50 nearest to it (Sarwar and others 2001)
    RP3beta        three steps of a random walk, the last divided by likes ** 0.3 (Paudel and others 2017)
    EASE           a ridge regression of each movie on all others, lambda 200 (Steck 2019), exact
    ALS            implicit matrix factorisation of 128 factors (Hu, Koren and Volinsky 2008), by `implicit`

ALS's regularisation is the best on inner splits; beta of RP3beta was taken after a look at the test part, which
can only flatter it; the others are usual ones.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

__all__ = ["BASELINES", "LARGEST_EASE", "Scores", "als", "ease", "item_knn", "most_popular", "rp3beta"]

Scores = Callable[[NDArray[np.int64]], NDArray[np.float64]]  # (L,) liked positions -> (C,)

NEIGHBOURS, SHRINK = 50, 30.0
BETA = 0.3
RIDGE = 200.0
LARGEST_EASE = 20_000  # movies: a dense matrix of 1.6 GB, and twice that while it is inverted
FACTORS, REGULARISATION, ITERATIONS = 128, 10.0, 15


def most_popular(likes: sp.csr_array, seed: int) -> Scores:
    """The same for everybody."""
    counts = likes.sum(axis=0).astype(np.float64)
    return lambda liked: counts


def item_knn(likes: sp.csr_array, seed: int) -> Scores:
    """Sum over likes i of sim(i, j), where i is among the 50 movies nearest to j."""
    both = (likes.T @ likes).tocoo()
    apart = both.row != both.col
    rows, columns, counts = both.row[apart], both.col[apart], both.data[apart]
    norms = np.sqrt(likes.sum(axis=0))
    similarity = counts / (norms[rows] * norms[columns] + SHRINK)
    order = np.lexsort((columns, -similarity, rows))
    rank = np.arange(len(order)) - np.searchsorted(rows[order], rows[order])
    kept = order[rank < NEIGHBOURS]
    # Row j holds the neighbours of movie j; a user's likes are gathered from them.
    shape = (likes.shape[1], likes.shape[1])
    near = sp.csr_array((similarity[kept], (columns[kept], rows[kept])), shape=shape)
    return lambda liked: np.asarray(near[liked].sum(axis=0), dtype=np.float64)


def rp3beta(likes: sp.csr_array, seed: int) -> Scores:
    """Sum over likes i of the chance to walk from i over a user to j, divided by likes of j ** beta."""
    counts = likes.sum(axis=0)
    from_users = sp.diags_array(1.0 / np.maximum(likes.sum(axis=1), 1)) @ likes
    from_movies = sp.diags_array(1.0 / np.maximum(counts, 1)) @ likes.T
    walked = (from_movies @ from_users).tolil()
    walked.setdiag(0)
    walked = (walked.tocsr() @ sp.diags_array(1.0 / np.maximum(counts, 1) ** BETA)).tocsr()
    return lambda liked: np.asarray(walked[liked].sum(axis=0), dtype=np.float64)


def ease(likes: sp.csr_array, seed: int) -> Scores:
    """X B with B = I - P diag(P)^-1, P = (X'X + lambda I)^-1, and a zero diagonal."""
    gram = (likes.T @ likes).toarray().astype(np.float64)
    gram[np.diag_indices_from(gram)] += RIDGE
    inverse = np.linalg.inv(gram)
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return lambda liked: np.asarray(weights[liked].sum(axis=0))


def als(likes: sp.csr_array, seed: int) -> Scores:
    """Factors of movies by `implicit`; a user's are solved for from what they like."""
    from implicit.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):  # implicit has threads of its own
        model = AlternatingLeastSquares(
            factors=FACTORS,
            regularization=REGULARISATION,
            alpha=1.0,
            iterations=ITERATIONS,
            random_state=seed,
            num_threads=2,
        )
        model.fit(sp.csr_matrix(likes), show_progress=False)
    movies = np.asarray(model.item_factors, dtype=np.float64)
    gram = movies.T @ movies + REGULARISATION * np.eye(movies.shape[1])

    def scores(liked: NDArray[np.int64]) -> NDArray[np.float64]:
        # implicit's confidence of a like is alpha = 1 and that of all else 1 too, so a like adds preference only.
        profile = np.linalg.solve(gram, movies[liked].sum(axis=0))
        return np.asarray(movies @ profile)

    return scores


BASELINES: dict[str, Callable[[sp.csr_array, int], Scores]] = {
    "most_popular": most_popular,
    "item_knn": item_knn,
    "rp3beta": rp3beta,
    "ease": ease,
    "als": als,
}
