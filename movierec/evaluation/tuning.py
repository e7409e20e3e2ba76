"""Choose the score settings, profile temperature and graph weight, without the likes that an evaluation asks for.

The test part is split off and deleted; a part of what is left is held out in its place, and every pair of
settings is evaluated on that.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.errors import BadRequest
from movierec.evaluation.dataset import pull_evaluation_data
from movierec.evaluation.methods import movierec_scores
from movierec.evaluation.protocol import restricted_to
from movierec.evaluation.results import ScoreSettingsResult
from movierec.evaluation.tables import evaluate_method
from movierec.graph.derive import derive_co_liked
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.graph.split import split_ratings
from movierec.progress import Progress, silent
from movierec.recommendation.model import pull_model

__all__ = ["GRAPH_WEIGHTS", "PROFILE_TEMPERATURES", "inner_split", "tune_score_settings"]

PROFILE_TEMPERATURES = (1.0, 1.5, 2.0, 3.0, 4.0)
GRAPH_WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0, 2.0)


def inner_split(database: Database, split: SplitSettings) -> None:
    """Delete the test part, in a database made for experiments, and split what is left."""
    split_ratings(database, split)
    while database.write(load_query("evaluate/drop_held_out"), limit=10_000)[0]["ratings"]:
        pass
    split_ratings(database, replace(split, seed=split.seed + 1))


def tune_score_settings(
    database: Database,
    split: SplitSettings,
    derive: DeriveSettings,
    train: TrainSettings,
    checkpoints: Path,
    *,
    progress: Progress = silent,
    n_seeds: int = 1,
) -> list[ScoreSettingsResult]:
    """NDCG@10 on the inner split for each pair, mean of `n_seeds` trainings, best first; changes `database`."""
    inner_split(database, split)
    derive_co_liked(database, derive, progress)
    data = pull_evaluation_data(database, split.min_rating)
    if len(data.cases) < 2:
        raise BadRequest(
            f"{len(data.cases)} users have likes enough to hold some out twice; a choice needs at least 2."
        )
    pairs = list(product(PROFILE_TEMPERATURES, GRAPH_WEIGHTS))
    found: dict[tuple[float, float], list[tuple[float, float]]] = {pair: [] for pair in pairs}
    for seed in range(train.seed, train.seed + n_seeds):
        train_and_write(database, replace(train, seed=seed), checkpoints, progress=progress)
        model = pull_model(database)
        with progress("score settings", len(pairs), "pairs") as advance:
            for temperature, weight in pairs:
                scorer = replace(model.scorer, profile_temperature=temperature, graph_weight=weight)
                method = restricted_to(movierec_scores(scorer), model, data.catalogue)
                table, lists = evaluate_method(method, data.cases, data.catalogue)
                found[temperature, weight].append((float(table["ndcg@10"].mean()), lists["coverage@10"]))
                advance(1)
    results = [
        ScoreSettingsResult(
            profile_temperature=temperature,
            graph_weight=weight,
            ndcg=float(np.mean([ndcg for ndcg, _ in metrics])),
            coverage=float(np.mean([coverage for _, coverage in metrics])),
            sequential=model.sequential,
        )
        for (temperature, weight), metrics in found.items()
    ]
    return sorted(results, key=lambda one: (-one.ndcg, one.profile_temperature, one.graph_weight))
