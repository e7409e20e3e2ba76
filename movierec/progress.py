"""How a long stage reports what it has done, without knowing who listens.

A stage takes `progress: Progress` and works inside `with progress("load ratings", total, "rows") as
advance:`, calling `advance(n, note)` after each batch. The command line listens with a bar or a plain
line now and then; everybody else leaves the default, `silent`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

__all__ = ["Advance", "Progress", "by_share", "silent", "silently"]


class Advance(Protocol):
    """Call with the number of units just done, and optionally a short note such as a loss."""

    def __call__(self, n: int, note: str = "") -> None: ...


class Progress(Protocol):
    """Open one task: its title, its total in `unit`s (None when unknown), how many of them were done before."""

    def __call__(
        self, title: str, total: int | None, unit: str, done: int = 0
    ) -> AbstractContextManager[Advance]: ...


def silently(n: int, note: str = "") -> None:
    """The `Advance` that says nothing."""


def by_share(advance: Advance, total: int) -> Callable[..., None]:
    """A function of the share that is done, 0 to 1, and maybe a note, that tells `advance` of it in `total`."""
    done = 0

    def reached(share: float, note: str = "") -> None:
        nonlocal done
        done, before = round(share * total), done
        advance(done - before, note)

    return reached


@contextmanager
def silent(title: str, total: int | None, unit: str, done: int = 0) -> Iterator[Advance]:
    """The listener that says nothing."""
    yield silently
