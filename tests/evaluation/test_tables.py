import math

import numpy as np
import pandas as pd
import pytest

from movierec.evaluation.methods import UserProfile
from movierec.evaluation.tables import (
    Catalogue,
    HeldOutCase,
    compare,
    evaluate_method,
    list_metrics,
    strata,
    strata_means,
)
from movierec.recommendation.scoring import LikeHistory

CATALOGUE = Catalogue(
    movie_ids=np.array([1, 2, 3, 4]),
    like_counts=np.array([8.0, 4.0, 2.0, 1.0]),
    genres=np.array([[1, 0], [1, 0], [0, 1], [1, 1]], dtype=bool),
    n_rated_movies=8,
    n_users=16,
)


def case(user: int, liked: list[int], held_out: list[int], gap: int | None = None) -> HeldOutCase:
    is_rated = np.zeros(4, dtype=bool)
    is_rated[liked] = True
    return HeldOutCase(
        UserProfile(user, LikeHistory(np.array(liked, dtype=np.int64), np.zeros(len(liked))), is_rated),
        np.array(held_out),
        gap,
    )


def test_lists_are_ranked_and_measured_for_every_user() -> None:
    cases = [case(7, [0], [3, 99]), case(8, [], [1])]
    table, lists = evaluate_method(lambda user: np.array([4.0, 1.0, 3.0, 2.0]), cases, CATALOGUE)
    # User 7's list is 3, 4, 2: the only hit is at rank 1; movie 99 nobody can find.
    assert table.index.tolist() == [7, 8]
    assert table.loc[7, "ndcg@10"] == pytest.approx(1 / (1 + 1 / math.log2(3)))
    others = table.loc[7, ["recall@10", "hit_rate@10", "mrr@10", "precision@10"]]
    assert others.to_numpy().tolist() == [0.5, 1.0, 1.0, 0.1]
    assert not table.loc[8].any(), "somebody whose likes are all held out gets no list"
    assert lists["coverage@10"] == 3 / 8


def test_measures_of_lists_by_hand() -> None:
    found = list_metrics([np.array([0, 2]), np.array([0, 1])], CATALOGUE)
    assert found["popularity@10"] == (8 + 2 + 8 + 4) / 4
    assert found["novelty@10"] == pytest.approx((1 + 3 + 1 + 2) / 4)
    # The genres of 0 and 2 are apart, those of 0 and 1 the same.
    assert found["diversity@10"] == 0.5
    # Eight movies, listed 2, 1, 1 and five times 0: mean absolute difference over twice the mean.
    counts = np.array([2, 1, 1, 0, 0, 0, 0, 0])
    expected = np.abs(counts[:, None] - counts[None, :]).mean() / (2 * counts.mean())
    assert found["gini@10"] == pytest.approx(expected)


def test_difference_is_paired_and_its_interval_holds_it() -> None:
    generator = np.random.default_rng(1)
    theirs = generator.random(400)
    ours = theirs + generator.normal(0.05, 0.1, 400)
    found = compare(pd.DataFrame({"ndcg@10": ours}), pd.DataFrame({"ndcg@10": theirs}))
    difference = ours - theirs
    assert found.ndcg == pytest.approx(difference.mean())
    assert found.standard_error == pytest.approx(difference.std(ddof=1) / 20)
    low, high = found.interval
    # For a mean of 400 the percentiles of resamples are those of a normal law, but for their own noise.
    assert low == pytest.approx(difference.mean() - 1.96 * found.standard_error, abs=0.001)
    assert high == pytest.approx(difference.mean() + 1.96 * found.standard_error, abs=0.001)
    assert found.ratio_interval[0] < found.ratio == ours.mean() / theirs.mean() < found.ratio_interval[1]


def test_groups_are_by_likes_popularity_and_gap() -> None:
    cases = [
        case(1, [0, 1], [1], 60),
        case(2, [0], [4], 7_200),
        case(3, [0, 1, 2], [3], 10**6),
        case(4, [1], [3], None),
    ]
    groups = strata(cases, CATALOGUE)
    assert groups["likes in training"]["under 20"].tolist() == [True] * 4
    gaps = groups["gap before the first held-out like"]
    assert [gaps[name].tolist().index(True) for name in ("up to an hour", "up to a day", "more than a day")] == [
        0,
        1,
        2,
    ]
    assert not any(members[3] for members in gaps.values()), "without times there is no gap"
    tables = {"a": pd.DataFrame({"ndcg@10": [0.2, 0.4, 0.6, 0.8]})}
    means = strata_means(tables, groups)
    assert means["likes in training"]["under 20"] == {"users": 4, "a": pytest.approx(0.5)}
    assert means["gap before the first held-out like"]["up to a day"] == {"users": 1, "a": pytest.approx(0.4)}
