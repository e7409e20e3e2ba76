"""GRU4Rec and SASRec, on likes that follow a rule."""

from __future__ import annotations

import numpy as np
import pytest

from movierec.arrays import Lists
from movierec.evaluation.baselines import Fit
from movierec.evaluation.neural_baselines import NEURAL_BASELINES
from movierec.recommendation.scoring import LikeHistories

N_MOVIES, N_USERS, LENGTH = 12, 60, 8


def histories(starts: np.ndarray, length: int) -> LikeHistories:
    """Each user likes every fifth movie, round and round: what comes next is known, though all are as popular."""
    newest_first = (starts[:, None] + 5 * np.arange(length)[::-1]) % N_MOVIES
    ages = np.tile(np.arange(length, dtype=float), len(starts))
    return LikeHistories(Lists.of(list(newest_first)), ages)


@pytest.fixture(scope="module")
def training() -> LikeHistories:
    return histories(np.random.default_rng(3).integers(0, N_MOVIES, N_USERS), LENGTH)


@pytest.mark.parametrize("fit", NEURAL_BASELINES.values(), ids=NEURAL_BASELINES)
def test_next_like_of_a_rule_comes_first(fit: Fit, training: LikeHistories) -> None:
    asked = histories(np.arange(N_MOVIES), 3)
    done: list[int] = []
    found = fit(training, N_MOVIES, 1, lambda n, note="": done.append(n))(asked)
    assert found.shape == (N_MOVIES, N_MOVIES)
    following = (np.arange(N_MOVIES) + 5 * 3) % N_MOVIES
    assert (found.argmax(axis=1) == following).mean() > 0.8
    assert sum(done) == N_MOVIES


@pytest.mark.parametrize("fit", NEURAL_BASELINES.values(), ids=NEURAL_BASELINES)
def test_scores_depend_on_the_seed_alone(fit: Fit, training: LikeHistories) -> None:
    asked = histories(np.arange(4), 3)
    one, same, other = (fit(training, N_MOVIES, seed, lambda n, note="": None)(asked) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("fit", NEURAL_BASELINES.values(), ids=NEURAL_BASELINES)
def test_user_without_likes_has_scores_and_an_unknown_movie_has_the_least_of_them(
    fit: Fit, training: LikeHistories
) -> None:
    scores = fit(training, N_MOVIES + 1, 1, lambda n, note="": None)
    found = scores(LikeHistories(Lists.of([[], [0]]), np.zeros(1)))
    assert np.isfinite(found).all()
    assert np.array_equal(found[:, N_MOVIES], found[:, :N_MOVIES].min(axis=1))


@pytest.mark.parametrize("fit", NEURAL_BASELINES.values(), ids=NEURAL_BASELINES)
@pytest.mark.parametrize("lists", [[[0, 1], [2, 3]], [[0], [0], [0]], [[], []]], ids=["rare", "single", "none"])
def test_likes_that_teach_nothing_give_finite_scores(fit: Fit, lists: list[list[int]]) -> None:
    likes = LikeHistories(Lists.of(lists), np.concatenate([np.arange(len(one), dtype=float) for one in lists]))
    assert np.isfinite(fit(likes, 6, 1, lambda n, note="": None)(likes)).all()
