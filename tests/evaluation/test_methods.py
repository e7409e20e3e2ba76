import math

import numpy as np
import pytest

from movierec.arrays import Adjacency
from movierec.evaluation.methods import (
    Candidates,
    UserProfile,
    best,
    co_liked,
    kernel,
    mean_cosine,
    movierec_scores,
)
from movierec.recommendation.scoring import LikeHistory, Scorer


@pytest.fixture
def candidates() -> Candidates:
    """Movies 1 to 5; 5 has neither edge nor vector."""
    a, b, w = np.array([0, 0, 1, 2]), np.array([1, 2, 2, 3]), np.array([2.0, 4.0, 8.0, 16.0])
    rows = Adjacency.from_edges(5, np.concatenate([a, b]), np.concatenate([b, a]), np.concatenate([w, w]))
    half = 1 / math.sqrt(2)
    unit = np.array([[1, 0], [0, 1], [half, half], [-1, 0], [0, 0]], dtype=np.float32)
    return Candidates(np.arange(1, 6), np.array([9.0, 7.0, 7.0, 5.0, 1.0]), rows, unit)


PERSON = UserProfile(1, LikeHistory(np.array([0, 1]), np.zeros(2)), np.array([True, True, False, False, False]))


def test_scores_by_hand(candidates: Candidates) -> None:
    assert co_liked(candidates)(PERSON).tolist() == [2, 2, 12, -np.inf, -np.inf]
    cosines = mean_cosine(candidates)(PERSON)
    assert cosines[2] == pytest.approx(1 / math.sqrt(2), rel=1e-6)
    assert cosines[3] == pytest.approx(-0.5)
    # Nearer than the farthest of the five: movie 4 for the first like (-1), none but ties of 0 for the second.
    near = kernel(candidates)(PERSON)
    assert near[2] == pytest.approx(2 * math.exp(8 / math.sqrt(2)) * math.sqrt(7), rel=1e-5)


def test_ours_is_what_the_scorer_says_and_nothing_for_nothing() -> None:
    rows = Adjacency.from_edges(5, np.array([0, 1]), np.array([2, 3]), np.array([4.0, 1.0]))
    scores = movierec_scores(Scorer(graph=rows, like_half_life=None, graph_weight=1.0))(PERSON)
    assert scores.tolist() == [-np.inf, -np.inf, 1.0, 0.25, -np.inf]
    assert not np.isfinite(
        movierec_scores(Scorer(graph=rows, like_half_life=None), profile_only=True)(PERSON)
    ).any()


def test_rated_movies_are_left_out_and_ties_go_by_id() -> None:
    scores = np.array([3.0, 5.0, 5.0, 1.0, -np.inf])
    assert best(scores, np.array([True, False, False, False, False]), 10).tolist() == [1, 2, 3]
    assert best(scores, np.array([False, True, False, False, False]), 1).tolist() == [2]
