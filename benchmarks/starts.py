"""Other vectors of a movie graph than those of walks: cheap, and without training.

    fastrp   random projections, averaged over neighbours once, twice and thrice (Chen and others 2019)
    svd      the largest singular vectors of the matrix of weights (Levy and Goldberg 2014, for PMI)
    random   numbers that know nothing

Shapes: N movies, D embedding size.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import svds

from movierec.arrays import MovieGraph, unit_vectors
from movierec.embedding.embeddings import Embeddings

__all__ = ["fastrp", "random", "svd"]

ITERATION_WEIGHTS = (1.0, 1.0, 1.0)
SPARSITY = 3


def fastrp(graph: MovieGraph, size: int, seed: int) -> Embeddings:
    """Sum over t = 1, 2, 3 of the rows, of length 1, of (D^-1 A)^t R; R is +-sqrt(3) in a third, else 0."""
    generator = np.random.default_rng(seed)
    drawn = generator.choice((-1.0, 0.0, 1.0), (graph.n_movies, size), p=(1 / 6, 2 / 3, 1 / 6)) * np.sqrt(SPARSITY)
    weights = _matrix(graph)
    step = sp.diags_array(1.0 / weights.sum(axis=1)) @ weights
    vectors = np.zeros((graph.n_movies, size), dtype=np.float32)
    for weight in ITERATION_WEIGHTS:
        drawn = step @ drawn
        vectors += weight * unit_vectors(drawn.astype(np.float32))
    return Embeddings(movie_ids=graph.movie_ids, vectors=vectors, contexts=vectors.copy())


def svd(graph: MovieGraph, size: int, seed: int) -> Embeddings:
    """U sqrt(S) as vectors and V sqrt(S) as contexts, of the square roots of the weights."""
    weights = _matrix(graph)
    weights.data **= 0.5
    start = np.random.default_rng(seed).normal(size=graph.n_movies)
    left, values, right = svds(weights, k=size, v0=start)
    roots = np.sqrt(values / values.max())
    vectors, contexts = (left * roots).astype(np.float32), (right.T * roots).astype(np.float32)
    return Embeddings(movie_ids=graph.movie_ids, vectors=vectors, contexts=contexts)


def random(graph: MovieGraph, size: int, seed: int) -> Embeddings:
    generator = np.random.default_rng(seed)
    vectors, contexts = generator.normal(size=(2, graph.n_movies, size)).astype(np.float32)
    return Embeddings(movie_ids=graph.movie_ids, vectors=vectors, contexts=contexts)


def _matrix(graph: MovieGraph) -> sp.csr_array:
    """(N, N) of weights, both ways."""
    shape = (graph.n_movies, graph.n_movies)
    return sp.csr_array((graph.weights.astype(np.float64), graph.neighbours, graph.indptr), shape=shape)
