"""The methods that are compared: each scores every candidate movie for one user. Pure: arrays in, arrays out.

`evidence` is the arithmetic of `cypher/recommend/recommend_for_user.cypher` over arrays, for ranking
hundreds of users in a second; a test holds the two to the same lists.

Shapes: C candidates (movies liked in training), L of them liked by the user, E unordered CO_LIKED pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from movierec.embedding.embeddings import Embeddings
from movierec.graph.arrays import MovieGraph

__all__ = ["AFFINITY", "N_RESCORED", "Candidates", "co_liked", "evidence", "mean_cosine", "popularity", "top"]

AFFINITY = 2.0  # factor of the cosine in the exponent; chosen on an inner split of the training part
N_RESCORED = 200  # candidates, by their sum of weights, whose evidence is weighed by the vectors


@dataclass(frozen=True)
class Candidates:
    """What the methods read, all in the order of `movie_ids`.

    movie_ids    (C,) int64, ascending: the movies that anybody liked in training
    like_counts  (C,) float64
    indptr       (C + 1,) int64, neighbours (2E,) int64, weights (2E,) float64: CO_LIKED rows
    shares       (2E,) float64: weight * exp(affinity * cosine of the two ends)
    unit         (C, D) float32: vectors of length 1; zeros where a movie has none
    """

    movie_ids: NDArray[np.int64]
    like_counts: NDArray[np.float64]
    indptr: NDArray[np.int64]
    neighbours: NDArray[np.int64]
    weights: NDArray[np.float64]
    shares: NDArray[np.float64]
    unit: NDArray[np.float32]

    @classmethod
    def build(
        cls,
        movie_ids: NDArray[np.int64],
        like_counts: NDArray[np.float64],
        graph: MovieGraph,
        embeddings: Embeddings,
        affinity: float = AFFINITY,
    ) -> Candidates:
        """Line everything up. Every movie of the graph must be among `movie_ids`."""
        n = len(movie_ids)
        place = np.searchsorted(movie_ids, graph.movie_ids)  # graph position -> candidate position
        degrees = np.zeros(n, dtype=np.int64)
        degrees[place] = np.diff(graph.indptr)
        indptr = np.concatenate([[0], np.cumsum(degrees)])
        neighbours = place[graph.neighbours]
        unit = np.zeros((n, embeddings.vectors.shape[1]), dtype=np.float32)
        lengths = np.linalg.norm(embeddings.vectors, axis=1, keepdims=True)
        unit[np.searchsorted(movie_ids, embeddings.movie_ids)] = embeddings.vectors / np.maximum(lengths, 1e-12)
        weights = graph.weights.astype(np.float64)
        shares = np.empty_like(weights)
        for v in range(n):  # a row at a time, so that no (2E, D) array is made
            row = slice(indptr[v], indptr[v + 1])
            shares[row] = weights[row] * np.exp(affinity * (unit[neighbours[row]] @ unit[v]))
        return cls(movie_ids, like_counts, indptr, neighbours, weights, shares, unit)

    def gathered(self, values: NDArray[np.float64], liked: NDArray[np.int64]) -> NDArray[np.float64]:
        """(C,): for every movie the sum of `values` over its edges to the (L,) liked ones."""
        entries = np.concatenate([np.arange(self.indptr[v], self.indptr[v + 1]) for v in liked])
        sums = np.bincount(self.neighbours[entries], values[entries], minlength=len(self.movie_ids))
        return sums.astype(np.float64)


def popularity(candidates: Candidates, liked: NDArray[np.int64], seen: NDArray[np.int64]) -> NDArray[np.float64]:
    """(C,) how many users liked each movie: the same list for everybody, but for what they have seen."""
    return candidates.like_counts


def mean_cosine(candidates: Candidates, liked: NDArray[np.int64], seen: NDArray[np.int64]) -> NDArray[np.float64]:
    """(C,) mean cosine of each movie with the liked ones: the vectors alone."""
    scores: NDArray[np.float64] = (candidates.unit @ candidates.unit[liked].mean(axis=0)).astype(np.float64)
    return scores


def co_liked(candidates: Candidates, liked: NDArray[np.int64], seen: NDArray[np.int64]) -> NDArray[np.float64]:
    """(C,) sum of CO_LIKED weights to the liked movies, -inf without an edge to any: the graph alone."""
    weights = candidates.gathered(candidates.weights, liked)
    return np.where(weights > 0, weights, -np.inf)


def evidence(candidates: Candidates, liked: NDArray[np.int64], seen: NDArray[np.int64]) -> NDArray[np.float64]:
    """(C,) what `recommend` ranks by: weights to the liked movies, each times exp(affinity * cosine).

    Only the N_RESCORED unseen movies with the largest sum of plain weights are scored, the others get -inf.
    """
    weights = co_liked(candidates, liked, seen)
    rescored = top(weights, seen, N_RESCORED)
    scores = np.full(len(weights), -np.inf)
    scores[rescored] = candidates.gathered(candidates.shares, liked)[rescored]
    return scores


def top(scores: NDArray[np.float64], seen: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """The k best positions, best first, equal scores by ascending movieId; seen movies left out."""
    unseen = scores.copy()
    unseen[seen] = -np.inf
    order = np.argsort(-unseen, kind="stable")[:k]
    return order[np.isfinite(unseen[order])]
