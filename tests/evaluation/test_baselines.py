"""The baselines against slow accounts of the same methods."""

from collections.abc import Callable

import numpy as np
import pytest
import scipy.sparse as sp
from implicit.als import AlternatingLeastSquares
from threadpoolctl import threadpool_limits

from movierec.arrays import Lists
from movierec.evaluation.baselines import (
    BASELINES,
    BETA,
    FACTORS,
    ITERATIONS,
    NEIGHBOURS,
    REGULARISATION,
    RIDGE,
    SHRINK,
    Scores,
    als,
    ease,
    item_knn,
    likes_matrix,
    most_popular,
    rp3beta,
)
from movierec.progress import silently
from movierec.recommendation import scoring


@pytest.fixture(scope="module")
def likes() -> sp.csr_array:
    generator = np.random.default_rng(1)
    dense = generator.random((120, 70)) < np.linspace(0.5, 0.02, 70)
    dense[0, :] = False
    dense[0, [3, 4, 5]] = True
    return sp.csr_array(dense.astype(np.float64))


LIKED = np.array([3, 4, 5])


def scores_of(fit: Callable[[sp.csr_array, int], Scores], likes: sp.csr_array, seed: int = 1) -> np.ndarray:
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


def test_als_answers_as_implicit_does(likes: sp.csr_array) -> None:
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=FACTORS,
            regularization=REGULARISATION,
            alpha=1.0,
            iterations=ITERATIONS,
            random_state=3,
            num_threads=2,
        )
        model.fit(sp.csr_matrix(likes), show_progress=False)
        profile = model.recalculate_user(0, sp.csr_matrix(likes[[0]]))
    expected = np.asarray(model.item_factors) @ profile
    assert scores_of(als, likes, 3) == pytest.approx(expected, rel=2e-3, abs=1e-4)


@pytest.mark.parametrize("name", list(BASELINES))
def test_fitting_and_scoring_in_blocks_is_that_of_each_alone(
    likes: sp.csr_array, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    users = likes[[1, 0, 7, 30]]
    whole = BASELINES[name](likes, 1, silently)(users)
    monkeypatch.setattr(scoring, "BLOCK_BYTES", 8 * likes.shape[1] * 7)  # seven movies at a time
    assert scoring.block_rows(likes.shape[1]) == 7
    in_parts = BASELINES[name](likes, 1, silently)
    for row, scores in enumerate(whole):
        assert in_parts(users[[row]])[0] == pytest.approx(scores)
