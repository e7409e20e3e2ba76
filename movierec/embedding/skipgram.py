"""Skip-gram with negative sampling (Mikolov and others 2013), a block of walks at a time.

Two tables of vectors, centre c and context o (or one that serves as both). For a true pair (i, j), two
movies at most `window` steps apart in a walk, and negatives n drawn by frequency, the loss is

    -log sigmoid(c_i . o_j) - sum over the negatives of log sigmoid(-c_i . o_n)

A step takes a whole block of W walks of length L. All true pairs of a walk lie in a band of one matrix product.
A group of walks shares K drawn negatives among its positions; each weighs so that a position has `negatives` of
them for each of its contexts. Gradients are written out, so no graph is recorded, and only the rows that a block
touches are updated, by AdaGrad with one accumulator a row (Duchi and others 2011): in a block a frequent movie
gathers hundreds of gradients, and plain SGD would overshoot there.

Every step is computed in two halves, whether by one thread or two, and the gradients of a row are summed in a
fixed order. So the number of threads does not change a bit of the result.

Shapes: W walks, L positions of a walk, G walks of a group, B walks of a band, K shared negatives, D embedding
size, N movies.
"""

from __future__ import annotations

from functools import cache, partial
from math import gcd

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import embedding_bag, logsigmoid

from movierec.embedding.batches import Batch, GradientRows
from movierec.embedding.plan import BAND_POSITIONS
from movierec.embedding.settings import TrainSettings
from movierec.random_streams import Stream, random_generator
from movierec.training.threads import RunTasks, run_sequentially

__all__ = ["SkipGram", "band"]

HALVES = 2  # of a step, which two threads can compute at the same time
EPSILON = 1e-10


@cache
def band(walk_length: int, window: int, walks: int = 1, device: str = "cpu") -> Tensor:
    """(walks * L, walks * L) float32: 1 where two positions of a walk are at most `window` apart, not the same."""
    position = torch.arange(walk_length)
    distance = (position[:, None] - position[None, :]).abs()
    one = ((distance > 0) & (distance <= window)).float()
    return torch.kron(torch.eye(walks), one).to(device)


@cache
def _contexts(walk_length: int, window: int, walks: int, device: str) -> Tensor:
    """(walks * L, 1) float32: how many contexts each position has."""
    return band(walk_length, window, 1, device).sum(1).repeat(walks)[:, None]


class SkipGram:
    """The two tables and their accumulators: everything that training changes.

    centre, context               (N, D) float32; `centre` rows become Movie.embedding
    centre_scale, context_scale   (N,) float32, sums of mean squared gradients
    """

    def __init__(self, n_movies: int, settings: TrainSettings) -> None:
        self.settings = settings
        size, self.device = settings.embedding_size, settings.device
        first = random_generator(Stream.INITIAL_VECTORS, settings.seed).random((n_movies, size), dtype=np.float32)
        # word2vec's start: small centre vectors, contexts at zero.
        self.centre = torch.from_numpy((first - 0.5) / size).to(self.device)
        self.centre_scale = torch.zeros(n_movies, device=self.device)
        shared = settings.tied_embeddings
        self.context = self.centre if shared else torch.zeros(n_movies, size, device=self.device)
        self.context_scale = self.centre_scale if shared else torch.zeros(n_movies, device=self.device)
        # Matrix products in half the bits; what is summed and kept stays float32.
        self.product_type = torch.bfloat16 if settings.mixed_precision else torch.float32
        self._buffers: dict[tuple[str, int], Tensor] = {}

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

    @property
    def nbytes(self) -> int:
        """Memory of the tables and of what steps work in."""
        tensors = {id(tensor): tensor for tensor in [*self.state().values(), *self._buffers.values()]}
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())

    @torch.no_grad()
    def step(
        self,
        batch: Batch,
        rate: float,
        with_loss: bool = True,
        centres_move: bool = True,
        run: RunTasks = run_sequentially,
    ) -> float:
        """One gradient step; returns the summed loss of its pairs, or 0 without `with_loss`.

        Centres that do not move accumulate all the same: AdaGrad's first step on a row is the longest, and would
        undo vectors that were trained before. `run` runs several tasks, in turn or at the same time; none
        writes what another reads or writes.
        """
        centre_rate = rate if centres_move else 0.0
        n_walks, walk_length = batch.walks.shape
        positions = n_walks * walk_length
        n_gradients = 2 * positions + batch.negatives.numel()
        gradients = self._buffer("gradients", 0, n_gradients, self.centre.shape[1], torch.float32)
        cut = n_walks // HALVES // batch.group * batch.group
        halves = [(first, end) for first, end in ((0, cut), (cut, n_walks)) if first < end]
        losses = run(
            [
                partial(self._gradients, batch, first, end, half, gradients, with_loss=with_loss)
                for half, (first, end) in enumerate(halves)
            ]
        )
        if self.settings.tied_embeddings:
            self._update(self.centre, self.centre_scale, batch.contexts, gradients, centre_rate)
        else:
            own, others = gradients[:positions], gradients[positions:]
            run(
                [
                    partial(self._update, self.centre, self.centre_scale, batch.centres, own, centre_rate),
                    partial(self._update, self.context, self.context_scale, batch.contexts, others, rate),
                ]
            )
        return sum(losses)

    @torch.no_grad()
    def _gradients(
        self, batch: Batch, first: int, end: int, half: int, gradients: Tensor, *, with_loss: bool
    ) -> float:
        """Gradients of the walks [first, end) into their rows of `gradients`: (centres, contexts, negatives)."""
        n_walks, length = batch.walks.shape
        n, size, group = end - first, self.centre.shape[1], batch.group
        in_band = gcd(n, max(1, BAND_POSITIONS // length))
        negatives = batch.negatives[first // group : end // group]  # (n / G, K)
        shared = negatives.shape[1]
        by_band, by_group = (n // in_band, in_band * length, size), (n // group, group * length, size)

        ids = batch.walks[first:end].reshape(-1)
        centre = self._gathered("centre", half, self.centre, ids)  # (n * L, D)
        context = self._gathered("context", half, self.context, ids).view(by_band)
        negative = self._gathered("negative", half, self.context, negatives.reshape(-1)).view(-1, shared, size)
        band_centre, group_centre = centre.view(by_band), centre.view(by_group)

        true_scores = self._buffer("true", half, n * length, in_band * length).view(-1, by_band[1], by_band[1])
        false_scores = self._buffer("false", half, n * length, shared).view(-1, by_group[1], shared)
        torch.bmm(band_centre, context.transpose(1, 2), out=true_scores)  # (n / B, B * L, B * L)
        torch.bmm(group_centre, negative.transpose(1, 2), out=false_scores)  # (n / G, G * L, K)
        pairs, weight = self._weights(batch, first, end, in_band)
        loss = 0.0
        if with_loss:
            loss = -float((logsigmoid(true_scores) * pairs).sum() + (logsigmoid(-false_scores) * weight).sum())

        # The derivative of -log sigmoid(s) is sigmoid(s) - 1, that of -log sigmoid(-s) is sigmoid(s).
        true_slope = true_scores.sigmoid_().sub_(1.0).mul_(pairs)
        false_slope = false_scores.sigmoid_().mul_(weight)
        positions = n_walks * length
        own = gradients[first * length : end * length]
        others = gradients[positions + first * length : positions + end * length]
        drawn = gradients[2 * positions + first // group * shared : 2 * positions + end // group * shared]
        self._product(true_slope, context, own.view(by_band))
        self._product(false_slope, negative, own.view(by_group), add=True)
        self._product(true_slope.transpose(1, 2), band_centre, others.view(by_band))
        self._product(false_slope.transpose(1, 2), group_centre, drawn.view(-1, shared, size))
        return loss

    def _weights(self, batch: Batch, first: int, end: int, in_band: int) -> tuple[Tensor, Tensor]:
        """What each true score counts, (B * L, B * L) or one a band, and each false one, broadcastable to them."""
        length, group = batch.walks.shape[1], batch.group
        n, shared = end - first, batch.negatives.shape[1]
        pairs = band(length, self.settings.window_size, in_band, self.device)
        if batch.lengths is None:
            contexts = _contexts(length, self.settings.window_size, group, self.device)
        else:
            counts = torch.arange(length, device=self.device) < batch.lengths[first:end, None]  # (n, L)
            by_band = counts.view(-1, in_band * length).float()
            pairs = pairs * by_band[:, :, None] * by_band[:, None, :]
            contexts = pairs.sum(2).view(-1, group * length, 1)
        weight = contexts * self.settings.negative_samples
        if not self.settings.reject_true_pairs:
            return pairs, weight / shared
        # A negative that is the centre itself or one of its contexts is none; the others weigh more instead.
        near = band(length, self.settings.window_size, 1, self.device) + torch.eye(length, device=self.device)
        negatives = batch.negatives[first // group : end // group]  # (n / G, K)
        walks = batch.walks[first:end].view(-1, group * length, 1)
        same = (walks == negatives[:, None, :]).float().view(n, length, shared)
        if batch.lengths is not None:
            same *= counts[:, :, None]
        allowed = (torch.matmul(near, same) == 0).float().view(-1, group * length, shared)
        return pairs, weight * allowed / allowed.sum(2, keepdim=True).clamp(min=1.0)

    @torch.no_grad()
    def _update(self, table: Tensor, scale: Tensor, rows: GradientRows, gradients: Tensor, rate: float) -> float:
        """AdaGrad on the rows that occur: table[row] -= rate * g / sqrt(sum of mean g**2 so far)."""
        summed = embedding_bag(rows.order, gradients, rows.offsets, mode="sum")  # (R, D)
        mean_square = torch.linalg.vector_norm(summed, dim=1).square_().div_(summed.shape[1])
        accumulated = scale.index_select(0, rows.updated).add_(mean_square)  # (R,)
        scale.index_copy_(0, rows.updated, accumulated)
        summed.div_(accumulated.sqrt_().add_(EPSILON)[:, None])
        table.index_add_(0, rows.updated, summed, alpha=-rate)
        return 0.0

    def _gathered(self, name: str, half: int, table: Tensor, ids: Tensor) -> Tensor:
        """(len(ids), D) rows of a table, in the type that is multiplied in."""
        if self.product_type is not torch.float32:
            return table.index_select(0, ids).to(self.product_type)
        return torch.index_select(table, 0, ids, out=self._buffer(name, half, len(ids), table.shape[1]))

    def _product(self, left: Tensor, right: Tensor, out: Tensor, add: bool = False) -> None:
        """A batched product into float32 `out`, or added to it."""
        if self.product_type is not torch.float32:
            product = torch.bmm(left, right)
            out.add_(product) if add else out.copy_(product)
        elif add:
            torch.baddbmm(out, left, right, out=out)
        else:
            torch.bmm(left, right, out=out)

    def _buffer(self, name: str, half: int, rows: int, columns: int, dtype: torch.dtype | None = None) -> Tensor:
        """(rows, columns) of memory that is kept from step to step."""
        kept = self._buffers.get((name, half))
        if kept is None or len(kept) < rows * columns:
            kept = torch.empty(rows * columns, dtype=dtype or self.product_type, device=self.device)
            self._buffers[name, half] = kept
        return kept[: rows * columns].view(rows, columns)
