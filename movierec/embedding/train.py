"""Train: a stream of walks into the skip-gram, epoch by epoch. Pure: arrays in, arrays out.

One thread walks, the other trains; a queue of two blocks between them keeps both busy and the memory
small. PyTorch runs on one thread: its sums are then in a fixed order, which makes the same seed give the
same bytes, and a busy machine cannot make it slower than that.
"""

from __future__ import annotations

import hashlib
import json
import logging
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from movierec.embedding.checkpoint import Checkpoint, Position
from movierec.embedding.settings import TrainSettings
from movierec.embedding.skipgram import SkipGram, band
from movierec.embedding.walks import Walker
from movierec.graph.arrays import MovieGraph
from movierec.progress import Progress, silent

__all__ = ["Embeddings", "checkpoint_for", "train_embeddings"]

_log = logging.getLogger(__name__)

BLOCK_POSITIONS = 5_120  # positions trained on in one step
MIN_BLOCKS = 100  # steps an epoch has at least, so that a small graph learns too
CHECKPOINT_SECONDS = 15.0
COUNTING_EPOCH = 2**32 - 1  # the number of the walks that only count how often movies occur


@dataclass(frozen=True)
class Embeddings:
    """The result: vectors (N, D) float32, rows in `movie_ids` order; losses, mean a pair by epoch."""

    movie_ids: NDArray[np.int64]
    vectors: NDArray[np.float32]
    losses: tuple[float, ...]

    def sha256(self) -> str:
        """Equal for equal movies and equal bytes of vectors."""
        digest = hashlib.sha256(self.movie_ids.tobytes())
        digest.update(self.vectors.tobytes())
        return digest.hexdigest()


def checkpoint_for(folder: Path, graph: MovieGraph, settings: TrainSettings) -> Checkpoint:
    """The checkpoint of this training and no other."""
    key = json.dumps([graph.fingerprint(), settings.as_dict()], sort_keys=True)
    return Checkpoint(folder / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.pt")


def train_embeddings(
    graph: MovieGraph, settings: TrainSettings, checkpoint: Checkpoint | None = None, progress: Progress = silent
) -> Embeddings:
    """Walk and train; with a `checkpoint`, go on from it if it is there, and save to it now and then.

    Same graph, settings and seed give the same bytes, interrupted and resumed or not.
    """
    walker = Walker.prepare(graph, settings.p, settings.q, settings.seed)
    frequency = _walk_frequency(walker, settings.walk_length)  # (N,)
    model = SkipGram(
        frequency**settings.negative_exponent,
        settings.embedding_size,
        settings.learning_rate,
        settings.seed,
        settings.shared_table,
    )
    position = Position()
    saved = checkpoint.load() if checkpoint is not None else None
    if saved is not None:
        position, tensors = saved
        model.load_state(tensors)
        _log.info("going on from epoch %d, block %d", position.epoch + 1, position.block)

    n_walks = graph.n_movies * settings.walks_per_movie  # in an epoch
    block_walks = max(1, min(BLOCK_POSITIONS // settings.walk_length, n_walks // MIN_BLOCKS))
    pairs = band(settings.walk_length, settings.window)  # (L, L)
    pairs_per_walk = int(pairs.sum())
    last_saved = time.monotonic()

    with _one_torch_thread(), progress("train", n_walks * settings.epochs, "walks") as advance:
        advance(position.epoch * n_walks + min(position.block * block_walks, n_walks))
        while position.epoch < settings.epochs:
            epoch, block, epoch_loss = position.epoch, position.block, position.epoch_loss
            drawn = epoch if settings.redraw else 0
            blocks = walker.blocks(drawn, settings.walks_per_movie, settings.walk_length, block_walks, block)
            with _ahead(blocks) as stream:
                for walks in stream:  # (W, L) int32
                    negatives = model.draw_negatives(len(walks), drawn, block)
                    loss = model.step(torch.from_numpy(walks).long(), negatives, pairs, settings.negatives)
                    epoch_loss += loss
                    block += 1
                    advance(len(walks), f"epoch {epoch + 1} loss {loss / (len(walks) * pairs_per_walk):.3f}")
                    if checkpoint is not None and time.monotonic() - last_saved > CHECKPOINT_SECONDS:
                        checkpoint.save(Position(epoch, block, epoch_loss, position.losses), model.state())
                        last_saved = time.monotonic()
            mean_loss = epoch_loss / (n_walks * pairs_per_walk)
            position = Position(epoch + 1, losses=(*position.losses, mean_loss))
            if checkpoint is not None:
                checkpoint.save(position, model.state())
            _log.info("epoch %d of %d: loss %.4f", epoch + 1, settings.epochs, mean_loss)
    return Embeddings(graph.movie_ids, model.centre.numpy(), position.losses)


def _walk_frequency(walker: Walker, walk_length: int) -> NDArray[np.float64]:
    """(N,) how often each movie occurs in one walk from every movie; at least once, where it starts."""
    counts = np.zeros(walker.graph.n_movies)
    for walks in walker.blocks(COUNTING_EPOCH, 1, walk_length, max(1, 2**20 // walk_length)):
        counts += np.bincount(walks.ravel(), minlength=len(counts))
    return counts


@contextmanager
def _ahead(blocks: Iterator[NDArray[np.int32]]) -> Iterator[Iterator[NDArray[np.int32]]]:
    """Draw from `blocks` in a thread, at most two ahead. An error there is raised here."""
    ready: queue.Queue[NDArray[np.int32] | BaseException | None] = queue.Queue(maxsize=2)
    stopped = threading.Event()

    def put(item: NDArray[np.int32] | BaseException | None) -> None:
        while not stopped.is_set():
            try:
                return ready.put(item, timeout=0.2)
            except queue.Full:
                continue

    def draw() -> None:
        try:
            for walks in blocks:
                put(walks)
                if stopped.is_set():
                    return
            put(None)
        except BaseException as error:  # noqa: BLE001 - handed to the thread that trains, and raised there
            put(error)

    def taken() -> Iterator[NDArray[np.int32]]:
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
        thread.join()


@contextmanager
def _one_torch_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
