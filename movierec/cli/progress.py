"""How the command line shows progress, on stderr: a bar on a terminal, else a line every ten seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from movierec.progress import Advance

__all__ = ["bar_or_lines"]

SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def bar_or_lines(title: str, total: int | None, unit: str, done: int = 0) -> Iterator[Advance]:
    """The `Progress` of the command line."""
    listen = _bar if sys.stderr.isatty() else _lines
    with listen(title, total, unit, done) as advance:
        yield advance


@contextmanager
def _bar(title: str, total: int | None, unit: str, before: int) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    amount: ProgressColumn = DownloadColumn() if unit == "B" else MofNCompleteColumn()
    columns = [
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        amount,
        TextColumn("{task.fields[note]}"),
    ]
    with Progress(
        *columns,
        TimeElapsedColumn(),
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        task = progress.add_task(title, total=total, completed=before, note="")

        def advance(n: int, note: str = "") -> None:
            progress.update(task, advance=n, note=note)

        yield advance


@contextmanager
def _lines(title: str, total: int | None, unit: str, before: int) -> Iterator[Advance]:
    started = last_line = time.monotonic()
    done = before

    def advance(n: int, note: str = "") -> None:
        nonlocal done, last_line
        done += n
        now = time.monotonic()
        if now - last_line >= SECONDS_BETWEEN_LINES:
            last_line = now
            now_done = done - before
            left = (
                f", about {(now - started) * (total - done) / now_done:.0f} s left" if total and now_done else ""
            )
            of_total = f" of {_amount(total, unit)}" if total else ""
            said = f", {note}" if note else ""
            click.echo(f"{title}: {_amount(done, unit)}{of_total}{said}{left}", err=True)

    yield advance


def _amount(n: int, unit: str) -> str:
    return f"{n / 2**20:.0f} MB" if unit == "B" else f"{n:,} {unit}"
