import math
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from movierec.arrays import Lists
from movierec.evaluation import tables
from movierec.evaluation.methods import UserProfiles
from movierec.evaluation.metrics import NONE
from movierec.evaluation.tables import (
    Catalogue,
    differences,
    evaluate_method,
    holm,
    list_metrics,
    mean_intervals,
    padded,
    ranked,
    strata,
    strata_means,
)
from movierec.recommendation import scoring
from tests.evaluation.cases import cases_of, users_of

CATALOGUE = Catalogue(
    movie_ids=np.array([1, 2, 3, 4]),
    like_counts=np.array([8.0, 4.0, 2.0, 1.0]),
    genres=np.array([[1, 0], [1, 0], [0, 1], [1, 1]], dtype=bool),
    n_rated_movies=8,
    n_users=16,
)


def test_lists_are_ranked_and_measured_for_every_user() -> None:
    cases = cases_of(([0], [2, NONE]), ([], [0]))
    table, lists = evaluate_method(lambda users: np.array([[4.0, 1.0, 3.0, 2.0]] * 2), cases, CATALOGUE)
    # User 1's list is 3, 4, 2: the only hit is at rank 1; what is no candidate nobody can find.
    assert table.index.tolist() == [1, 2]
    assert table.loc[1, "ndcg@10"] == pytest.approx(1 / (1 + 1 / math.log2(3)))
    others = table.loc[1, ["recall@10", "hit_rate@10", "mrr@10", "precision@10"]]
    assert others.to_numpy().tolist() == [0.5, 1.0, 1.0, 0.1]
    assert not table.loc[2].any(), "somebody whose likes are all held out gets no list"
    assert lists["coverage@10"] == 3 / 8


def test_rated_movies_are_left_out_and_ties_go_by_id() -> None:
    scores = np.array([[3.0, 5.0, 5.0, 1.0, -np.inf]] * 2)
    users = users_of([[0], [1]], [[0], [1, 3]])
    found = ranked(lambda users: [("one", scores)], users, 5)["one"]
    assert [row[row != NONE].tolist() for row in found] == [[1, 2, 3], [2, 0]]


def test_users_in_blocks_get_the_lists_of_a_stable_sort_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(6)
    scores = generator.integers(0, 40, (90, 300)).astype(float)  # many are equal
    liked = [generator.permutation(300)[: generator.integers(0, 30)].tolist() for _ in range(90)]
    asked: list[int] = []

    def method(users: UserProfiles) -> np.ndarray:
        asked.append(len(users))
        return np.asarray(scores[users.user_ids - 1])

    monkeypatch.setattr(scoring, "BLOCK_BYTES", 8 * 300 * 7)
    users = users_of(liked)
    found = ranked(lambda users: [("one", method(users))], users, 300)["one"]
    assert asked == [7] * 12 + [6]
    for user, movies in enumerate(liked):
        order = [place for place in np.argsort(-scores[user], kind="stable") if place not in movies]
        assert found[user].tolist() == (order[:20] if movies else [NONE] * 20)


def test_measures_of_lists_by_hand() -> None:
    found = list_metrics(padded(Lists.of([[0, 2], [0, 1], []]), 10), CATALOGUE)
    assert found["popularity@10"] == (8 + 2 + 8 + 4) / 4
    assert found["novelty@10"] == pytest.approx((1 + 3 + 1 + 2) / 4)
    # The genres of 0 and 2 are apart, those of 0 and 1 the same.
    assert found["diversity@10"] == 0.5
    # Eight movies, listed 2, 1, 1 and five times 0: mean absolute difference over twice the mean.
    counts = np.array([2, 1, 1, 0, 0, 0, 0, 0])
    expected = np.abs(counts[:, None] - counts[None, :]).mean() / (2 * counts.mean())
    assert found["gini@10"] == pytest.approx(expected)
    assert not any(list_metrics(padded(Lists.of([[]]), 10), CATALOGUE).values())


def test_difference_is_paired_and_its_interval_holds_it() -> None:
    generator = np.random.default_rng(1)
    theirs = generator.random(400)
    ours = theirs + generator.normal(0.05, 0.1, 400)
    both = {"ours": pd.DataFrame({"ndcg@10": ours}), "theirs": pd.DataFrame({"ndcg@10": theirs})}
    found = differences(both, "theirs")
    assert list(found) == ["ours"]
    one, difference = found["ours"], ours - theirs
    assert one.ndcg == pytest.approx(difference.mean())
    assert one.standard_error == pytest.approx(difference.std(ddof=1) / 20)
    low, high = one.interval
    # For a mean of 400 the percentiles of resamples are those of a normal law, but for their own noise.
    assert low == pytest.approx(difference.mean() - 1.96 * one.standard_error, abs=0.001)
    assert high == pytest.approx(difference.mean() + 1.96 * one.standard_error, abs=0.001)
    assert one.ratio_interval[0] < one.ratio == ours.mean() / theirs.mean() < one.ratio_interval[1]
    assert one.p_value == pytest.approx(stats.ttest_1samp(difference, 0.0).pvalue)
    low, high = mean_intervals(both)["ours"]
    assert low == pytest.approx(ours.mean() - 1.96 * ours.std() / 20, abs=0.003)
    assert high == pytest.approx(ours.mean() + 1.96 * ours.std() / 20, abs=0.003)


def test_p_values_are_corrected_for_all_that_are_compared() -> None:
    # 0.01 * 4, 0.02 * 3, 0.03 * 2 and 0.04 * 1, none below the one before.
    assert holm(np.array([0.04, 0.01, 0.03, 0.02])) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm(np.array([0.9, 0.8])).tolist() == [1.0, 1.0]
    assert holm(np.array([0.2, 0.001])) == pytest.approx([0.2, 0.002])
    generator = np.random.default_rng(3)
    theirs = generator.random(50)
    ndcg = {"a": theirs + generator.normal(0.03, 0.1, 50), "b": theirs, "theirs": theirs}
    found = differences({name: pd.DataFrame({"ndcg@10": values}) for name, values in ndcg.items()}, "theirs")
    assert found["a"].p_value == pytest.approx(2 * stats.ttest_rel(ndcg["a"], theirs).pvalue)
    assert found["b"].p_value == 1.0, "equal for every user"


def test_resamples_in_blocks_are_those_of_one_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(2).random((70, 2))
    draws = np.random.default_rng(1).integers(0, 70, (tables.RESAMPLES, 70))
    expected = values[draws].mean(axis=1)
    for at_once in (1, 300, tables.RESAMPLES):
        monkeypatch.setattr(tables, "BLOCK_BYTES", 8 * 70 * at_once)
        assert tables._resampled_means(values, 1) == pytest.approx(expected)


def test_intervals_of_many_users_take_little_memory() -> None:
    both = {name: pd.DataFrame({"ndcg@10": np.linspace(0, 1, 50_000)}) for name in ("a", "b")}
    tracemalloc.start()
    differences(both, "a")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 6 * scoring.BLOCK_BYTES  # an index matrix of 2,000 resamples would take 800 MB


def test_groups_are_by_likes_popularity_and_gap() -> None:
    cases = cases_of(
        ([0, 1], [0]), ([0], [3]), ([0, 1, 2], [2]), ([1], [2]), gaps=[60.0, 7_200.0, 1e6, float("nan")]
    )
    groups = strata(cases, CATALOGUE)
    assert groups["likes in training"]["under 20"].tolist() == [True] * 4
    gaps = groups["gap before the first held-out like"]
    assert [gaps[name].tolist().index(True) for name in ("up to an hour", "up to a day", "more than a day")] == [
        0,
        1,
        2,
    ]
    assert not any(members[3] for members in gaps.values()), "without times there is no gap"
    by_method = {"a": pd.DataFrame({"ndcg@10": [0.2, 0.4, 0.6, 0.8]})}
    means = strata_means(by_method, groups)
    assert means["likes in training"]["under 20"] == {"users": 4, "a": pytest.approx(0.5)}
    assert means["gap before the first held-out like"]["up to a day"] == {"users": 1, "a": pytest.approx(0.4)}


def test_popularity_of_what_is_held_out_is_its_median() -> None:
    # Likes of the movies: 8, 4, 2, 1, and 0 for what is no candidate.
    cases = cases_of(([0], [3, NONE]), ([0], [2, 1]), ([0], [0, 1, 2]), ([0], [0]))
    groups = strata(cases, CATALOGUE)["median likes of the held-out movies"]
    # Medians 1/2, 3, 4 and 8: thirds at 3 and 4.
    assert {name: members.tolist() for name, members in groups.items()} == {
        "up to 3": [True, True, False, False],
        "up to 4": [False, False, True, False],
        "more": [False, False, False, True],
    }
