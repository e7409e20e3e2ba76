import math

import numpy as np
import pytest

from movierec.arrays import Adjacency
from movierec.evaluation.methods import Candidates, co_liked, kernel, mean_cosine, movierec_scores
from movierec.recommendation.scoring import Scorer
from tests.evaluation.cases import users_of


@pytest.fixture
def candidates() -> Candidates:
    """Movies 1 to 5; 5 has neither edge nor vector."""
    a, b, w = np.array([0, 0, 1, 2]), np.array([1, 2, 2, 3]), np.array([2.0, 4.0, 8.0, 16.0])
    rows = Adjacency.from_edges(5, np.concatenate([a, b]), np.concatenate([b, a]), np.concatenate([w, w]))
    half = 1 / math.sqrt(2)
    unit = np.array([[1, 0], [0, 1], [half, half], [-1, 0], [0, 0]], dtype=np.float32)
    return Candidates(np.arange(1, 6), np.array([9.0, 7.0, 7.0, 5.0, 1.0]), rows, unit)


USERS = users_of([[0, 1], []])


def test_scores_by_hand(candidates: Candidates) -> None:
    assert co_liked(candidates)(USERS).tolist() == [[2, 2, 12, -np.inf, -np.inf], [-np.inf] * 5]
    cosines = mean_cosine(candidates)(USERS)[0]
    assert cosines[2] == pytest.approx(1 / math.sqrt(2), rel=1e-6)
    assert cosines[3] == pytest.approx(-0.5)
    # Nearer than the farthest of the five: movie 4 for the first like (-1), none but ties of 0 for the second.
    near = kernel(candidates)(USERS)[0]
    assert near[2] == pytest.approx(2 * math.exp(8 / math.sqrt(2)) * math.sqrt(7), rel=1e-5)


def test_kernel_counts_the_fifty_nearest_of_each_like() -> None:
    generator = np.random.default_rng(1)
    unit = generator.normal(size=(200, 6)).astype(np.float32)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    nothing = Adjacency.from_undirected(200, np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    counts = generator.integers(1, 9, 200).astype(float)
    liked = [3, 80, 199]
    expected = np.zeros(200)
    for like in liked:
        cosine = (unit @ unit[like]).astype(np.float64)
        nearest = np.argsort(-cosine)[:50]
        expected[nearest] += np.exp(8 * cosine[nearest])
    found = kernel(Candidates(np.arange(200), counts, nothing, unit))(users_of([[5], liked]))
    assert found[1] == pytest.approx(expected * np.sqrt(counts), rel=1e-4)


def test_ours_is_what_the_scorer_says_and_nothing_for_nothing() -> None:
    rows = Adjacency.from_edges(5, np.array([0, 1]), np.array([2, 3]), np.array([4.0, 1.0]))
    found = dict(movierec_scores(Scorer(graph=rows, like_half_life=None, graph_weight=1.0))(USERS))
    assert list(found) == ["movierec"], "without profiles there is no profile score"
    assert found["movierec"].tolist() == [[-np.inf, -np.inf, 1.0, 0.25, -np.inf], [-np.inf] * 5]
    has_none = np.zeros(5, dtype=bool)
    tables = {"profiles": np.ones((5, 2)), "contexts": np.ones((5, 2)), "bias": np.ones(5)}
    scorer = Scorer(graph=rows, like_half_life=None, has_profile=has_none, **tables)  # type: ignore[arg-type]
    assert not np.isfinite(dict(movierec_scores(scorer)(USERS))["profile_vectors"]).any()
