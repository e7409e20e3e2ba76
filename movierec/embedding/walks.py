"""Biased random walks over the movie graph (node2vec, Grover and Leskovec 2016, section 3.2).

From the movie v, having come from t, the next movie x is drawn with probability proportional to

    weight(v, x) * bias,   bias = 1/p if x is t;  1 if x is a neighbour of t;  1/q otherwise

The first step has no t and bias 1. With `node2vec_plus` nearness to t is judged by the weight of the edge between
x and t instead of its being there (node2vec+, Liu, Hirn and Krishnan 2023). In: a `MovieGraph`. Out: int32
blocks of walks, a block at a time.

Every walk has a random stream of its own, so walks depend on seed, epoch and walk number alone: not on blocks,
threads or what was walked before. How a step is drawn is in `walk_kernel`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import MovieGraph
from movierec.embedding.walk_kernel import (
    NO_BITMAP,
    alias_slots,
    neighbour_bitmap,
    walk_first_order,
    walk_keys,
    walk_second_order,
)
from movierec.random_streams import Stream, random_generator
from movierec.thread_pool import thread_pool

__all__ = ["Walker", "Walks", "bitmap_bytes"]

Walks = NDArray[np.int32]  # (W, L) movie positions

BITMAP_BYTES = 64 * 2**20  # a larger bitmap is not made; neighbours are then searched for


@dataclass(frozen=True, kw_only=True)
class Walker:
    """A graph made ready for walking; `prepare` does it in time linear in the edges.

    Memory: 12 bytes an entry (24 an edge) and 8 a movie; second order a bitmap of at most 64 MB.

    indptr       (N + 1,) int64
    slots        (2E, 3) uint32, see `alias_slots`
    bitmap       (N, ceil(N / 64)) uint64, or empty: see `neighbour_bitmap`
    weights      (2E,) float32, the graph's own; mean_weight (N,) float64, of the edges at each movie
    """

    indptr: NDArray[np.int64]
    slots: NDArray[np.uint32]
    bitmap: NDArray[np.uint64]
    weights: NDArray[np.float32]
    mean_weight: NDArray[np.float64]
    p: float
    q: float
    seed: int
    node2vec_plus: bool
    weighted_starts: bool

    @classmethod
    def prepare(
        cls,
        graph: MovieGraph,
        p: float,
        q: float,
        seed: int,
        *,
        node2vec_plus: bool = False,
        weighted_starts: bool = False,
    ) -> Walker:
        """`weighted_starts`: movies start walks in proportion to the weight of their edges, not equally often."""
        slots = alias_slots(graph.indptr, graph.neighbours, graph.weights)
        has_bitmap = bitmap_bytes(graph.n_movies, q, node2vec_plus) > 0
        bitmap = neighbour_bitmap(graph.indptr, graph.neighbours) if has_bitmap else NO_BITMAP
        strength = np.add.reduceat(graph.weights, graph.indptr[:-1], dtype=np.float64)  # (N,)
        mean_weight = strength / np.diff(graph.indptr)
        return cls(
            indptr=graph.indptr,
            slots=slots,
            bitmap=bitmap,
            weights=graph.weights,
            mean_weight=mean_weight,
            p=p,
            q=q,
            seed=seed,
            node2vec_plus=node2vec_plus,
            weighted_starts=weighted_starts,
        )

    @property
    def n_movies(self) -> int:
        return len(self.mean_weight)

    @property
    def nbytes(self) -> int:
        """Memory beyond the graph's own."""
        return self.slots.nbytes + self.bitmap.nbytes + self.mean_weight.nbytes

    @property
    def is_first_order(self) -> bool:
        return self.p == 1.0 and self.q == 1.0

    def blocks(
        self,
        epoch: int,
        walks_per_node: int,
        walk_length: int,
        *,
        block_walks: int,
        first_walk: int = 0,
        threads: int = 1,
    ) -> Iterator[Walks]:
        """All walks of one epoch from number `first_walk` on, as (<= block_walks, walk_length) int32 arrays.

        There are N * walks_per_node walks. Walk w of the epoch starts, within its round w // N, at the movie
        that a random permutation of that round puts at w % N. With several `threads` as many blocks are walked
        at the same time; they come in order, and are the same.
        """
        starts = _Starts(self, epoch)
        numbers = iter(range(first_walk, self.n_movies * walks_per_node, block_walks))
        end = self.n_movies * walks_per_node

        def walk(first: int, heads: NDArray[np.int32]) -> Walks:
            return self._walk(epoch, first, heads, walk_length)

        if threads == 1:
            for first in numbers:
                yield walk(first, starts.of(first, min(first + block_walks, end)))
            return
        with thread_pool(threads, "walker") as pool:
            ahead: deque[Future[Walks]] = deque()
            for first in numbers:
                ahead.append(pool.submit(walk, first, starts.of(first, min(first + block_walks, end))))
                if len(ahead) > threads:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()

    def _walk(self, epoch: int, first: int, starts: NDArray[np.int32], walk_length: int) -> Walks:
        walks = np.empty((len(starts), walk_length), dtype=np.int32)  # (W, L)
        walks[:, 0] = starts
        keys = walk_keys(self.seed, epoch, first, len(starts))
        if self.is_first_order:
            walk_first_order(self.indptr, self.slots, keys, walks)
        else:
            walk_second_order(
                self.indptr,
                self.slots,
                self.bitmap,
                self.weights,
                self.mean_weight,
                self.node2vec_plus,
                1.0 / self.p,
                1.0 / self.q,
                keys,
                walks,
            )
        return walks


def bitmap_bytes(n_movies: int, q: float, node2vec_plus: bool) -> int:
    """The memory of the bitmap of neighbours: 0 where none is made, as nothing asks for it or it is too large."""
    size = n_movies**2 // 8
    return size if q != 1.0 and not node2vec_plus and size <= BITMAP_BYTES else 0


class _Starts:
    """The starting movies of one epoch; keeps the permutation of the round in use."""

    def __init__(self, walker: Walker, epoch: int) -> None:
        self.walker, self.epoch = walker, epoch
        self.round = -1
        self.permutation = np.empty(0, dtype=np.int32)
        strength = walker.mean_weight * np.diff(walker.indptr)
        self.cumulative = np.cumsum(strength / strength.sum()) if walker.weighted_starts else None

    def of(self, first: int, end: int) -> NDArray[np.int32]:
        """(end - first,) int32 movie positions where the walks of these numbers start."""
        n = self.walker.n_movies
        parts = []
        for round_ in range(first // n, (end - 1) // n + 1):
            if round_ != self.round:
                self.permutation, self.round = self._round(round_), round_
            parts.append(self.permutation[max(first - round_ * n, 0) : end - round_ * n])
        return np.concatenate(parts)

    def _round(self, round_: int) -> NDArray[np.int32]:
        """(N,) int32: every movie once, or N draws by weight."""
        stream = Stream.WALK_STARTS if self.cumulative is None else Stream.WEIGHTED_WALK_STARTS
        generator = random_generator(stream, self.walker.seed, self.epoch, round_)
        n = self.walker.n_movies
        if self.cumulative is None:
            return generator.permutation(n).astype(np.int32)
        drawn = np.searchsorted(self.cumulative, generator.random(n), side="right")
        return np.minimum(drawn, n - 1).astype(np.int32)
