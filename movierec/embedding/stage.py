"""The train stage: pull the graph, walk and train, train profiles on users' likes, write all vectors.

The vectors and the Run that names them appear in one transaction, announced before and closed after it: a reader
sees the old set or the new one, and a training that fails leaves the old one live.
"""

from __future__ import annotations

import logging
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import LikeLists, MovieGraph
from movierec.database.connection import Database, Row, Transaction
from movierec.database.query_files import load_query
from movierec.database.runs import (
    RunLog,
    consistent_read,
    live_run,
    record_run,
    require_finished,
    require_live_run,
)
from movierec.embedding.embeddings import Embeddings, Profiles
from movierec.embedding.inner_product import INDEXED_FROM, logit_vectors
from movierec.embedding.plan import resolved_for_likes, users_to_learn_from
from movierec.embedding.popularity import COUNTED_FROM, count_recent_likes, write_recent_likes
from movierec.embedding.results import TrainingEstimate, TrainResult
from movierec.embedding.settings import TrainSettings
from movierec.embedding.warm_start import initial_vectors
from movierec.errors import MovieRecError, StageMissing
from movierec.graph.pull import pull_followed_graph, pull_likes, pull_movie_graph
from movierec.ids import id_array
from movierec.progress import Progress, silent
from movierec.records import camel_case
from movierec.thread_pool import thread_pool
from movierec.training.devices import require_device

if TYPE_CHECKING:
    from movierec.embedding.predictions import Predictions
    from movierec.embedding.user_encoder import EncodedMovies
    from movierec.training.checkpoint import Checkpoint
    from movierec.training.peers import Peers

__all__ = [
    "clear_predictions",
    "preview_training",
    "train_and_write",
    "train_beside",
    "write_embeddings",
    "write_predictions",
]

_log = logging.getLogger(__name__)

BATCH_ROWS = 1_000
BATCH_EDGES = 20_000
THREADS = 2


class _Training(NamedTuple):
    """What every process needs that trains."""

    graph: MovieGraph
    likes: LikeLists | None
    settings: TrainSettings
    initial: NDArray[np.float32] | None


def train_and_write(
    database: Database,
    settings: TrainSettings,
    checkpoints: Path,
    *,
    fresh: bool = False,
    progress: Progress = silent,
    threads: int = THREADS,
    indexed_from: int = INDEXED_FROM,
    counted_from: int = COUNTED_FROM,
    peers: Peers | None = None,
) -> TrainResult:
    """Train on the graph and on the likes, and make the vectors live.

    `checkpoints` is the folder of unfinished trainings; one of the same graph and settings is resumed unless
    `fresh`. From `indexed_from` movies with profile vectors an index finds those of the largest logits; from
    `counted_from` ratings the likes of the last year are counted and stored. With `peers` this is the first of
    several processes, and the others call `train_beside`. Raises StageMissing before a derivation is done,
    MovieRecError when the training diverges.
    """
    started = time.monotonic()
    derived = require_finished(database, "derive")
    settings = settings.resolved(bool(derived["isSequential"]))
    graph, likes, pulled = _pull(database, settings, progress)
    if likes is not None:
        settings = resolved_for_likes(settings, likes)
    from movierec.embedding.profiles import profile_checkpoint, train_profiles
    from movierec.embedding.train import checkpoint_for, train_embeddings
    from movierec.training.checkpoint import discard_abandoned
    from movierec.training.peers import alone

    peers = peers or alone
    initial = _live_vectors(database, graph, settings) if settings.warm_start else None
    checkpoint = checkpoint_for(checkpoints, graph, settings, initial, peers.size)
    with record_run(database, "train", settings.as_dict(), single_transaction=True) as run:
        if fresh:
            checkpoint.discard()
        began = time.monotonic()
        peers.of_first(_Training(graph, likes, settings, initial))
        embeddings = train_embeddings(
            graph,
            settings,
            checkpoint=checkpoint,
            progress=progress,
            threads=threads,
            initial=initial,
            peers=peers,
        )
        trained = time.monotonic() - began
        run.results |= {
            "movies": graph.n_movies,
            "edges": graph.n_edges,
            "processes": peers.size,
            "walks_per_epoch": graph.n_movies * settings.walks_per_node,
            "losses": embeddings.losses,
            "vectors_sha256": embeddings.sha256(),
            "graph_fingerprint": graph.fingerprint(),
        }
        if embeddings.validation_losses:
            run.results["validation_losses"] = embeddings.validation_losses
        began = time.monotonic()
        profiles = profiles_checkpoint = None
        if likes is not None:
            profiles_checkpoint = profile_checkpoint(checkpoints, likes, embeddings, settings, peers.size)
            if fresh:
                profiles_checkpoint.discard()
            profiles = train_profiles(
                likes, embeddings, settings, progress, threads, checkpoint=profiles_checkpoint, peers=peers
            )
        profiled = time.monotonic() - began
        if profiles is not None:
            run.results |= {
                "profile_losses": (profiles.losses[0], profiles.losses[-1]) if profiles.losses else (),
                "profiles_sha256": profiles.sha256(),
                "profile_movies": len(profiles.movie_ids),
            }
        began = time.monotonic()
        predictions = None
        if likes is not None and settings.prediction_weight:
            from movierec.embedding.predictions import RegressionSettings, fit_predictions

            regression = RegressionSettings.default(settings.sequential == "on")
            predictions = fit_predictions(likes, regression, settings.seed, progress)
            run.results |= {"predictions": len(predictions), "predictions_sha256": predictions.sha256()}
        run.results["prediction_seconds"] = round(time.monotonic() - began, 3)
        began = time.monotonic()
        encoded = encoder_checkpoint = None
        if likes is not None and settings.encoder_weight and len(users_to_learn_from(likes)):
            encoded, encoder_checkpoint = _encode(
                likes, embeddings, settings, progress, threads=threads, checkpoints=checkpoints, fresh=fresh
            )
            run.results |= {
                "encoder": encoded.encoder.kind,
                "encoder_losses": (encoded.losses[0], encoded.losses[-1]) if encoded.losses else (),
                "encoder_sha256": encoded.sha256(),
                "encoder_movies": len(encoded.movie_ids),
            }
        run.results["encoder_seconds"] = round(time.monotonic() - began, 3)
        began = time.monotonic()
        indexed = profiles is not None and len(profiles.movie_ids) >= indexed_from
        if profiles is not None and indexed:
            run.results["indexed_movies"] = len(profiles.movie_ids)
        recent = count_recent_likes(database, derived["minRating"], counted_from)
        if recent is not None:
            run.results["recently_liked_movies"] = len(recent)
        generation = None if predictions is None else write_predictions(database, predictions, progress)
        write_embeddings(
            database,
            embeddings,
            run,
            progress,
            profiles=profiles,
            encoded=encoded,
            indexed=indexed,
            recent_likes=recent,
            generation=generation,
        )
        clear_predictions(database)
        run.results |= {
            "pull_seconds": round(pulled, 3),
            "train_seconds": round(trained, 3),
            "profile_seconds": round(profiled, 3),
            "write_seconds": round(time.monotonic() - began, 3),
        }
    checkpoint.discard()
    for one in (profiles_checkpoint, encoder_checkpoint):
        if one is not None:
            one.discard()
    discard_abandoned(checkpoints)
    seconds = round(time.monotonic() - started, 3)
    return TrainResult(run_id=run.run_id, settings=settings, seconds=seconds, **run.results)


def train_beside(peers: Peers, threads: int = THREADS) -> None:
    """Train together with a first process that calls `train_and_write`, and tells what; no database is needed."""
    from movierec.embedding.profiles import train_profiles
    from movierec.embedding.train import train_embeddings

    found: _Training | None = peers.of_first(None)
    assert found is not None
    embeddings = train_embeddings(found.graph, found.settings, threads=threads, initial=found.initial, peers=peers)
    if found.likes is not None:
        train_profiles(found.likes, embeddings, found.settings, threads=threads, peers=peers)


def preview_training(
    database: Database, settings: TrainSettings, *, progress: Progress = silent, threads: int = THREADS
) -> TrainingEstimate:
    """What `train_and_write` would cost, estimated from two seconds of training. Writes nothing."""
    settings = settings.resolved(bool(require_finished(database, "derive")["isSequential"]))
    graph, likes, pulled = _pull(database, settings, progress)
    from movierec.embedding.estimate import estimate_training

    estimated = estimate_training(graph, settings, threads, likes)
    return TrainingEstimate(**estimated, pull_seconds=round(pulled, 3))


def write_embeddings(
    database: Database,
    embeddings: Embeddings,
    run: RunLog,
    progress: Progress = silent,
    *,
    profiles: Profiles | None = None,
    encoded: EncodedMovies | None = None,
    indexed: bool = False,
    recent_likes: list[Row] | None = None,
    generation: int | None = None,
) -> None:
    """Replace all live vectors by these and mark `run` as the live one, in one transaction.

    With `indexed` the profile vectors and those of the encoder get an index of their logits; `recent_likes` as
    `popularity` counts them; `generation` is that of the predictions which belong to these vectors, if any.
    Raises MovieRecError, and writes nothing, if a number is not finite: the driver would send it.
    """
    if not (
        np.isfinite(embeddings.vectors).all()
        and (profiles is None or profiles.is_finite())
        and (encoded is None or encoded.is_finite())
    ):
        raise MovieRecError(
            "The training diverged: its vectors hold numbers that are not finite. The live model stays as it is. "
            "Lower --learning-rate."
        )
    database.run_batches(load_query("embedding/vector_index"))
    if indexed:
        database.run_batches(load_query("embedding/logit_index"))
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
        if profiles is not None:
            _write_profiles(transaction, profiles, indexed)
        _replace_encoder(transaction, encoded, run.run_id, indexed)
        if recent_likes is not None:
            write_recent_likes(transaction, recent_likes)
        # Before this transaction holds a Run itself, or the two would wait for each other.
        run.mark_visible(database)
        transaction.run(load_query("runs/make_live"), runId=run.run_id, generation=generation)


def write_predictions(database: Database, predictions: Predictions, progress: Progress = silent) -> int:
    """Write PREDICTS beside those of the live model; returns their generation, which nobody reads yet.

    There are two generations, of which the live model names one. They are written in small transactions, so
    that they need little of the server's memory.
    """
    clear_predictions(database)  # of a training that was interrupted
    live = live_run(database)
    generation = 1 - int(live.get("predictionGeneration", 1)) if live is not None else 0
    movie_ids = predictions.movie_ids.tolist()
    with progress("write predictions", len(predictions), "edges") as advance:
        for start in range(0, len(predictions), BATCH_EDGES):
            rows = slice(start, start + BATCH_EDGES)
            database.write(
                load_query("embedding/write_predictions"),
                movieIds=movie_ids,
                sources=predictions.sources[rows].tolist(),
                targets=predictions.targets[rows].tolist(),
                weights=predictions.weights[rows].tolist(),
                generation=generation,
            )
            advance(len(predictions.weights[rows]))
    return generation


def clear_predictions(database: Database) -> None:
    """Delete the PREDICTS relationships that are not of the live model."""
    while database.write(load_query("embedding/clear_predictions"), limit=BATCH_EDGES)[0]["edges"]:
        pass


def _write_profiles(transaction: Transaction, profiles: Profiles, indexed: bool) -> None:
    norms = np.linalg.norm(profiles.contexts.astype(np.float64), axis=1)
    by_logit = logit_vectors(profiles.contexts, profiles.bias) if indexed else None
    for start in range(0, len(profiles.movie_ids), BATCH_ROWS):
        rows = slice(start, start + BATCH_ROWS)
        transaction.run(
            load_query("embedding/write_profiles"),
            movieIds=profiles.movie_ids[rows],
            profiles=profiles.profiles[rows].tolist(),
            contexts=profiles.contexts[rows].tolist(),
            norms=norms[rows],
            biases=profiles.bias[rows].tolist(),
            logitVectors=None if by_logit is None else by_logit[rows].tolist(),
        )


def _replace_encoder(transaction: Transaction, encoded: EncodedMovies | None, run_id: str, indexed: bool) -> None:
    if encoded is None:
        transaction.run(load_query("embedding/replace_encoder"), encoder=None)
        return
    properties = {"runId": run_id, "kind": encoded.encoder.kind, "dimensions": encoded.vectors.shape[1]}
    arrays = {camel_case(name): one.astype("<f4").tobytes() for name, one in encoded.encoder.arrays().items()}
    transaction.run(load_query("embedding/replace_encoder"), encoder=properties | arrays)
    norms = np.linalg.norm(encoded.vectors.astype(np.float64), axis=1)
    by_logit = logit_vectors(encoded.vectors, encoded.bias) if indexed else None
    for start in range(0, len(encoded.movie_ids), BATCH_ROWS):
        rows = slice(start, start + BATCH_ROWS)
        transaction.run(
            load_query("embedding/write_encoder"),
            movieIds=encoded.movie_ids[rows],
            vectors=encoded.vectors[rows].tolist(),
            norms=norms[rows],
            biases=encoded.bias[rows].tolist(),
            logitVectors=None if by_logit is None else by_logit[rows].tolist(),
        )


def _encode(
    likes: LikeLists,
    embeddings: Embeddings,
    settings: TrainSettings,
    progress: Progress,
    *,
    threads: int,
    checkpoints: Path,
    fresh: bool,
) -> tuple[EncodedMovies, Checkpoint | None]:
    """The user encoder for this use of the order of likes, and the checkpoint of its training."""
    if settings.sequential == "off":
        from movierec.embedding.ials import fit_factors

        return fit_factors(likes, settings, progress), None
    from movierec.embedding.sequence_encoder import encoder_checkpoint, train_encoder

    checkpoint = encoder_checkpoint(checkpoints, likes, embeddings, settings)
    if fresh:
        checkpoint.discard()
    return train_encoder(likes, embeddings, settings, progress, threads, checkpoint=checkpoint), checkpoint


def _pull(
    database: Database, settings: TrainSettings, progress: Progress
) -> tuple[MovieGraph, LikeLists | None, float]:
    """The graph, the likes to train profiles on, and the seconds it took; PyTorch is loaded meanwhile."""
    started = time.monotonic()
    with thread_pool(1, "import") as pool:
        loading = pool.submit(import_module, "movierec.embedding.train")
        pull = pull_followed_graph if settings.walk_graph == "FOLLOWED_BY" else pull_movie_graph
        graph = pull(database, progress)
        likes = None if settings.profile_epochs == 0 else pull_likes(database, progress)
        pulled = time.monotonic() - started
        loading.result()
    require_device(settings.device)
    if likes is not None and settings.sequential == "on" and likes.ages is None:
        raise StageMissing(
            "The last derivation kept no order of likes. Train with --sequential off, or run "
            '"movierec derive --sequential on".'
        )
    return graph, likes, pulled


def _live_vectors(database: Database, graph: MovieGraph, settings: TrainSettings) -> NDArray[np.float32]:
    with consistent_read(database, "train"):
        require_live_run(database)
        rows = database.read(load_query("embedding/read"))
    if not rows:
        raise StageMissing("No movie has a vector to start from. Train without --warm-start.")
    movie_ids = id_array(row["movieId"] for row in rows)
    vectors = np.array([row["embedding"] for row in rows], dtype=np.float32)
    _log.info("a warm start from %d vectors", len(rows))
    return initial_vectors(graph, movie_ids, vectors, settings.embedding_size)
