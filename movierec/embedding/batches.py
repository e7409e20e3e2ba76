"""From walks to what one step of training needs: negatives, and which rows its gradients belong to.

Runs in the thread that walks, so that the one that trains only multiplies. Everything is drawn by counter, from
seed, epoch, step and walk number: a step is the same whatever came before it.

Shapes: W walks, L positions, K shared negatives, N movies.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numba import njit, uint64
from numpy.typing import NDArray
from torch import Tensor

from movierec.embedding.plan import SHARED_NEGATIVES, Plan, pairs_in
from movierec.embedding.settings import TrainSettings
from movierec.embedding.walk_kernel import GAMMA, HALF, LOW_HALF, TO_UNIT, alias_slots, mix, walk_keys
from movierec.embedding.walks import Walker, Walks

__all__ = ["Batch", "Batches", "GradientRows", "draw"]

# Random streams apart from those of `walks`: walk numbers there are far below.
NEGATIVES, SUBSAMPLING = 2**62, 2**61


@dataclass(frozen=True)
class GradientRows:
    """Which table row each gradient belongs to: gradients order[offsets[r]:offsets[r + 1]] to updated[r].

    updated, offsets (R,) int64; order (B,) int64, a permutation of the B gradients.
    """

    updated: Tensor
    order: Tensor
    offsets: Tensor

    def to(self, device: str) -> GradientRows:
        return GradientRows(self.updated.to(device), self.order.to(device), self.offsets.to(device))


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One step.

    walks      (W, L) int64 movie positions
    lengths    (W,) int64, how many positions of each walk count; None: all
    negatives  (W / group, K) int64, of every `group` walks
    pairs      how many true pairs there are
    centres    the rows of the W * L gradients of centres
    contexts   the rows of those of contexts, then those of negatives
    """

    walks: Tensor
    lengths: Tensor | None
    negatives: Tensor
    group: int
    pairs: int
    centres: GradientRows
    contexts: GradientRows

    def to(self, device: str) -> Batch:
        lengths = None if self.lengths is None else self.lengths.to(device)
        return Batch(
            walks=self.walks.to(device),
            lengths=lengths,
            negatives=self.negatives.to(device),
            group=self.group,
            pairs=self.pairs,
            centres=self.centres.to(device),
            contexts=self.contexts.to(device),
        )


class Batches:
    """Cuts the walks of an epoch into steps."""

    def __init__(
        self, walker: Walker, plan: Plan, settings: TrainSettings, frequency: NDArray[np.float64]
    ) -> None:
        """`frequency` (N,): how often each movie occurs in walks, relative to the others."""
        self.walker, self.plan, self.settings = walker, plan, settings
        n = plan.n_movies
        noise = frequency**settings.negative_exponent
        self.noise = alias_slots(np.array([0, n]), np.arange(n, dtype=np.int32), noise)
        # word2vec's rule: a movie with share f of all positions is kept with probability sqrt(t / f) + t / f.
        threshold = settings.subsample / (frequency / frequency.sum()) if settings.subsample else None
        self.keep = None if threshold is None else np.minimum(np.sqrt(threshold) + threshold, 1.0)
        self.pairs_of_length = np.array(
            [pairs_in(length, settings.window_size) for length in range(plan.walk_length + 1)]
        )
        self.counts = np.zeros(n, dtype=np.int64)  # scratch, zero between uses

    def epoch(self, number: int, first_step: int = 0, threads: int = 1) -> Iterator[Batch]:
        """The steps of an epoch from `first_step` on."""
        plan = self.plan
        step = first_step
        chunks = self.walker.blocks(
            number,
            self.settings.walks_per_node,
            plan.walk_length,
            block_walks=plan.chunk_walks,
            first_walk=first_step * plan.step_walks,
            threads=threads,
        )
        for chunk in chunks:
            for first in range(0, len(chunk), plan.step_walks):
                yield self.batch(chunk[first : first + plan.step_walks], number, step)
                step += 1

    def batch(self, walks: Walks, epoch: int, step: int) -> Batch:
        lengths = None
        if self.keep is not None:
            walks = walks.copy()
            keys = walk_keys(self.settings.seed, epoch, SUBSAMPLING + step * self.plan.step_walks, len(walks))
            lengths = _drop_frequent(walks, self.keep, keys)
        # Groups have one size in a step: a last step that does not divide has smaller ones.
        group = math.gcd(len(walks), self.plan.group_walks)
        key = walk_keys(self.settings.seed, epoch, NEGATIVES + step, 1)[0]
        negatives = draw(self.noise, key, (len(walks) // group) * SHARED_NEGATIVES)
        flat = walks.ravel()
        both = np.concatenate([flat, negatives])
        return Batch(
            walks=torch.from_numpy(walks.astype(np.int64)),
            lengths=None if lengths is None else torch.from_numpy(lengths),
            negatives=torch.from_numpy(negatives.astype(np.int64)).view(-1, SHARED_NEGATIVES),
            group=group,
            pairs=len(walks) * self.plan.pairs_per_walk
            if lengths is None
            else int(self.pairs_of_length[lengths].sum()),
            centres=self._rows(flat),
            # One table for both roles has one update, of the gradients of centres and contexts together.
            contexts=self._rows(np.concatenate([flat, both]) if self.settings.tied_embeddings else both),
        )

    def _rows(self, movies: NDArray[np.int32]) -> GradientRows:
        updated, order, offsets = _group(movies, self.counts)
        return GradientRows(torch.from_numpy(updated), torch.from_numpy(order), torch.from_numpy(offsets))


@njit(nogil=True, cache=True)
def draw(slots, key, n):  # type: ignore[no-untyped-def]
    """(n,) int32 draws from one row of alias slots."""
    drawn = np.empty(n, dtype=np.int32)
    state = uint64(key)
    for i in range(n):
        state += GAMMA
        r = mix(state)
        slot = np.int64(((r >> HALF) * uint64(len(slots))) >> HALF)
        drawn[i] = slots[slot, 1] if (r & LOW_HALF) < slots[slot, 0] else slots[slot, 2]
    return drawn


@njit(nogil=True, cache=True)
def _drop_frequent(walks, keep, keys):  # type: ignore[no-untyped-def]
    """Move the kept positions of each walk to its front, in place; (W,) int64 how many they are."""
    lengths = np.empty(len(walks), dtype=np.int64)
    for w in range(len(walks)):
        state = uint64(keys[w])
        kept = 0
        for i in range(walks.shape[1]):
            state += GAMMA
            movie = walks[w, i]
            if np.float64(mix(state) >> HALF) * TO_UNIT < keep[movie]:
                walks[w, kept] = movie
                kept += 1
        lengths[w] = kept
    return lengths


@njit(nogil=True, cache=True)
def _group(movies, counts):  # type: ignore[no-untyped-def]
    """A counting sort that visits only the movies that occur; leaves `counts` (N,) zero as it was."""
    updated = np.empty(len(movies), dtype=np.int64)
    n_updated = 0
    for movie in movies:
        if counts[movie] == 0:
            updated[n_updated] = movie
            n_updated += 1
        counts[movie] += 1
    offsets = np.empty(n_updated, dtype=np.int64)
    start = 0
    for r in range(n_updated):
        offsets[r] = start
        start += counts[updated[r]]
        counts[updated[r]] = offsets[r]
    order = np.empty(len(movies), dtype=np.int64)
    for i in range(len(movies)):
        order[counts[movies[i]]] = i
        counts[movies[i]] += 1
    for r in range(n_updated):
        counts[updated[r]] = 0
    return updated[:n_updated].copy(), order, offsets
