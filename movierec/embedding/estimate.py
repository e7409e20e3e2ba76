"""What a training would cost: its sizes, and a second of the real thing to tell the time by. Nothing is kept."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from movierec.arrays import MovieGraph
from movierec.embedding.plan import BAND_POSITIONS, SHARED_NEGATIVES, Plan
from movierec.embedding.settings import TrainSettings
from movierec.embedding.train import train_embeddings
from movierec.embedding.walks import bitmap_bytes
from movierec.progress import Advance

__all__ = ["estimate_training"]

CALIBRATION_SECONDS = 1.0
WARM_UP_STEPS = 2  # they compile, and touch memory for the first time
LIBRARIES_MB = 680  # PyTorch and numba, loaded and used: what benchmarks.scaling shows for its smallest graph
PULL_BYTES = 120  # an edge, while rows are put together and sorted
HOLD_OUT_BYTES = 200  # an edge, while some are held out


class _Enough(Exception):
    """The training has been watched for long enough."""


def estimate_training(graph: MovieGraph, settings: TrainSettings, threads: int) -> dict[str, Any]:
    """Steps, pairs, memory (MB of this process at its most) and expected seconds, pull and write apart.

    With early stopping the time is that of all epochs, the most it can be.
    """
    plan = Plan.of(graph.n_movies, settings)
    walked, steps = 0, 0
    started = measured_from = last = time.perf_counter()

    @contextmanager
    def watch(title: str, total: int | None, unit: str, done: int = 0) -> Iterator[Advance]:
        def advance(n: int, note: str = "") -> None:
            nonlocal walked, steps, measured_from, last
            last = time.perf_counter()
            steps += 1
            if steps <= WARM_UP_STEPS:
                measured_from = last
            else:
                walked += n
            if last - measured_from > CALIBRATION_SECONDS:
                raise _Enough

        yield advance

    with suppress(_Enough):
        train_embeddings(graph, settings, progress=watch, threads=threads)
    seconds = last - measured_from
    total = plan.walks * settings.epochs
    pairs_per_walk = plan.pairs_per_walk
    return {
        "movies": graph.n_movies,
        "edges": graph.n_edges,
        "walks": total,
        "steps": plan.steps * settings.epochs,
        "pairs": plan.pairs * settings.epochs,
        "pairs_per_second": round(walked * pairs_per_walk / seconds) if walked else 0,
        "memory_mb": LIBRARIES_MB + round(_memory(graph, settings, plan) / 2**20),
        "expected_seconds": round(measured_from - started + (total * seconds / walked if walked else 0.0), 1),
    }


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
