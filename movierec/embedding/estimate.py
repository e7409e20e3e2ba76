"""What a training would cost, from its sizes and a second of the real thing. Nothing of it is kept."""

from __future__ import annotations

import time
from typing import Any

from movierec.embedding.batches import Batches
from movierec.embedding.plan import Plan
from movierec.embedding.settings import TrainSettings
from movierec.embedding.skipgram import SkipGram
from movierec.embedding.train import training_threads, walk_frequency
from movierec.embedding.walks import Walker
from movierec.graph.arrays import MovieGraph

__all__ = ["estimate_training"]

CALIBRATION_SECONDS = 1.0
WARM_UP_STEPS = 2  # compiling and first touches of memory
LIBRARIES_MB = 450  # PyTorch, numba and the driver, loaded


def estimate_training(graph: MovieGraph, settings: TrainSettings, threads: int) -> dict[str, Any]:
    """Steps, pairs, memory (MB of this process) and expected seconds of training, pull and write apart."""
    started = time.perf_counter()
    walker = Walker.prepare(
        graph, settings.p, settings.q, settings.seed, settings.by_weight, settings.weighted_starts
    )
    plan = Plan.of(graph.n_movies, settings)
    batches = Batches(walker, plan, settings, walk_frequency(walker, settings.walk_length))
    preparing = time.perf_counter() - started
    model = SkipGram(graph.n_movies, settings)
    steps, seconds = 0, 0.0
    with training_threads(threads if settings.device == "cpu" else 1) as run:
        for number, batch in enumerate(batches.epoch(0)):
            began = time.perf_counter()
            model.step(batch.to(settings.device), settings.learning_rate, with_loss=True, run=run)
            if number >= WARM_UP_STEPS:
                steps += 1
                seconds += time.perf_counter() - began
            if seconds > CALIBRATION_SECONDS:
                break
    # A graph so small that its epoch is over while warming up trains in no time.
    a_step = seconds / steps if steps else 0.0
    memory = graph.nbytes + walker.nbytes + model.nbytes + 4 * 3 * plan.chunk_walks * plan.walk_length
    return {
        "movies": graph.n_movies,
        "edges": graph.n_edges,
        "walks": plan.walks * settings.epochs,
        "steps": plan.steps * settings.epochs,
        "pairs": plan.pairs * settings.epochs,
        "pairs_per_second": round(plan.pairs / plan.steps / a_step) if a_step else 0,
        "memory_mb": round(memory / 2**20) + LIBRARIES_MB,
        "expected_seconds": round(preparing + a_step * plan.steps * settings.epochs, 1),
    }
