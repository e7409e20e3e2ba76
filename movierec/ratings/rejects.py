"""Rows that cannot be loaded: how they are described, counted, written down, and when they stop a load.

A Reject names file, line, column, value and what was expected. `BadRows` lets up to `limit` of them pass
(0: the first one stops; -1: any number) and writes each as one JSON object a line, so that what was left
out can be mended and loaded later.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import TextIO

from movierec.errors import DataRejected, MovieRecError

__all__ = ["BadRows", "Reject", "escaped", "printable", "quoted", "quoted_columns"]

LONGEST_VALUE = 80  # characters of a value that a message shows
LONGEST_NAME, MOST_NAMES = 30, 12  # of a column, and of a list of them


@dataclass(frozen=True, kw_only=True)
class Reject:
    """One row that cannot be loaded. `line` counts from 1, header included; in Parquet it counts rows."""

    file: str
    line: int
    column: str
    value: str
    expectation: str

    def __str__(self) -> str:
        return f"{self.file} line {self.line}: {self.column} is {self.value!r}; expected {self.expectation}."


def quoted(value: str) -> str:
    """A value as a record keeps it: undecodable bytes as backslash escapes, cut when it is long."""
    try:
        data = value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a pair, as JSON may have it
        data = value.encode("utf-8", "surrogatepass")
    text = data.decode("utf-8", "backslashreplace")
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "..."


def printable(value: str) -> str:
    """A value as a terminal may show it: control characters escaped too."""
    return escaped(quoted(value))


def escaped(text: str) -> str:
    """A text of one line that a terminal may show: control characters as backslash escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def quoted_columns(columns: Sequence[str]) -> str:
    """The names of columns as a message lists them."""
    shown = ", ".join(printable(column)[:LONGEST_NAME] for column in columns[:MOST_NAMES])
    return shown if len(columns) <= MOST_NAMES else f"{shown}, ... ({len(columns)} columns)"


class BadRows:
    """Takes rejects until there are too many; `path` is written anew. Used as a context manager.

    `count` is how many there were. Raises DataRejected for the one that is too many, and MovieRecError
    when the file cannot be written: nothing of the chunk that they belong to has been loaded then.
    """

    def __init__(self, limit: int = 0, path: Path | None = None) -> None:
        self.limit = limit
        self.path = path
        self.count = 0
        self._first: Reject | None = None
        self._file: TextIO | None = None

    def __enter__(self) -> BadRows:
        if self.path is not None:
            try:
                self._file = self.path.open("w", encoding="utf-8")
            except OSError as error:
                raise self._unwritable(error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            try:
                self._file.close()
            except OSError as fault:
                # What could not be flushed was reported when it was written; closing tries once more.
                if kind is None:
                    raise self._unwritable(fault) from fault

    def take(self, rejects: Iterable[Reject]) -> None:
        """Take those of one chunk; they are on disk when this returns."""
        for reject in sorted(rejects, key=lambda reject: reject.line):
            self._first = self._first or reject
            self.count += 1
            self._write(reject)
            if 0 <= self.limit < self.count:
                self._flush()
                raise DataRejected(self._verdict(reject))
        self._flush()

    def _verdict(self, last: Reject) -> str:
        if self.limit == 0:
            return f"{last} Fix it, or give --max-bad-rows to skip such rows."
        kept = f" All are in {self.path}." if self.path else ""
        return f"{self.count} bad rows, more than --max-bad-rows {self.limit}. The first: {self._first}{kept}"

    def _write(self, reject: Reject) -> None:
        if self._file is None:
            return
        try:
            self._file.write(json.dumps(asdict(reject), ensure_ascii=False) + "\n")
        except OSError as error:
            raise self._unwritable(error) from error

    def _flush(self) -> None:
        if self._file is None:
            return
        try:
            self._file.flush()
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> MovieRecError:
        return MovieRecError(
            f"Cannot write the rejected rows to {self.path}: {error.strerror}. Make room, or name another file "
            "with --rejects, and run again; what was loaded is kept."
        )
