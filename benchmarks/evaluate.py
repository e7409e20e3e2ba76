"""What the parts of an evaluation take, and how near its estimate comes.

    python -m benchmarks.evaluate             both
    python -m benchmarks.evaluate small       ml-latest-small, all of it, in a scratch server
    python -m benchmarks.evaluate generated   10^6 generated ratings, in arrays without a server

CPU-seconds of this process, so that other programs disturb them little. Of the generated ratings the model is not
trained: vectors and 200 edges of each movie are random, which takes the same time.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from benchmarks.common import MOVIELENS, parts, publish, table
from benchmarks.likeness import generated as generated_ratings
from benchmarks.likeness import held_out_cases
from movierec.arrays import Adjacency, Lists, unit_vectors
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.evaluation.dataset import EvaluationData, pull_evaluation_data
from movierec.evaluation.protocol import evaluate_baselines, evaluate_model, evaluate_similar, probe_genres
from movierec.evaluation.scratch import scratch_database
from movierec.evaluation.tables import differences, mean_intervals
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.graph.split import split_ratings
from movierec.progress import Advance, silently
from movierec.recommendation.model import Model, pull_model
from movierec.recommendation.scoring import Scorer

RATINGS = 1_000_000
NEIGHBOURS, SIZE, GENRES = 200, 64, 19


class Clock:
    """A listener for progress that notes the CPU-seconds and the seconds of each part."""

    def __init__(self) -> None:
        self.taken: dict[str, tuple[float, float]] = {}

    @contextmanager
    def __call__(self, title: str, total: int | None, unit: str, done: int = 0) -> Iterator[Advance]:
        cpu, started = time.process_time(), time.perf_counter()
        yield silently
        self.taken[title] = time.process_time() - cpu, time.perf_counter() - started


def small() -> None:
    clock = Clock()
    with scratch_database(dict(os.environ)) as (database, home):
        load_ratings(database, MOVIELENS)
        split_ratings(database, SplitSettings())
        derive_co_liked(database, DeriveSettings())
        data = pull_evaluation_data(database, SplitSettings().min_rating, clock)
        train_and_write(database, TrainSettings(), home.checkpoints)
        model = pull_model(database)
    _measure(model, data, clock)
    publish("evaluate small", _taken(clock, data), "performance")


def generated() -> None:
    data, model = arrays(RATINGS)
    clock = Clock()
    _measure(model, data, clock)
    publish("evaluate generated", _taken(clock, data), "performance")


def arrays(n_ratings: int, seed: int = 1) -> tuple[EvaluationData, Model]:
    """Generated ratings as an evaluation finds them, and a model of random vectors and edges."""
    cases, catalogue, likes = held_out_cases(generated_ratings(n_ratings))
    generator = np.random.default_rng(seed)
    n = len(catalogue.movie_ids)
    ends = np.unique(np.repeat(np.arange(n), NEIGHBOURS) * n + generator.integers(0, n, n * NEIGHBOURS))
    graph = Adjacency.from_edges(n, ends // n, ends % n, generator.random(len(ends)) + 0.1)
    vectors = generator.normal(size=(n, SIZE)).astype(np.float32)
    model = Model(
        movie_ids=catalogue.movie_ids,
        like_counts=catalogue.like_counts.astype(np.int64),
        rating_counts=catalogue.like_counts.astype(np.int64),
        titles=[""] * n,
        years=[None] * n,
        genres=[[]] * n,
        unit=unit_vectors(vectors),
        scorer=Scorer(
            graph=graph,
            like_half_life=3.0,
            profiles=vectors,
            contexts=vectors,
            bias=vectors[:, 0],
            has_profile=np.ones(n, dtype=bool),
        ),
        min_rating=4.0,
        run_id="",
        derive_id="",
    )
    genres = generator.random((n, GENRES)) < 0.1
    with_genres = EvaluationData(
        cases=cases,
        n_held_out_users=len(cases),
        catalogue=type(catalogue)(**(vars(catalogue) | {"genres": genres})),
        likes=Lists(likes.indptr.astype(np.int64), likes.indices),
        co_liked=graph,
    )
    return with_genres, model


def _measure(model: Model, data: EvaluationData, clock: Clock) -> None:
    tables, _, left_out = evaluate_baselines(data, 1, clock)
    tables |= evaluate_model(model, data, clock)[0]
    evaluate_similar(model, data, clock)
    probe_genres(model, data, clock)
    with clock("intervals", None, ""):
        differences(tables, "item_knn")
        mean_intervals(tables)
    for name, reason in left_out.items():
        print(f"{name} is left out: {reason}", file=sys.stderr)


def _taken(clock: Clock, data: EvaluationData) -> str:
    size = (
        f"{len(data.cases):,} users, {len(data.catalogue.movie_ids):,} movies, {len(data.likes.values):,} likes; "
        f"{sum(cpu for cpu, _ in clock.taken.values()):.0f} CPU-seconds in all."
    )
    rows = [[name, f"{cpu:.2f}", f"{seconds:.2f}"] for name, (cpu, seconds) in clock.taken.items()]
    return f"{size}\n\n{table(['part', 'CPU-seconds', 'seconds'], rows)}"


if __name__ == "__main__":
    parts("benchmarks.evaluate", {"small": small, "generated": generated}, sys.argv[1:])
