import math
from typing import Any

import numpy as np
import pytest

from movierec.arrays import Adjacency
from movierec.recommendation.scoring import (
    LikeHistory,
    Scorer,
    contribution_per_like,
    like_ages,
    most_diverse,
    similarity_score,
    top,
)

# Four movies; 0 and 1 are liked. Edges 0 -> 2 of 3, 1 -> 2 of 1, 1 -> 3 of 8.
ROWS = Adjacency.from_edges(4, np.array([0, 1, 1]), np.array([2, 2, 3]), np.array([3.0, 1.0, 8.0]))
TABLES: dict[str, Any] = {
    "profiles": np.array([[1, 0], [0, 1], [0, 0], [0, 0]], dtype=np.float32),
    "contexts": np.array([[9, 9], [9, 9], [2, 0], [0, 4]], dtype=np.float32),
    "bias": np.array([0, 0, 1, 0], dtype=np.float32),
    "has_profile": np.ones(4, dtype=bool),
}
LIKED = LikeHistory(np.array([1, 0]), np.array([0.0, 3.0]))  # 1 is the newest, 0 three likes older
RATED = np.array([True, True, False, False])


def test_ties_share_their_mean_and_the_newest_are_zero() -> None:
    assert like_ages(np.array([50, 40, 40, 40, 10])).tolist() == [0, 2, 2, 2, 4]
    assert like_ages(np.array([9, 9, 1])).tolist() == [0, 0, 1.5]
    assert like_ages(np.array([], dtype=np.int64)).tolist() == []
    assert like_ages(np.zeros(3, dtype=np.int64)).tolist() == [0, 0, 0], "a list of titles has no order"


def test_unordered_scores_by_hand() -> None:
    scorer = Scorer(graph=ROWS, like_half_life=None, **TABLES, profile_temperature=2.0, graph_weight=1.0)
    profile_score, graph_score = scorer.scores(LIKED, RATED)
    # The profile is (1/2, 1/2): logits 1 + 1 and 2, both the largest; the graph sums are 4 and 8.
    assert profile_score[2:] == pytest.approx([1.0, 1.0])
    assert graph_score[2:] == pytest.approx([0.5, 1.0])


def test_sequential_scores_by_hand() -> None:
    scorer = Scorer(graph=ROWS, like_half_life=3.0, **TABLES, profile_temperature=4.0, graph_weight=0.5)
    assert scorer.graph_weights(LIKED).tolist() == [1.0, 0.5]
    assert scorer.profile_weights(LIKED) == pytest.approx([0.25 + 0.5 * 2 / 3, 0.25 + 0.5 / 3])
    profile_score, graph_score = scorer.scores(LIKED, RATED)
    logits = [1 + 2 * (0.25 + 0.5 / 3), 4 * (0.25 + 0.5 * 2 / 3)]
    assert profile_score[2:] == pytest.approx([math.exp((logits[0] - logits[1]) / 4), 1.0])
    assert graph_score[2:] == pytest.approx([0.5 * (0.5 * 3 + 1) / 8, 0.5])


def test_old_likes_are_not_in_the_graph_score() -> None:
    scorer = Scorer(graph=ROWS, like_half_life=3.0)
    assert scorer.graph_weights(LikeHistory(np.array([1, 0]), np.array([0.0, 31.0]))).tolist() == [1.0, 0.0]
    assert scorer.graph_weights(LikeHistory(np.array([1, 0]), np.array([0.0, 30.0])))[1] > 0


def test_without_profiles_the_score_is_the_graph_score() -> None:
    profile_score, graph_score = Scorer(graph=ROWS, like_half_life=None).scores(LIKED, RATED)
    assert not profile_score.any()
    assert graph_score[2:] == pytest.approx([0.5, 1.0])


def test_movie_without_vectors_adds_nothing_to_a_profile_and_has_no_profile_score() -> None:
    tables = TABLES | {"has_profile": np.array([True, False, True, False])}
    scorer = Scorer(graph=ROWS, like_half_life=None, **tables)
    assert scorer.profile_weights(LIKED).tolist() == [0.0, 1.0]
    profile_score, _ = scorer.scores(LIKED, RATED)
    assert profile_score[2:].tolist() == [1.0, 0.0]


def test_dislikes_are_taken_off_the_profile_by_half() -> None:
    scorer = Scorer(graph=ROWS, like_half_life=None, **TABLES)
    logits = scorer.logits(LikeHistory(np.array([0]), np.zeros(1), np.array([1])))
    assert logits is not None
    assert logits[2:].tolist() == [1 + 2, -0.5 * 4]


def test_contributions_sum_to_the_score() -> None:
    scorer = Scorer(graph=ROWS, like_half_life=3.0, **TABLES, graph_weight=0.5)
    profile_score, graph_score = scorer.scores(LIKED, RATED)
    parts = contribution_per_like(scorer, LIKED, 2, profile_score[2], graph_score[2])
    assert parts.sum() == pytest.approx(profile_score[2] + graph_score[2])
    # The profile score is all movie 0's; the graph sum is 1 from movie 1, and 3 * 1/2 from movie 0.
    assert parts == pytest.approx([graph_score[2] / 2.5, profile_score[2] + graph_score[2] * 1.5 / 2.5])


def test_nobody_and_somebody_who_has_rated_everything_get_zeros() -> None:
    scorer = Scorer(graph=ROWS, like_half_life=None, **TABLES)
    nothing = LikeHistory(np.empty(0, np.int64), np.empty(0))
    for liked, rated in ((nothing, RATED), (LIKED, np.ones(4, dtype=bool))):
        profile_score, graph_score = scorer.scores(liked, rated)
        assert not profile_score.any()
        assert not graph_score.any()


def test_top_is_by_score_then_by_position_and_only_what_is_allowed() -> None:
    scores = np.array([3.0, 5.0, 5.0, 1.0, 0.0, 9.0])
    allowed = np.array([True, True, True, True, True, False])
    assert top(scores, allowed, 10).tolist() == [1, 2, 0, 3]
    assert top(scores, allowed, 1).tolist() == [1]
    assert top(scores, allowed, 3).tolist() == [1, 2, 0]


def test_diverse_list_by_hand() -> None:
    unit = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    scores = np.array([1.0, 0.9, 0.5])
    # Half and half: movie 1 gets .45 - .5, movie 2 gets .25 - 0.
    assert most_diverse(scores, unit, 0.5, 3).tolist() == [0, 2, 1]
    assert most_diverse(scores, unit, 0.0, 2).tolist() == [0, 1]
    assert most_diverse(np.empty(0), unit[:0], 0.5, 2).tolist() == []


def test_similarity_score_by_hand() -> None:
    assert similarity_score(np.array([0.5, 0.1]), np.array([1.0, 4.0])).tolist() == [1.0, 1.1]
    assert similarity_score(np.array([0.5, 0.1]), np.zeros(2)).tolist() == [0.5, 0.1]


def test_adjacency_sums_and_finds() -> None:
    assert ROWS.weighted_neighbour_sum(np.array([1, 0]), np.array([1.0, 2.0])).tolist() == [0, 0, 7, 8]
    assert ROWS.weighted_neighbour_sum(np.empty(0, np.int64), np.empty(0)).tolist() == [0, 0, 0, 0]
    assert ROWS.weights_to(np.array([1, 0, 3]), 3).tolist() == [8.0, 0.0, 0.0]
    nothing = np.empty(0, np.int64)
    assert Adjacency.from_edges(2, nothing, nothing, np.empty(0)).weights_to(np.array([1]), 0).tolist() == [0.0]
