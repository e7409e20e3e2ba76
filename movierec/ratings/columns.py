"""Columns of text -> typed arrays, strictly: what is not exactly right is a Reject, never a guess.

    integers    ASCII digits only, within int64
    ratings     a finite decimal number within the scale of the file, turned into stars
    timestamps  whole Unix seconds (or milliseconds, when told so), 1970 to 2100
    texts       not empty, no control characters, all bytes of the encoding
    ids         integers; or any text, from which a stable integer is made: `hash_id`

Each conversion first looks at the column as a whole, which costs little, and at single values only when
something in it is wrong.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from movierec.ratings.rejects import Reject, quoted
from movierec.ratings.tables import TextChunk

__all__ = ["MAX_STARS", "MIN_STARS", "CheckedColumns", "Scale", "hash_id", "text_fault", "whole_number"]

MIN_STARS, MAX_STARS = 0.5, 5.0
INT64_MAX = 2**63 - 1
LATEST_SECOND = 4_102_444_800  # 2100-01-01: a larger number is not a time in seconds
MILLISECONDS = 1000
LONGEST_TEXT = 4000  # characters

_DIGITS = re.compile(r"[0-9]{1,19}")
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NOT_DECODED = re.compile(r"[\ud800-\udfff]")

T = TypeVar("T")
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Scale:
    """The ratings that a file may hold. They are kept as stars: rating * 5 / high."""

    low: float = MIN_STARS
    high: float = MAX_STARS

    def stars(self, rating: float) -> float:
        return rating if self.high == MAX_STARS else rating * MAX_STARS / self.high


class CheckedColumns:
    """The conversions of one chunk. A row that fails one is in `rejects`, and not in `good`, its mask."""

    def __init__(self, label: str, chunk: TextChunk) -> None:
        self.label = label
        self.chunk = chunk
        self._bad: dict[int, Reject] = {}

    @property
    def rejects(self) -> list[Reject]:
        """One a bad row, its first fault."""
        return [*self.chunk.rejects, *self._bad.values()]

    @property
    def good(self) -> NDArray[np.bool_]:
        """(N,) bool: is nothing wrong with the row?"""
        mask = np.ones(len(self.chunk.lines), dtype=bool)
        mask[list(self._bad)] = False
        return mask

    def reject(self, position: int, column: str, expectation: str) -> None:
        """The row at `position` of the chunk is wrong; only its first fault counts."""
        if position not in self._bad:
            value = quoted(self.chunk.columns[column][position])
            line = self.chunk.lines[position]
            self._bad[position] = Reject(
                file=self.label, line=line, column=column, value=value, expectation=expectation
            )

    def integers(self, column: str, highest: int = INT64_MAX, expectation: str = "") -> Integers:
        """(N,) int64, 0 where the value is wrong."""
        values = self.chunk.columns[column]
        joined = "".join(values)
        if joined.isascii() and joined.isdigit() and all(values) and max(map(len, values)) <= 18:
            numbers = np.fromiter(map(int, values), dtype=np.int64, count=len(values))
            if int(numbers.max()) <= highest:
                return numbers
        expectation = expectation or f"a whole number from 0 to {highest}"
        convert = partial(whole_number, highest=highest)
        return np.array(self._converted(column, convert, expectation, 0), dtype=np.int64)

    def ids(self, column: str, are_texts: bool) -> tuple[Integers, list[str] | None]:
        """(N,) int64 ids, and the texts they were made from where the file's ids are texts."""
        if not are_texts:
            return self.integers(column), None
        texts = self.texts(column)
        number_of = {text: hash_id(text) for text in set(texts)}
        return np.fromiter((number_of[text] for text in texts), dtype=np.int64, count=len(texts)), texts

    def stars(self, column: str, scale: Scale) -> NDArray[np.float64]:
        """(N,) float64 stars, 0 where the value is wrong."""
        values = self.chunk.columns[column]
        stars_of = {}
        for text in set(values):
            rating = _finite(text)
            if rating is not None and scale.low <= rating <= scale.high:
                stars_of[text] = scale.stars(rating)
        expectation = f"a rating from {scale.low:g} to {scale.high:g}"
        return np.array(self._converted(column, stars_of.get, expectation, 0.0), dtype=np.float64)

    def timestamps(self, column: str, in_milliseconds: bool) -> Integers:
        """(N,) int64 Unix seconds. Numbers written as 881250949.0 or 8.8125e8 are whole too."""
        if in_milliseconds:
            highest, expectation = LATEST_SECOND * MILLISECONDS, "whole Unix milliseconds, at most the year 2100"
        else:
            highest = LATEST_SECOND
            expectation = "whole Unix seconds, at most the year 2100 (milliseconds: --timestamp-unit ms)"

        def convert(text: str) -> int | None:
            number = _finite(text)
            return int(number) if number is not None and 0 <= number <= highest and number == int(number) else None

        values = self.chunk.columns[column]
        joined = "".join(values)
        if joined.isascii() and joined.isdigit():
            seconds = self.integers(column, highest, expectation)
        else:
            seconds = np.array(self._converted(column, convert, expectation, 0), dtype=np.int64)
        return seconds // MILLISECONDS if in_milliseconds else seconds

    def texts(self, column: str, encoding: str = "utf-8", may_be_empty: bool = False) -> list[str]:
        """Texts without blanks around them, "" where one is wrong."""
        texts = []
        for position, text in enumerate(self.chunk.columns[column]):
            fault = text_fault(text, encoding, may_be_empty)
            if fault:
                self.reject(position, column, fault)
            texts.append("" if fault else text.strip())
        return texts

    def _converted(self, column: str, convert: Callable[[str], T | None], expectation: str, instead: T) -> list[T]:
        converted: list[T] = []
        for position, text in enumerate(self.chunk.columns[column]):
            value = convert(text)
            if value is None:
                self.reject(position, column, expectation)
                value = instead
            converted.append(value)
        return converted


def text_fault(text: str, encoding: str, may_be_empty: bool = False) -> str | None:
    """What was expected of a text that cannot be kept; None when it can."""
    if not text.strip() and not may_be_empty:
        return "text, not nothing"
    if not text.isascii():
        if _NOT_DECODED.search(text):
            return f"{encoding} text; these bytes are of another encoding"
        if encoding == "latin-1" and _is_utf8_read_as_latin1(text):
            return "latin-1 text; these bytes are UTF-8"
    if _CONTROL.search(text):
        return "text without control characters"
    if len(text) > LONGEST_TEXT:
        return f"at most {LONGEST_TEXT} characters"
    return None


def whole_number(text: str, highest: int = INT64_MAX) -> int | None:
    """The number that a text of ASCII digits is; None for other texts, and above `highest`."""
    number = int(text) if _DIGITS.fullmatch(text) else None
    return None if number is None or number > highest else number


def hash_id(text: str) -> int:
    """A stable id in 1..2^63-1 for an id that is a text: the first 63 bits of its BLAKE2b hash.

    Two of a million texts share one with a probability of 5e-8; the load finds that and stops.
    """
    return (int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1) or 1


def _finite(text: str) -> float | None:
    """A decimal number; not "nan", "inf", "1_000" or digits of other scripts, which float() would take."""
    if not _DECIMAL.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def _is_utf8_read_as_latin1(text: str) -> bool:
    try:
        text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return False
    return True
