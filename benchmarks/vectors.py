"""How good vectors are, so that no speed is bought with worse ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from movierec.evaluation.methods import Candidates
from movierec.graph.arrays import MovieGraph

__all__ = ["edge_auc", "kernel", "neighbour_recall"]

SAMPLE = 20_000  # edges, and as many pairs without one
KERNEL, NEIGHBOURS = 8.0, 50


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


def kernel(candidates: Candidates, liked: NDArray[np.int64], seen: NDArray[np.int64]) -> NDArray[np.float64]:
    """(C,) vectors and popularity without the graph: sum of exp(8 cosine) to the liked movies, of each of which
    the 50 nearest count, times the square root of likes.
    """
    cosine = candidates.unit @ candidates.unit[liked].T  # (C, L)
    nearest = -np.partition(-cosine, NEIGHBOURS, axis=0)[NEIGHBOURS]  # (L,)
    sums = np.where(cosine > nearest, np.exp(KERNEL * cosine), 0.0).sum(axis=1)
    scores: NDArray[np.float64] = sums * np.sqrt(candidates.like_counts)
    return scores
