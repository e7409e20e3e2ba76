"""How far predicted stars are from those that were given; writes docs/rating-model.md.

    python -m benchmarks.stars            all of it
    python -m benchmarks.stars folds      the five canonical folds of MovieLens 100K, all methods, three seeds
    python -m benchmarks.stars small      ml-latest-small, the newest fifth of each user's ratings held out

The settings are the defaults. Epochs are chosen on a part of the training ratings, for each seed anew.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import MOVIELENS, parts, publish, table
from benchmarks.datasets import ml_100k
from movierec.database.connection import Database
from movierec.evaluation.scratch import scratch_database
from movierec.graph.load import load_ratings
from movierec.graph.settings import SplitSettings
from movierec.stars.evaluate import ALL_RATINGS, evaluate_stars
from movierec.stars.settings import StarSettings

N_SEEDS = 3
FOLDS, FOLD_SIZE = 5, 20_000
METHODS = (
    "global_mean",
    "biases",
    "neighbours",
    "matrix_factorisation",
    "movierec",
    "movierec, mean of seeds",
)


@contextmanager
def _loaded(folder: Path) -> Iterator[tuple[Database, Path]]:
    with scratch_database(dict(os.environ)) as (database, home):
        load_ratings(database, folder)
        yield database, home.checkpoints


def folds() -> None:
    reports = []
    with tempfile.TemporaryDirectory() as name:
        source = ml_100k(Path(name))
        lines = (source / "ml-100k.inter").read_text().splitlines()
        for fold in range(FOLDS):
            # u1.test is the first fifth of u.data, u2.test the second, and so on.
            held_out = Path(name) / f"u{fold + 1}" / "test.inter"
            held_out.parent.mkdir()
            rows = lines[1 + fold * FOLD_SIZE : 1 + (fold + 1) * FOLD_SIZE]
            held_out.write_text("\n".join([lines[0], *rows]) + "\n")
            with _loaded(source) as (database, checkpoints):
                split = SplitSettings("canonical", test_file=str(held_out))
                reports.append(evaluate_stars(database, split, StarSettings(), checkpoints, n_seeds=N_SEEDS))
            print(fold + 1, reports[-1]["methods"], file=sys.stderr, flush=True)
    rows = []
    for method in METHODS:
        errors = [report["methods"][method]["rmse"] for report in reports]
        mae = np.mean([report["methods"][method]["mae"] for report in reports])
        rows.append([method, *(f"{error:.4f}" for error in errors), f"{np.mean(errors):.4f}", f"{mae:.4f}"])
    columns = ["RMSE", *(f"u{fold + 1}" for fold in range(FOLDS)), "mean", "mean MAE"]
    epochs = "; ".join(f"u{fold + 1}: {report['epochs']}" for fold, report in enumerate(reports))
    seeds = ", ".join(f"{error:.4f}" for error in reports[0]["rmse_by_seed"])
    texts = [
        table(columns, rows),
        f"u1 by seed: {seeds}. Epochs chosen: {epochs}.",
        "u1 by the stars that were given:",
        _calibration(reports[0]),
    ]
    publish("folds", "\n\n".join(texts), "rating-model")


def small() -> None:
    with _loaded(MOVIELENS) as (database, checkpoints):
        split = SplitSettings("newest", min_rating=ALL_RATINGS)
        report = evaluate_stars(database, split, StarSettings(), checkpoints, n_seeds=N_SEEDS)
    rows = [[name, f"{errors['rmse']:.4f}", f"{errors['mae']:.4f}"] for name, errors in report["methods"].items()]
    texts = [
        f"{report['users']} users, {report['held_out']:,} held-out ratings, {report['ratings']:,} to learn from. "
        f"Epochs chosen: {report['epochs']}.",
        table(["method", "RMSE", "MAE"], rows),
        "By the stars that were given:",
        _calibration(report),
    ]
    publish("small", "\n\n".join(texts), "rating-model")


def _calibration(report: dict[str, Any]) -> str:
    rows = [
        [
            f"{row['stars']:g}",
            f"{row['given']:,}",
            f"{row['share']:.3f}",
            f"{row['predicted_share']:.3f}",
            f"{row['mean_predicted']:.2f}",
            f"{row['rmse']:.3f}",
        ]
        for row in report["calibration"]
    ]
    return table(["stars", "given", "share", "share predicted", "stars predicted", "RMSE"], rows)


if __name__ == "__main__":
    parts("benchmarks.stars", {"folds": folds, "small": small}, sys.argv[1:])
