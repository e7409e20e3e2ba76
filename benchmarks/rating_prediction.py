"""How far predicted ratings are from those that were given; writes docs/rating-model.md.

    python -m benchmarks.rating_prediction    all of it; or one of its parts:

    folds     the five canonical folds of MovieLens 100K, all methods, three seeds
    small     ml-latest-small, the newest fifth of each user's ratings held out
    speed     an epoch beside the same network in PyTorch Geometric's stock layers
    memory    what training takes for graphs of one to a hundred million ratings

"speed" needs torch-geometric in the same environment: pip install torch-geometric. "speed" and "memory" read
/proc, which Linux has.

The settings are the defaults. Epochs are chosen on a part of the training ratings, for each seed anew.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.common import MOVIELENS, in_turns, parts, publish, table
from benchmarks.datasets import ml_100k
from movierec.database.connection import Database
from movierec.evaluation.rating_prediction import ALL_RATINGS, evaluate_rating_prediction
from movierec.evaluation.results import RatingEvaluationReport
from movierec.evaluation.scratch import scratch_database
from movierec.graph.load import load_ratings
from movierec.graph.settings import SplitSettings
from movierec.random_streams import Stream
from movierec.rating_prediction.array_store import ArrayStore, slices
from movierec.rating_prediction.graph import Features, RatingGraph
from movierec.rating_prediction.pull import pull_rating_graph
from movierec.rating_prediction.settings import RatingModelSettings
from movierec.rating_prediction.train import MIN_STEPS, Training, train_rating_model, validation_masks
from movierec.training.checkpoint import Checkpoint, TrainingState

N_SEEDS = 3
EPOCHS, ROUNDS = 10, 3
STEPS = 20
GRAPHS = (
    *((100, "files", 100), (100, "files", 1_000), (100, "memory", 1_000)),
    *((10, "files", 1_000), (1, "files", 1_000)),
)
SIDE = ("others", "levels", "edges")
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
            fifth = lines[1 + fold * FOLD_SIZE : 1 + (fold + 1) * FOLD_SIZE]
            held_out.write_text("\n".join([lines[0], *fifth]) + "\n")
            with _loaded(source) as database:
                split = SplitSettings(strategy="canonical", test_file=str(held_out))
                reports.append(evaluate_rating_prediction(database, split, RatingModelSettings(), n_seeds=N_SEEDS))
            print(fold + 1, reports[-1].methods, file=sys.stderr, flush=True)
    rows = []
    for method in METHODS:
        errors = [report.methods[method]["rmse"] for report in reports]
        mae = np.mean([report.methods[method]["mae"] for report in reports])
        rows.append([method, *(f"{error:.4f}" for error in errors), f"{np.mean(errors):.4f}", f"{mae:.4f}"])
    columns = ["RMSE", *(f"u{fold + 1}" for fold in range(FOLDS)), "mean", "mean MAE"]
    epochs = "; ".join(f"u{fold + 1}: {report.epochs}" for fold, report in enumerate(reports))
    seeds = ", ".join(f"{error:.4f}" for error in reports[0].rmse_by_seed)
    texts = [
        table(columns, rows),
        f"u1 by seed: {seeds}. Epochs chosen: {epochs}.",
        "u1 by the stars that were given:",
        _calibration(reports[0]),
    ]
    publish("folds", "\n\n".join(texts), "rating-model")


def small() -> None:
    with _loaded(MOVIELENS) as database:
        split = SplitSettings(strategy="newest", min_rating=ALL_RATINGS)
        report = evaluate_rating_prediction(database, split, RatingModelSettings(), n_seeds=N_SEEDS)
    rows = [[name, f"{errors['rmse']:.4f}", f"{errors['mae']:.4f}"] for name, errors in report.methods.items()]
    texts = [
        f"{report.users} users, {report.held_out:,} held-out ratings, {report.ratings:,} to learn from. "
        f"Epochs chosen: {report.epochs}.",
        table(["method", "RMSE", "MAE"], rows),
        "By the stars that were given:",
        _calibration(report),
    ]
    publish("small", "\n\n".join(texts), "rating-model")


def _calibration(report: RatingEvaluationReport) -> str:
    rows = [
        [
            f"{row.stars:g}",
            f"{row.given:,}",
            f"{row.share:.3f}",
            f"{row.predicted_share:.3f}",
            f"{row.mean_predicted:.2f}",
            f"{row.rmse:.3f}",
        ]
        for row in report.calibration
    ]
    return table(["stars", "given", "share", "predicted share", "mean predicted", "RMSE"], rows)


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
                alone = _alone("speed", way, str(path))
                cells = f"{each:.2f} s", f"{times:.1f} x", f"{alone['megabytes']:,.0f} MB", f"{alone['loss']:.3f}"
                rows.append([f"{called}: {way}", *cells])
    columns = ["", "an epoch", "times movierec's", "most memory", "loss of the last"]
    publish("speed", table(columns, rows), "rating-model", **{"PyTorch Geometric": version("torch-geometric")})


def _ours(graph: RatingGraph) -> float:
    return train_rating_model(graph, RatingModelSettings(epochs=EPOCHS, max_neighbours=0)).losses[-1]


def _by_pyg(graph: RatingGraph) -> float:
    from benchmarks.rating_prediction_by_pyg import ByPyG

    settings = RatingModelSettings(epochs=EPOCHS)
    training = ByPyG(graph, settings, max(MIN_STEPS, round(graph.n_ratings / settings.batch_size)))
    return [training.one_epoch() for _ in range(EPOCHS)][-1]


WAYS: dict[str, Callable[[RatingGraph], float]] = {"movierec": _ours, "PyTorch Geometric": _by_pyg}


def memory() -> None:
    """Each in a process of its own."""
    rows = []
    for millions, place, max_neighbours in GRAPHS:
        alone = _alone("memory", str(millions), place, str(max_neighbours))
        cells = (f"{alone[name]:,.0f} MB" for name in ("arrays", "tables", "megabytes"))
        called = f"{millions} million, max_neighbours {max_neighbours:,}" + (
            ", all in memory" if place == "memory" else ""
        )
        rows.append([called, *cells, f"{alone['seconds']:.2f} s"])
    columns = ["ratings", "their arrays", "the table", "most memory", "a step"]
    publish("memory", table(columns, rows), "rating-model")


def _alone(*work: str) -> dict[str, float]:
    """What a process says of its work, and "megabytes", the most that it took at a time, above its imports."""
    command = [sys.executable, "-m", "benchmarks.rating_prediction", "alone", *work]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    answer: dict[str, float] = json.loads(said)
    return answer


def _work_alone(kind: str, *work: str) -> None:
    import torch

    torch.set_num_threads(2)
    if work[0] == "PyTorch Geometric":
        import benchmarks.rating_prediction_by_pyg  # noqa: F401
    _ours(_random_graph(300, ArrayStore()))  # what PyTorch loads when it is first used
    works: dict[str, Callable[..., dict[str, float]]] = {"speed": _train_one, "memory": _train_some_steps}
    before, most, done = _megabytes(), [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.002):
            most[0] = max(most[0], _megabytes())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        answer = works[kind](*work)
    finally:
        done.set()
        watcher.join()
    print(json.dumps({**answer, "megabytes": most[0] - before}))


def _megabytes() -> float:
    """Memory of this process that is not a file's, so that the system cannot take it back."""
    found = re.search(r"RssAnon:\s*(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def _train_one(way: str, path: str) -> dict[str, float]:
    graph = pickle.loads(Path(path).read_bytes())  # written by this process's parent a moment ago
    return {"loss": WAYS[way](graph)}


def _train_some_steps(millions: str, place: str, max_neighbours: str) -> dict[str, float]:
    """Choosing the epochs of a training, but for most steps of the first: what needs the most memory of all."""
    settings = RatingModelSettings(max_neighbours=int(max_neighbours))
    with tempfile.TemporaryDirectory() as folder:
        graph = _random_graph(int(millions) * 1_000_000, ArrayStore(Path(folder) if place == "files" else None))
        learnt, asked = validation_masks(graph, settings)
        training, asked_graph = Training(graph.part(learnt), settings, Stream.EPOCH_SELECTION), graph.part(asked)
        batches = list(islice(training.batches(0), 1 + STEPS))
        for number, batch in enumerate(batches):
            if number == 1:  # the first step is slower than others
                started = time.perf_counter()
            training.step(batch, training.numbers(0, 1 + number))
        seconds = (time.perf_counter() - started) / STEPS
        training.model(TrainingState()).rmse(asked_graph)
        Checkpoint(Path(folder) / "checkpoint.pt").save(TrainingState(), training.tensors())
    ratings = (graph, training.graph, asked_graph)
    arrays = [getattr(x, name) for x in ratings for name in ("users", "movies", "levels")]
    arrays += [getattr(side, name) for side in (training.by_user, training.by_movie) for name in SIDE]
    of_ratings = sum(array.nbytes for array in (*arrays, training.left_out, learnt, asked))
    numbers = sum(value.numel() for value in training.network.parameters())
    return {"arrays": of_ratings / 2**20, "tables": 4 * numbers / 2**20, "seconds": seconds}


def _random_graph(n_ratings: int, store: ArrayStore) -> RatingGraph:
    """About 150 ratings a user of 30,000 movies, a few of which have very many; nothing to learn from."""
    generator = np.random.default_rng(1)
    n_users, n_movies = n_ratings // 150, 30_000
    users, movies, levels = (store.zeros(n_ratings, kind) for kind in (np.int32, np.int32, np.int8))
    end = 0
    for own in slices(n_users, 10_000):
        rated = (n_movies * generator.random((own.stop - own.start, 160)) ** 3).astype(np.int64)
        rated += np.arange(own.start, own.stop)[:, None] * n_movies
        pairs = np.unique(rated)[: n_ratings - end]
        new = slice(end, end + len(pairs))
        users[new], movies[new] = pairs // n_movies, pairs % n_movies
        levels[new] = generator.integers(0, 10, len(pairs))
        end = new.stop
    unknown = Features((), (), ())
    return RatingGraph(
        user_ids=np.arange(n_users, dtype=np.int64),
        movie_ids=np.arange(n_movies, dtype=np.int64),
        stars=np.arange(1, 11) / 2,
        users=users[:end],
        movies=movies[:end],
        levels=levels[:end],
        features=unknown,
        user_features=np.zeros((n_users, 2), np.float32),
        movie_features=np.zeros((n_movies, 2), np.float32),
        store=store,
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["alone"]:
        _work_alone(*sys.argv[2:])
    else:
        known = {"folds": folds, "small": small, "speed": speed, "memory": memory}
        parts("benchmarks.rating_prediction", known, sys.argv[1:])
