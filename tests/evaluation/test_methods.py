import math

import numpy as np
import pytest

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.embedding.embeddings import Embeddings
from movierec.evaluation.methods import AFFINITY, Candidates, co_liked, evidence, mean_cosine, popularity, top
from movierec.evaluation.protocol import _positions, pull_candidates
from movierec.graph.arrays import graph_from_edges


@pytest.fixture
def candidates() -> Candidates:
    """Movies 1 to 5; 5 has neither edge nor vector."""
    graph = graph_from_edges(np.array([1, 1, 2, 3]), np.array([2, 3, 3, 4]), np.array([2.0, 4.0, 8.0, 16.0]))
    vectors = np.array([[1, 0], [0, 2], [3, 3], [-1, 0]], dtype=np.float32)
    return Candidates.build(
        np.arange(1, 6),
        np.array([9.0, 7.0, 7.0, 5.0, 1.0]),
        graph,
        Embeddings(np.arange(1, 5), vectors, ()),
    )


def test_scores_by_hand(candidates: Candidates) -> None:
    liked, seen = np.array([0, 1]), np.array([0, 1])
    assert popularity(candidates, liked, seen).tolist() == [9, 7, 7, 5, 1]
    assert co_liked(candidates, liked, seen).tolist() == [2, 2, 12, -np.inf, -np.inf]
    cosines = mean_cosine(candidates, liked, seen)
    assert cosines[2] == pytest.approx(1 / math.sqrt(2), rel=1e-6)
    assert cosines[3] == pytest.approx(-0.5)
    # Movie 3 lies at 45 degrees to both liked movies, whose edges weigh 4 and 8.
    assert evidence(candidates, liked, seen)[2] == pytest.approx(12 * math.exp(AFFINITY / math.sqrt(2)), rel=1e-6)


def test_seen_movies_are_left_out_and_ties_go_by_id(candidates: Candidates) -> None:
    scores = np.array([3.0, 5.0, 5.0, 1.0, -np.inf])
    assert top(scores, np.array([0]), 10).tolist() == [1, 2, 3]
    assert top(scores, np.array([1]), 1).tolist() == [2]


def test_arrays_rank_as_the_query_file_does(keras_database: Database) -> None:
    candidates = pull_candidates(keras_database, 5.0)
    users = keras_database.read(load_query("evaluate/users"), minRating=5.0)
    asked = [user for user in users if len(user["liked"]) >= 3][::25]
    assert len(asked) >= 15
    for user in asked:
        liked, seen = (_positions(candidates, user[name]) for name in ("liked", "seen"))
        scores = evidence(candidates, liked, seen)
        ranked = top(scores, seen, 10)
        rows = keras_database.read(load_query("recommend/recommend_for_user"), userId=user["userId"], k=10)
        assert [row["movieId"] for row in rows] == candidates.movie_ids[ranked].tolist()
        assert [row["score"] for row in rows] == pytest.approx(scores[ranked].tolist(), rel=1e-5)
