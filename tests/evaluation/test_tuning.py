from dataclasses import replace

import numpy as np
import pytest

from movierec.arrays import Adjacency
from movierec.evaluation.methods import movierec_scores
from movierec.evaluation.tuning import CHOICES, scores_by_choice
from movierec.recommendation.scoring import Scorer
from tests.evaluation.cases import users_of


@pytest.mark.parametrize("has_profiles", [True, False])
def test_scores_of_all_choices_are_those_of_each_alone(has_profiles: bool) -> None:
    generator = np.random.default_rng(1)
    edges = np.unique(generator.integers(0, 30, (150, 2)), axis=0)
    graph = Adjacency.from_edges(30, edges[:, 0], edges[:, 1], generator.random(len(edges)) + 0.1)
    predictions = Adjacency.from_edges(30, edges[::2, 1], edges[::2, 0], generator.random(len(edges[::2])) + 0.1)
    scorer = Scorer(graph=graph, like_half_life=2.0, predictions=predictions, prediction_half_life=4.0)
    if has_profiles:
        scorer = replace(
            scorer,
            profiles=generator.normal(size=(30, 4)).astype(np.float32),
            contexts=generator.normal(size=(30, 4)).astype(np.float32),
            bias=generator.normal(size=30).astype(np.float32),
            has_profile=generator.random(30) < 0.8,
        )
    users = users_of([[1, 2, 3], [], [29]], [[1, 2, 3, 4], [7], [29]])
    found = dict(scores_by_choice(scorer)(users))
    assert len(found) == len(CHOICES) == 192
    for choice, scores in zip(CHOICES, found.values(), strict=True):
        alone = replace(scorer, **choice._asdict())
        assert scores == pytest.approx(dict(movierec_scores(alone)(users))["movierec"])
