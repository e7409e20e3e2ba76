"""The weighted movie graph as compressed sparse rows, the form in which it is walked.

Shapes: N movies with at least one edge, E unordered pairs, so 2E entries. Movies are known by their
position 0..N-1 in `movie_ids`, which is ascending. An edge costs 2 entries of 8 bytes (int32 neighbour,
float32 weight).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from movierec.ids import Id, Ids, id_array

__all__ = [
    "Adjacency",
    "LikeLists",
    "Lists",
    "MovieGraph",
    "graph_from_edges",
    "places_in",
    "places_of",
    "positions_in",
    "symmetric_pmi",
    "unit_vectors",
    "vector_table",
]


@dataclass(frozen=True)
class Lists:
    """Lists of several lengths, one after the other: list i is values[indptr[i]:indptr[i + 1]].

    indptr  (N + 1,) int64, from 0
    values  (T,)
    """

    indptr: NDArray[np.int64]
    values: NDArray[Any]

    @classmethod
    def of(cls, lists: Sequence[Sequence[Any] | NDArray[Any]], dtype: type[Any] = np.int64) -> Lists:
        """From N lists."""
        parts = [np.asarray(one, dtype=dtype) for one in lists]
        return cls.of_sizes([len(part) for part in parts], np.concatenate([np.empty(0, dtype), *parts]))

    @classmethod
    def of_sizes(cls, sizes: Sequence[int] | NDArray[np.int64], values: NDArray[Any]) -> Lists:
        """From the lengths of N lists and what is in them."""
        return cls(np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), values)

    @classmethod
    def joined(cls, parts: Sequence[Lists]) -> Lists:
        """The lists of all parts, which are at least one."""
        sizes = np.concatenate([part.sizes for part in parts])
        return cls.of_sizes(sizes, np.concatenate([part.values for part in parts]))

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def __getitem__(self, i: int) -> NDArray[Any]:
        return self.values[self.indptr[i] : self.indptr[i + 1]]

    def __iter__(self) -> Iterator[NDArray[Any]]:
        return (self[i] for i in range(len(self)))

    @property
    def sizes(self) -> NDArray[np.int64]:
        """(N,) length of each list."""
        return np.diff(self.indptr)

    @property
    def rows(self) -> NDArray[np.int64]:
        """(T,) which list each value is in."""
        return np.repeat(np.arange(len(self)), self.sizes)

    def part(self, start: int, end: int) -> Lists:
        """Lists `start` to `end`; the values are not copied."""
        indptr = self.indptr[start : end + 1]
        return Lists(indptr - indptr[0], self.values[indptr[0] : indptr[-1]])

    def entries(self, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        """Positions in `values` of the lists `chosen`, one list after the other."""
        sizes = self.sizes[chosen]
        starts = self.indptr[chosen] - np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
        return np.repeat(starts, sizes) + np.arange(sizes.sum())

    def taken(self, chosen: NDArray[np.int64]) -> Lists:
        """The lists `chosen`, in that order."""
        return Lists.of_sizes(self.sizes[chosen], self.values[self.entries(chosen)])

    def kept(self, is_kept: NDArray[np.bool_], values: NDArray[Any] | None = None) -> Lists:
        """As many lists, of those of the (T,) `values`, by default its own, that are marked."""
        ends = np.concatenate([[0], np.cumsum(is_kept)]).astype(np.int64)
        return Lists(ends[self.indptr], (self.values if values is None else values)[is_kept])

    def sums(self, values: NDArray[Any]) -> NDArray[Any]:
        """(N, ...) for each list the sum of its part of `values` (T, ...), in float64; 0 for an empty one."""
        found = np.zeros((len(self), *values.shape[1:]))
        some = self.sizes > 0
        if some.any():
            found[some] = np.add.reduceat(values, self.indptr[:-1][some], axis=0, dtype=np.float64)
        return found

    def marked(self, n: int) -> NDArray[np.bool_]:
        """(N, n) True at the positions that are in each list."""
        marks = np.zeros((len(self), n), dtype=bool)
        marks[self.rows, self.values] = True
        return marks


@dataclass(frozen=True)
class MovieGraph:
    """An undirected weighted graph without loops, every edge in both rows.

    movie_ids   (N,) int64 or str, ascending
    indptr      (N + 1,) int64: row v is neighbours[indptr[v]:indptr[v + 1]]
    neighbours  (2E,) int32, ascending within a row
    weights     (2E,) float32, > 0
    """

    movie_ids: Ids
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


@dataclass(frozen=True)
class Adjacency:
    """Directed weighted edges between M movies: row i is what leads out of movie i.

    indptr   (M + 1,) int64: row i is targets[indptr[i]:indptr[i + 1]]
    targets  (E,) int32, positions of movies
    weights  (E,) float32, > 0
    """

    indptr: NDArray[np.int64]
    targets: NDArray[np.int32]
    weights: NDArray[np.float32]

    @classmethod
    def from_edges(
        cls, n: int, sources: NDArray[np.int64], targets: NDArray[np.int64], weights: NDArray[np.float64]
    ) -> Adjacency:
        """From E edges between positions 0..n-1; each row by ascending target."""
        order = np.lexsort((targets, sources))
        indptr = np.concatenate([[0], np.cumsum(np.bincount(sources, minlength=n))]).astype(np.int64)
        return cls(indptr, targets[order].astype(np.int32), weights[order].astype(np.float32))

    @classmethod
    def from_undirected(
        cls, n: int, heads: NDArray[np.int64], tails: NDArray[np.int64], weights: NDArray[np.float64]
    ) -> Adjacency:
        """From E undirected edges, each in the rows of both its ends."""
        ends = np.concatenate([heads, tails]), np.concatenate([tails, heads])
        return cls.from_edges(n, *ends, np.concatenate([weights, weights]))

    def weights_to(self, rows: NDArray[np.int64], target: int) -> NDArray[np.float64]:
        """(R,) weight of the edge from each of `rows` to one movie; 0 where there is none."""
        if not len(self._numbers):
            return np.zeros(len(rows))
        asked = rows * (len(self.indptr) - 1) + target
        places = np.minimum(np.searchsorted(self._numbers, asked), len(self._numbers) - 1)
        return np.where(self._numbers[places] == asked, self.weights[places], 0.0).astype(np.float64)

    @cached_property
    def _numbers(self) -> NDArray[np.int64]:
        """(E,) row and target of every edge in one number, ascending."""
        n = len(self.indptr) - 1
        return np.repeat(np.arange(n), np.diff(self.indptr)) * n + self.targets

    def weighted_neighbour_sum(
        self, nodes: NDArray[np.int64], node_weights: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """(M,) for every movie the sum over `nodes` (L,) of their weight (L,) times that of their edge to it."""
        first, sizes = self.indptr[nodes], self.indptr[nodes + 1] - self.indptr[nodes]
        entries = np.repeat(first - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes) + np.arange(sizes.sum())
        values = self.weights[entries] * np.repeat(node_weights, sizes)
        sums = np.bincount(self.targets[entries], values, minlength=len(self.indptr) - 1)
        return np.asarray(sums, dtype=np.float64)

    def weighted_neighbour_sums(self, nodes: Lists, node_weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """(B, M) `weighted_neighbour_sum` for each of B lists of movies, with (T,) weights of these."""
        sums = np.empty((len(nodes), len(self.indptr) - 1))
        for row in range(len(nodes)):
            own = slice(nodes.indptr[row], nodes.indptr[row + 1])
            sums[row] = self.weighted_neighbour_sum(nodes.values[own], node_weights[own])
        return sums


@dataclass(frozen=True, kw_only=True)
class LikeLists:
    """What U users like of M movies, L likes in all.

    movie_ids    (M,) int64 or str, ascending
    like_counts  (M,) int64: users who like each
    indptr       (U + 1,) int64: user u's likes are movies[indptr[u]:indptr[u + 1]], oldest first
    movies       (L,) int32, positions in `movie_ids`
    ages         (L,) float32: age of each in likes, 0 for the newest; None where the order is not known
    """

    movie_ids: Ids
    like_counts: NDArray[np.int64]
    indptr: NDArray[np.int64]
    movies: NDArray[np.int32]
    ages: NDArray[np.float32] | None

    @property
    def n_users(self) -> int:
        return len(self.indptr) - 1

    @property
    def n_movies(self) -> int:
        return len(self.movie_ids)

    @property
    def nbytes(self) -> int:
        """Memory of the arrays."""
        arrays = [self.movie_ids, self.like_counts, self.indptr, self.movies, self.ages]
        return sum(array.nbytes for array in arrays if array is not None)

    def fingerprint(self) -> str:
        """A hash of the content: profiles trained on equal lists are equal."""
        digest = hashlib.sha256()
        for array in (self.movie_ids, self.like_counts, self.indptr, self.movies, self.ages):
            digest.update(b"" if array is None else array.data)
        return digest.hexdigest()[:16]


def positions_in(movie_ids: Ids, asked: Sequence[Id] | Ids) -> NDArray[np.int64]:
    """Positions in `movie_ids`, ascending, of those of `asked` that are there, in the order asked."""
    ids = id_array(asked)
    if not len(ids):
        return np.empty(0, dtype=np.int64)
    places = np.searchsorted(movie_ids, ids)
    places[places == len(movie_ids)] = 0
    known: NDArray[np.int64] = places[movie_ids[places] == ids]
    return known


def places_in(movie_ids: Ids, asked: Ids) -> NDArray[np.int32]:
    """(N,) position of each of `asked` in `movie_ids`, ascending; -1 for what is not there."""
    places = np.full(len(asked), -1, dtype=np.int32)
    if len(asked) and len(movie_ids):
        near = np.minimum(np.searchsorted(movie_ids, asked), len(movie_ids) - 1)
        known = movie_ids[near] == asked
        places[known] = near[known]
    return places


def places_of(movie_ids: Ids, lists: Sequence[Sequence[Id]]) -> Lists:
    """`places_in` of several lists."""
    asked = id_array(one for each in lists for one in each)
    return Lists.of_sizes([len(each) for each in lists], places_in(movie_ids, asked))


def symmetric_pmi(sources: Ids, targets: Ids, weights: NDArray[np.float64], min_weight: float) -> MovieGraph:
    """The undirected graph of a directed one, by movieId: s * ln(s * S / (s_i * s_j)), kept from `min_weight`.

    s is the sum of the weights of both directions of a pair, s_i that over all pairs of movie i, S over all
    movies. It is the weight xy * pmi of CO_LIKED with these sums for counts.
    """
    movie_ids = np.union1d(sources, targets)
    n = len(movie_ids)
    heads, tails = np.searchsorted(movie_ids, sources), np.searchsorted(movie_ids, targets)
    pairs, place = np.unique(np.minimum(heads, tails) * n + np.maximum(heads, tails), return_inverse=True)
    sums = np.bincount(place, weights)
    a, b = np.divmod(pairs, n)
    totals = np.bincount(a, sums, minlength=n) + np.bincount(b, sums, minlength=n)
    pmi = sums * np.log(sums * totals.sum() / (totals[a] * totals[b]))
    kept = pmi >= min_weight
    return graph_from_edges(movie_ids[a[kept]], movie_ids[b[kept]], pmi[kept])


def graph_from_edges(sources: Ids, targets: Ids, weights: NDArray[np.float64]) -> MovieGraph:
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
    return MovieGraph(movie_ids, indptr, columns, both_weights)


def vector_table(vectors: Sequence[list[float] | None]) -> NDArray[np.float32] | None:
    """(N, D), zeros where there is none; None where there is none at all."""
    size = next((len(vector) for vector in vectors if vector is not None), None)
    if size is None:
        return None
    return np.array([[0.0] * size if vector is None else vector for vector in vectors], dtype=np.float32)


def unit_vectors(table: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, D) each vector by its length; zeros stay zeros."""
    unit: NDArray[np.float32] = table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-12)
    return unit
