"""Plain lines: a table of text taken apart as bytes, by NumPy, where nothing in it needs a closer look.

In: whole lines of ASCII, each with the same number of delimiters, no blank lines, and quotation marks, where
fields may be quoted, only around whole fields. Out: `PlainColumn`s, the texts of a column as places in the bytes;
integers are computed from the bytes, and texts are made only for who asks. For all other lines the answer is None,
and `tables.py` reads them with care. Both ways give the same texts for the same lines.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Sequence
from functools import cached_property
from typing import IO, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from movierec.ratings.text_columns import LONGEST_INTEGER, TextColumn

__all__ = ["LineBlocks", "PlainColumn", "is_plain_encoding", "n_line_ends", "plain_columns"]

BLOCK_BYTES = 1 << 22
LONGEST_PACKED = 8  # characters of a text that is compared as one number
STAND_IN = b"\x1f"  # for a delimiter of several characters, such as "::"
NEWLINE, QUOTE, ZERO = 10, 34, 48
PLAIN_ENCODINGS = ("utf-8", "ascii", "iso8859-1", "cp1252")  # whose ASCII bytes are ASCII characters, always

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]


class PlainColumn(TextColumn):
    """A column of N texts, which begin at `starts` and end before `ends` in `content`, (N,) int64."""

    def __init__(self, content: Bytes, starts: Places, ends: Places) -> None:
        self._content = content
        self._starts = starts
        self._ends = ends

    def __len__(self) -> int:
        return len(self._starts)

    @cached_property
    def texts(self) -> list[str]:
        whole = self._content.tobytes().decode("ascii")
        places = zip(self._starts.tolist(), self._ends.tolist(), strict=True)
        return [whole[start:end] for start, end in places]

    def integers(self) -> NDArray[np.int64] | None:
        lengths = self._ends - self._starts
        if not len(lengths) or lengths.min() < 1 or lengths.max() > LONGEST_INTEGER:
            return None
        shortest = int(lengths.min())
        values = np.zeros(len(lengths), dtype=np.int64)
        longer: Any = slice(None)  # the texts that have a digit at this place, counted from the end
        for place in range(int(lengths.max())):
            if place >= shortest:
                longer = np.flatnonzero(lengths > place)
            digits = self._content[self._ends[longer] - 1 - place] - np.uint8(ZERO)  # below "0" it becomes large
            if digits.max() > 9:
                return None
            values[longer] += digits * np.int64(10**place)
        return values

    def any_leads_with_zero(self) -> bool:
        is_long = self._ends - self._starts > 1
        return bool(np.any(self._content[self._starts[is_long]] == ZERO))

    def distinct(self) -> tuple[list[str], NDArray[np.intp]]:
        lengths = self._ends - self._starts
        if not len(lengths) or lengths.max() > LONGEST_PACKED:
            return super().distinct()
        packed = np.zeros(len(lengths), dtype=np.uint64)
        for place in range(int(lengths.max())):
            longer = np.flatnonzero(lengths > place)
            packed[longer] |= self._content[self._starts[longer] + place].astype(np.uint64) << np.uint64(8 * place)
        codes, numbers = pd.factorize(packed)
        # A text has no NUL, which is what a shorter one is filled with.
        texts = [int(number).to_bytes(LONGEST_PACKED, "little").rstrip(b"\x00").decode() for number in numbers]
        return texts, codes


def n_line_ends(raw: bytes) -> int:
    """How many lines end in `raw`; bytes.count takes ten times as long."""
    return int(np.count_nonzero(np.frombuffer(raw, dtype=np.uint8) == NEWLINE))


def is_plain_encoding(encoding: str) -> bool:
    """Is every ASCII byte of such a text that ASCII character?"""
    return codecs.lookup(encoding).name in PLAIN_ENCODINGS


def plain_columns(
    raw: bytes, delimiter: str, n_columns: int, positions: Sequence[int], is_quoted: bool
) -> list[PlainColumn] | None:
    """The columns at `positions` of whole lines of `n_columns` each; None where that is not plain to see.

    `is_quoted`: whether fields may be quoted, and blanks at their beginning do not count, as in CSV.
    """
    divider = delimiter.encode("ascii")
    if n_columns < 2 or not raw.isascii() or b"\x00" in raw:
        return None
    if is_quoted and (raw.startswith(b" ") or b"\n " in raw or divider + b" " in raw):
        return None
    if len(divider) > 1:
        if STAND_IN in raw:
            return None
        raw, divider = raw.replace(divider, STAND_IN), STAND_IN
    n_returns = raw.count(b"\r")
    content = np.frombuffer(raw, dtype=np.uint8)
    is_line_end = content == NEWLINE
    n_lines = int(np.count_nonzero(is_line_end))
    separators = np.flatnonzero((content == divider[0]) | is_line_end)
    if len(separators) != n_lines * n_columns or n_returns not in (0, n_lines):
        return None
    ends = separators.reshape(n_lines, n_columns)
    line_ends = ends[:, -1]
    if not np.all(is_line_end[line_ends]):
        return None
    if n_returns:
        if np.any(content[line_ends - 1] != ord("\r")):
            return None
        ends[:, -1] -= 1
    starts = np.empty_like(ends)
    starts[:, 1:] = ends[:, :-1] + 1
    starts[:1, 0] = 0
    starts[1:, 0] = line_ends[:-1] + (2 if n_returns else 1)
    if is_quoted and b'"' in raw and not _unquote(content, starts, ends):
        return None
    return [PlainColumn(content, starts[:, position].copy(), ends[:, position].copy()) for position in positions]


def _unquote(content: Bytes, starts: Places, ends: Places) -> bool:
    """Move the bounds of quoted fields inwards; False where a quotation mark is anywhere but around a field."""
    is_mark = content == QUOTE
    is_open = is_mark[starts]
    is_closed = is_mark[ends - 1] & (ends - starts > 1)
    if np.any(is_open & ~is_closed) or 2 * np.count_nonzero(is_open) != np.count_nonzero(is_mark):
        return False
    starts += is_open
    ends -= is_open
    return True


class LineBlocks:
    """Whole lines of a stream of bytes, so many at a time."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._buffer = b""
        self._start = 0  # of the lines that were not taken yet
        self._ends = np.empty(0, dtype=np.int64)  # where each of them ends, after its line end
        self._is_over = False

    def take(self, n: int, longest: int) -> bytes | None:
        """The next `n` lines, fewer at the end of the stream; None where one is longer than `longest` bytes."""
        while len(self._ends) < n and not self._is_over:
            self._read_block()
            last = int(self._ends[-1]) if len(self._ends) else 0
            if len(self._buffer) - last > longest:
                return None
        ends = self._ends[:n]
        if not len(ends):
            return b""
        if np.diff(ends, prepend=self._start).max() > longest:
            return None
        raw = self._buffer[self._start : int(ends[-1])]
        self._start, self._ends = int(ends[-1]), self._ends[n:]
        return raw

    def rest(self, taken: bytes = b"") -> IO[bytes]:
        """A stream of `taken`, which comes once more, and of everything that was not taken yet."""
        return io.BufferedReader(_Chained(taken + self._buffer[self._start :], self._stream))

    def _read_block(self) -> None:
        block = self._stream.read(BLOCK_BYTES)
        self._is_over = not block
        self._buffer = self._buffer[self._start :] + block
        self._start = 0
        if self._is_over and self._buffer and not self._buffer.endswith(b"\n"):
            self._buffer += b"\n"  # the last line may lack it
        self._ends = np.flatnonzero(np.frombuffer(self._buffer, dtype=np.uint8) == NEWLINE) + 1


class _Chained(io.RawIOBase):
    """Some bytes, and then a stream."""

    def __init__(self, first: bytes, stream: IO[bytes]) -> None:
        self._first = memoryview(first)
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        block = self._first[: len(view)] if len(self._first) else self._stream.read(len(view))
        self._first = self._first[len(block) :]
        view[: len(block)] = block
        return len(block)
