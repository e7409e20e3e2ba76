import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from movierec.arrays import Adjacency, Lists
from movierec.embedding.user_encoder import FactorEncoder
from movierec.recommendation.scoring import (
    LikeHistories,
    Scorer,
    best_of_rows,
    contributions_of_likes,
    like_ages,
    like_ages_of_users,
    most_diverse,
    similarity_score,
)

# Four movies; 0 and 1 are liked. Edges 0 -> 2 of 3, 1 -> 2 of 1, 1 -> 3 of 8.
ROWS = Adjacency.from_edges(4, np.array([0, 1, 1]), np.array([2, 2, 3]), np.array([3.0, 1.0, 8.0]))
TABLES: dict[str, Any] = {
    "profiles": np.array([[1, 0], [0, 1], [0, 0], [0, 0]], dtype=np.float32),
    "contexts": np.array([[9, 9], [9, 9], [2, 0], [0, 4]], dtype=np.float32),
    "bias": np.array([0, 0, 1, 0], dtype=np.float32),
    "has_profile": np.ones(4, dtype=bool),
}
LIKED = LikeHistories.of_one(np.array([1, 0]), np.array([0.0, 3.0]))  # 1 is the newest, 0 three likes older
RATED = np.array([[True, True, False, False]])


def test_ties_share_their_mean_and_the_newest_are_zero() -> None:
    assert like_ages(np.array([50, 40, 40, 40, 10])).tolist() == [0, 2, 2, 2, 4]
    assert like_ages(np.array([9, 9, 1])).tolist() == [0, 0, 1.5]
    assert like_ages(np.array([], dtype=np.int64)).tolist() == []
    assert like_ages(np.zeros(3, dtype=np.int64)).tolist() == [0, 0, 0], "a list of titles has no order"


def test_unordered_scores_by_hand() -> None:
    scorer = Scorer(graph=ROWS, like_half_life=None, **TABLES, profile_temperature=2.0, graph_weight=1.0)
    profile_score, graph_score, *_ = scorer.scores(LIKED, RATED)
    # The profile is (1/2, 1/2): logits 1 + 1 and 2, both the largest; the graph sums are 4 and 8.
    assert profile_score[0, 2:] == pytest.approx([1.0, 1.0])
    assert graph_score[0, 2:] == pytest.approx([0.5, 1.0])


def test_sequential_scores_by_hand() -> None:
    scorer = Scorer(graph=ROWS, like_half_life=3.0, **TABLES, profile_temperature=4.0, graph_weight=0.5)
    assert scorer.graph_weights(LIKED).tolist() == [1.0, 0.5]
    assert scorer.profile_weights(LIKED) == pytest.approx([0.25 + 0.5 * 2 / 3, 0.25 + 0.5 / 3])
    profile_score, graph_score, *_ = scorer.scores(LIKED, RATED)
    logits = [1 + 2 * (0.25 + 0.5 / 3), 4 * (0.25 + 0.5 * 2 / 3)]
    assert profile_score[0, 2:] == pytest.approx([math.exp((logits[0] - logits[1]) / 4), 1.0])
    assert graph_score[0, 2:] == pytest.approx([0.5 * (0.5 * 3 + 1) / 8, 0.5])


def test_dimensions_trained_without_the_order_weigh_all_likes_the_same() -> None:
    scorer = Scorer(graph=ROWS, like_half_life=3.0, **TABLES, ordered_dimensions=1)
    recent = 0.25 + 0.5 / 3  # of movie 0, which has the first dimension; movie 1 has the second
    assert scorer.weighted_profiles(LIKED).tolist() == [[0, 0.5], [pytest.approx(recent), 0]]
    logits = scorer.logits(LIKED)
    assert logits is not None
    assert logits[0, 2:] == pytest.approx([1 + 2 * recent, 4 * 0.5])
    contributions = contributions_of_likes(scorer, LIKED, np.array([2]), [(1.0, 0.0, 0.0, 0.0)])
    assert contributions.tolist() == [[0, 1]], "only movie 0 leads to movie 2"


# What is predicted: 0 -> 2 by 0.2, 0 -> 3 by 0.1, 1 -> 3 by 0.4.
PREDICTED = Adjacency.from_edges(4, np.array([0, 0, 1]), np.array([2, 3, 3]), np.array([0.2, 0.1, 0.4]))


def test_prediction_scores_by_hand() -> None:
    scorer = Scorer(graph=ROWS, like_half_life=None, predictions=PREDICTED, prediction_weight=2.0)
    assert scorer.scores(LIKED, RATED)[2][0, 2:] == pytest.approx([2 * 0.2 / 0.5, 2.0])
    scorer = replace(scorer, like_half_life=1.0, prediction_half_life=3.0)
    assert scorer.prediction_weights(LIKED).tolist() == [1.0, 0.5]
    assert scorer.scores(LIKED, RATED)[2][0, 2:] == pytest.approx([2 * 0.1 / 0.45, 2.0])


def test_old_likes_are_not_in_the_graph_score() -> None:
    scorer = Scorer(graph=ROWS, like_half_life=3.0)
    assert scorer.graph_weights(LikeHistories.of_one(np.array([1, 0]), np.array([0.0, 31.0]))).tolist() == [
        1.0,
        0.0,
    ]
    assert scorer.graph_weights(LikeHistories.of_one(np.array([1, 0]), np.array([0.0, 30.0])))[1] > 0


def test_without_profiles_the_score_is_the_graph_score() -> None:
    profile_score, graph_score, *_ = Scorer(graph=ROWS, like_half_life=None).scores(LIKED, RATED)
    assert not profile_score.any()
    assert graph_score[0, 2:] == pytest.approx([0.5, 1.0])


def test_movie_without_vectors_adds_nothing_to_a_profile_and_has_no_profile_score() -> None:
    tables = TABLES | {"has_profile": np.array([True, False, True, False])}
    scorer = Scorer(graph=ROWS, like_half_life=None, **tables)
    assert scorer.profile_weights(LIKED).tolist() == [0.0, 1.0]
    profile_score, *_ = scorer.scores(LIKED, RATED)
    assert profile_score[0, 2:].tolist() == [1.0, 0.0]


def test_dislikes_are_taken_off_the_profile_by_half() -> None:
    scorer = Scorer(graph=ROWS, like_half_life=None, **TABLES)
    logits = scorer.logits(LikeHistories(Lists.of([[0]]), np.zeros(1), np.array([1])))
    assert logits is not None
    assert logits[0, 2:].tolist() == [1 + 2, -0.5 * 4]


def test_contributions_sum_to_the_score() -> None:
    scorer = Scorer(graph=ROWS, like_half_life=3.0, **TABLES, graph_weight=0.5)
    profile_score, graph_score, *_ = (scores[0] for scores in scorer.scores(LIKED, RATED))
    parts = contributions_of_likes(scorer, LIKED, np.array([2]), [(profile_score[2], graph_score[2], 0.0, 0.0)])[0]
    assert parts.sum() == pytest.approx(profile_score[2] + graph_score[2])
    # The profile score is all movie 0's; the graph sum is 1 from movie 1, and 3 * 1/2 from movie 0.
    assert parts == pytest.approx([graph_score[2] / 2.5, profile_score[2] + graph_score[2] * 1.5 / 2.5])


def test_contributions_of_predictions_are_their_terms() -> None:
    scorer = Scorer(graph=ROWS, like_half_life=3.0, **TABLES, predictions=PREDICTED, prediction_half_life=3.0)
    scores = [part[0, 3] for part in scorer.scores(LIKED, RATED)]
    whole, less = (*scores[:3], 0.0), (*scores[:2], 0.0, 0.0)
    parts, without = contributions_of_likes(scorer, LIKED, np.array([3, 3]), [whole, less])
    assert parts.sum() == pytest.approx(sum(scores))
    assert parts - without == pytest.approx([scores[2] * 0.4 / 0.45, scores[2] * 0.05 / 0.45])


# An encoder that knows movies 0, 2 and 3: a user with likes V has (1 + V'V + likes + 2) u = the sum of V.
VECTORS = np.array([[1, 0], [9, 9], [2, 1], [1, 3]], dtype=np.float32)
ENCODER: dict[str, Any] = {
    "encoder": FactorEncoder(gram=np.eye(2, dtype=np.float32), ridge=np.array([1, 2], dtype=np.float32)),
    "encoder_vectors": VECTORS,
    "encoder_bias": np.array([0, 0, 0.5, 0], dtype=np.float32),
    "is_encoded": np.array([True, False, True, True]),
}


def test_encoder_scores_by_hand() -> None:
    scorer = Scorer(graph=ROWS, like_half_life=None, **ENCODER, encoder_temperature=0.5, encoder_weight=2.0)
    # Of the likes it knows movie 0 alone: u = (1, 0) / (1 + 1 + 1 * 1 + 2).
    logits = [2 / 5 + 0.5, 1 / 5]
    assert scorer.encoder_logits(LIKED) == pytest.approx(np.array([[0.2, -np.inf, *logits]]))
    expected = [2.0, 2 * math.exp((logits[1] - logits[0]) / 0.5)]
    assert scorer.scores(LIKED, RATED)[3][0, 2:] == pytest.approx(expected)
    unknown = LikeHistories.of_one(np.array([1]), np.zeros(1))
    assert not scorer.encoder_scores(unknown, RATED).any(), "of a user with no like that it knows"
    scores = [part[0, 2] for part in scorer.scores(LIKED, RATED)]
    parts = contributions_of_likes(scorer, LIKED, np.array([2]), [scores])
    assert parts.sum() == pytest.approx(sum(scores))
    assert parts[0, 1] - scores[1] * 0.75 == pytest.approx(scores[3]), "all of it is due to the like that it knows"


def test_nobody_and_somebody_who_has_rated_everything_get_zeros() -> None:
    scorer = Scorer(graph=ROWS, like_half_life=None, **TABLES)
    nothing = LikeHistories.of_one(np.empty(0, np.int64), np.empty(0))
    for liked, rated in ((nothing, RATED), (LIKED, np.ones((1, 4), dtype=bool))):
        profile_score, graph_score, *_ = scorer.scores(liked, rated)
        assert not profile_score.any()
        assert not graph_score.any()


def test_best_are_by_score_then_by_position() -> None:
    scores = np.array([[3.0, 5.0, 5.0, 1.0, -np.inf, 2.0], [-np.inf] * 6, [7.0] * 6])
    assert [one.tolist() for one in best_of_rows(scores, 10)] == [[1, 2, 0, 5, 3], [], [0, 1, 2, 3, 4, 5]]
    assert [one.tolist() for one in best_of_rows(scores, 1)] == [[1], [], [0]]
    assert [one.tolist() for one in best_of_rows(scores, 3)] == [[1, 2, 0], [], [0, 1, 2]]
    assert [one.tolist() for one in best_of_rows(scores[:, :0], 3)] == [[], [], []]


def test_best_of_many_rows_are_those_of_a_stable_sort() -> None:
    scores = np.random.default_rng(3).integers(0, 30, (40, 200)).astype(float)
    scores[scores < 20] = -np.inf
    for row, found in zip(scores, best_of_rows(scores, 20), strict=True):
        order = np.argsort(-row, kind="stable")
        assert found.tolist() == order[np.isfinite(row[order])][:20].tolist()


def test_users_scored_together_get_what_each_gets_alone() -> None:
    generator = np.random.default_rng(4)
    edges = np.unique(generator.integers(0, 50, (400, 2)), axis=0)
    scorer = Scorer(
        graph=Adjacency.from_edges(50, edges[:, 0], edges[:, 1], generator.random(len(edges)) + 0.1),
        like_half_life=3.0,
        profiles=generator.normal(size=(50, 8)).astype(np.float32),
        contexts=generator.normal(size=(50, 8)).astype(np.float32),
        bias=generator.normal(size=50).astype(np.float32),
        has_profile=generator.random(50) < 0.7,
    )
    liked = [generator.permutation(50)[:n] for n in (0, 1, 5, 49, 50, 2, 0)]
    together = LikeHistories(Lists.of(liked), np.concatenate([np.arange(len(one)) for one in liked]).astype(float))
    is_rated = together.movies.marked(50)
    found = scorer.scores(together, is_rated)
    for user, movies in enumerate(liked):
        alone = LikeHistories.of_one(movies, np.arange(len(movies)).astype(float))
        for many, one in zip(found, scorer.scores(alone, is_rated[[user]]), strict=True):
            assert many[user] == pytest.approx(one[0], rel=1e-9, abs=1e-12)
    assert found[0][2].max() > 0
    assert found[1][2].max() > 0


def test_ages_of_many_users_are_those_of_each() -> None:
    generator = np.random.default_rng(5)
    times = [np.sort(generator.integers(0, 6, n))[::-1] for n in (0, 1, 7, 20, 0, 3)]
    times.append(np.array([-5, 0, 0]))  # likes of no known time come last, whatever is older
    expected = np.concatenate([like_ages(one) for one in times])
    assert like_ages_of_users(Lists.of(times)).tolist() == expected.tolist()
    assert like_ages_of_users(Lists.of([])).tolist() == []


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
