"""What the parts of an evaluation take, beside what was estimated, and lists for 100,000 users.

    python -m benchmarks.evaluate             all of it
    python -m benchmarks.evaluate small       an evaluation of ml-latest-small, in a scratch server
    python -m benchmarks.evaluate generated   one of 10^6 generated ratings, in arrays without a server
    python -m benchmarks.evaluate lists       recommend --output, with the users of ml-latest-small many times over

CPU-seconds of this process, so that other programs disturb them little. Of the generated ratings the model is not
trained: vectors and 200 edges of each movie are random, which takes the same time.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.common import MOVIELENS, parts, publish, table
from benchmarks.likeness import generated as generated_ratings
from benchmarks.likeness import held_out_cases
from movierec.arrays import Adjacency, Lists, unit_vectors
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.evaluation.dataset import EvaluationData, pull_evaluation_data
from movierec.evaluation.estimate import seconds_of_parts
from movierec.evaluation.protocol import (
    evaluate_baselines,
    evaluate_model,
    evaluate_similar,
    probe_genres,
    sizes_of,
)
from movierec.evaluation.scratch import scratch_database
from movierec.evaluation.tables import differences, mean_intervals
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.graph.split import split_ratings
from movierec.lookup.users import every_user
from movierec.progress import Advance, silently
from movierec.recommendation.in_memory import Recommender
from movierec.recommendation.list_files import write_lists
from movierec.recommendation.model import Model, pull_model
from movierec.recommendation.request import RecommendationRequest
from movierec.recommendation.scoring import LikeHistories, Scorer

RATINGS = 1_000_000
NEIGHBOURS, SIZE, GENRES = 200, 64, 19
USERS = 100_000
OWN = ("co_liked", "vectors_cosine", "vectors_kernel", "movierec")


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
    publish("evaluate small", _measured(model, data, clock), "performance")


def generated() -> None:
    data, model = arrays(RATINGS)
    publish("evaluate generated", _measured(model, data, Clock()), "performance")


def lists() -> None:
    rows = []
    with scratch_database(dict(os.environ)) as (database, home), tempfile.TemporaryDirectory() as folder:
        load_ratings(database, MOVIELENS)
        derive_co_liked(database, DeriveSettings())
        train_and_write(database, TrainSettings(), home.checkpoints)
        recommender = Recommender(database)
        n_movies = len(recommender.model().movie_ids)
        users = np.resize(every_user(database), USERS)
        for name in ("lists.parquet", "lists.jsonl"):
            path = Path(folder) / name
            cpu = time.process_time()
            written = write_lists(path, USERS, recommender.recommend_many(users, RecommendationRequest(1)))
            cpu = time.process_time() - cpu
            rows.append(
                [
                    name,
                    f"{written.rows:,}",
                    f"{path.stat().st_size / 2**20:.0f} MB",
                    f"{cpu:.0f}",
                    f"{USERS / cpu:,.0f}",
                    f"{USERS / written.seconds:,.0f}",
                ]
            )
    columns = ["", "rows", "size", "CPU-seconds", "users a CPU-second", "users a second"]
    text = f"{USERS:,} users, {n_movies:,} movies, ten for each:\n\n{table(columns, rows)}"
    publish("lists", text, "performance")


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
        likes=LikeHistories(
            Lists(likes.indptr.astype(np.int64), likes.indices),
            np.arange(likes.nnz, dtype=np.float64) - np.repeat(likes.indptr[:-1], np.diff(likes.indptr)),
        ),
        co_liked=graph,
    )
    return with_genres, model


def _measured(model: Model, data: EvaluationData, clock: Clock) -> str:
    tables, _, without = evaluate_baselines(data, 1, clock)
    tables |= evaluate_model(model, data, clock)[0]
    evaluate_similar(model, data, clock)
    probe_genres(model, data, clock)
    with clock("intervals", None, ""):
        differences(tables, "item_knn")
        mean_intervals(tables)
    sizes = sizes_of(data)
    rows = [[name, f"{cpu:.2f}", f"{seconds:.2f}"] for name, (cpu, seconds) in clock.taken.items()]
    estimates = [
        [part, f"{sum(_taken(clock, part)):.1f}", f"{seconds:.1f}"]
        for part, seconds in seconds_of_parts(sizes, without).items()
        if part not in ("copy", "pull")
    ]
    said = "".join(f" {name} is left out: {reason}." for name, reason in without.items())
    return "\n\n".join(
        [
            f"{sizes.asked:,} users, {sizes.movies:,} movies, {sizes.likes:,} likes, {sizes.paths:,} paths.{said}",
            table(["part", "CPU-seconds", "seconds"], rows),
            table(["in estimates", "CPU-seconds", "estimated"], estimates),
        ]
    )


def _taken(clock: Clock, part: str) -> list[float]:
    """CPU-seconds of what an estimate has as one part."""
    baselines = [name.removeprefix("fit ") for name in clock.taken if name.startswith("fit ")]
    beginnings = {
        "fit baselines": ["fit "],
        "rank by baselines": [f"rank by {name}" for name in baselines],
        "rank by movierec and its parts": [f"rank by {name}" for name in OWN],
        "similar movies": ["similar by "],
        "genre probe": ["genre probe"],
    }[part]
    return [cpu for name, (cpu, _) in clock.taken.items() if name.startswith(tuple(beginnings))]


if __name__ == "__main__":
    parts("benchmarks.evaluate", {"small": small, "generated": generated, "lists": lists}, sys.argv[1:])
