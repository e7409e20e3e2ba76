"""Early stopping: some edges are not walked on, and after each epoch the vectors are asked for them.

The loss of a held-out edge (i, j) is that of a true pair, both ways round, each with its negatives:

    -log sigmoid(c_i . o_j) - sum over the negatives of log sigmoid(-c_i . o_n)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import logsigmoid

from movierec.arrays import MovieGraph
from movierec.embedding.batches import draw
from movierec.embedding.settings import TrainSettings
from movierec.embedding.walk_kernel import walk_keys
from movierec.errors import BadRequest
from movierec.random_streams import Stream, random_generator

if TYPE_CHECKING:
    from movierec.embedding.skipgram import SkipGram

__all__ = ["Validation", "hold_out_edges"]

VALIDATION_NEGATIVES = 2**60  # as in `batches`, apart from walk numbers
CHUNK_SIZE = 4_000_000  # numbers of negatives' vectors


def hold_out_edges(graph: MovieGraph, settings: TrainSettings) -> tuple[MovieGraph, NDArray[np.int64]]:
    """The graph without `validation` of its edges, and those, (V, 2) int64 movie positions.

    Every movie keeps at least one edge: where all were drawn, all stay. Raises BadRequest if none is left to hold
    out.
    """
    rows = np.repeat(np.arange(graph.n_movies), np.diff(graph.indptr))
    columns = graph.neighbours.astype(np.int64)
    low, high = np.minimum(rows, columns), np.maximum(rows, columns)
    first = rows < columns  # each edge once
    edges = np.stack([low[first], high[first]], axis=1)  # (E, 2)
    generator = random_generator(Stream.VALIDATION_EDGES, settings.seed)
    out = generator.random(len(edges)) < settings.validation_fraction
    taken = np.bincount(edges[out].ravel(), minlength=graph.n_movies)
    bare = taken == np.diff(graph.indptr)
    out &= ~bare[edges].any(axis=1)
    if not out.any():
        raise BadRequest(
            f"No edge of {len(edges)} can be held out: validation_fraction is {settings.validation_fraction}, and "
            "every movie keeps one. Raise --validation-fraction, or train without --patience."
        )
    # The same mark for both entries of an edge, found by the edge's number.
    number = low * graph.n_movies + high
    held = np.isin(number, edges[out][:, 0] * graph.n_movies + edges[out][:, 1])
    kept = ~held
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows[kept], minlength=graph.n_movies))])
    walked = MovieGraph(graph.movie_ids, indptr, graph.neighbours[kept], graph.weights[kept])
    return walked, edges[out]


class Validation:
    """The held-out edges with negatives that stay the same, so that epochs can be compared."""

    def __init__(self, edges: NDArray[np.int64], noise: NDArray[np.uint32], settings: TrainSettings) -> None:
        """`noise`: alias slots over the movies that negatives are drawn from."""
        self.device = settings.device
        both = np.concatenate([edges, edges[:, ::-1]])
        self.edges = torch.from_numpy(both.copy()).to(self.device)  # (2V, 2)
        key = walk_keys(settings.seed, 0, VALIDATION_NEGATIVES, 1)[0]
        drawn = draw(noise, key, len(both) * settings.negative_samples).astype(np.int64)
        self.negatives = torch.from_numpy(drawn).view(len(both), settings.negative_samples).to(self.device)

    @torch.no_grad()
    def loss(self, model: SkipGram) -> float:
        """Mean an edge and direction."""
        total = 0.0
        chunk_size = max(1, CHUNK_SIZE // (self.negatives.shape[1] * model.centre.shape[1]))
        for first in range(0, len(self.edges), chunk_size):
            edges, negatives = self.edges[first : first + chunk_size], self.negatives[first : first + chunk_size]
            centre = model.centre[edges[:, 0]]  # (V, D)
            true = (centre * model.context[edges[:, 1]]).sum(1)
            false = torch.bmm(model.context[negatives], centre[:, :, None])[:, :, 0]  # (V, negatives)
            total -= float(logsigmoid(true).sum() + logsigmoid(-false).sum())
        return total / len(self.edges)
