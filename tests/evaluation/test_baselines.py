"""The baselines against slow accounts of the same methods."""

from collections.abc import Callable

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import minimize

from movierec.arrays import Lists
from movierec.embedding.ials import factorise, solve_rows
from movierec.evaluation.baselines import (
    BASELINES,
    BETA,
    NEIGHBOURS,
    RIDGE,
    SHRINK,
    ScoresOfLikes,
    ease,
    ials,
    item_knn,
    likes_matrix,
    most_popular,
    rp3beta,
)
from movierec.progress import silently
from movierec.recommendation import scoring
from movierec.recommendation.scoring import LikeHistories


@pytest.fixture(scope="module")
def likes() -> sp.csr_array:
    generator = np.random.default_rng(1)
    dense = generator.random((120, 70)) < np.linspace(0.5, 0.02, 70)
    dense[0, :] = False
    dense[0, [3, 4, 5]] = True
    return sp.csr_array(dense.astype(np.float64))


LIKED = np.array([3, 4, 5])


def scores_of(fit: Callable[[sp.csr_array, int], ScoresOfLikes], likes: sp.csr_array, seed: int = 1) -> np.ndarray:
    """(C,) of somebody who likes LIKED, asked together with somebody else."""
    asked = likes_matrix(Lists.of([[7], LIKED]), likes.shape[1])
    found: np.ndarray = fit(likes, seed)(asked)[1]
    return found


def test_most_popular_counts_likes(likes: sp.csr_array) -> None:
    assert scores_of(most_popular, likes).tolist() == likes.toarray().sum(0).tolist()


def test_item_knn_sums_what_is_near(likes: sp.csr_array) -> None:
    dense = likes.toarray()
    n = dense.shape[1]
    expected = np.zeros(n)
    for j in range(n):
        near = []
        for i in range(n):
            both = (dense[:, i] * dense[:, j]).sum()
            if i != j and both:
                near.append((-both / (np.sqrt(dense[:, i].sum() * dense[:, j].sum()) + SHRINK), i))
        expected[j] = sum(-s for s, i in sorted(near)[:NEIGHBOURS] if i in LIKED)
    assert scores_of(item_knn, likes) == pytest.approx(expected)


def test_rp3beta_is_the_chance_of_a_walk(likes: sp.csr_array) -> None:
    dense = likes.toarray()
    expected = np.zeros(dense.shape[1])
    for i in LIKED:
        for user in np.flatnonzero(dense[:, i]):
            for j in np.flatnonzero(dense[user]):
                if i != j:
                    expected[j] += 1 / dense[:, i].sum() / dense[user].sum()
    expected /= dense.sum(0) ** BETA
    assert scores_of(rp3beta, likes) == pytest.approx(expected)


def test_ease_is_a_ridge_regression_of_each_movie_on_the_others(likes: sp.csr_array) -> None:
    dense = likes.toarray()
    scores = scores_of(ease, likes)
    for j in (0, 4, 30, 69):
        others = [i for i in range(dense.shape[1]) if i != j]
        x = dense[:, others]
        weights = np.linalg.solve(x.T @ x + RIDGE * np.eye(len(others)), x.T @ dense[:, j])
        expected = sum(weights[others.index(i)] for i in LIKED if i != j)
        assert scores[j] == pytest.approx(expected, rel=1e-6)


WEIGHT, RIDGE_OF_IALS = 0.3, 0.05


def ials_loss(likes: np.ndarray, users: np.ndarray, movies: np.ndarray) -> float:
    """The loss of Rendle and others, term by term."""
    scores = users @ movies.T
    frequency_of_users = likes.sum(1) + WEIGHT * likes.shape[1]
    frequency_of_movies = likes.sum(0) + WEIGHT * likes.shape[0]
    ridge = (frequency_of_users * (users**2).sum(1)).sum() + (frequency_of_movies * (movies**2).sum(1)).sum()
    return float((likes * (1 - scores) ** 2).sum() + WEIGHT * (scores**2).sum() + RIDGE_OF_IALS * ridge)


def test_ials_finds_the_user_vectors_of_least_loss(likes: sp.csr_array) -> None:
    dense = likes.toarray()[:6]
    movies = np.random.default_rng(2).normal(size=(dense.shape[1], 3))
    found = solve_rows(sp.csr_array(dense), movies, WEIGHT, RIDGE_OF_IALS)

    def loss(flat: np.ndarray) -> float:
        return ials_loss(dense, flat.reshape(6, 3), movies)

    best = minimize(loss, np.zeros(18), tol=1e-10)
    assert found == pytest.approx(best.x.reshape(6, 3), abs=1e-5)


def test_rows_with_few_likes_and_with_many_are_solved_for_alike() -> None:
    generator = np.random.default_rng(8)
    dense = np.arange(12) < np.arange(13)[:, None]  # rows of 0 to 12 likes
    movies = generator.normal(size=(12, 4))
    found = solve_rows(sp.csr_array(dense.astype(float)), movies, WEIGHT, RIDGE_OF_IALS)
    for row, liked in zip(found, dense, strict=True):
        own, ridge = movies[liked], RIDGE_OF_IALS * (liked.sum() + WEIGHT * 12)
        system = own.T @ own + WEIGHT * movies.T @ movies + ridge * np.eye(4)
        assert row == pytest.approx(np.linalg.solve(system, own.sum(axis=0)))


def test_ials_lowers_its_loss_with_every_iteration(likes: sp.csr_array) -> None:
    losses = []
    for iterations in (1, 2, 4, 8):
        movies = factorise(
            likes,
            dimensions=4,
            unobserved_weight=WEIGHT,
            regularisation=RIDGE_OF_IALS,
            iterations=iterations,
            seed=1,
        )
        users = solve_rows(likes, movies, WEIGHT, RIDGE_OF_IALS)
        losses.append(ials_loss(likes.toarray(), users, movies))
    assert losses == sorted(losses, reverse=True)


def test_ials_scores_are_the_products_of_vectors(likes: sp.csr_array) -> None:
    whole = ials(likes, 1)(likes[:5])
    assert np.linalg.matrix_rank(ials(likes, 1)(likes)) <= 128
    liked = likes[:5].toarray() > 0
    assert whole[liked].mean() > 2 * whole[~liked].mean()


def histories_of(likes: sp.csr_array) -> LikeHistories:
    """The movies of each row, the newest first."""
    return LikeHistories(
        Lists(likes.indptr.astype(np.int64), likes.indices.astype(np.int64)),
        np.concatenate([np.arange(n, dtype=np.float64) for n in np.diff(likes.indptr)]),
    )


@pytest.mark.parametrize("name", list(BASELINES))
def test_fitting_and_scoring_in_blocks_is_that_of_each_alone(
    likes: sp.csr_array, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    histories, n_movies = histories_of(likes), likes.shape[1]
    users = histories.taken(np.array([1, 0, 7, 30]))
    whole = BASELINES[name](histories, n_movies, 1, silently)(users)
    monkeypatch.setattr(scoring, "BLOCK_BYTES", 8 * n_movies * 7)  # seven movies at a time
    assert scoring.block_rows(n_movies) == 7
    in_parts = BASELINES[name](histories, n_movies, 1, silently)
    for row, scores in enumerate(whole):
        assert in_parts(users.part(row, row + 1))[0] == pytest.approx(scores)
