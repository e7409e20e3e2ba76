"""How far predicted stars are from those that were given; writes docs/rating-model.md.

    python -m benchmarks.stars            all of it
    python -m benchmarks.stars folds      the five canonical folds of MovieLens 100K, all methods, three seeds
    python -m benchmarks.stars small      ml-latest-small, the newest fifth of each user's ratings held out
    python -m benchmarks.stars speed      an epoch beside the same network in PyTorch Geometric's stock layers

"speed" needs torch-geometric in the same environment: pip install torch-geometric.

The settings are the defaults. Epochs are chosen on a part of the training ratings, for each seed anew.
"""

from __future__ import annotations

import os
import pickle
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import MOVIELENS, in_turns, parts, publish, table
from benchmarks.datasets import ml_100k
from movierec.database.connection import Database
from movierec.evaluation.scratch import scratch_database
from movierec.graph.load import load_ratings
from movierec.graph.settings import SplitSettings
from movierec.stars.evaluate import ALL_RATINGS, evaluate_stars
from movierec.stars.graph import RatingGraph
from movierec.stars.pull import pull_rating_graph
from movierec.stars.settings import StarSettings
from movierec.stars.train import LEAST_STEPS, train_stars

N_SEEDS = 3
EPOCHS, ROUNDS = 10, 3
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
def _loaded(folder: Path) -> Iterator[Database]:
    with scratch_database(dict(os.environ)) as (database, _):
        load_ratings(database, folder)
        yield database


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
            with _loaded(source) as database:
                split = SplitSettings("canonical", test_file=str(held_out))
                reports.append(evaluate_stars(database, split, StarSettings(), n_seeds=N_SEEDS))
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
    with _loaded(MOVIELENS) as database:
        split = SplitSettings("newest", min_rating=ALL_RATINGS)
        report = evaluate_stars(database, split, StarSettings(), n_seeds=N_SEEDS)
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


def speed() -> None:
    """In turns, for the time; and each in a process of its own, for its memory."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        for called, source in (("MovieLens 100K", ml_100k(Path(name))), ("ml-latest-small", MOVIELENS)):
            with _loaded(source) as database:
                graph = pull_rating_graph(database)
            path = Path(name) / f"{called}.pickle"
            path.write_bytes(pickle.dumps(graph))
            ways = {way: partial(train, graph) for way, train in WAYS.items()}
            seconds = in_turns(ways, ROUNDS)
            for way in WAYS:
                each = seconds[way] / EPOCHS
                times = seconds[way] / seconds["movierec"]
                rows.append(
                    [f"{called}: {way}", f"{each:.2f} s", f"{times:.1f} x", f"{_memory(way, path):,.0f} MB"]
                )
    columns = ["", "an epoch", "times ours", "most memory"]
    publish("speed", table(columns, rows), "rating-model", **{"PyTorch Geometric": version("torch-geometric")})


def _ours(graph: RatingGraph) -> None:
    train_stars(graph, StarSettings(epochs=EPOCHS))


def _by_pyg(graph: RatingGraph) -> None:
    from benchmarks.stars_by_pyg import ByPyG

    settings = StarSettings(epochs=EPOCHS)
    training = ByPyG(graph, settings, max(LEAST_STEPS, round(graph.n_ratings / settings.batch)))
    for _ in range(EPOCHS):
        training.one_epoch()


WAYS: dict[str, Callable[[RatingGraph], None]] = {"movierec": _ours, "PyTorch Geometric": _by_pyg}


def _memory(way: str, path: Path) -> float:
    """Megabytes that a process takes for the graph and the training, above what its imports take."""
    command = [sys.executable, "-m", "benchmarks.stars", "memory", way, str(path)]
    said = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(said.stdout)


def _say_memory(way: str, path: str) -> None:
    import torch

    torch.set_num_threads(2)
    if way != "movierec":
        import benchmarks.stars_by_pyg  # noqa: F401
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    graph = pickle.loads(Path(path).read_bytes())  # written by this process's parent a moment ago
    WAYS[way](graph)
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)


if __name__ == "__main__":
    if sys.argv[1:2] == ["memory"]:
        _say_memory(*sys.argv[2:])
    else:
        parts("benchmarks.stars", {"folds": folds, "small": small, "speed": speed}, sys.argv[1:])
