"""Evaluate a database without changing it: on a copy in a scratch server, or on request in the database itself."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pandas as pd

from movierec.database.connection import Database
from movierec.embedding.settings import TrainSettings
from movierec.errors import BadRequest
from movierec.evaluation.estimate import estimate_evaluation
from movierec.evaluation.protocol import Tables, evaluate_in
from movierec.evaluation.record import record_evaluation
from movierec.evaluation.results import (
    EvaluationEstimate,
    EvaluationReport,
    RatingEvaluationReport,
    ScoreSettingsResult,
)
from movierec.evaluation.scratch import scratch_copy
from movierec.evaluation.tuning import tune_score_settings
from movierec.graph.copy import require_ratings
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.home import Home, home_folder
from movierec.progress import Progress, silent
from movierec.rating_prediction.settings import RatingModelSettings
from movierec.training.devices import require_device

__all__ = ["estimate", "evaluate", "evaluate_rating_model", "tune"]

_log = logging.getLogger(__name__)


def evaluate(
    database: Database,
    env: Mapping[str, str],
    *,
    split: SplitSettings | None = None,
    derive: DeriveSettings | None = None,
    train: TrainSettings | None = None,
    n_seeds: int = 1,
    n_users: int | None = None,
    neural: bool = False,
    in_place: bool = False,
    keep: bool = False,
    record: bool = False,
    by_user: Path | None = None,
    progress: Progress = silent,
) -> EvaluationReport:
    """Hold out a part of each user's likes, build the model from the rest, and compute how well it ranks them.

    With `n_users`, lists are made for a random sample of so many users, and the intervals are theirs; with
    `neural`, GRU4Rec and SASRec are among the baselines, which take minutes.
    `database` is only read, unless `in_place`, for a database made for experiments, which then stays split. With
    `keep` the scratch server is left running. With `record` a Run of what was measured is written to `database`,
    for the page and for agents. `by_user` is a CSV file to write every user's metrics to.
    """
    if by_user is not None and not by_user.parent.is_dir():
        raise BadRequest(f"There is no folder {by_user.parent} to write {by_user.name} into.")
    started = time.monotonic()
    settings = (split or SplitSettings(), derive or DeriveSettings(), train or TrainSettings())
    with _place(database, env, in_place=in_place, keep=keep, progress=progress) as (place, home):
        report = evaluate_in(
            place,
            *settings,
            home.checkpoints,
            progress=progress,
            n_seeds=n_seeds,
            n_users=n_users,
            neural=neural,
            by_user=None if by_user is None else _writer(by_user),
        )
    report = replace(report, seconds=round(time.monotonic() - started, 3))
    if record:
        record_evaluation(database, report)
    return report


def estimate(
    database: Database, *, split: SplitSettings | None = None, n_users: int | None = None, n_seeds: int = 1
) -> EvaluationEstimate:
    """What `evaluate` would take; `database` is only read. Raises StageMissing where nothing is loaded."""
    require_ratings(database)
    return estimate_evaluation(database, split or SplitSettings(), n_users=n_users, n_seeds=n_seeds)


def tune(
    database: Database,
    env: Mapping[str, str],
    *,
    split: SplitSettings | None = None,
    derive: DeriveSettings | None = None,
    train: TrainSettings | None = None,
    n_seeds: int = 1,
    n_users: int | None = None,
    progress: Progress = silent,
) -> list[ScoreSettingsResult]:
    """Evaluate pairs of score settings on an inner split, best first; `database` is only read.

    With `n_users`, for a random sample of so many users.
    """
    settings = (split or SplitSettings(), derive or DeriveSettings(), train or TrainSettings())
    with scratch_copy(database, env, progress=progress) as (scratch, home):
        return tune_score_settings(
            scratch, *settings, home.checkpoints, progress=progress, n_seeds=n_seeds, n_users=n_users
        )


def evaluate_rating_model(
    database: Database,
    env: Mapping[str, str],
    *,
    split: SplitSettings | None = None,
    settings: RatingModelSettings | None = None,
    n_seeds: int = 1,
    threads: int = 2,
    progress: Progress = silent,
) -> RatingEvaluationReport:
    """Hold out a part of the ratings, train on the rest, and compute how far the predictions are from them.

    The default split is the newest fifth of each user's ratings. `database` is only read.
    """
    from movierec.evaluation.rating_prediction import ALL_RATINGS, evaluate_rating_prediction, require_extras

    started = time.monotonic()
    settings = settings or RatingModelSettings()
    require_extras()
    require_device(settings.device)
    with scratch_copy(database, env, progress=progress) as (scratch, _):
        report = evaluate_rating_prediction(
            scratch,
            split or SplitSettings(min_rating=ALL_RATINGS),
            settings,
            progress=progress,
            n_seeds=n_seeds,
            threads=threads,
        )
    return replace(report, seconds=round(time.monotonic() - started, 3))


@contextmanager
def _place(
    database: Database, env: Mapping[str, str], *, in_place: bool, keep: bool, progress: Progress
) -> Iterator[tuple[Database, Home]]:
    if in_place:
        yield database, Home(home_folder(env))
        return
    with scratch_copy(database, env, keep, progress) as (scratch, home):
        yield scratch, home
        if keep:
            _log.warning("The scratch server is kept: MOVIEREC_HOME=%s movierec server status", home.folder)


def _writer(path: Path) -> Callable[[Tables], None]:
    def write(tables: Tables) -> None:
        pd.concat(tables, names=["method", "userId"]).to_csv(path, float_format="%.6g")

    return write
