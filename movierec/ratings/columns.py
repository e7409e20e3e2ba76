"""Columns of text -> typed arrays, strictly: what is not exactly right is a Reject, never a guess.

    ids         whole numbers, "7" and "7.0", within int64; or any text of at most 200 characters
    ratings     a finite decimal number within the scale of the file, or a word such as true, turned into stars
    timestamps  in the form of the file: Unix time, ISO 8601, or a format of strptime; 1970 to 2100; none is 0
    texts       not empty, no control characters, all bytes of the encoding

Blanks around a value do not count. Each conversion first looks at the column as a whole, which costs little, and
at single values only when something in it is wrong.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from movierec.ids import INT64_MAX, Ids, whole_number
from movierec.ratings.rejects import Reject, quoted
from movierec.ratings.tables import TextChunk
from movierec.ratings.text_columns import TextColumn, distinct

__all__ = [
    "LONGEST_ID",
    "MAX_STARS",
    "MIN_STARS",
    "UNITS",
    "UNIT_NAMES",
    "YES_OR_NO",
    "CheckedColumns",
    "Scale",
    "has_lost_digits",
    "is_missing",
    "is_time_format",
    "moments",
    "parse_integer_id",
    "parse_number",
    "parse_rating",
    "plain_integers",
    "text_fault",
    "text_id",
]

MIN_STARS, MAX_STARS = 0.5, 5.0
LATEST_SECOND = 4_102_444_800  # 2100-01-01
UNIT_NAMES = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}  # of Unix time, in a second
LONGEST_TEXT = 4000  # characters
LONGEST_ID = 200
LOST_DIGITS = "an id with all its digits, not scientific notation: write it anew as text where it comes from"

# What programs write for nothing.
MISSING = frozenset({"", "nan", "na", "n/a", "null", "none", "\\n", "nat", "<na>"})
WORDS = {"true": 1.0, "t": 1.0, "yes": 1.0, "y": 1.0, "false": 0.0, "f": 0.0, "no": 0.0, "n": 0.0}

_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]{1,2}")  # "1,000" may be a thousand
_SCIENTIFIC = re.compile(r"[1-9](?:\.(?P<fraction>[0-9]+))?[eE]\+?(?P<exponent>[0-9]{1,3})")
_EXCEL_TEXT = re.compile(r'="(.*)"')
_WHOLE_FLOAT = re.compile(r"([0-9]{1,19})\.0*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NOT_DECODED = re.compile(r"[\ud800-\udfff]")

T = TypeVar("T")
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Scale:
    """The ratings that a file may hold. Stars are rating * 5 / high, or with low < 0 counted from low."""

    low: float = MIN_STARS
    high: float = MAX_STARS

    @property
    def is_finite(self) -> bool:
        return math.isfinite(self.low) and math.isfinite(self.high)

    def __str__(self) -> str:
        return f"{self.low:g}:{self.high:g}"

    def stars(self, rating: float) -> float:
        if self.low < 0:
            return (rating - self.low) * MAX_STARS / (self.high - self.low)
        return rating if self.high == MAX_STARS else rating * MAX_STARS / self.high


YES_OR_NO = Scale(0, 1)  # of true and false, too


class CheckedColumns:
    """The conversions of one chunk. A row that fails one is in `rejects`, and not in `good`, its mask."""

    def __init__(self, label: str, chunk: TextChunk) -> None:
        self.label = label
        self.chunk = chunk
        self._bad: dict[int, Reject] = {}
        self._left_out: set[int] = set()

    @property
    def rejects(self) -> list[Reject]:
        """One a bad row, its first fault."""
        return [*self.chunk.rejects, *self._bad.values()]

    @property
    def good(self) -> NDArray[np.bool_]:
        """(N,) bool: is nothing wrong with the row?"""
        mask = np.ones(len(self.chunk.lines), dtype=bool)
        mask[list(self._bad)] = False
        mask[list(self._left_out)] = False
        return mask

    def leave_out(self, positions: list[int]) -> None:
        """These rows hold nothing to be kept, which is no fault: whatever is in them is not looked at."""
        self._left_out.update(positions)

    def reject(self, position: int, column: str, expectation: str) -> None:
        """The row at `position` of the chunk is wrong; only its first fault counts."""
        if position not in self._bad and position not in self._left_out:
            value = quoted(self.chunk.columns[column][position])
            line = self.chunk.lines[position]
            self._bad[position] = Reject(
                file=self.label, line=line, column=column, value=value, expectation=expectation
            )

    def integers(self, column: str, highest: int, expectation: str) -> list[int | None]:
        """Whole numbers, None where there is none; what is neither is wrong."""

        def convert(text: str) -> int | None:
            return -1 if is_missing(text) else parse_integer_id(text, highest)

        return [None if value == -1 else value for value in self._converted(column, convert, expectation, -1)]

    def ids(self, column: str, kind: str, encoding: str = "utf-8", null_is_id: bool = False) -> Ids:
        """(N,) int64 of the kind "integer", or str of "text"; 0 and "" where the value is wrong.

        What programs write for nothing, such as NaN, is no id, unless `null_is_id`.
        """
        values = self.chunk.columns[column]
        if kind == "text":
            for position, text in enumerate(values):
                if not null_is_id and text and is_missing(text):
                    self.reject(position, column, "an id, not nothing (ids that are really so: --ids text)")
                elif text.startswith(("[", "{")):
                    self.reject(position, column, "one id, not a list or an object")
                elif has_lost_digits(text):
                    self.reject(position, column, LOST_DIGITS)
            texts = [text_id(text) for text in self.texts(column, encoding, longest=LONGEST_ID)]
            return np.array(texts, dtype=str) if texts else np.empty(0, dtype="<U1")
        plain = plain_integers(values)
        if plain is not None:
            return plain
        for position, text in enumerate(values):
            if has_lost_digits(text):
                self.reject(position, column, LOST_DIGITS)
        expectation = "a whole number (ids that are texts: --ids text)"
        return np.array(self._converted(column, parse_integer_id, expectation, 0), dtype=np.int64)

    def stars(self, column: str, scale: Scale) -> NDArray[np.float64]:
        """(N,) float64 stars, 0 where the value is wrong."""
        texts, which = distinct(self.chunk.columns[column])
        of_text = np.full(len(texts), np.nan)
        for i, text in enumerate(texts):
            rating = WORDS.get(text.strip().lower()) if scale == YES_OR_NO else None
            rating = parse_rating(text) if rating is None else rating
            if rating is not None and scale.low <= rating <= scale.high:
                of_text[i] = scale.stars(rating)
        stars = of_text[which]
        is_wrong = np.isnan(stars)
        for position in np.flatnonzero(is_wrong).tolist():
            self.reject(
                position,
                column,
                f"a rating from {scale.low:g} to {scale.high:g} (another scale: --scale LOW:HIGH)",
            )
        stars[is_wrong] = 0.0
        return stars

    def timestamps(self, column: str, form: str) -> Integers:
        """(N,) int64 Unix seconds, 0 where there is no time.

        `form` is a unit of Unix time, "iso", "ymd", or a format of strptime.
        """
        values = self.chunk.columns[column]
        if form in UNITS:
            highest, unit = LATEST_SECOND * UNITS[form], UNITS[form]
            plain = plain_integers(values)
            if plain is not None and int(plain.max(initial=0)) <= highest:
                return plain // unit

            def convert(text: str) -> int | None:
                if is_missing(text):
                    return 0
                number = parse_number(text.strip())
                if number is None or not 0 <= number <= highest:
                    return None
                exact = whole_number(text.strip())  # a float holds 15 digits
                return (int(number) if exact is None else exact) // unit

            expectation = (
                f"Unix {UNIT_NAMES[form]}, at most the year 2100, or nothing "
                "(other times: --timestamp-unit, --timestamp-format; none: --timestamp-column '')"
            )
            return np.array(self._converted(column, convert, expectation, 0), dtype=np.int64)
        distinct = sorted({text for text in values if not is_missing(text)})
        seconds = dict(zip(distinct, moments(distinct, form), strict=True))

        def look_up(text: str) -> int | None:
            return 0 if is_missing(text) or (form == "ymd" and parse_number(text.strip()) == 0) else seconds[text]

        what = {"iso": "a time as in ISO 8601", "ymd": "a date such as 20240501"}.get(form, f"a time as {form}")
        expectation = f"{what}, 1970 to 2100, or nothing (another form: --timestamp-format)"
        return np.array(self._converted(column, look_up, expectation, 0), dtype=np.int64)

    def texts(
        self, column: str, encoding: str = "utf-8", may_be_empty: bool = False, longest: int = LONGEST_TEXT
    ) -> list[str]:
        """Texts without blanks around them, "" where one is wrong."""
        texts = []
        for position, text in enumerate(self.chunk.columns[column]):
            fault = text_fault(text, encoding, may_be_empty, longest)
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


def text_fault(text: str, encoding: str, may_be_empty: bool = False, longest: int = LONGEST_TEXT) -> str | None:
    """What was expected of a text that cannot be kept; None when it can."""
    if not text.strip() and not may_be_empty:
        return "text, not nothing"
    if not text.isascii():
        if _NOT_DECODED.search(text):
            return f"{encoding} text; these bytes are of another encoding (name it: --encoding, such as cp1252)"
        if encoding == "latin-1" and _is_utf8_read_as_latin1(text):
            return "latin-1 text; these bytes are UTF-8"
    if _CONTROL.search(text):
        return "text without control characters"
    if len(text) > longest:
        return f"at most {longest} characters"
    return None


def is_missing(text: str) -> bool:
    """Is it nothing, or what programs write for nothing, such as NaN or null?"""
    return not text or text.strip().lower() in MISSING


def plain_integers(values: Sequence[str]) -> Integers | None:
    """(N,) int64 where all values are digits, at most 18 of them: a look at the column as a whole; else None."""
    if isinstance(values, TextColumn):
        return values.integers()
    joined = "".join(values)
    if joined.isascii() and joined.isdigit() and all(values) and max(map(len, values)) <= 18:
        return np.fromiter(map(int, values), dtype=np.int64, count=len(values))
    return None


def parse_integer_id(text: str, highest: int = INT64_MAX) -> int | None:
    """The whole number that "7", " 7 " or "7.0" is; None for other texts."""
    number = whole_number(text, highest)
    if number is None:
        digits = text_id(text)
        # As R writes 100000.
        digits = (
            str(int(float(digits))) if _SCIENTIFIC.fullmatch(digits) and not has_lost_digits(digits) else digits
        )
        number = whole_number(digits, highest)
    return number


def text_id(text: str) -> str:
    """An id without what programs put around it: blanks, ="..." (Excel), and ".0" of a whole number."""
    stripped = text.strip()
    enclosed = _EXCEL_TEXT.fullmatch(stripped)
    stripped = enclosed[1] if enclosed else stripped
    whole = _WHOLE_FLOAT.fullmatch(stripped)
    return whole[1] if whole else stripped


def has_lost_digits(text: str) -> bool:
    """Is it a number in scientific notation that may have had more digits, such as Excel's 9.78044E+12?"""
    found = _SCIENTIFIC.fullmatch(text.strip())
    if not found:
        return False
    n_digits, exponent = len(found["fraction"] or ""), int(found["exponent"])
    return exponent > 15 or (n_digits < exponent and "E" in text) or 0 < n_digits < exponent - 5


def parse_rating(text: str) -> float | None:
    """A decimal number, also with a comma such as "4,5"."""
    stripped = text.strip()
    return parse_number(stripped.replace(",", ".") if _DECIMAL_COMMA.fullmatch(stripped) else stripped)


def is_time_format(text: str) -> bool:
    """Is it a format of strptime?"""
    try:
        pd.to_datetime([pd.Timestamp(0).strftime(text)], format=text)
    except ValueError:
        return False
    return "%" in text


def moments(texts: list[str], form: str) -> list[int | None]:
    """Unix seconds of times in ISO 8601 ("iso"), as 20240501 ("ymd") or in a format of strptime; None for others.

    A time without a zone is taken as UTC.
    """
    # "now" and "today" are times for pandas.
    stripped = [text.strip().removesuffix(" UTC") if any(map(str.isdigit, text)) else "" for text in texts]
    if form == "ymd":
        stripped = [text_id(text) for text in stripped]
    format_ = {"iso": "ISO8601", "ymd": "%Y%m%d"}.get(form, form)
    try:
        times = pd.to_datetime(pd.Series(stripped, dtype=object), format=format_, utc=True, errors="coerce")
        seconds = ((times - pd.Timestamp(0, tz="UTC")) // pd.Timedelta(seconds=1)).tolist()
    except (ValueError, OverflowError):
        # One of them, such as 9999-12-31, is beyond what pandas holds.
        return [None] if len(texts) == 1 else [moments([text], form)[0] for text in texts]
    return [None if math.isnan(second) or not 0 <= second <= LATEST_SECOND else int(second) for second in seconds]


def parse_number(text: str) -> float | None:
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
