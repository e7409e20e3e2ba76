"""Processes that train one model together, each on its own part of the data (torch.distributed).

Each has the whole tables and changes them by its own steps. Every few steps what all have changed is added up:

    table = before + sum over the processes of (their table - before)

So a process learns what the others did a few steps late, as in Downpour SGD (Dean and others 2012, section 4.1),
here without a server and at fixed steps: the same number of processes gives the same bytes. Only rows that
some process has visited are exchanged.

A launcher such as torchrun starts the processes and tells each its number. The first one reads the database and
writes to it; the others get from it what they need.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from movierec.training.checkpoint import TrainingState
from movierec.training.launched import process_number

__all__ = ["Merged", "Peers", "alone", "process_peers"]

T = TypeVar("T")

# The first process may pull for hours. When one of them dies, the launcher ends the others.
PATIENCE = timedelta(days=1)


class Peers:
    """This process and those that train with it."""

    def __init__(self, rank: int = 0, size: int = 1) -> None:
        self.rank = rank
        self.size = size

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def of_first(self, value: T) -> T:
        """What the first process gives; the values of others are not looked at."""
        if self.size == 1:
            return value
        values = [value if self.is_first else None]
        dist.broadcast_object_list(values, device=torch.device("cpu"))
        (found,) = values
        return found  # type: ignore[return-value]

    def sums(self, *numbers: float) -> list[float]:
        """The sum of each over the processes."""
        if self.size == 1:
            return list(numbers)
        summed = torch.tensor(numbers, dtype=torch.float64)
        dist.all_reduce(summed)
        return summed.tolist()

    def share(self, state: TrainingState, since: TrainingState) -> TrainingState:
        """`state` with the losses of all: those of `since`, which all had, and what each has added to them."""
        if self.size == 1:
            return state
        loss, pairs = self.sums(state.loss_sum - since.loss_sum, state.loss_pairs - since.loss_pairs)
        return replace(state, loss_sum=since.loss_sum + loss, loss_pairs=since.loss_pairs + round(pairs))

    def part(self, n: int) -> tuple[int, int]:
        """Which of `n` steps are this process's, [first, end). The last process may have fewer, or none."""
        each = -(-n // self.size)
        first = min(self.rank * each, n)
        return first, min(first + each, n)


alone = Peers()


@contextmanager
def process_peers(device: str) -> Iterator[Peers]:
    """The processes that a launcher started together with this one; `device` is where they train."""
    rank, size = process_number()
    if size == 1:
        yield alone
        return
    if device == "cuda":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    backend = "gloo" if device == "cpu" else f"cpu:gloo,{device}:nccl"
    dist.init_process_group(backend, timeout=PATIENCE)
    try:
        yield Peers(rank, size)
    finally:
        dist.destroy_process_group()


class Merged:
    """Tables of N rows that several processes change, and what they were when all were last the same.

    sums    (N, D), then (N,) or (N, D) each: the changes of all processes are added up
    means   of the same shapes: the mean of the changes, of each process by its visits
    visits  (N,), which grows wherever a row is changed; it is one of `sums` or of `means`
    """

    def __init__(self, peers: Peers, sums: Sequence[Tensor], visits: Tensor, means: Sequence[Tensor] = ()) -> None:
        self.peers = peers
        self.sums, self.means, self.visits = list(sums), list(means), visits
        if peers.size > 1:
            self.visits_before = visits.clone()
            self.before = [tensor.clone() for tensor in (*self.sums, *self.means)]

    def merge(self) -> None:
        """Make the tables of all processes the same. All must call it equally often."""
        if self.peers.size == 1:
            return
        visited = self.visits - self.visits_before  # (N,)
        # A small visit can be lost in what was there, and the change of the row is not.
        changed = (self.sums[0] != self.before[0]).any(dim=1)
        by_anyone = ((visited > 0) | changed).to(torch.uint8)
        dist.all_reduce(by_anyone, op=dist.ReduceOp.MAX)
        rows = by_anyone.nonzero().squeeze(1)  # (R,)
        if not len(rows):
            return
        weights = visited.index_select(0, rows)
        total = weights.clone()
        dist.all_reduce(total)
        share = torch.where(total > 0, weights / total, 0.0)
        for i, (tensor, before) in enumerate(zip((*self.sums, *self.means), self.before, strict=True)):
            old = before.index_select(0, rows)
            change = tensor.index_select(0, rows).sub_(old)
            if i >= len(self.sums):
                change.mul_(share if change.dim() == 1 else share[:, None])
            dist.all_reduce(change)
            old.add_(change)
            tensor.index_copy_(0, rows, old)
            before.index_copy_(0, rows, old)
        self.visits_before.copy_(self.visits)
