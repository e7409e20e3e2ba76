"""Users and movies of which little is known, times known to the day, and dislikes; writes docs/quality.md.

    python -m benchmarks.hard_cases             all of it
    python -m benchmarks.hard_cases days        the newest likes held out, times of the others known to the day
    python -m benchmarks.hard_cases cold        users with few likes, movies with few; the last like held out
    python -m benchmarks.hard_cases dislikes    movies of two stars or less, as dislikes

One seed; the settings are the defaults.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.common import parts, publish, query, table
from benchmarks.datasets import DATASETS, dataset
from movierec.arrays import positions_in
from movierec.database.connection import Database
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.evaluation.baselines import BASELINES
from movierec.evaluation.dataset import EvaluationData, pull_evaluation_data
from movierec.evaluation.methods import UserProfiles, movierec_scores
from movierec.evaluation.metrics import NONE, ndcg
from movierec.evaluation.protocol import restricted_to
from movierec.evaluation.scratch import scratch_database
from movierec.evaluation.sequential_baselines import Scores
from movierec.evaluation.tables import evaluate_method, evaluate_methods
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.graph.split import split_ratings
from movierec.progress import silently
from movierec.recommendation.in_memory import Recommender
from movierec.recommendation.model import pull_model
from movierec.recommendation.request import RecommendationRequest

BESIDE = ("most_popular", "ease", "markov_chain", "slist")
LIKES = {"1": (1, 1), "2 to 4": (2, 4), "5 to 9": (5, 9), "10 to 19": (10, 19), "20 and more": (20, 2**31)}
OF_MOVIES = {"1 to 4": (1, 4), "5 to 9": (5, 9), "10 to 29": (10, 29), "30 and more": (30, 2**31)}
CALLED = {True: "sequential", False: "unordered"}
MOST_DISLIKED = 2.0  # stars

Tables = dict[str, pd.DataFrame]


@contextmanager
def _split(name: str, split: SplitSettings, *, to_days: bool = False) -> Iterator[tuple[Database, Path]]:
    with tempfile.TemporaryDirectory() as folder, scratch_database(dict(os.environ)) as (database, home):
        load_ratings(database, dataset(name, Path(folder)))
        split_ratings(database, split)
        if to_days:
            database.run_batches(query("days_only"))
        derive_co_liked(database, DeriveSettings(sequential="on"))
        yield database, home.checkpoints


def _tables(database: Database, checkpoints: Path, data: EvaluationData) -> Tables:
    """By user, of some baselines and of both questions."""
    found: Tables = {}
    for name in BESIDE:
        fitted = BASELINES[name](data.likes, len(data.catalogue.movie_ids), 1, silently)
        found[name], _ = evaluate_method(partial(_of_likes, fitted), data.cases, data.catalogue)
    train_and_write(database, TrainSettings(), checkpoints)
    for sequential, called in CALLED.items():
        model = pull_model(database, sequential)
        methods = restricted_to(movierec_scores(model.scorer), model, data.catalogue)
        found[f"movierec, {called}"], _ = evaluate_methods(methods, data.cases, data.catalogue)["movierec"]
    return found


def _of_likes(scores: Scores, users: UserProfiles) -> NDArray[np.float64]:
    return scores(users.likes)


def days() -> None:
    columns: dict[str, Tables] = {}
    for name in DATASETS:
        for to_days in (False, True):
            with _split(name, SplitSettings(), to_days=to_days) as (database, checkpoints):
                data = pull_evaluation_data(database, SplitSettings().min_rating)
                columns[f"{name}, {'days' if to_days else 'seconds'}"] = _tables(database, checkpoints, data)
    methods = list(next(iter(columns.values())))
    rows = [[method, *(f"{one[method]['ndcg@10'].mean():.4f}" for one in columns.values())] for method in methods]
    publish("days", table(["NDCG@10", *columns], rows), "quality")


def cold() -> None:
    rows = []
    for name in DATASETS:
        with _split(name, SplitSettings(strategy="last", min_likes=2)) as (database, checkpoints):
            data = pull_evaluation_data(database, SplitSettings().min_rating)
            tables = _tables(database, checkpoints, data)
        likes = data.cases.users.likes.movies.sizes
        asked = data.cases.held_out.values
        counts = np.where(asked == NONE, 0, data.catalogue.like_counts[asked])
        for kind, values, groups in (("user with", likes, LIKES), ("movie with", counts, OF_MOVIES)):
            for group, (least, most) in groups.items():
                members = (values >= least) & (values <= most)
                if members.any():
                    means = (f"{one['ndcg@10'].to_numpy()[members].mean():.4f}" for one in tables.values())
                    rows.append([f"{name}, {kind} {group} likes", f"{members.sum():,}", *means])
    publish("cold", table(["NDCG@10", "users", *tables], rows), "quality")


def dislikes() -> None:
    rows = []
    for name in DATASETS:
        with _split(name, SplitSettings()) as (database, checkpoints):
            data = pull_evaluation_data(database, SplitSettings().min_rating)
            disliked = {
                row["userId"]: row["movieIds"] for row in database.read(query("disliked"), most=MOST_DISLIKED)
            }
            train_and_write(database, TrainSettings(), checkpoints)
            recommender = Recommender(database)
            for sequential, called in CALLED.items():
                found: dict[bool, list[float]] = {False: [], True: []}
                for i, user in enumerate(data.cases.users.user_ids.tolist()):
                    for used, values in found.items():
                        if user in disliked:
                            request = RecommendationRequest(
                                user, dislikes=disliked[user] if used else (), sequential=sequential
                            )
                            listed = [row.movie_id for row in recommender.recommend(request, 0)]
                            hits = np.isin(positions_in(data.catalogue.movie_ids, listed), data.cases.held_out[i])
                            values.append(float(ndcg(hits, len(data.cases.held_out[i]), 10)))
                gains = np.array(found[True]) - np.array(found[False])
                rows.append(
                    [
                        f"{name}, {called}",
                        f"{len(gains)}",
                        f"{np.mean(found[False]):.4f}",
                        f"{np.mean(found[True]):.4f}",
                        f"{gains.mean():+.4f} ± {gains.std(ddof=1) / len(gains) ** 0.5:.4f}",
                    ]
                )
    columns = ["NDCG@10", "users with dislikes", "without them", "with them", "difference"]
    publish("dislikes", table(columns, rows), "quality")


if __name__ == "__main__":
    parts("benchmarks.hard_cases", {"days": days, "cold": cold, "dislikes": dislikes}, sys.argv[1:])
