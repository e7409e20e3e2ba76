"""The graphs that walking and training are measured on, made in memory without a server.

ml     ml-latest-small, rating >= 5, D = likes, weight >= 10: 1,405 movies, 40,043 edges
ml4    the same with rating >= 4: 953,532 edges
big    20,000 nodes, 5,000,000 edges: Chung and Lu's random graph, expected degree ~ rank^-0.5, log-normal weights
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import MOVIELENS
from movierec.arrays import MovieGraph, graph_from_edges

__all__ = ["big", "chung_lu", "ml", "ml4"]


def ml() -> MovieGraph:
    return co_liked(5.0)


def ml4() -> MovieGraph:
    return co_liked(4.0)


def big() -> MovieGraph:
    return chung_lu(20_000, 5_000_000)


def co_liked(min_rating: float, min_weight: float = 10.0) -> MovieGraph:
    """CO_LIKED as derive makes it, by a product of matrices: xy * pmi with D = likes."""
    ratings = np.loadtxt(MOVIELENS / "ratings.csv", delimiter=",", skiprows=1, usecols=(0, 1, 2))
    likes = ratings[ratings[:, 2] >= min_rating]
    _, users = np.unique(likes[:, 0], return_inverse=True)
    movie_ids, movies = np.unique(likes[:, 1].astype(np.int64), return_inverse=True)
    liked = np.zeros((users.max() + 1, len(movie_ids)), dtype=np.float32)
    liked[users, movies] = 1.0
    both = np.triu(liked.T @ liked, k=1)
    a, b = np.nonzero(both)
    count = both[a, b].astype(np.float64)
    likes_of = liked.sum(axis=0, dtype=np.float64)
    weight = count * (np.log(count) - np.log(likes_of[a]) - np.log(likes_of[b]) + np.log(len(likes)))
    kept = weight >= min_weight
    return graph_from_edges(movie_ids[a[kept]], movie_ids[b[kept]], weight[kept])


def chung_lu(n_nodes: int, n_edges: int, seed: int = 1) -> MovieGraph:
    """Edges between nodes drawn with probability ~ rank^-0.5, no loops, none twice."""
    generator = np.random.default_rng(seed)
    cumulative = np.cumsum(np.arange(1, n_nodes + 1) ** -0.5)
    found: NDArray[np.int64] = np.empty(0, dtype=np.int64)
    while len(found) < n_edges:
        missing = n_edges - len(found)
        ends = np.searchsorted(cumulative, generator.random((2, missing + missing // 4 + 100)) * cumulative[-1])
        low, high = ends.min(axis=0), ends.max(axis=0)
        drawn = (low * n_nodes + high)[low != high]
        found = np.unique(np.concatenate([found, drawn]))
    superfluous = generator.choice(len(found), len(found) - n_edges, replace=False)
    pairs = np.delete(found, superfluous)
    return graph_from_edges(pairs // n_nodes, pairs % n_nodes, generator.lognormal(size=n_edges))
