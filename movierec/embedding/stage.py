"""The train stage: pull the graph, walk and train, train profiles on users' likes, write all vectors.

The vectors and the Run that names them appear in one transaction, announced before and closed after it: a reader
sees the old set or the new one, and a training that fails leaves the old one live. Where this is too much for the
server's memory, they are written in batches, and until the last of these readers are refused.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import LikeLists, MovieGraph
from movierec.database.connection import Database, Row, Write
from movierec.database.query_files import load_query
from movierec.database.runs import (
    RunLog,
    consistent_read,
    live_run,
    record_run,
    require_finished,
    require_live_run,
)
from movierec.embedding.embeddings import Embeddings
from movierec.embedding.genres import genre_vectors
from movierec.embedding.inner_product import INDEXED_FROM, logit_vectors
from movierec.embedding.plan import resolved_for_likes
from movierec.embedding.popularity import COUNTED_FROM, count_recent_likes, write_recent_likes
from movierec.embedding.results import TrainingEstimate, TrainResult
from movierec.embedding.settings import TrainSettings
from movierec.embedding.warm_start import initial_vectors
from movierec.errors import MovieRecError, ServerOutOfMemory, StageMissing
from movierec.graph.pull import pull_followed_graph, pull_genres, pull_likes, pull_movie_graph
from movierec.ids import Ids, id_array
from movierec.progress import Progress, silent
from movierec.records import camel_case
from movierec.thread_pool import thread_pool
from movierec.training.devices import require_device

if TYPE_CHECKING:
    from movierec.embedding.likes_model import LikesModel
    from movierec.embedding.predictions import Predictions
    from movierec.embedding.user_encoder import EncodedMovies
    from movierec.training.peers import Peers

__all__ = [
    "clear_predictions",
    "preview_training",
    "train_and_write",
    "train_beside",
    "write_embeddings",
    "write_likes_model",
    "write_predictions",
]

_log = logging.getLogger(__name__)

BATCH_ROWS = 1_000
BATCH_EDGES = 20_000
THREADS = 2

# Of the two questions, what comes next and what fits at any time: how their results begin, and what their
# generation of PREDICTS is called on the Run. A training for the second alone has the first of both.
OF_QUESTIONS = ("", "unordered_")
GENERATIONS = ("predictionGeneration", "unorderedPredictionGeneration")


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
    genres = _genre_vectors(database, likes, settings)
    recorded = settings if likes is None else resolved_for_likes(settings, likes)
    from movierec.embedding.likes_model import learn_from_likes, with_genres, with_unordered_profiles
    from movierec.embedding.train import checkpoint_for, train_embeddings
    from movierec.training.checkpoint import discard_abandoned
    from movierec.training.peers import alone

    peers = peers or alone
    initial = _live_vectors(database, graph, settings) if settings.warm_start else None
    checkpoint = checkpoint_for(checkpoints, graph, settings, initial, peers.size)
    with record_run(database, "train", recorded.as_dict(), single_transaction=True) as run:
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
        learnt = [
            learn_from_likes(
                likes,
                embeddings,
                one,
                checkpoints,
                fresh=fresh,
                progress=progress,
                threads=threads,
                peers=peers,
            )
            for one in settings.of_questions()
        ]
        if len(learnt) == 2:
            learnt[0] = with_unordered_profiles(learnt[0], learnt[1], settings.unordered_share)
        learnt = [with_genres(one, genres, settings.genre_weight) for one in learnt]
        run.results["genre_dimensions"] = genres.shape[1]
        for prefix, one in zip(OF_QUESTIONS, learnt, strict=False):
            run.results |= {f"{prefix}{name}": value for name, value in one.results.items()}
        for name in learnt[0].seconds:
            run.results[name] = round(sum(one.seconds[name] for one in learnt), 3)
        began = time.monotonic()
        profiles = learnt[0].profiles
        indexed = profiles is not None and len(profiles.movie_ids) >= indexed_from
        if profiles is not None and indexed:
            run.results["indexed_movies"] = len(profiles.movie_ids)
        recent = count_recent_likes(database, derived["minRating"], counted_from)
        if recent is not None:
            run.results["recently_liked_movies"] = len(recent)
        generations = write_predictions(database, [one.predictions for one in learnt], progress)
        write_embeddings(
            database,
            embeddings,
            run,
            progress,
            learnt=learnt,
            indexed=indexed,
            recent_likes=recent,
            generations=generations,
            genre_dimensions=genres.shape[1],
        )
        clear_predictions(database)
        run.results |= {
            "pull_seconds": round(pulled, 3),
            "train_seconds": round(trained, 3),
            "write_seconds": round(time.monotonic() - began, 3),
        }
    for done in (checkpoint, *(used for one in learnt for used in one.checkpoints)):
        done.discard()
    discard_abandoned(checkpoints)
    seconds = round(time.monotonic() - started, 3)
    return TrainResult(run_id=run.run_id, settings=recorded, seconds=seconds, **run.results)


def train_beside(peers: Peers, threads: int = THREADS) -> None:
    """Train together with a first process that calls `train_and_write`, and tells what; no database is needed."""
    from movierec.embedding.profiles import train_profiles
    from movierec.embedding.train import train_embeddings

    found: _Training | None = peers.of_first(None)
    assert found is not None
    embeddings = train_embeddings(found.graph, found.settings, threads=threads, initial=found.initial, peers=peers)
    if found.likes is not None:
        for one in found.settings.of_questions():
            train_profiles(found.likes, embeddings, one, threads=threads, peers=peers)


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
    learnt: Sequence[LikesModel] = (),
    indexed: bool = False,
    recent_likes: list[Row] | None = None,
    generations: Sequence[int | None] = (),
    genre_dimensions: int = 0,
) -> None:
    """Replace all live vectors by these and mark `run` as the live one, in one transaction if the server's memory
    allows it; else in batches, between which readers are told that the model is not whole.

    `learnt` has the parts for each question. With `indexed` the profile vectors and those of the encoders get an
    index of their logits; `recent_likes` as `popularity` counts them; `generations` as `write_predictions` returns
    them; `genre_dimensions` as `with_genres` put them before the profile vectors.
    Raises MovieRecError, and writes nothing, if a number is not finite: the driver would send it.
    """
    if not (np.isfinite(embeddings.vectors).all() and all(one.is_finite() for one in learnt)):
        raise MovieRecError(
            "The training diverged: its vectors hold numbers that are not finite. The live model stays as it is. "
            "Lower --learning-rate."
        )
    database.run_batches(load_query("embedding/vector_index"))
    if indexed:
        database.run_batches(load_query("embedding/logit_index"))

    def write_all(write: Write) -> None:
        n = len(embeddings.movie_ids)
        with progress("write vectors", n, "movies") as advance:
            for start in range(0, n, BATCH_ROWS):
                rows = slice(start, start + BATCH_ROWS)
                (written,) = write(
                    load_query("embedding/write"),
                    movieIds=embeddings.movie_ids[rows],
                    vectors=embeddings.vectors[rows].tolist(),
                )
                advance(written["movies"])
        _replace_encoders(write, [one.encoded for one in learnt if one.encoded is not None], run.run_id)
        for one in learnt:
            write_likes_model(write, one, indexed)
        if recent_likes is not None:
            write_recent_likes(write, recent_likes)
        # Before a transaction holds a Run itself, or the two would wait for each other.
        run.mark_visible(database)
        generation, unordered = (*generations, None, None)[:2]
        write(
            load_query("runs/make_live"),
            runId=run.run_id,
            genreDimensions=genre_dimensions,
            generation=generation,
            unorderedGeneration=unordered,
        )

    try:
        with database.transaction() as transaction:
            transaction.run(load_query("embedding/clear"))
            write_all(transaction.run)
    except ServerOutOfMemory:
        _log.info("too large for one transaction; writing in batches")
        run.mark_visible(database)
        database.run_batches(load_query("embedding/clear_in_batches"))
        write_all(database.write)
        run.results["single_transaction"] = False


def write_predictions(
    database: Database, predictions: Sequence[Predictions | None], progress: Progress = silent
) -> list[int | None]:
    """Write PREDICTS for each question beside those of the live model; returns their generations, which nobody
    reads yet.

    There are two generations for each question, of which the live model names one. They are written in small
    transactions, so that they need little of the server's memory.
    """
    clear_predictions(database)  # of a training that was interrupted
    live = live_run(database) or {}
    generations: list[int | None] = []
    for question, (predicted, named) in enumerate(zip(predictions, GENERATIONS, strict=False)):
        # 0 or 1 for the first question, 2 or 3 for the second.
        generation = 2 * question + (1 if live.get(named) == 2 * question else 0)
        generations.append(None if predicted is None else generation)
        if predicted is None:
            continue
        movie_ids = predicted.movie_ids.tolist()
        with progress("write predictions", len(predicted), "edges") as advance:
            for start in range(0, len(predicted), BATCH_EDGES):
                rows = slice(start, start + BATCH_EDGES)
                database.write(
                    load_query("embedding/write_predictions"),
                    movieIds=movie_ids,
                    sources=predicted.sources[rows].tolist(),
                    targets=predicted.targets[rows].tolist(),
                    weights=predicted.weights[rows].tolist(),
                    generation=generation,
                )
                advance(len(predicted.weights[rows]))
    return generations


def clear_predictions(database: Database) -> None:
    """Delete the PREDICTS relationships that are not of the live model."""
    database.run_batches(load_query("embedding/clear_predictions"))


def _replace_encoders(write: Write, encoders: Sequence[EncodedMovies], run_id: str) -> None:
    nodes = []
    for encoded in encoders:
        properties = {"runId": run_id, "kind": encoded.encoder.kind, "dimensions": encoded.vectors.shape[1]}
        arrays = {camel_case(name): one.astype("<f4").tobytes() for name, one in encoded.encoder.arrays().items()}
        nodes.append(properties | arrays)
    write(load_query("embedding/replace_encoders"), encoders=nodes)


def write_likes_model(write: Write, learnt: LikesModel, indexed: bool) -> None:
    """Write the vectors for one question; those for answers without the order have `unordered` in their names."""
    prefix = "" if learnt.settings.sequential == "on" else "unordered_"
    profiles, encoded = learnt.profiles, learnt.encoded
    if profiles is not None:
        table: dict[str, NDArray[Any]] = {
            "profile_embedding": profiles.profiles,
            "context_embedding": profiles.contexts,
        }
        table |= {"context_norm": _norms(profiles.contexts), "like_bias": profiles.bias}
        if indexed:
            table["logit_vector"] = logit_vectors(profiles.contexts, profiles.bias)
        _write_table(write, profiles.movie_ids, table, prefix)
    if encoded is not None:
        table = {"encoder_embedding": encoded.vectors, "encoder_norm": _norms(encoded.vectors)}
        table |= {"encoder_bias": encoded.bias}
        if indexed:
            table["encoder_logit_vector"] = logit_vectors(encoded.vectors, encoded.bias)
        _write_table(write, encoded.movie_ids, table, prefix)


def _norms(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    norms: NDArray[np.float64] = np.linalg.norm(vectors.astype(np.float64), axis=1)
    return norms


def _write_table(write: Write, movie_ids: Ids, table: dict[str, NDArray[Any]], prefix: str) -> None:
    """Rows of all columns become properties of the movies."""
    table = {camel_case(prefix + name): column for name, column in table.items()}
    for start in range(0, len(movie_ids), BATCH_ROWS):
        rows = slice(start, start + BATCH_ROWS)
        part = {name: column[rows] for name, column in table.items()}
        write(
            load_query("embedding/write_vectors"),
            movieIds=movie_ids[rows],
            vectors=_rows({name: column for name, column in part.items() if column.ndim == 2}),
            numbers=_rows({name: column for name, column in part.items() if column.ndim == 1}),
        )


def _rows(columns: dict[str, NDArray[Any]]) -> list[dict[str, Any]]:
    return [
        dict(zip(columns, values, strict=True))
        for values in zip(*(column.tolist() for column in columns.values()), strict=True)
    ]


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


def _genre_vectors(database: Database, likes: LikeLists | None, settings: TrainSettings) -> NDArray[np.float32]:
    """(M, G) of the movies of `likes`; of no genres where none are used."""
    if likes is None or not settings.genre_weight:
        return np.zeros((0, 0), np.float32)
    return genre_vectors(pull_genres(database, likes.movie_ids))


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
