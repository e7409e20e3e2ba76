"""Begin a training with the vectors that are live, so that it has less to learn and they move less."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import MovieGraph
from movierec.errors import BadRequest
from movierec.ids import Ids

__all__ = ["initial_vectors"]


def initial_vectors(
    graph: MovieGraph, movie_ids: Ids, vectors: NDArray[np.float32], embedding_size: int
) -> NDArray[np.float32]:
    """(N, D) float32 in the graph's order: a movie's own vector, or for a new one its neighbours' mean by weight.

    A new movie whose neighbours are all new takes the mean of what those get, and so on; where no live vector
    can be reached it is the mean of all. Raises BadRequest where the live vectors have another length.
    """
    if vectors.shape[1] != embedding_size:
        raise BadRequest(
            f"The live vectors have {vectors.shape[1]} numbers, embedding_size is {embedding_size}; expected the "
            f"same for a warm start. Add --embedding-size {vectors.shape[1]}, or train without --warm-start."
        )
    initial = np.zeros((graph.n_movies, embedding_size), dtype=np.float32)
    _, here, there = np.intersect1d(graph.movie_ids, movie_ids, assume_unique=True, return_indices=True)
    known = np.zeros(graph.n_movies, dtype=bool)
    known[here] = True
    initial[here] = vectors[there]
    while not known.all():
        found = []
        for v in np.flatnonzero(~known):
            row = slice(graph.indptr[v], graph.indptr[v + 1])
            near = known[graph.neighbours[row]]
            if near.any():
                weights = graph.weights[row][near]
                initial[v] = weights @ initial[graph.neighbours[row][near]] / weights.sum()
                found.append(v)
        if not found:
            initial[~known] = vectors.mean(axis=0)
            break
        known[found] = True
    return initial
