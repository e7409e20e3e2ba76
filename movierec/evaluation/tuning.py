"""Choose the score settings, profile temperature and weights, without the likes that an evaluation asks for.

The test part is split off and deleted; a part of what is left is held out in its place, and every choice of
settings is evaluated on that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.errors import BadRequest
from movierec.evaluation.dataset import pull_evaluation_data
from movierec.evaluation.methods import Methods, UserProfiles, above_zero
from movierec.evaluation.protocol import answers_sequentially, restricted_to
from movierec.evaluation.results import ScoreSettingsResult
from movierec.evaluation.tables import evaluate_methods
from movierec.graph.derive import derive_co_liked
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.graph.split import split_ratings
from movierec.progress import Progress, silent
from movierec.recommendation.model import pull_model
from movierec.recommendation.scoring import Scorer

__all__ = [
    "CHOICES",
    "Choice",
    "inner_split",
    "scores_by_choice",
    "tune_score_settings",
]


class Choice(NamedTuple):
    """Score settings, as `Scorer` has them."""

    profile_temperature: float
    graph_weight: float
    prediction_weight: float
    encoder_weight: float


CHOICES = tuple(
    Choice(*one)
    for one in product((1.0, 2.0, 3.0), (0.0, 0.25, 0.5, 0.75), (0.0, 0.5, 1.0, 2.0), (0.0, 0.5, 1.0, 2.0))
)


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
    n_users: int | None = None,
) -> list[ScoreSettingsResult]:
    """NDCG@10 on the inner split for each choice, mean of `n_seeds` trainings, best first; changes `database`.

    With `n_users`, of a random sample of so many users, by `train.seed`.
    """
    inner_split(database, split)
    derive_co_liked(database, derive, progress)
    data = pull_evaluation_data(database, split.min_rating, progress, n_users=n_users, seed=train.seed)
    if len(data.cases) < 2:
        raise BadRequest(
            f"{len(data.cases)} users have likes enough to hold some out twice; a choice needs at least 2."
        )
    choices = {_name(one): one for one in CHOICES}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in choices}
    for seed in range(train.seed, train.seed + n_seeds):
        trained = train_and_write(database, replace(train, seed=seed), checkpoints, progress=progress)
        model = pull_model(database, answers_sequentially(trained.settings, split, train))
        methods = restricted_to(scores_by_choice(model.scorer), model, data.catalogue)
        with progress("score settings", len(data.cases), "users") as advance:
            measured = evaluate_methods(methods, data.cases, data.catalogue, advance)
        for name, (table, lists) in measured.items():
            found[name].append((float(table["ndcg@10"].mean()), lists["coverage@10"]))
    results = [
        ScoreSettingsResult(
            **choices[name]._asdict(),
            ndcg=float(np.mean([ndcg for ndcg, _ in metrics])),
            coverage=float(np.mean([coverage for _, coverage in metrics])),
            sequential=model.sequential,
        )
        for name, metrics in found.items()
    ]
    return sorted(results, key=lambda one: -one.ndcg)  # stable: equal ones in the order of CHOICES


def scores_by_choice(scorer: Scorer) -> Methods:
    """What `recommend` would rank by with each choice; what does not depend on it is computed once for all."""

    def scores(users: UserProfiles) -> Iterable[tuple[str, NDArray[np.float64]]]:
        is_rated = users.rated.marked(scorer.n_movies)
        whole = replace(scorer, graph_weight=1.0, prediction_weight=1.0, encoder_weight=1.0)
        graph = whole.graph_scores(users.likes, is_rated)
        predicted = whole.prediction_scores(users.likes, is_rated)
        encoded = whole.encoder_scores(users.likes, is_rated)
        temperature, profile = 0.0, np.zeros_like(graph)
        for choice in CHOICES:
            if choice.profile_temperature != temperature:
                temperature = choice.profile_temperature
                profile = replace(scorer, profile_temperature=temperature).profile_scores(users.likes, is_rated)
            scores = profile + choice.graph_weight * graph
            scores += choice.prediction_weight * predicted
            scores += choice.encoder_weight * encoded
            yield _name(choice), above_zero(scores)

    return scores


def _name(choice: Choice) -> str:
    return " ".join(f"{one:g}" for one in choice)
