import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from movierec.evaluation.metrics import (
    NONE,
    average_precision,
    coverage,
    gini,
    hit_rate,
    intra_list_diversity,
    ndcg,
    precision,
    recall,
    reciprocal_rank,
)


def hits(text: str) -> np.ndarray:
    """ "x.." is a list whose first movie is a hit."""
    return np.array([letter == "x" for letter in text], dtype=bool)


def test_ndcg_by_hand() -> None:
    # Hits at ranks 1 and 3 of three held out: (1 + 1/log2(4)) / (1 + 1/log2(3) + 1/log2(4)).
    assert ndcg(hits("x.x"), 3, 3) == pytest.approx(1.5 / (1.5 + 1 / math.log2(3)))


def test_ideal_list_is_one_and_empty_is_zero() -> None:
    assert ndcg(hits("xx........"), 2, 10) == 1.0
    assert ndcg(hits("xxxxxxxxxx"), 50, 10) == 1.0
    assert ndcg(hits(".........."), 2, 10) == 0.0


def test_recall_and_hit_rate_by_hand() -> None:
    assert recall(hits("x..x......"), 8, 10) == 0.25
    assert recall(hits("x..x......"), 8, 3) == 0.125
    assert hit_rate(hits("...x"), 8, 3) == 0.0
    assert hit_rate(hits("...x"), 8, 4) == 1.0


def test_list_shorter_than_k_counts_as_filled_with_misses() -> None:
    assert ndcg(hits("x"), 1, 10) == 1.0
    assert ndcg(hits(""), 3, 10) == 0.0
    assert recall(hits("x"), 2, 10) == 0.5


@given(st.lists(st.booleans(), min_size=10, max_size=10), st.integers(1, 30))
def test_ndcg_agrees_with_sums_written_out(bits: list[bool], more: int) -> None:
    n_held_out = sum(bits) + more
    gained = sum(1 / math.log2(rank + 1) for rank, hit in enumerate(bits, start=1) if hit)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(n_held_out, 10) + 1))
    assert ndcg(np.array(bits), n_held_out, 10) == pytest.approx(gained / ideal)


def test_average_precision_and_reciprocal_rank_by_hand() -> None:
    assert average_precision(hits("x.x"), 2, 10) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision(hits("x.x"), 30, 10) == pytest.approx((1 + 2 / 3) / 10)
    assert reciprocal_rank(hits("..x"), 2, 10) == pytest.approx(1 / 3)
    assert reciprocal_rank(hits("..x"), 2, 2) == 0.0
    assert precision(hits("x.x"), 2, 10) == 0.2


@pytest.mark.slow
@pytest.mark.parametrize("k", [1, 5, 10, 20])
def test_measures_agree_with_ranx(k: int) -> None:
    generator = np.random.default_rng(k)
    relevant, run, ours = {}, {}, []
    for user in range(60):
        held_out = generator.choice(60, int(generator.integers(1, 25)), replace=False)
        ranked = generator.permutation(60)[:30]
        relevant[f"u{user}"] = {f"m{movie}": 1 for movie in held_out}
        run[f"u{user}"] = {f"m{movie}": 100.0 - rank for rank, movie in enumerate(ranked)}
        listed, n = np.isin(ranked, held_out), len(held_out)
        ours.append([measure(listed, n, k) for measure in (ndcg, recall, precision, hit_rate, reciprocal_rank)])
    names = [f"{name}@{k}" for name in ("ndcg", "recall", "precision", "hit_rate", "mrr")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of ranx's dependencies
        from ranx import Qrels, Run, evaluate

        theirs = evaluate(Qrels(relevant), Run(run), names)
    assert np.mean(ours, axis=0) == pytest.approx([theirs[name] for name in names])


def test_measures_of_many_lists_are_those_of_each() -> None:
    generator = np.random.default_rng(2)
    many, n_held_out = generator.random((50, 20)) < 0.2, generator.integers(1, 30, 50)
    for measure in (ndcg, recall, precision, hit_rate, average_precision, reciprocal_rank):
        for k in (1, 10, 20):
            found = measure(many, n_held_out, k)
            each = [float(measure(one, int(n), k)) for one, n in zip(many, n_held_out, strict=True)]
            assert found.tolist() == pytest.approx(each)


def test_gini_and_coverage_by_hand() -> None:
    same, spread = np.array([[0, 1]] * 5), np.array([[2 * i, 2 * i + 1] for i in range(5)])
    assert (coverage(same, 10), coverage(spread, 10)) == (0.2, 1.0)
    assert gini(spread, 10) == pytest.approx(0.0)
    assert gini(same, 10) == pytest.approx(0.8)
    ended = np.array([[0, NONE], [NONE, NONE]])
    assert coverage(ended, 10) == 0.1
    assert gini(ended, 10) == pytest.approx(0.9)


def test_diversity_by_hand() -> None:
    genres = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 1]], dtype=bool)
    # Jaccard 1/2, 0 and 0.
    lists = np.array([[0, 1, 2], [0, 2, NONE], [1, NONE, NONE]])
    assert intra_list_diversity(lists, genres).tolist() == pytest.approx([1 - 0.5 / 3, 1.0, 0.0])
    no_genres = np.zeros((2, 3), dtype=bool)
    assert intra_list_diversity(np.array([[0, 1]]), no_genres) == [0.0], "two of no known genre are the same"
