"""Train: a stream of walks into the skip-gram, epoch by epoch. Pure: arrays in, arrays out.

One thread walks and prepares steps, at most two ahead; one or two others train (`training.threads`). They
compute the same two halves of a step whether there is one of them or two. Several processes divide the steps of an
epoch among them (`training.peers`).
"""

from __future__ import annotations

import hashlib
import logging
import queue
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from movierec.arrays import MovieGraph
from movierec.embedding.batches import Batch, Batches
from movierec.embedding.embeddings import Embeddings
from movierec.embedding.plan import Plan
from movierec.embedding.settings import TrainSettings
from movierec.embedding.skipgram import SkipGram
from movierec.embedding.validation import Validation, hold_out_edges
from movierec.embedding.walks import Walker
from movierec.errors import MovieRecError
from movierec.progress import Progress, silent
from movierec.training.checkpoint import Checkpoint, TrainingState
from movierec.training.peers import Merged, Peers, alone
from movierec.training.threads import training_threads

__all__ = ["checkpoint_for", "train_embeddings", "walk_frequency"]

_log = logging.getLogger(__name__)

CHECKPOINT_SECONDS = 15.0
LOSS_EVERY = 8  # steps, at most: the loss takes time and nothing depends on it
LOSS_STEPS = 100  # in an epoch, at least: the mean of a few would be mostly noise
MERGE_STEPS = 16  # of a process, after which, as after an epoch, several processes add up what they changed
FROZEN_FRACTION = 0.1  # of the first epoch, in which a warm start moves no centre
COUNTING_EPOCH = 2**32 - 1  # the number of the walks that only count how often movies occur


def checkpoint_for(
    folder: Path,
    graph: MovieGraph,
    settings: TrainSettings,
    initial: NDArray[np.float32] | None = None,
    processes: int = 1,
) -> Checkpoint:
    """The checkpoint of this training and no other."""
    start = None if initial is None else hashlib.sha256(initial.tobytes()).hexdigest()
    return Checkpoint.for_key(folder, [graph.fingerprint(), settings.as_dict(), start], processes)


def train_embeddings(
    graph: MovieGraph,
    settings: TrainSettings,
    *,
    checkpoint: Checkpoint | None = None,
    progress: Progress = silent,
    threads: int = 2,
    initial: NDArray[np.float32] | None = None,
    peers: Peers = alone,
) -> Embeddings:
    """Walk and train; with a `checkpoint`, resume from it if it is there, and save to it every 15 seconds.

    Same graph, settings, seed and `initial` vectors (N, D) give the same bytes on the CPU, with any number of
    threads, interrupted and resumed or not. With `peers`, all of which must call this with the same arguments
    (a checkpoint is the first one's), the bytes are those of so many processes.
    """
    walked, held_out = hold_out_edges(graph, settings) if settings.patience else (graph, None)
    walker = Walker.prepare(
        walked,
        settings.p,
        settings.q,
        settings.seed,
        node2vec_plus=settings.node2vec_plus,
        weighted_starts=settings.weighted_starts,
    )
    plan = Plan.of(graph.n_movies, settings)
    batches = Batches(walker, plan, settings, walk_frequency(walker, settings.walk_length))
    validation = None if held_out is None else Validation(held_out, batches.noise, settings)
    model = SkipGram(graph.n_movies, settings)
    if initial is not None:
        model.centre.copy_(torch.from_numpy(initial))
    best = model.centre.clone()  # the vectors of the epoch with the lowest validation loss
    tensors = model.state() | ({"best": best} if validation else {})

    state = TrainingState()
    saved = peers.of_first(checkpoint.load() if checkpoint is not None else None)
    if saved is not None:
        state, kept = saved
        for name, tensor in tensors.items():
            tensor.copy_(kept[name])
        _log.info("resuming from epoch %d, step %d", state.epoch + 1, state.step + 1)
    tables = [Merged(peers, [model.centre, model.centre_scale], model.centre_scale)]
    if not settings.tied_embeddings:
        tables.append(Merged(peers, [model.context, model.context_scale], model.context_scale))
    shared = state  # whose losses are those of all processes
    first_step, end_step = peers.part(plan.steps)
    own_steps, most_steps = end_step - first_step, -(-plan.steps // peers.size)
    own_walks = min(end_step * plan.step_walks, plan.walks) - min(first_step * plan.step_walks, plan.walks)
    walked_before = state.epoch * own_walks + min(state.step * plan.step_walks, own_walks)
    started = last_saved = time.monotonic()
    loss_every = max(1, min(LOSS_EVERY, plan.steps // LOSS_STEPS))
    pairs = 0

    with (
        training_threads(threads if settings.device == "cpu" else 1) as run,
        progress("train", own_walks * settings.epochs, "walks", walked_before) as advance,
    ):
        while state.epoch < settings.epochs and not (settings.patience and state.has_plateaued(settings.patience)):
            drawn = state.epoch if settings.resample_each_epoch else 0
            merges, all_merges = state.step // MERGE_STEPS, most_steps // MERGE_STEPS
            own_batches = islice(batches.epoch(drawn, first_step + state.step), max(own_steps - state.step, 0))
            with _ahead(own_batches, str(model.centre.device)) as stream:
                for batch in stream:
                    done = state.epoch * plan.steps + state.step * peers.size
                    rate = _decayed_learning_rate(done / (plan.steps * settings.epochs), settings)
                    still = initial is not None and done < FROZEN_FRACTION * plan.steps
                    with_loss = state.step % loss_every == 0
                    loss = model.step(batch, rate, with_loss, not still, run)
                    state = state.after_step(loss, batch.pairs if with_loss else 0)
                    pairs += batch.pairs
                    speed = f"{pairs / (time.monotonic() - started) / 1e6:.1f} M pairs/s"
                    advance(len(batch.walks), f"epoch {state.epoch + 1} loss {state.loss:.3f} {speed}")
                    if is_merged := peers.size == 1 or state.step % MERGE_STEPS == 0:
                        _merge(tables)
                        state = shared = peers.share(state, shared)
                        merges += 1
                    if checkpoint is not None and is_merged and time.monotonic() - last_saved > CHECKPOINT_SECONDS:
                        checkpoint = checkpoint.try_save(state, tensors)
                        last_saved = time.monotonic()
            for _ in range(merges, all_merges + 1):  # as often as the others, and once at the end
                _merge(tables)
                state = shared = peers.share(state, shared)
            found = peers.of_first(None if validation is None else validation.loss(model))
            if not np.isfinite([state.loss, found or 0.0]).all():
                if checkpoint is not None:
                    checkpoint.discard()
                raise MovieRecError(
                    f"The training diverged in epoch {state.epoch + 1}: its loss is not a finite number. "
                    "The live model stays as it is. Lower --learning-rate."
                )
            if found is not None and found < min(state.validation_losses, default=np.inf):
                best.copy_(model.centre)
            state = shared = state.after_epoch(found)
            if checkpoint is not None:
                checkpoint = checkpoint.try_save(state, tensors)
            _log.info("epoch %d of %d: loss %.4f", state.epoch, settings.epochs, state.losses[-1])
    vectors, contexts = (model.centre, model.context) if validation is None else (best, model.context)
    return Embeddings(
        movie_ids=graph.movie_ids,
        vectors=vectors.cpu().numpy(),
        losses=state.losses,
        validation_losses=state.validation_losses,
        contexts=contexts.cpu().numpy(),
    )


def _merge(tables: Sequence[Merged]) -> None:
    for one in tables:
        one.merge()


def walk_frequency(walker: Walker, walk_length: int) -> NDArray[np.float64]:
    """(N,) how often each movie occurs in one walk from every movie; at least once, so that each can be drawn."""
    counts = np.zeros(walker.n_movies)
    for walks in walker.blocks(COUNTING_EPOCH, 1, walk_length, block_walks=max(1, 2**20 // walk_length)):
        counts += np.bincount(walks.ravel(), minlength=len(counts))
    return np.maximum(counts, 1.0)


def _decayed_learning_rate(progress: float, settings: TrainSettings) -> float:
    """The learning rate when a fraction `progress` of all steps is done; linear decay."""
    return settings.learning_rate * (1.0 - (1.0 - settings.final_learning_rate_fraction) * progress)


@contextmanager
def _ahead(batches: Iterator[Batch], device: str) -> Iterator[Iterator[Batch]]:
    """Draw from `batches` in a thread, at most two ahead. An error there is raised here."""
    ready: queue.Queue[Batch | BaseException | None] = queue.Queue(maxsize=2)
    stopped = threading.Event()

    def put(item: Batch | BaseException | None) -> None:
        while not stopped.is_set():
            try:
                return ready.put(item, timeout=0.2)
            except queue.Full:
                continue

    def draw() -> None:
        try:
            for batch in batches:
                put(batch.to(device))
                if stopped.is_set():
                    return
            put(None)
        except BaseException as error:  # noqa: BLE001 - handed to the thread that trains, and raised there
            put(error)

    def taken() -> Iterator[Batch]:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item

    thread = threading.Thread(target=draw, name="walker", daemon=True)
    thread.start()
    try:
        yield taken()
    finally:
        stopped.set()
        if not isinstance(sys.exception(), KeyboardInterrupt):
            thread.join()
