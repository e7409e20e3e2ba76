"""Choose how taste and evidence are blended, without the likes that an evaluation asks for.

The test part is split off and thrown away; a part of what is left is held out in its place, and each pair of
temperature and evidence is measured on that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.errors import BadRequest
from movierec.evaluation.dataset import pull_evaluation_data
from movierec.evaluation.methods import movierec_scores
from movierec.evaluation.protocol import restricted_to
from movierec.evaluation.tables import evaluate_method
from movierec.graph.derive import derive_co_liked
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.graph.split import split_ratings
from movierec.progress import Progress, silent
from movierec.recommendation.model import pull_model

__all__ = ["EVIDENCES", "TEMPERATURES", "inner_split", "tune_score_settings"]

TEMPERATURES = (1.0, 1.5, 2.0, 3.0, 4.0)
EVIDENCES = (0.0, 0.25, 0.5, 0.75, 1.0, 2.0)


def inner_split(database: Database, split: SplitSettings) -> None:
    """Throw the test part away, which only a database made for experiments can bear, and split what is left."""
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
    progress: Progress = silent,
    n_seeds: int = 1,
    temperatures: Sequence[float] = TEMPERATURES,
    evidences: Sequence[float] = EVIDENCES,
) -> list[dict[str, Any]]:
    """NDCG@10 on the inner part for each pair, mean of `n_seeds` trainings, best first; changes `database`.

    Rows: temperature, evidence, ndcg@10, coverage@10, order.
    """
    inner_split(database, split)
    derive_co_liked(database, derive, progress)
    data = pull_evaluation_data(database, split.min_rating)
    if len(data.cases) < 2:
        raise BadRequest(
            f"{len(data.cases)} users have likes enough to hold some out twice; a choice needs at least 2."
        )
    found: dict[tuple[float, float], list[tuple[float, float]]] = {}
    for seed in range(train.seed, train.seed + n_seeds):
        train_and_write(database, replace(train, seed=seed), checkpoints, progress=progress)
        model = pull_model(database)
        with progress("blends", len(temperatures) * len(evidences), "pairs") as advance:
            for temperature in temperatures:
                for evidence in evidences:
                    scorer = replace(model.scorer, temperature=temperature, share=evidence)
                    method = restricted_to(movierec_scores(scorer), model, data.catalogue)
                    table, lists = evaluate_method(method, data.cases, data.catalogue)
                    measured = (float(table["ndcg@10"].mean()), lists["coverage@10"])
                    found.setdefault((temperature, evidence), []).append(measured)
                    advance(1)
    rows = [
        {
            "temperature": temperature,
            "evidence": evidence,
            "ndcg@10": float(np.mean([ndcg for ndcg, _ in measured])),
            "coverage@10": float(np.mean([coverage for _, coverage in measured])),
            "order": model.order,
        }
        for (temperature, evidence), measured in found.items()
    ]
    return sorted(rows, key=lambda row: (-row["ndcg@10"], row["temperature"], row["evidence"]))
