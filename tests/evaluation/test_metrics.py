import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from movierec.evaluation.metrics import hit_rate, ndcg, recall


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
