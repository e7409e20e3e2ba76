"""The train stage: pull the graph, train, write the vectors back as Movie.embedding.

The vectors, the Run that names them and its end all appear in one transaction: a reader sees the old
set or the new one, and a training that fails leaves the old one live.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.database.runs import RunLog, record_run
from movierec.embedding.settings import TrainSettings
from movierec.embedding.train import Embeddings, checkpoint_for, train_embeddings
from movierec.errors import MovieRecError
from movierec.graph.pull import pull_movie_graph
from movierec.progress import Progress, silent

__all__ = ["train_and_write", "write_embeddings"]

BATCH_ROWS = 1_000


def train_and_write(
    database: Database,
    settings: TrainSettings,
    checkpoints: Path,
    fresh: bool = False,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Train on the CO_LIKED graph and make the vectors live; returns settings, losses and counts.

    `checkpoints` is the folder of unfinished trainings; one of the same graph and settings is gone on
    with unless `fresh`.
    """
    started = time.monotonic()
    graph = pull_movie_graph(database, progress)
    checkpoint = checkpoint_for(checkpoints, graph, settings)
    with record_run(database, "train", settings.as_dict()) as run:
        if fresh:
            checkpoint.discard()
        embeddings = train_embeddings(graph, settings, checkpoint, progress)
        run.results |= {
            "movies": graph.n_movies,
            "edges": graph.n_edges,
            "walks_per_epoch": graph.n_movies * settings.walks_per_movie,
            "losses": list(embeddings.losses),
            "vectors_sha256": embeddings.sha256(),
            "graph_fingerprint": graph.fingerprint(),
        }
        write_embeddings(database, embeddings, run, progress)
    checkpoint.discard()
    return {
        "run_id": run.run_id,
        **settings.as_dict(),
        **run.results,
        "seconds": round(time.monotonic() - started, 3),
    }


def write_embeddings(database: Database, embeddings: Embeddings, run: RunLog, progress: Progress = silent) -> None:
    """Replace all live vectors by `embeddings`, and close `run` as the live one, in one transaction.

    Raises MovieRecError, and writes nothing, if a number is not finite: the driver would send it.
    """
    if not np.isfinite(embeddings.vectors).all():
        raise MovieRecError(
            "The training diverged: its vectors hold numbers that are not finite. The last vectors stay live. "
            "Lower --learning-rate."
        )
    database.run_batches(load_query("embedding/vector_index"))
    n = len(embeddings.movie_ids)
    with progress("write vectors", n, "movies") as advance, database.transaction() as transaction:
        transaction.run(load_query("embedding/clear"))
        for start in range(0, n, BATCH_ROWS):
            rows = slice(start, start + BATCH_ROWS)
            (written,) = transaction.run(
                load_query("embedding/write"),
                movieIds=embeddings.movie_ids[rows],
                vectors=embeddings.vectors[rows].tolist(),
            )
            advance(written["movies"])
        run.close_in(transaction)
        transaction.run(load_query("runs/make_live"), runId=run.run_id)
