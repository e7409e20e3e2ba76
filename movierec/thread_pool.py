"""Threads: those that are not waited for when a person interrupts, and small products of matrices on one alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import cache
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController, threadpool_limits

from movierec.database.interrupt import has_hung_up

__all__ = ["one_blas_thread", "safe_factorisation", "thread_pool"]

_lock, _inside = Lock(), 0
_limiter: Any = None


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


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """NumPy's products of matrices on one thread, in the whole process.

    For small ones: the threads of BLAS spin while they wait for each other, which on a busy machine makes
    milliseconds tenths of a second.
    """
    # The limit is that of the process: the first of several threads sets it, the last takes it back.
    global _inside, _limiter  # noqa: PLW0603
    with _lock:
        _inside += 1
        if _inside == 1:
            _limiter = _controller().limit(limits=1, user_api="blas")
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                _limiter.restore_original_limits()


@contextmanager
def safe_factorisation(nbytes: int) -> Iterator[None]:
    """Around LAPACK's factorisation of a matrix of so many bytes, on one thread from 2 GiB on: OpenBLAS 0.3.30
    with several ends the process by a segmentation fault.
    """
    with threadpool_limits(1, user_api="blas") if nbytes >= 2**31 else nullcontext():
        yield


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
