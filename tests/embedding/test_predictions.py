"""The regression of likes on likes, against EASE and against one that is solved movie by movie."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from movierec.arrays import LikeLists, Lists
from movierec.embedding.predictions import PREDICTED, Predictions, RegressionSettings, fit_predictions
from movierec.evaluation.baselines import RIDGE, ease, likes_matrix
from movierec.recommendation.scoring import like_ages_of_users

N_MOVIES = 14
EASE = RegressionSettings(ridge=RIDGE, share_of_all=1.0, likes_power=0.0, dropout=0.0)


def like_lists(n_users: int, n_movies: int = N_MOVIES, *, ties: bool = True) -> LikeLists:
    """Users who like from 2 movies on, oldest first, the first movies most often."""
    generator = np.random.default_rng(3)
    chances = np.linspace(3, 1, n_movies) / np.linspace(3, 1, n_movies).sum()
    lists, ages = [], []
    for _ in range(n_users):
        n = int(generator.integers(2, min(9, n_movies)))
        lists.append(generator.choice(n_movies, n, replace=False, p=chances))
        times = np.sort(generator.integers(0, 6 if ties else 10**9, n))
        ages.append(like_ages_of_users(Lists.of([times[::-1]]))[::-1])
    movies = np.concatenate(lists).astype(np.int32)
    return LikeLists(
        movie_ids=np.arange(100, 100 + n_movies),
        like_counts=np.bincount(movies, minlength=n_movies),
        indptr=np.concatenate([[0], np.cumsum([len(one) for one in lists])]).astype(np.int64),
        movies=movies,
        ages=np.concatenate(ages).astype(np.float32),
    )


def table(found: Predictions, likes: LikeLists) -> np.ndarray:
    """(M, M) the weights, zeros elsewhere."""
    weights = np.zeros((likes.n_movies, likes.n_movies))
    place = np.searchsorted(likes.movie_ids, found.movie_ids)
    weights[place[found.sources], place[found.targets]] = found.weights
    return weights


def test_without_order_and_dropout_it_is_ease() -> None:
    likes = like_lists(300)
    matrix = likes_matrix(Lists(likes.indptr, likes.movies.astype(np.int64)), likes.n_movies)
    expected = ease(matrix, 1)(likes_matrix(Lists.of([[i] for i in range(likes.n_movies)]), likes.n_movies))
    assert table(fit_predictions(likes, EASE, 1), likes) == pytest.approx(np.maximum(expected, 0.0), abs=1e-6)


def test_with_order_it_is_a_ridge_regression_of_what_comes_on_what_was() -> None:
    likes = like_lists(120, ties=False)
    settings = RegressionSettings(
        ridge=7.0,
        share_of_all=0.4,
        likes_power=0.3,
        dropout=0.25,
        cuts=3,
        half_life_before=4.0,
        half_life_after=2.0,
    )
    rows, targets = [], []
    for user in range(likes.n_users):
        own = slice(likes.indptr[user], likes.indptr[user + 1])
        movies, ages = likes.movies[own], likes.ages[own]  # type: ignore[index]
        every = np.zeros(N_MOVIES)
        every[movies] = 0.4**0.5
        rows.append(every)
        targets.append(every)
        n_cuts = int(ages.max())
        length = (0.6 * min(1.0, 3 / n_cuts)) ** 0.5
        for cut in np.arange(n_cuts) + 0.5:
            before, after = np.zeros(N_MOVIES), np.zeros(N_MOVIES)
            before[movies[ages > cut]] = 0.5 ** ((ages[ages > cut] - cut - 0.5) / 4.0)
            after[movies[ages < cut]] = 0.5 ** ((cut - ages[ages < cut] - 0.5) / 2.0)
            rows.append(length * before)
            targets.append(length * after)
    x, y = np.array(rows), np.array(targets)
    gram = x.T @ x
    ridge = np.diag(7.0 + 0.25 / 0.75 * np.diag(gram))
    expected = np.zeros((N_MOVIES, N_MOVIES))
    for j in range(N_MOVIES):
        others = [i for i in range(N_MOVIES) if i != j]
        left = (gram + ridge)[np.ix_(others, others)]
        expected[others, j] = np.linalg.solve(left, x[:, others].T @ y[:, j])
    expected *= likes.like_counts**-0.3
    assert table(fit_predictions(likes, settings, 1), likes) == pytest.approx(np.maximum(expected, 0.0), abs=2e-6)


def test_equal_half_lives_are_the_limit_of_nearly_equal_ones() -> None:
    likes, settings = like_lists(80), RegressionSettings.default(True)
    equal = table(fit_predictions(likes, replace(settings, half_life_before=5.0, half_life_after=5.0), 1), likes)
    near = table(fit_predictions(likes, replace(settings, half_life_before=5.0, half_life_after=5.001), 1), likes)
    assert equal == pytest.approx(near, abs=2e-5)
    assert equal.any()


def test_likes_of_one_moment_predict_nothing_but_by_the_share_of_all() -> None:
    likes = like_lists(60)
    at_once = replace(likes, ages=np.zeros(len(likes.movies), dtype=np.float32))
    settings = replace(EASE, share_of_all=0.5, ridge=RIDGE / 2)
    assert table(fit_predictions(at_once, settings, 1), likes) == pytest.approx(
        table(fit_predictions(likes, EASE, 1), likes), abs=1e-6
    )


def test_only_movies_that_three_like_take_part_and_of_many_the_most_liked() -> None:
    likes = like_lists(40)
    movies = np.where(np.isin(likes.movies, [3]) & (np.cumsum(likes.movies == 3) > 2), 0, likes.movies)
    rare = replace(likes, movies=movies, like_counts=np.bincount(movies, minlength=N_MOVIES))
    assert rare.like_counts[3] == 2
    found = fit_predictions(rare, EASE, 1)
    assert found.movie_ids.tolist() == [100 + i for i in range(N_MOVIES) if i != 3]
    few = fit_predictions(rare, EASE, 1, most_movies=5)
    assert set(few.movie_ids.tolist()) == {100 + int(i) for i in np.argsort(-rare.like_counts, kind="stable")[:5]}


def test_of_each_movie_the_best_hundred_are_kept_best_first_equal_ones_by_id() -> None:
    likes = like_lists(3_000, 160)
    every = table(fit_predictions(likes, replace(EASE, ridge=5.0), 1), likes)
    assert (np.count_nonzero(every, axis=1) <= PREDICTED).all()
    found = fit_predictions(likes, replace(EASE, ridge=5.0), 1)
    for source in range(160):
        own = found.sources == source
        order = sorted(zip(-found.weights[own], found.targets[own], strict=True))
        assert [target for _, target in order] == found.targets[own].tolist()


def test_a_sample_of_users_gives_about_the_same_and_the_same_with_the_same_seed() -> None:
    likes, settings = like_lists(4_000), RegressionSettings.default(True)
    whole = table(fit_predictions(likes, settings, 1), likes)
    sampled = fit_predictions(likes, settings, 1, most_pairs=60_000)
    assert table(sampled, likes) == pytest.approx(whole, abs=0.4 * whole.max())
    assert sampled.sha256() == fit_predictions(likes, settings, 1, most_pairs=60_000).sha256()
    assert sampled.sha256() != fit_predictions(likes, settings, 2, most_pairs=60_000).sha256()


@pytest.mark.parametrize("changes", [{}, {"ages": None}])
def test_nobody_and_nothing_predict_nothing(changes: dict[str, Any]) -> None:
    empty = LikeLists(
        movie_ids=np.empty(0, np.int64),
        like_counts=np.empty(0, np.int64),
        indptr=np.zeros(1, np.int64),
        movies=np.empty(0, np.int32),
        ages=np.empty(0, np.float32),
    )
    assert len(fit_predictions(replace(empty, **changes), EASE, 1)) == 0
