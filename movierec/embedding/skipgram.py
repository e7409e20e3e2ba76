"""Skip-gram with negative sampling (Mikolov and others 2013), a block of walks at a time.

Two tables of vectors, centre c and context o (or one that serves as both). For a true pair (i, j), two
movies at most `window` steps apart in a walk, and negatives n drawn by frequency, the loss is

    -log sigmoid(c_i . o_j) - sum over the negatives of log sigmoid(-c_i . o_n)

A step takes a whole block of W walks of length L. All true pairs of a walk are a band of one (L, L)
matrix product. A walk shares K drawn negatives among its positions; each weighs so that a position has
`negatives` of them for each of its contexts. Gradients are written out, so no graph is recorded, and
only the rows that a block touches are updated, by AdaGrad with one accumulator a row (Duchi and others
2011): in a block a frequent movie gathers hundreds of gradients, and plain SGD would overshoot there.

Shapes: W walks, L positions, K shared negatives, D embedding size, N movies.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import logsigmoid

__all__ = ["SkipGram", "band"]

SHARED_NEGATIVES = 32
EPSILON = 1e-10
INITIAL, NEGATIVES = 1, 2  # which random stream; `walks` has 3


def band(walk_length: int, window: int) -> Tensor:
    """(L, L) float32: 1 where two positions of a walk are at most `window` apart and not the same."""
    position = torch.arange(walk_length)
    distance = (position[:, None] - position[None, :]).abs()
    return ((distance > 0) & (distance <= window)).float()


class SkipGram:
    """The two tables and their accumulators: everything that training changes.

    centre, context               (N, D) float32; `centre` rows become Movie.embedding
    centre_scale, context_scale   (N,) float32, sums of mean squared gradients
    """

    def __init__(
        self,
        negative_weights: NDArray[np.float64],
        embedding_size: int,
        learning_rate: float,
        seed: int,
        shared_table: bool = False,
    ) -> None:
        """`negative_weights` (N,): how often each movie is drawn as a negative, relative to the others."""
        n = len(negative_weights)
        self.learning_rate = learning_rate
        self.seed = seed
        self.cumulative = np.cumsum(negative_weights / negative_weights.sum())
        first = np.random.Generator(np.random.Philox([INITIAL, seed, 0, 0])).random(
            (n, embedding_size), dtype=np.float32
        )
        # word2vec's start: small centre vectors, contexts at zero.
        self.centre = torch.from_numpy((first - 0.5) / embedding_size)
        self.centre_scale = torch.zeros(n)
        self.shared_table = shared_table
        self.context = self.centre if shared_table else torch.zeros(n, embedding_size)
        self.context_scale = self.centre_scale if shared_table else torch.zeros(n)

    def state(self) -> dict[str, Tensor]:
        """The tensors to save; `load_state` puts them back."""
        return {
            "centre": self.centre,
            "context": self.context,
            "centre_scale": self.centre_scale,
            "context_scale": self.context_scale,
        }

    def load_state(self, state: dict[str, Tensor]) -> None:
        for name, tensor in self.state().items():
            tensor.copy_(state[name])

    def draw_negatives(self, n_walks: int, epoch: int, block: int) -> Tensor:
        """(W, K) int64. Counter-based: depends on seed, epoch and block number only."""
        generator = np.random.Generator(np.random.Philox([NEGATIVES, self.seed, epoch, block]))
        draws = generator.random((n_walks, SHARED_NEGATIVES))
        return torch.from_numpy(
            np.searchsorted(self.cumulative, draws, side="right").clip(max=len(self.cumulative) - 1)
        )

    @torch.no_grad()
    def step(self, walks: Tensor, negatives: Tensor, pairs: Tensor, negatives_per_context: int) -> float:
        """One gradient step on a block; returns the summed loss of its pairs.

        walks (W, L) int64, negatives (W, K) int64, pairs (L, L) from `band`.
        """
        centre = self.centre[walks]  # (W, L, D)
        context = self.context[walks]  # (W, L, D)
        negative = self.context[negatives]  # (W, K, D)
        # A position with fewer contexts, near the end of a walk, has fewer negatives too.
        weight = (pairs.sum(1) * negatives_per_context / negatives.shape[1])[:, None]  # (L, 1)

        true_scores = torch.bmm(centre, context.transpose(1, 2))  # (W, L, L)
        false_scores = torch.bmm(centre, negative.transpose(1, 2))  # (W, L, K)
        loss = -(logsigmoid(true_scores) * pairs).sum() - (logsigmoid(-false_scores) * weight).sum()

        # The derivative of -log sigmoid(s) is sigmoid(s) - 1, that of -log sigmoid(-s) is sigmoid(s).
        true_slope = (true_scores.sigmoid_() - 1.0).mul_(pairs)  # (W, L, L)
        false_slope = false_scores.sigmoid_().mul_(weight)  # (W, L, K)
        centre_gradient = torch.bmm(true_slope, context).baddbmm_(false_slope, negative)  # (W, L, D)
        context_gradient = torch.bmm(true_slope.transpose(1, 2), centre)  # (W, L, D)
        negative_gradient = torch.bmm(false_slope.transpose(1, 2), centre)  # (W, K, D)

        size = centre.shape[2]
        if self.shared_table:
            centre_gradient += context_gradient
            context_gradient = centre_gradient
        else:
            self._update(self.centre, self.centre_scale, walks.reshape(-1), centre_gradient.reshape(-1, size))
        self._update(
            self.context,
            self.context_scale,
            torch.cat([walks.reshape(-1), negatives.reshape(-1)]),
            torch.cat([context_gradient.reshape(-1, size), negative_gradient.reshape(-1, size)]),
        )
        return float(loss)

    def _update(self, table: Tensor, scale: Tensor, rows: Tensor, gradients: Tensor) -> None:
        """AdaGrad on the rows that occur: table[row] -= rate * g / sqrt(sum of mean g**2 so far)."""
        touched, slot = torch.unique(rows, return_inverse=True)  # (R,), (B,)
        summed = torch.zeros(len(touched), table.shape[1]).index_add_(0, slot, gradients)  # (R, D)
        accumulated = scale[touched] + summed.square().mean(1)  # (R,)
        scale[touched] = accumulated
        table[touched] -= self.learning_rate * summed / (accumulated.sqrt() + EPSILON)[:, None]
