from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from surprise import SVD, BaselineOnly, Dataset, Reader

from movierec.evaluation import rating_baselines
from movierec.evaluation.rating_baselines import (
    biases,
    global_mean,
    matrix_factorisation,
    neighbours,
    shrunk_biases,
)
from movierec.evaluation.rating_prediction import calibration, errors_of
from tests.rating_prediction.planted import parts, planted


def test_biases_are_those_of_surprise(capsys: pytest.CaptureFixture[str]) -> None:
    learnt, asked = parts(planted())
    table = pd.DataFrame({"user": learnt.users, "movie": learnt.movies, "stars": learnt.stars[learnt.levels]})
    known = Dataset.load_from_df(table, Reader(rating_scale=(1, 5))).build_full_trainset()
    model = BaselineOnly(bsl_options={"method": "als", "n_epochs": 10, "reg_u": 5, "reg_i": 3}).fit(known)
    users, movies = asked.users.astype(np.int64), asked.movies.astype(np.int64)
    expected = [model.predict(*pair).est for pair in zip(users.tolist(), movies.tolist(), strict=True)]
    np.testing.assert_allclose(biases(learnt)(users, movies), expected, atol=1e-9)


def test_global_mean_is_the_mean() -> None:
    graph = planted(5, 5)
    given = graph.stars[graph.levels]
    assert global_mean(graph)(np.array([1, 2]), np.array([0, 0])).tolist() == [pytest.approx(given.mean())] * 2


def test_neighbours_are_those_of_a_loop() -> None:
    learnt, asked = parts(planted(30, 60, share=0.8))  # more than 30 ratings of most users
    generator = np.random.default_rng(1)
    unit = generator.normal(size=(60, 5))
    unit = (unit / np.linalg.norm(unit, axis=1, keepdims=True)).astype(np.float32)
    unit[7] = 0.0
    mean, of_users, of_movies = shrunk_biases(learnt)
    users, movies = asked.users.astype(np.int64), asked.movies.astype(np.int64)
    found = neighbours(learnt, unit)(users, movies)
    for user, movie, stars in zip(users.tolist(), movies.tolist(), found.tolist(), strict=True):
        own = np.flatnonzero(learnt.users == user)
        cosine = unit[learnt.movies[own]] @ unit[movie]
        nearest = np.argsort(-cosine)[:30]
        nearest = nearest[cosine[nearest] > 0]
        left = (
            learnt.stars[learnt.levels[own[nearest]]]
            - mean
            - of_users[user]
            - of_movies[learnt.movies[own[nearest]]]
        )
        added = (cosine[nearest] * left).sum() / (1 + cosine[nearest].sum())
        expected = np.clip(mean + of_users[user] + of_movies[movie] + added, 1, 5)
        assert stars == pytest.approx(expected, abs=1e-5)


def test_matrix_factorisation_sees_more_than_biases() -> None:
    learnt, asked = parts(planted(120, 90))
    users, movies = asked.users.astype(np.int64), asked.movies.astype(np.int64)
    given = asked.stars[asked.levels]
    by_factors = errors_of(matrix_factorisation(learnt, 1)(users, movies), given)
    assert by_factors["rmse"] < 0.9 * errors_of(biases(learnt)(users, movies), given)["rmse"]


def test_matrix_factorisation_predicts_as_surprise_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rating_baselines, "PAIRS_AT_ONCE", 7)
    whole = planted(20, 15)
    kept = (whole.users != 3) & (whole.movies != 4)  # of whom and of which nothing is known
    graph = replace(whole, users=whole.users[kept], movies=whole.movies[kept], levels=whole.levels[kept])
    table = pd.DataFrame({"user": graph.users, "movie": graph.movies, "stars": graph.stars[graph.levels]})
    known = Dataset.load_from_df(table, Reader(rating_scale=(1, 5))).build_full_trainset()
    model = SVD(40, 60, lr_all=0.01, reg_all=0.1, init_std_dev=0.02, random_state=5).fit(known)
    users, movies = (side.ravel() for side in np.mgrid[0:20, 0:15])
    expected = [model.predict(*pair).est for pair in zip(users.tolist(), movies.tolist(), strict=True)]
    assert matrix_factorisation(graph, 5)(users, movies) == pytest.approx(expected)


def test_errors_and_calibration_by_hand() -> None:
    assert errors_of(np.array([3.0, 5.0]), np.array([4.0, 2.0])) == {"rmse": pytest.approx(5**0.5), "mae": 2.0}
    chances = np.array([[0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0]])
    held_out = (np.zeros(3, np.int64), np.zeros(3, np.int64), np.array([1.0, 1.0, 3.0]))
    one, two, three = calibration(chances, np.array([1.0, 2.0, 3.0]), held_out)
    assert one.given == 2
    assert one.share == pytest.approx(2 / 3)
    assert one.predicted_share == pytest.approx(0.5 / 3)
    assert one.mean_predicted == pytest.approx((1.5 + 2.5) / 2)
    assert one.rmse == pytest.approx(np.sqrt((0.5**2 + 1.5**2) / 2))
    assert (two.given, two.rmse, three.mean_predicted) == (0, 0.0, 3.0)
