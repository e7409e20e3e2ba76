"""Threads that are not waited for when a person interrupts: the process ends, and they with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from movierec.database.interrupt import has_hung_up

__all__ = ["thread_pool"]


@contextmanager
def thread_pool(
    threads: int, name: str, initializer: Callable[..., object] | None = None, initargs: tuple[Any, ...] = ()
) -> Iterator[ThreadPoolExecutor]:
    """A pool whose work is done when the block ends; after an error what has not begun is dropped.

    After a KeyboardInterrupt nothing is waited for: steps take seconds.
    """
    pool = ThreadPoolExecutor(threads, name, initializer, initargs)
    try:
        yield pool
    except BaseException as error:
        interrupted = isinstance(error, KeyboardInterrupt) or has_hung_up()
        pool.shutdown(wait=not interrupted, cancel_futures=True)
        raise
    pool.shutdown()
