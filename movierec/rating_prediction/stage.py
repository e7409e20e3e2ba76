"""The rating-model stage: pull ratings, train, save the model to a file, and on request its vectors to the graph.

The file is named after its Run, and the newest Run of the stage that is done says which file is live and what its
hash is. A training that fails leaves the last one live.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.database.runs import RunLog, earlier_runs, last_done, record_run, reject_unfinished
from movierec.errors import StageMissing
from movierec.progress import Progress, silent
from movierec.rating_prediction.array_store import ArrayStore
from movierec.rating_prediction.model import RatingModel, draft_of
from movierec.rating_prediction.pull import pull_rating_graph
from movierec.rating_prediction.results import RatingModelResult
from movierec.rating_prediction.settings import RatingModelSettings
from movierec.rating_prediction.train import checkpoint_for, train_rating_model
from movierec.training.checkpoint import discard_abandoned
from movierec.training.devices import require_device

__all__ = ["live_model", "train_and_save"]

_log = logging.getLogger(__name__)

STAGE = "rating-model"
BATCH_ROWS = 1_000


def train_and_save(
    database: Database,
    settings: RatingModelSettings,
    checkpoints: Path,
    models: Path,
    *,
    fresh: bool = False,
    write: bool = False,
    progress: Progress = silent,
    threads: int = 2,
) -> RatingModelResult:
    """Train on the RATED relationships and make the model live; with `write`, put its vectors on users and movies.

    An unfinished training of the same ratings and settings in the folder `checkpoints` is resumed unless `fresh`.
    """
    started = time.monotonic()
    require_device(settings.device)
    _reject_unfinished(database)
    graph = pull_rating_graph(database, progress, ArrayStore(checkpoints))
    _reject_unfinished(database)
    checkpoint = checkpoint_for(checkpoints, graph, settings, threads)
    with record_run(database, STAGE, settings.as_dict(), single_transaction=True) as run:
        if fresh:
            checkpoint.discard()
        model = train_rating_model(graph, settings, checkpoint, progress, threads)
        run.results |= {
            "users": len(graph.user_ids),
            "movies": len(graph.movie_ids),
            "ratings": graph.n_ratings,
            "levels": len(graph.stars),
            "graph_fingerprint": graph.fingerprint(),
            "trained_epochs": len(model.losses),
            "loss": model.losses[-1],
        }
        if model.validation_losses:
            run.results["validation_rmse"] = min(model.validation_losses)
        run.results["model_sha256"] = model.save(_file(models, run.run_id))
        try:
            if write:
                _write_vectors(database, model, run, progress)
            else:  # those of another model would be taken for its own
                database.run_batches(load_query("rating_prediction/clear"))
        except BaseException:
            _file(models, run.run_id).unlink()
            raise
        run.results["vectors_written"] = write
    checkpoint.discard()
    discard_abandoned(checkpoints)
    _discard_earlier(database, models, run.run_id)
    seconds = round(time.monotonic() - started, 3)
    return RatingModelResult(run_id=run.run_id, settings=settings, seconds=seconds, **run.results)


def live_model(database: Database, models: Path) -> tuple[str, RatingModel]:
    """The runId and the model of the last training that is done.

    Raises StageMissing where there was none, or where its file is not in the folder `models`; CheckpointDamaged
    where that is damaged.
    """
    missing = None
    while True:
        run = last_done(database, STAGE)
        if run is None:
            raise StageMissing(
                'No rating model was trained in this database. Run "movierec rating-model train" first.'
            )
        path = _file(models, run["runId"])
        try:
            return run["runId"], RatingModel.load(path)
        except FileNotFoundError as error:
            if path == missing:
                raise StageMissing(
                    f"The model of {run['runId']} is not at {path}: it was trained on another machine, or with "
                    'another MOVIEREC_HOME. Run "movierec rating-model train" here.'
                ) from error
            missing = path  # a training may have ended, and taken it away, since the Run was read


def _file(models: Path, run_id: str) -> Path:
    return models / f"{run_id}.pt"


def _discard_earlier(database: Database, models: Path, run_id: str) -> None:
    """Delete the models of earlier Runs of this database, and what those left that were killed."""
    for earlier in earlier_runs(database, run_id):
        path = _file(models, earlier)
        path.unlink(missing_ok=True)
        draft_of(path).unlink(missing_ok=True)


def _write_vectors(database: Database, model: RatingModel, run: RunLog, progress: Progress) -> None:
    """In batches, each of its own transaction; the Run says until its end that they are not whole."""
    run.mark_visible(database)
    sides = (
        ("rating_prediction/write_users", "userIds", model.user_ids, model.user_vectors),
        ("rating_prediction/write_movies", "movieIds", model.movie_ids, model.movie_vectors),
    )
    with progress("write vectors", len(model.user_ids) + len(model.movie_ids), "nodes") as advance:
        for query, name, ids, vectors in sides:
            for start in range(0, len(ids), BATCH_ROWS):
                rows = slice(start, start + BATCH_ROWS)
                database.write(load_query(query), **{name: ids[rows], "vectors": vectors[rows].tolist()})
                advance(len(ids[rows]))


def _reject_unfinished(database: Database) -> None:
    for stage in ("load", "split"):
        reject_unfinished(database, stage)
