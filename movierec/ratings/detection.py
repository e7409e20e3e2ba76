"""What was understood of a table: its columns, how each was read, and its first rows as they are stored."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec.ratings.columns import UNIT_NAMES, Scale
from movierec.ratings.rejects import printable
from movierec.ratings.source import Table

if TYPE_CHECKING:
    from movierec.ratings.validate import Chunk
from movierec.ratings.tables import has_several_rows_a_line

__all__ = ["DetectedColumn", "DetectedTable", "Detection"]

N_FIRST = 3  # rows that are shown
MANY = 20  # ratings, of which some should be likes
LIKE = 4.0  # stars


@dataclass(frozen=True, kw_only=True)
class DetectedColumn:
    """One column and how it was read."""

    name: str
    """what it is for movierec, such as movieId"""
    column: str | None
    """its name in the file; null where no column holds it"""
    reading: str
    """how its values were read"""


@dataclass(frozen=True, kw_only=True)
class DetectedTable:
    """What was understood of one table."""

    kind: str
    """movies, links, users, ratings, personal (the ratings of one person) or tags"""
    columns: tuple[DetectedColumn, ...]
    unused: tuple[str, ...]
    """columns of the file that were not read"""
    earliest: str | None
    """time of the oldest row, in ISO 8601; null where there are no times"""
    latest: str | None
    """time of the newest row"""
    without_time: int
    """rows without a time; they are kept, and count as the oldest"""
    first_rows: tuple[dict[str, Any], ...]
    """the first rows, as they are stored"""
    warnings: tuple[str, ...]
    """what was left out or looks wrong"""


class Detection:
    """Gathers a `DetectedTable` while the chunks of a table go by."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._first: list[dict[str, Any]] = []
        self._earliest: int | None = None
        self._latest = 0
        self._without_time = 0
        self._n_ratings, self._highest = 0, 0.0
        self.skipped = 0  # rows that hold nothing to be kept
        self._lost: Counter[str] = Counter()
        self._lost_example: dict[str, str] = {}

    def add(self, chunk: Chunk) -> None:
        """Take the good rows of one chunk."""
        if len(self._first) < N_FIRST:
            self._first += _rows(chunk, N_FIRST - len(self._first))
        stars = chunk.columns.get("ratings")
        if stars is not None and len(stars):
            self._n_ratings += len(stars)
            self._highest = max(self._highest, float(stars.max()))
        times = chunk.columns.get("timestamps")
        if times is None or not len(times) or self._has_places:
            return
        with_time = times[times > 0]
        self._without_time += len(times) - len(with_time)
        if len(with_time):
            earliest = int(with_time.min())
            self._earliest = earliest if self._earliest is None else min(earliest, self._earliest)
            self._latest = max(self._latest, int(with_time.max()))

    def count_lost(self, name: str, text: str) -> None:
        """A value that was not understood, in a row that is kept."""
        self._lost[name] += 1
        self._lost_example.setdefault(name, printable(text))

    def result(self) -> DetectedTable:
        table = self.table
        known = set(table.columns) - {""}
        used = {*table.fields.values(), *table.genre_flags}
        return DetectedTable(
            kind=table.kind,
            columns=tuple(self._columns()),
            unused=tuple(sorted(printable(column) for column in known - used)),
            earliest=None if self._earliest is None else _iso(self._earliest),
            latest=None if self._earliest is None else _iso(self._latest),
            without_time=self._without_time,
            first_rows=tuple(self._first),
            warnings=tuple(self._warnings()),
        )

    def _columns(self) -> list[DetectedColumn]:
        table = self.table
        names = list(table.fields)
        if table.user is not None:
            names.insert(0, "userId")
        if table.kind in ("ratings", "personal"):
            names = [name for name in names if name not in ("rating", "timestamp")] + ["rating", "timestamp"]
        if table.genre_flags:
            names.append("genres")
        found = []
        for name in names:
            column = table.fields.get(name)
            shown = None if column is None else printable(column)
            found.append(DetectedColumn(name=name, column=shown, reading=self._reading(name)))
        return found

    def _reading(self, name: str) -> str:
        table = self.table
        is_there = name in table.fields
        if name == "userId" and table.user is not None:
            return f"always {printable(table.user)}"
        if name in ("userId", "movieId"):
            return "texts" if table.id_kinds.get(name) == "text" else "whole numbers"
        if name == "rating":
            scale = table.scale or Scale()
            stored = "" if scale.high == 5 and scale.low >= 0 else ", stored as stars up to 5"
            return (
                f"{scale.low:g} to {scale.high:g}{stored}" if is_there else "none: each row is a like, of 5 stars"
            )
        if name == "timestamp" and self._has_places:
            return "its place in the line"
        if name == "timestamp":
            form = table.time_form or "s"
            if not is_there:
                return "none: all are equally old"
            return (
                f"Unix {UNIT_NAMES[form]}"
                if form in UNIT_NAMES
                else {"iso": "ISO 8601", "ymd": "YYYYMMDD"}.get(form, form)
            )
        if name == "genres":
            return f"divided by {table.genre_delimiter or '|'}" if is_there else "a column for each genre"
        return {"year": "year of release", "age": "whole numbers"}.get(name, "texts")

    @property
    def _has_places(self) -> bool:
        """Do places in an order stand for times?"""
        return has_several_rows_a_line(self.table.layout)

    def _warnings(self) -> list[str]:
        table = self.table
        found = [
            f"{_rows_said(n)} kept without {name}, which is not understood: such as {self._lost_example[name]!r}."
            for name, n in self._lost.items()
        ]
        if self.skipped:
            found.append(f"{_rows_said(self.skipped)} without a rating skipped.")
        if self._without_time and "timestamp" in table.fields:
            found.append(f"{_rows_said(self._without_time)} without a time kept, as the oldest.")
        if self._n_ratings >= MANY and self._highest < LIKE:
            found.append(
                f"no rating reaches {LIKE:g} stars, the highest is {self._highest:g}: nothing is a like. Is the "
                "scale another (--scale LOW:HIGH)?"
            )
        if self._earliest is not None and self._latest < FIRST_RATING:
            found.append(
                f"all times are before 1994, the newest is {_iso(self._latest)}; check --timestamp-unit and "
                "--timestamp-format, or leave them out with --timestamp-column ''."
            )
        return found


FIRST_RATING = int(datetime(1994, 1, 1, tzinfo=UTC).timestamp())  # nobody rated anything on the web before


def _rows(chunk: Chunk, n: int) -> list[dict[str, Any]]:
    """The first rows of a chunk, with the names of the graph's properties."""
    rows: list[dict[str, Any]] = []
    for i in range(min(n, len(chunk))):
        row: dict[str, Any] = {}
        for name, values in chunk.columns.items():
            value = values[i].item() if isinstance(values, np.ndarray) else values[i]
            row |= value if name == "properties" else {name.removesuffix("s"): value}
        rows.append(row)
    return rows


def _rows_said(n: int) -> str:
    return "1 row" if n == 1 else f"{n:,} rows"


def _iso(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
