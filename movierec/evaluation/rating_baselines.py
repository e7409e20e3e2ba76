"""What the rating model is compared with. Each is trained on the training ratings and predicts stars for pairs.

    global mean           the mean of all ratings
    biases                mean + b_u + b_v, each shrunk: b_v = sum of what is left / (3 + ratings), 5 for users,
                          by turns (Koren 2010)
    matrix factorisation  biased, of 40 factors, by stochastic gradient descent (Funk 2006), by Surprise
    neighbours            biases, and the mean of what is left of the user's ratings of the 30 nearest movies by
                          cosine of the walk embeddings, weighted by it (Sarwar and others 2001, with these)

Shapes: U users, M movies, E ratings, N pairs.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from movierec.rating_prediction.graph import RatingGraph

__all__ = ["Predict", "biases", "global_mean", "matrix_factorisation", "neighbours", "shrunk_biases"]

Predict = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float64]]  # (N,), (N,) positions -> (N,)

# Chosen on a part of the training ratings of ML-100K's first fold, as the rating model's settings are.
USER_SHRINK, MOVIE_SHRINK, ROUNDS = 5.0, 3.0, 10
FACTORS, EPOCHS, RATE, REGULARISATION, START = 40, 60, 0.01, 0.1, 0.02
NEAREST, NEIGHBOUR_SHRINK = 30, 1.0
PAIRS_AT_ONCE = 100_000


def global_mean(graph: RatingGraph) -> Predict:
    """The same for all."""
    mean = graph.stars[graph.levels].mean()
    return lambda users, movies: np.full(len(users), mean)


def shrunk_biases(graph: RatingGraph) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """The mean, (U,) b_u and (M,) b_v."""
    given = graph.stars[graph.levels]
    mean = float(given.mean())
    of_users, of_movies = np.zeros(len(graph.user_ids)), np.zeros(len(graph.movie_ids))
    user_sizes = np.bincount(graph.users, minlength=len(of_users))
    movie_sizes = np.bincount(graph.movies, minlength=len(of_movies))
    for _ in range(ROUNDS):
        left = np.bincount(graph.movies, given - mean - of_users[graph.users], len(of_movies))
        of_movies = left / (MOVIE_SHRINK + movie_sizes)
        left = np.bincount(graph.users, given - mean - of_movies[graph.movies], len(of_users))
        of_users = left / (USER_SHRINK + user_sizes)
    return mean, of_users, of_movies


def biases(graph: RatingGraph) -> Predict:
    """What users give and movies get, on average."""
    mean, of_users, of_movies = shrunk_biases(graph)
    return lambda users, movies: np.clip(
        mean + of_users[users] + of_movies[movies], graph.stars[0], graph.stars[-1]
    )


def matrix_factorisation(graph: RatingGraph, seed: int) -> Predict:
    """Surprise's `SVD`."""
    import pandas as pd
    from surprise import SVD, Dataset, Reader

    table = pd.DataFrame({"user": graph.users, "movie": graph.movies, "stars": graph.stars[graph.levels]})
    reader = Reader(rating_scale=(float(graph.stars[0]), float(graph.stars[-1])))
    known = Dataset.load_from_df(table, reader).build_full_trainset()
    model = SVD(
        n_factors=FACTORS,
        n_epochs=EPOCHS,
        lr_all=RATE,
        reg_all=REGULARISATION,
        init_std_dev=START,
        random_state=seed,
    )
    model.fit(known)
    # Its own `predict` takes one pair at a time. Rows of zeros stand for those without a training rating.
    of_users = np.zeros((len(graph.user_ids), 1 + FACTORS))
    of_movies = np.zeros((len(graph.movie_ids), 1 + FACTORS))
    of_users[[known.to_raw_uid(user) for user in known.all_users()]] = np.column_stack([model.bu, model.pu])
    of_movies[[known.to_raw_iid(movie) for movie in known.all_items()]] = np.column_stack([model.bi, model.qi])

    def predict(users: NDArray[np.int64], movies: NDArray[np.int64]) -> NDArray[np.float64]:
        stars = np.empty(len(users))
        for start in range(0, len(users), PAIRS_AT_ONCE):
            part = slice(start, start + PAIRS_AT_ONCE)
            of_user, of_movie = of_users[users[part]], of_movies[movies[part]]
            stars[part] = known.global_mean + of_user[:, 0] + of_movie[:, 0]
            stars[part] += np.einsum("nf,nf->n", of_user[:, 1:], of_movie[:, 1:])
        return np.clip(stars, graph.stars[0], graph.stars[-1])

    return predict


def neighbours(graph: RatingGraph, unit: NDArray[np.float32]) -> Predict:
    """By (M, D) vectors of length 1; zeros where a movie has none, which then is predicted by the biases."""
    mean, of_users, of_movies = shrunk_biases(graph)
    left = graph.stars[graph.levels] - mean - of_users[graph.users] - of_movies[graph.movies]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(graph.users, minlength=len(graph.user_ids)))])

    def predict(users: NDArray[np.int64], movies: NDArray[np.int64]) -> NDArray[np.float64]:
        found = np.empty(len(users))
        by_user = np.argsort(users, kind="stable")
        for asked in np.split(by_user, np.flatnonzero(np.diff(users[by_user])) + 1):
            if not len(asked):
                continue  # nothing was asked at all
            user = users[asked[0]]
            own = slice(indptr[user], indptr[user + 1])
            cosine = unit[movies[asked]] @ unit[graph.movies[own]].T  # (asked, rated)
            n_far = max(cosine.shape[1] - NEAREST, 0)
            if n_far:
                nearest = np.partition(cosine, n_far, axis=1)[:, n_far, None]
                cosine = np.where(cosine >= nearest, cosine, 0.0)
            weights = np.maximum(cosine, 0.0)
            found[asked] = weights @ left[own] / (NEIGHBOUR_SHRINK + weights.sum(axis=1))
        stars = mean + of_users[users] + of_movies[movies] + found
        return np.clip(stars, graph.stars[0], graph.stars[-1])

    return predict
