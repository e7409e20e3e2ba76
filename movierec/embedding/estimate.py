"""What a training would cost: its sizes, and a second of each part to tell the time by. Nothing is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from movierec.arrays import LikeLists, MovieGraph
from movierec.embedding.embeddings import Embeddings
from movierec.embedding.ials import ITERATIONS, fit_factors
from movierec.embedding.plan import (
    BAND_POSITIONS,
    SHARED_NEGATIVES,
    Plan,
    resolved_for_likes,
    users_to_learn_from,
)
from movierec.embedding.profiles import train_profiles
from movierec.embedding.sequence_encoder import encoder_plan, train_encoder
from movierec.embedding.settings import TrainSettings
from movierec.embedding.train import train_embeddings
from movierec.embedding.user_encoder import MOST_READ
from movierec.embedding.walks import bitmap_bytes
from movierec.progress import Advance, Progress
from movierec.random_streams import Stream, random_generator

__all__ = ["estimate_training"]

CALIBRATION_SECONDS = 1.0
WARM_UP_STEPS = 2  # they compile, and touch memory for the first time
LIBRARIES_MB = 680  # PyTorch and numba, loaded and used: what benchmarks.scaling shows for its smallest graph
PULL_BYTES = 120  # an edge, while rows are put together and sorted
HOLD_OUT_BYTES = 200  # an edge, while some are held out
ENCODER_TABLES = 8  # the weights, their average, Adam's two, and gradients of both halves of a step and their sum
PROFILE_TABLES = 4  # of (B, C) numbers in a step of the profiles: logits, their logarithms and what comes between


class _Enough(Exception):
    """The training has been watched for long enough."""


@dataclass(frozen=True)
class _Watched:
    """The first steps of a training: how long until they ran well, then what was done in how many seconds."""

    before: float
    done: int
    seconds: float

    def expected(self, total: int) -> float:
        """Seconds for `total` walks or users."""
        return self.before + (total * self.seconds / self.done if self.done else 0.0)


def estimate_training(
    graph: MovieGraph, settings: TrainSettings, threads: int, likes: LikeLists | None = None
) -> dict[str, Any]:
    """Steps, pairs, memory (MB of this process at its most) and expected seconds, pull and write apart.

    Without `likes` no profiles and no encoder are counted. With early stopping the time is that of all epochs, the
    most it can be.
    """
    plan = Plan.of(graph.n_movies, settings)
    watched = _watch(lambda progress: train_embeddings(graph, settings, progress=progress, threads=threads))
    total = plan.walks * settings.epochs
    seconds = watched.expected(total)
    memory, profiles = _memory(graph, settings, plan), {}
    if likes is not None:
        resolved = settings.resolved(settings.sequential == "on")
        questions = [resolved_for_likes(one, likes) for one in resolved.of_questions()]
        profiles = _summed([_profiles(graph, likes, one, threads) for one in questions])
        seconds += profiles["profile_seconds"]
        memory = max(memory, *(graph.nbytes + _profile_memory(likes, one) for one in questions))
        encoders = [one for one in questions if one.encoder_weight]
        if encoders:
            profiles |= _summed([_encoder(likes, one, threads) for one in encoders])
            seconds += profiles["encoder_seconds"]
            memory = max(memory, *(graph.nbytes + _encoder_memory(likes, one) for one in encoders))
    return {
        "movies": graph.n_movies,
        "edges": graph.n_edges,
        "walks": total,
        "steps": plan.steps * settings.epochs,
        "pairs": plan.pairs * settings.epochs,
        "pairs_per_second": round(watched.done * plan.pairs_per_walk / watched.seconds) if watched.done else 0,
        **profiles,
        "memory_mb": LIBRARIES_MB + round(memory / 2**20),
        "expected_seconds": round(seconds, 1),
    }


def _watch(train: Callable[[Progress], object]) -> _Watched:
    """Train for a second after the first steps."""
    counted, steps = 0, 0
    started = measured_from = last = time.perf_counter()

    @contextmanager
    def watch(title: str, total: int | None, unit: str, done: int = 0) -> Iterator[Advance]:
        def advance(n: int, note: str = "") -> None:
            nonlocal counted, steps, measured_from, last
            last = time.perf_counter()
            steps += 1
            if steps <= WARM_UP_STEPS:
                measured_from = last
            else:
                counted += n
            if last - measured_from > CALIBRATION_SECONDS:
                raise _Enough

        yield advance

    with suppress(_Enough):
        train(watch)
    return _Watched(measured_from - started, counted, last - measured_from)


def _profiles(graph: MovieGraph, likes: LikeLists, settings: TrainSettings, threads: int) -> dict[str, Any]:
    """The sizes and the seconds of training profiles; from random vectors, which costs the same."""
    generator = random_generator(Stream.INITIAL_VECTORS, settings.seed)
    shape = (graph.n_movies, settings.embedding_size)
    vectors = generator.random(shape, dtype=np.float32)
    start = Embeddings(movie_ids=graph.movie_ids, vectors=vectors, contexts=vectors)
    watched = _watch(lambda progress: train_profiles(likes, start, settings, progress, threads))
    n_users, epochs = len(users_to_learn_from(likes)), settings.profile_epochs or 0
    return {
        "profile_candidates": settings.profile_candidates,
        "profile_epochs": epochs,
        "profile_steps": epochs * -(-n_users // settings.profile_batch_size),
        "profile_seconds": round(watched.expected(epochs * n_users), 1),
    }


def _summed(questions: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The sizes of the first, with the steps and the seconds of all."""
    found = dict(questions[0])
    for name in found:
        if name.endswith(("_steps", "_seconds")):
            found[name] = round(sum(one[name] for one in questions), 1)
    return found


def _encoder(likes: LikeLists, settings: TrainSettings, threads: int) -> dict[str, Any]:
    """The sizes and the seconds of training the user encoder; from random vectors, which costs the same."""
    if settings.sequential == "off":
        watched = _watch(lambda progress: fit_factors(likes, settings, progress))
        return {"encoder_epochs": ITERATIONS, "encoder_seconds": round(watched.expected(ITERATIONS), 1)}
    plan = encoder_plan(likes, settings)
    nothing = Embeddings(movie_ids=likes.movie_ids[:0], vectors=np.empty((0, settings.embedding_size), np.float32))
    watched = _watch(lambda progress: train_encoder(likes, nothing, settings, progress, threads))
    seconds = round(watched.expected(plan.epochs * plan.likes), 1)
    return {"encoder_epochs": plan.epochs, "encoder_seconds": seconds}


def _memory(graph: MovieGraph, settings: TrainSettings, plan: Plan) -> int:
    """Bytes in the phase that needs most: pulling, holding edges out, or training with a checkpoint written."""
    n, size = graph.n_movies, settings.embedding_size
    tables = (1 if settings.tied_embeddings else 2) * 4 * n * (size + 1)
    walker = 24 * graph.n_edges + 8 * n + bitmap_bytes(n, settings.q, settings.node2vec_plus)
    positions = plan.step_walks * plan.walk_length
    step = 4 * positions * (6 * size + max(BAND_POSITIONS, plan.walk_length) + SHARED_NEGATIVES)
    chunks = 4 * 4 * plan.chunk_walks * plan.walk_length
    training = graph.nbytes + walker + 3 * tables + step + chunks
    return max(
        PULL_BYTES * graph.n_edges,
        graph.nbytes + HOLD_OUT_BYTES * graph.n_edges if settings.patience else 0,
        training,
    )


def _encoder_memory(likes: LikeLists, settings: TrainSettings) -> int:
    """Bytes of training the encoder: its table with gradients, Adam's and the average, and a step's logits."""
    if settings.sequential == "off":
        return 3 * likes.nbytes + 2 * 8 * settings.embedding_size * (likes.n_movies + likes.n_users)
    plan = encoder_plan(likes, settings)
    table = 4 * len(plan.movies) * settings.embedding_size
    step = min(plan.step_windows * MOST_READ, max(plan.likes, 1))
    candidates = len(plan.movies) if plan.every_movie else min(step, len(plan.movies))
    return likes.nbytes + ENCODER_TABLES * table + 3 * 4 * step * candidates


def _profile_memory(likes: LikeLists, settings: TrainSettings) -> int:
    """Bytes of training the profiles with a checkpoint written: the likes, tables with Adam's, and a step."""
    candidates = likes.n_movies
    if settings.profile_candidates == "batch":
        mean = len(likes.movies) / max(likes.n_users, 1)
        candidates = min(candidates, round(settings.profile_batch_size * mean))
    tables = 2 * 4 * likes.n_movies * (settings.embedding_size + 1)
    return likes.nbytes + 10 * tables + PROFILE_TABLES * 4 * settings.profile_batch_size * candidates
