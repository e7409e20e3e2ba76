"""The baselines that know the order of likes, against slow accounts of the same methods."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations, pairwise
from math import exp, log

import numpy as np
import pytest

from movierec.arrays import Lists
from movierec.evaluation.sequential_baselines import (
    MarkovSettings,
    SlistSettings,
    StanSettings,
    markov_chain,
    slist,
    stan,
)
from movierec.recommendation.scoring import LikeHistories, like_ages_of_users

N_MOVIES = 12
Likes = list[tuple[int, float]]  # movie and age, newest first


@pytest.fixture(scope="module")
def users() -> list[Likes]:
    """Some users; some likes of the same second."""
    generator = np.random.default_rng(4)
    found = []
    for n in (1, 2, 5, 7, 7, 9, 3, 6, 10, 4, 8, 8):
        movies = generator.permutation(N_MOVIES)[:n].tolist()
        times = np.sort(generator.integers(0, 8, n))[::-1]
        ages = like_ages_of_users(Lists.of([times])).tolist()
        found.append(list(zip(movies, ages, strict=True)))
    return found


def histories_of(users: list[Likes]) -> LikeHistories:
    return LikeHistories(
        Lists.of([[movie for movie, _ in likes] for likes in users]),
        np.array([age for likes in users for _, age in likes]),
    )


def test_markov_chain_adds_up_who_liked_what_after_what(users: list[Likes]) -> None:
    settings = MarkovSettings(scale=3.0, half_life=2.0, source_power=0.5, likes_power=0.3, backward=0.4)
    counted: dict[tuple[int, int], float] = defaultdict(float)
    popularity = np.zeros(N_MOVIES)
    for likes in users:
        for movie, _ in likes:
            popularity[movie] += 1
        for (newer, age), (older, other) in combinations(likes, 2):
            if other == age:
                counted[older, newer] += 0.5
                counted[newer, older] += 0.5
            else:
                counted[older, newer] += exp(-(max(other - age, 1) - 1) / 3.0)
    both = np.zeros((N_MOVIES, N_MOVIES))
    for (i, j), weight in counted.items():
        both[i, j] += weight
        both[j, i] += 0.4 * weight
    expected = np.zeros((len(users), N_MOVIES))
    for row, likes in enumerate(users):
        for movie, age in likes:
            out = both[movie].sum() ** 0.5
            expected[row] += 0.5 ** (age / 2.0) * both[movie] / (out or 1.0) / np.maximum(popularity, 1) ** 0.3
    assert markov_chain(histories_of(users), N_MOVIES, settings)(histories_of(users)) == pytest.approx(expected)


def test_pairs_further_apart_than_five_scales_are_left_out() -> None:
    likes = [[(movie, float(movie)) for movie in range(N_MOVIES)]]
    scores = markov_chain(histories_of(likes), N_MOVIES, MarkovSettings(scale=1.0, backward=0.0))
    found = scores(histories_of([[(11, 0.0)]]))[0]
    assert (found > 0).tolist() == [5 < movie < 11 for movie in range(N_MOVIES)]


def test_stan_adds_up_what_the_nearest_liked_about_what_both_like(users: list[Likes]) -> None:
    settings = StanSettings(neighbours=4, half_life=3.0, spread=2.0, backward=0.3, size_power=0.25, sharpness=1.5)
    popularity = np.zeros(N_MOVIES)
    for likes in users:
        for movie, _ in likes:
            popularity[movie] += 1
    rarity = [log(len(users) / max(n, 1)) for n in popularity]
    expected = np.zeros((len(users), N_MOVIES))
    for row, asked in enumerate(users):
        near = []
        for number, likes in enumerate(users):
            own, theirs = dict(asked), dict(likes)
            shared = set(own) & set(theirs)
            nearness = sum(0.5 ** (own[movie] / 3.0) * rarity[movie] for movie in shared) / len(likes) ** 0.25
            if nearness > 0:
                newest = min(own[movie] for movie in shared)
                place = next(theirs[movie] for movie, _ in likes if own.get(movie) == newest)
                near.append((-(nearness**1.5), number, place))
        for weight, number, place in sorted(near)[:4]:
            for movie, age in users[number]:
                factor = exp(-abs(place - age) / 2.0) * (1.0 if age <= place else 0.3)
                expected[row, movie] += -weight * factor
    assert stan(histories_of(users), N_MOVIES, settings)(histories_of(users)) == pytest.approx(expected)


def test_slist_is_a_ridge_regression_of_what_comes_on_what_was(users: list[Likes]) -> None:
    settings = SlistSettings(
        ridge=5.0,
        share_of_all=0.4,
        cuts=20,
        half_life_before=3.0,
        half_life_after=2.0,
        half_life=4.0,
        likes_power=0.2,
    )
    rows, targets = [], []
    popularity = np.zeros(N_MOVIES)
    for likes in users:
        every = np.zeros(N_MOVIES)
        for movie, _ in likes:
            every[movie] = 1
            popularity[movie] += 1
        rows.append(0.4**0.5 * every)
        targets.append(0.4**0.5 * every)
        ages = sorted({age for _, age in likes})
        for newer, older in pairwise(ages):
            cut = (newer + older) / 2
            before, after = np.zeros(N_MOVIES), np.zeros(N_MOVIES)
            for movie, age in likes:
                if age > cut:
                    before[movie] = 0.5 ** ((age - cut - 0.5) / 3.0)
                else:
                    after[movie] = 0.5 ** ((cut - age - 0.5) / 2.0)
            rows.append(0.6**0.5 * before)
            targets.append(0.6**0.5 * after)
    # Ridge regression as least squares of rows that are lengthened by the square root of the ridge.
    longer = np.vstack([*rows, 5.0**0.5 * np.eye(N_MOVIES)])
    wanted = np.vstack([*targets, np.zeros((N_MOVIES, N_MOVIES))])
    weights = np.linalg.lstsq(longer, wanted, rcond=None)[0] / np.maximum(popularity, 1) ** 0.2
    expected = np.zeros((len(users), N_MOVIES))
    for row, likes in enumerate(users):
        for movie, age in likes:
            expected[row] += 0.5 ** (age / 4.0) * weights[movie]
    assert slist(histories_of(users), N_MOVIES, settings)(histories_of(users)) == pytest.approx(expected)


def test_long_histories_are_cut_at_no_more_places_than_asked_for() -> None:
    likes = [[(movie, float(movie)) for movie in range(N_MOVIES)]]
    few = slist(histories_of(likes), N_MOVIES, SlistSettings(cuts=2))(histories_of(likes))
    more = slist(histories_of(likes), N_MOVIES, SlistSettings(cuts=11))(histories_of(likes))
    assert not np.allclose(few, more)
    assert more == pytest.approx(slist(histories_of(likes), N_MOVIES, SlistSettings(cuts=99))(histories_of(likes)))
