"""Biased random walks over the movie graph (node2vec, Grover and Leskovec 2016, section 3.2).

From the movie v, having come from t, the next movie x is drawn with probability proportional to

    weight(v, x) * bias,   bias = 1/p if x is t;  1 if x is a neighbour of t;  1/q otherwise

The first step has no t and bias 1. In: a `MovieGraph`. Out: int32 blocks of walks, a block at a time.

How it is exact and quick: x is first drawn by weight alone (Walker's alias method, one table lookup),
then kept with probability bias / max(bias) and drawn again if not: rejection sampling, so the law above
holds without a table per pair (t, v). One 64-bit random number serves as the choice of slot (upper
half) and the alias coin (lower half).

Every walk has a random stream of its own: draw i of walk w is mix(key(seed, epoch, w) + i * GAMMA), the
SplitMix64 generator (Steele, Lea and Flood 2014), which can start anywhere. So walks depend on seed,
epoch and walk number alone, not on blocks, threads or what was walked before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numba import njit, uint64
from numpy.typing import NDArray

from movierec.graph.arrays import MovieGraph

__all__ = ["Walker"]

GAMMA = uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio, odd
LOW_HALF = uint64(0xFFFFFFFF)
HALF = uint64(32)
STARTS = 3  # which random stream; `skipgram` has 1 and 2
TO_UNIT = 1.0 / 4294967296.0  # 2**-32


@dataclass(frozen=True)
class Walker:
    """The graph with the alias tables of its rows; `prepare` builds it in time linear in the edges.

    threshold  (2E,) float32: keep the slot's own neighbour if the coin is below
    alias      (2E,) int32: position within the row of the neighbour taken otherwise
    """

    graph: MovieGraph
    threshold: NDArray[np.float32]
    alias: NDArray[np.int32]
    p: float
    q: float
    seed: int

    @classmethod
    def prepare(cls, graph: MovieGraph, p: float, q: float, seed: int) -> Walker:
        threshold, alias = _alias_tables(graph.indptr, graph.weights)
        return cls(graph, threshold, alias, p, q, seed)

    def blocks(
        self, epoch: int, walks_per_movie: int, walk_length: int, block_walks: int, first_block: int = 0
    ) -> Iterator[NDArray[np.int32]]:
        """All walks of one epoch as (<= block_walks, walk_length) int32 arrays of movie positions.

        Every movie starts `walks_per_movie` walks. Walk w of the epoch starts, within its round
        w // N, at the movie that a random permutation of that round puts at w % N.
        """
        n = self.graph.n_movies
        n_walks = n * walks_per_movie
        starts = _Starts(self.seed, epoch, n)
        for first in range(first_block * block_walks, n_walks, block_walks):
            numbers = np.arange(first, min(first + block_walks, n_walks), dtype=np.int64)
            walks = np.empty((len(numbers), walk_length), dtype=np.int32)  # (W, L)
            walks[:, 0] = starts.of(numbers)
            keys = _keys(np.uint64(self.seed), np.uint64(epoch), numbers.astype(np.uint64))
            _walk(
                self.graph.indptr,
                self.graph.neighbours,
                self.threshold,
                self.alias,
                1.0 / self.p,
                1.0 / self.q,
                keys,
                walks,
            )
            yield walks


class _Starts:
    """The starting movies of one epoch; keeps the permutation of the round in use."""

    def __init__(self, seed: int, epoch: int, n_movies: int) -> None:
        self.seed, self.epoch, self.n_movies = seed, epoch, n_movies
        self.round = -1
        self.permutation = np.empty(0, dtype=np.int32)

    def of(self, numbers: NDArray[np.int64]) -> NDArray[np.int32]:
        """(W,) walk numbers, ascending -> (W,) int32 movie positions."""
        starts = np.empty(len(numbers), dtype=np.int32)
        rounds = numbers // self.n_movies
        for round_ in range(int(rounds[0]), int(rounds[-1]) + 1):
            if round_ != self.round:
                generator = np.random.Generator(np.random.Philox([STARTS, self.seed, self.epoch, round_]))
                self.permutation = generator.permutation(self.n_movies).astype(np.int32)
                self.round = round_
            here = rounds == round_
            starts[here] = self.permutation[numbers[here] % self.n_movies]
        return starts


@njit(inline="always")
def _mix(z):  # type: ignore[no-untyped-def]
    """SplitMix64's finaliser: every input bit reaches every output bit."""
    z = (z ^ (z >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> uint64(27))) * uint64(0x94D049BB133111EB)
    return z ^ (z >> uint64(31))


@njit(cache=True)
def _keys(seed, epoch, numbers):  # type: ignore[no-untyped-def]
    """(W,) uint64: where the random stream of each walk begins."""
    base = _mix(_mix(seed + GAMMA) + epoch * GAMMA)
    keys = np.empty(len(numbers), dtype=np.uint64)
    for i in range(len(numbers)):
        keys[i] = _mix(base ^ _mix(numbers[i] + GAMMA))
    return keys


@njit(cache=True)
def _alias_tables(indptr, weights):  # type: ignore[no-untyped-def]
    """Vose's alias method (1991), one table a row; slots of a row are scaled to a mean of 1."""
    threshold = np.ones(len(weights), dtype=np.float32)
    alias = np.zeros(len(weights), dtype=np.int32)
    largest = 0
    for v in range(len(indptr) - 1):
        largest = max(largest, indptr[v + 1] - indptr[v])
    share = np.empty(largest, dtype=np.float64)
    small = np.empty(largest, dtype=np.int32)
    large = np.empty(largest, dtype=np.int32)
    for v in range(len(indptr) - 1):
        start, degree = indptr[v], indptr[v + 1] - indptr[v]
        total = 0.0
        for j in range(degree):
            total += weights[start + j]
        n_small = n_large = 0
        for j in range(degree):
            share[j] = weights[start + j] * degree / total
            alias[start + j] = j
            if share[j] < 1.0:
                small[n_small] = j
                n_small += 1
            else:
                large[n_large] = j
                n_large += 1
        while n_small > 0 and n_large > 0:
            n_small -= 1
            little, big = small[n_small], large[n_large - 1]
            threshold[start + little] = share[little]
            alias[start + little] = big
            share[big] -= 1.0 - share[little]
            if share[big] < 1.0:
                n_large -= 1
                small[n_small] = big
                n_small += 1
    return threshold, alias


@njit(inline="always")
def _are_neighbours(indptr, neighbours, t, x):  # type: ignore[no-untyped-def]
    """Is x in the row of t? Binary search; rows are ascending."""
    low, high = indptr[t], indptr[t + 1]
    while low < high:
        middle = (low + high) >> 1
        if neighbours[middle] < x:
            low = middle + 1
        else:
            high = middle
    return low < indptr[t + 1] and neighbours[low] == x


@njit(nogil=True, cache=True)
def _walk(indptr, neighbours, threshold, alias, back, out, keys, walks):  # type: ignore[no-untyped-def]
    """Fill walks[:, 1:] in place; walks[:, 0] holds the starts. back = 1/p, out = 1/q."""
    first_order = back == 1.0 and out == 1.0
    highest = max(back, 1.0, out)
    lowest = min(back, 1.0, out)
    n_walks, walk_length = walks.shape
    for w in range(n_walks):
        state = keys[w]
        t = -1
        v = walks[w, 0]
        for i in range(1, walk_length):
            start = indptr[v]
            degree = uint64(indptr[v + 1] - start)
            while True:
                state += GAMMA
                r = _mix(state)
                slot = start + np.int64(((r >> HALF) * degree) >> HALF)
                if np.float32(np.int64(r & LOW_HALF) * TO_UNIT) < threshold[slot]:
                    x = neighbours[slot]
                else:
                    x = neighbours[start + alias[slot]]
                if first_order or t < 0:
                    break
                state += GAMMA
                level = np.int64(_mix(state) >> HALF) * TO_UNIT * highest
                # Below every bias: kept whatever x is, so the lookup in t's row can be spared.
                if level < lowest:
                    break
                if x == t:
                    bias = back
                elif _are_neighbours(indptr, neighbours, t, x):
                    bias = 1.0
                else:
                    bias = out
                if level < bias:
                    break
            t = v
            v = x
            walks[w, i] = x
