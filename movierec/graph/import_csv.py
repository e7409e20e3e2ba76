"""Rows as the CSV that Neo4j's importer reads: ratings, a block at a time, and a few nodes with properties.

Ratings name their user and movie by position, numbered in the order in which they are first seen, so that a row
takes little room whatever the ids are. A user's second rating of a movie may stand anywhere in the files; the
pairs of all rows are kept in a file beside the CSV, 8 bytes each, and compared part by part, so that the memory
stays the same for any number of rows.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from movierec.ids import Id, Ids

__all__ = ["RatingRows", "csv_lines", "decimal_digits", "node_columns", "node_line", "number_texts"]

Texts = NDArray[np.uint8]  # (N, width): one text a row, with 0 where there is no character
PART_PAIRS = 4_000_000  # that are compared at once
BLOCK_ROWS = 1_000_000
COMMA, NEWLINE, ZERO = ord(","), ord("\n"), ord("0")


def decimal_digits(values: NDArray[np.int64]) -> Texts:
    """Whole numbers from 0 to 2^32 - 1, (N,), as text."""
    rest = values.astype(np.uint32)
    width = len(str(int(rest.max(initial=0))))
    texts = np.zeros((len(rest), width), dtype=np.uint8)
    for place in range(width - 1, -1, -1):
        quotient = rest // np.uint32(10)
        digits = (rest - quotient * np.uint32(10) + np.uint32(ZERO)).astype(np.uint8)
        is_there = rest > 0 if place < width - 1 else True  # no zeros in front, but for 0 itself
        texts[:, place] = np.where(is_there, digits, 0)
        rest = quotient
    return texts


def number_texts(values: NDArray[np.float64]) -> Texts:
    """Numbers, (N,), of which few are distinct, as the shortest text that is read back as the same number."""
    which, distinct = pd.factorize(values)
    texts = [repr(float(value)).encode() for value in distinct]
    width = max(map(len, texts), default=0)
    table = np.frombuffer(b"".join(text.ljust(width, b"\0") for text in texts), dtype=np.uint8)
    return table.reshape(len(texts), width)[which]


def csv_lines(columns: Sequence[Texts], end: bytes) -> bytes:
    """Lines of the columns, divided by commas; `end` stands at the end of each."""
    n = len(columns[0])
    parts: list[Texts] = []
    for column in columns:
        parts += [column, np.full((n, 1), COMMA, dtype=np.uint8)]
    parts[-1] = np.tile(np.frombuffer(end, dtype=np.uint8), (n, 1))
    lines = np.concatenate(parts, axis=1)
    return bytes(lines[lines != 0].data)


class RatingRows:
    """The ratings of a load as a CSV for the importer; used as a context manager around the adding.

    `users` and `movies` are the ids in the order of their positions, and `repeated` the rows by table that are of
    a user and movie of which there was a row before; both are complete after `keep_newest`.
    """

    def __init__(self, folder: Path, load_id: int) -> None:
        self.path = folder / "ratings.csv"
        self.header = ":START_ID(User),:END_ID(Movie),rating:double,timestamp:long,loadId:long\n"
        self.n_rows = 0
        self.repeated: list[int] = []
        self._end = f",{load_id}\n".encode()
        self._pairs_path, self._times_path = folder / "pairs", folder / "times"
        self._users: dict[Id, int] = {}
        self._movies: dict[Id, int] = {}
        self._table_starts: list[int] = []
        self._files: list[BinaryIO] = []

    def __enter__(self) -> RatingRows:
        self._files = [path.open("wb") for path in (self.path, self._pairs_path, self._times_path)]
        self._files[0].write(self.header.encode())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files:
            file.close()

    @property
    def users(self) -> list[Id]:
        return list(self._users)

    @property
    def movies(self) -> list[Id]:
        return list(self._movies)

    def begin_table(self) -> None:
        """The rows that come now are of the next table."""
        self._table_starts.append(self.n_rows)

    def add(
        self, user_ids: Ids, movie_ids: Ids, ratings: NDArray[np.float64], timestamps: NDArray[np.int64]
    ) -> None:
        """Take the next rows, (N,) each."""
        users, movies = _positions(user_ids, self._users), _positions(movie_ids, self._movies)
        text, pairs, times = self._files
        columns = [
            decimal_digits(users),
            decimal_digits(movies),
            number_texts(ratings),
            decimal_digits(timestamps),
        ]
        text.write(csv_lines(columns, self._end))
        pairs.write((users << 32 | movies).tobytes())
        times.write(timestamps.astype(np.int64).tobytes())
        self.n_rows += len(users)

    def keep_newest(self) -> None:
        """Leave one row for each user and movie: the newest, of equally new ones the last."""
        rows, pairs = self._of_several()
        times = np.memmap(self._times_path, dtype=np.int64, mode="r")[rows] if len(rows) else rows
        by_time = np.lexsort((rows, times, pairs))
        old = np.sort(rows[by_time][:-1][pairs[by_time][1:] == pairs[by_time][:-1]])
        by_row = np.argsort(pairs, kind="stable")
        later = rows[by_row][1:][pairs[by_row][1:] == pairs[by_row][:-1]]
        bounds = [*self._table_starts, self.n_rows]
        self.repeated = np.histogram(later, bins=[*bounds[:-1], bounds[-1] + 1])[0].tolist() if bounds[1:] else []
        self._pairs_path.unlink()
        self._times_path.unlink()
        if len(old):
            self._drop(old)
            self.n_rows -= len(old)

    def _of_several(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The rows of users and movies that have several, and their pairs, (N,) each, in the order of the rows."""
        n_parts = 1 << max(0, -(-self.n_rows // PART_PAIRS) - 1).bit_length()
        several = [np.empty(0, dtype=np.int64)]
        for part in range(n_parts):
            in_part = [pairs[pairs & (n_parts - 1) == part] for _, pairs in self._pairs()]
            ordered = np.sort(np.concatenate(in_part)) if in_part else several[0]
            several.append(np.unique(ordered[1:][ordered[1:] == ordered[:-1]]))
        wanted = np.sort(np.concatenate(several))
        found = [(several[0], several[0])]
        if len(wanted):
            for start, pairs in self._pairs():
                rows = np.flatnonzero(wanted[np.searchsorted(wanted, pairs).clip(max=len(wanted) - 1)] == pairs)
                found.append((rows + start, pairs[rows]))
        return np.concatenate([rows for rows, _ in found]), np.concatenate([pairs for _, pairs in found])

    def _pairs(self) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """The pairs of all rows in blocks, each with the number of its first row."""
        with self._pairs_path.open("rb") as file:
            for start in range(0, self.n_rows, BLOCK_ROWS):
                yield start, np.frombuffer(file.read(8 * BLOCK_ROWS), dtype=np.int64)

    def _drop(self, old: NDArray[np.int64]) -> None:
        """Write the CSV anew without these rows, which are in order."""
        draft = self.path.with_name("ratings.new")
        with self.path.open("rb") as file, draft.open("wb") as kept:
            kept.write(file.readline())
            row = 0
            for block in _whole_lines(file):
                ends = np.flatnonzero(block == NEWLINE) + 1
                stays = np.ones(len(ends), dtype=bool)
                stays[old[np.searchsorted(old, row) : np.searchsorted(old, row + len(ends))] - row] = False
                kept.write(block[np.repeat(stays, np.diff(ends, prepend=0))].tobytes())
                row += len(ends)
        os.replace(draft, self.path)


def node_columns(properties: Mapping[str, Any]) -> tuple[str, ...]:
    """The importer's names of the properties of a node, with their types; None and empty lists are left out."""
    return tuple(
        f"{name}:{_type_of(name, value)}" for name, value in sorted(properties.items()) if value not in (None, [])
    )


def node_line(properties: Mapping[str, Any], array_delimiter: str) -> str:
    """The line of a node in a CSV with the columns `node_columns`."""
    texts = []
    for _, value in sorted(properties.items()):
        if value not in (None, []):
            parts = value if isinstance(value, list) else [value]
            text = array_delimiter.join(_text_of(part) for part in parts)
            texts.append('"' + text.replace('"', '""') + '"')
    return ",".join(texts) + "\n"


def _type_of(name: str, value: Any) -> str:
    if isinstance(value, list):
        return f"{_type_of(name, value[0])}[]"
    if isinstance(value, str) and name.endswith("At"):
        return "datetime"
    return {bool: "boolean", int: "long", float: "double", str: "string"}[type(value)]


def _text_of(value: Any) -> str:
    return (
        str(value).lower() if isinstance(value, bool) else repr(value) if isinstance(value, float) else str(value)
    )


def _positions(ids: Ids, known: dict[Id, int]) -> NDArray[np.int64]:
    """The position of each id, (N,); new ones are numbered on."""
    which, distinct = pd.factorize(ids)
    found = (known.setdefault(one, len(known)) for one in distinct.tolist())
    return np.fromiter(found, dtype=np.int64, count=len(distinct))[which]


def _whole_lines(file: BinaryIO) -> Iterator[NDArray[np.uint8]]:
    """The rest of a file in blocks of whole lines."""
    rest = b""
    while block := file.read(1 << 22):
        end = block.rfind(b"\n") + 1
        yield np.frombuffer(rest + block[:end], dtype=np.uint8)
        rest = block[end:]
