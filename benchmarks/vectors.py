"""How good vectors are, so that no speed is bought with worse ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import Adjacency, MovieGraph
from movierec.evaluation.methods import Candidates, Method

__all__ = ["edge_auc", "neighbour_recall", "weighted_graph"]

SAMPLE = 20_000  # edges, and as many pairs without one
AFFINITY = 2.0
CHUNK_SIZE = 100_000  # edges


def edge_auc(graph: MovieGraph, vectors: NDArray[np.float32], seed: int = 1) -> float:
    """Probability that the ends of an edge have a larger cosine than two movies without an edge.

    Both are sampled; the ends of the second are drawn by degree, or popular movies alone would tell them apart.
    """
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    generator = np.random.default_rng(seed)
    rows = np.repeat(np.arange(graph.n_movies), np.diff(graph.indptr))
    taken = generator.integers(0, len(rows), SAMPLE)
    true = (unit[rows[taken]] * unit[graph.neighbours[taken]]).sum(1)
    one, other = (rows[generator.integers(0, len(rows), 8 * SAMPLE)] for _ in range(2))
    entries = rows * graph.n_movies + graph.neighbours
    pairs = one * graph.n_movies + other
    apart = (entries[np.minimum(np.searchsorted(entries, pairs), len(entries) - 1)] != pairs) & (one != other)
    false = np.sort((unit[one[apart]] * unit[other[apart]]).sum(1)[:SAMPLE])
    below = (np.searchsorted(false, true, "left") + np.searchsorted(false, true, "right")) / 2
    return float(below.mean() / len(false))


def neighbour_recall(graph: MovieGraph, vectors: NDArray[np.float32], k: int = 10, sample: int = 1000) -> float:
    """Of a movie's k heaviest neighbours, the share that is among its k nearest by cosine; mean of a sample."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    chosen = np.random.default_rng(1).permutation(np.flatnonzero(np.diff(graph.indptr) >= k))[:sample]
    found = []
    for v in chosen:
        row = slice(graph.indptr[v], graph.indptr[v + 1])
        heaviest = graph.neighbours[row][np.argsort(-graph.weights[row], kind="stable")[:k]]
        cosine = unit @ unit[v]
        cosine[v] = -np.inf
        found.append(np.isin(heaviest, np.argpartition(-cosine, k)[:k]).mean())
    return float(np.mean(found))


def weighted_graph(candidates: Candidates) -> Method:
    """(B, C) sum over edges to liked movies of weight * exp(2 * cosine): the graph, refined by vectors."""
    rows = candidates.co_liked
    sources = np.repeat(np.arange(len(rows.indptr) - 1), np.diff(rows.indptr))
    shares = np.empty(len(rows.targets))
    for first in range(0, len(shares), CHUNK_SIZE):  # so that no (2E, D) array is made
        part = slice(first, first + CHUNK_SIZE)
        cosine = (candidates.unit[sources[part]] * candidates.unit[rows.targets[part]]).sum(1)
        shares[part] = rows.weights[part] * np.exp(AFFINITY * cosine)
    shared = Adjacency(rows.indptr, rows.targets, shares.astype(np.float32))
    return lambda users: shared.weighted_neighbour_sums(
        users.likes.movies, np.ones(len(users.likes.movies.values))
    )
