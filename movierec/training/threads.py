"""Threads that train.

PyTorch's own threads spin while they wait for each other, which costs more than they bring on a busy machine
(`python -m benchmarks.trainers busy`). So the skip-gram and the profiles run PyTorch on one thread in each of
one or two threads of ours, which sleep while they wait. The rating model's steps are large enough for PyTorch's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch

from movierec.thread_pool import thread_pool

__all__ = ["RunTasks", "pytorch_threads", "run_sequentially", "training_threads"]

RunTasks = Callable[[Sequence[Callable[[], float]]], list[float]]


def run_sequentially(tasks: Sequence[Callable[[], float]]) -> list[float]:
    """Run tasks one after another: what a pool of threads does at the same time."""
    return [task() for task in tasks]


@contextmanager
def pytorch_threads(threads: int) -> Iterator[None]:
    """Run PyTorch on this number of threads of its own."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def training_threads(threads: int) -> Iterator[RunTasks]:
    """A function that runs the halves of a step: on this thread alone, or on this one and another."""
    with pytorch_threads(1):
        if threads == 1:
            yield run_sequentially
            return
        # The setting of PyTorch holds for one thread, so the new one makes its own.
        with thread_pool(1, "trainer", torch.set_num_threads, (1,)) as pool:

            def run_concurrently(tasks: Sequence[Callable[[], float]]) -> list[float]:
                others = [pool.submit(task) for task in tasks[1:]]
                return [tasks[0](), *[other.result() for other in others]]

            yield run_concurrently
