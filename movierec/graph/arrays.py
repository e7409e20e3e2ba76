"""The weighted movie graph as compressed sparse rows, the form in which it is walked.

Shapes: N movies with at least one edge, E unordered pairs, so 2E entries. Movies are known by their
position 0..N-1 in `movie_ids`, which is ascending. An edge costs 2 entries of 8 bytes (int32 neighbour,
float32 weight).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["MovieGraph", "graph_from_edges"]


@dataclass(frozen=True)
class MovieGraph:
    """An undirected weighted graph without loops, every edge in both rows.

    movie_ids   (N,) int64, ascending
    indptr      (N + 1,) int64: row v is neighbours[indptr[v]:indptr[v + 1]]
    neighbours  (2E,) int32, ascending within a row
    weights     (2E,) float32, > 0
    """

    movie_ids: NDArray[np.int64]
    indptr: NDArray[np.int64]
    neighbours: NDArray[np.int32]
    weights: NDArray[np.float32]

    @property
    def n_movies(self) -> int:
        return len(self.movie_ids)

    @property
    def n_edges(self) -> int:
        return len(self.neighbours) // 2

    @property
    def nbytes(self) -> int:
        """Memory of the arrays."""
        return self.movie_ids.nbytes + self.indptr.nbytes + self.neighbours.nbytes + self.weights.nbytes

    def fingerprint(self) -> str:
        """A hash of the content: two graphs with the same one give the same walks."""
        digest = hashlib.sha256()
        for array in (self.movie_ids, self.indptr, self.neighbours, self.weights):
            digest.update(array.tobytes())
        return digest.hexdigest()[:16]


def graph_from_edges(
    sources: NDArray[np.int64], targets: NDArray[np.int64], weights: NDArray[np.float64]
) -> MovieGraph:
    """Compressed sparse rows of the E unordered pairs (sources[i], targets[i]), given by movieId.

    Raises ValueError for a loop, a pair given twice (in either direction), or a weight that is not a
    positive finite number: none of them has a transition probability.
    """
    if not (np.isfinite(weights).all() and (weights > 0).all()):
        wrong = int(np.flatnonzero(~(np.isfinite(weights) & (weights > 0)))[0])
        raise ValueError(f"Edge {sources[wrong]}-{targets[wrong]} has weight {weights[wrong]}; expected > 0.")
    if (sources == targets).any():
        raise ValueError(f"Movie {sources[sources == targets][0]} is linked to itself.")
    movie_ids = np.union1d(sources, targets)
    n = len(movie_ids)
    heads, tails = np.searchsorted(movie_ids, sources), np.searchsorted(movie_ids, targets)
    # Row and column in one number: sorting one array of integers is many times faster than two.
    entries = np.concatenate([heads * n + tails, tails * n + heads])  # (2E,)
    order = np.argsort(entries)
    entries = entries[order]
    repeated = np.flatnonzero(entries[1:] == entries[:-1])
    if len(repeated):
        row, column = divmod(int(entries[repeated[0]]), n)
        raise ValueError(f"The pair {movie_ids[row]}-{movie_ids[column]} is there twice.")
    indptr = np.searchsorted(entries, np.arange(n + 1) * n)
    columns = (entries % n).astype(np.int32)
    both_weights = weights.astype(np.float32)[np.where(order < len(weights), order, order - len(weights))]
    return MovieGraph(movie_ids.astype(np.int64), indptr, columns, both_weights)
