"""Survey: how the columns of a source are to be read, decided by a pass over whole files.

    ids      whole numbers; texts, where any begins with a zero, or one in a hundred (and three) is no number
    times    Unix time in the unit that fits, 20240501, or ISO 8601
    ratings  from 0.5 to 5; 0 and 1, and true and false, are a scale of their own
    genres   divided by what most values have, of |, ;, a comma and " / "

One column is decided once, for all tables that have it: ratings have to find their movies. What a format or an
option has decided stays as it is.
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from movierec.errors import DataRejected
from movierec.progress import Progress, silent
from movierec.ratings.columns import (
    LATEST_SECOND,
    UNITS,
    WORDS,
    YES_OR_NO,
    Scale,
    has_lost_digits,
    is_missing,
    moments,
    parse_integer_id,
    parse_number,
    parse_rating,
    plain_integers,
    text_id,
)
from movierec.ratings.files import Files
from movierec.ratings.rejects import printable
from movierec.ratings.source import ID_FIELDS, Source, Table
from movierec.ratings.tables import TextChunk
from movierec.ratings.text_chunks import text_chunks
from movierec.ratings.text_columns import TextColumn, distinct

__all__ = ["IdKinds", "Survey", "survey_source"]

CHUNK_ROWS = 10_000
FEW = 0.01  # a share of values below which they are faults, not another kind
FEW_IDS = 2  # that are faults in any file, unless they are most of it
SOME = 10  # ratings out of range that are no slips
MOST_DISTINCT = 1000  # ratings
FIRST_DATE, LAST_DATE = 19_500_101, 21_001_231
TOPS = (1.0, 5.0, 10.0, 20.0, 100.0)  # of usual scales
DELIMITERS = ("|", ";", ",", " / ")
IdKinds = Mapping[str, str | None]  # "userId", "movieId" -> "integer", "text", or None: any


@dataclass(frozen=True)
class Survey:
    """A source with every decision made; `movie_ids` are the distinct texts of its movies' ids, where the source
    has movies or ratings alone, and they may have to meet others in the database."""

    source: Source
    movie_ids: frozenset[str]


def survey_source(
    files: Files, source: Source, known: IdKinds | None = None, progress: Progress = silent
) -> Survey:
    """Decide what is undecided in the tables of `source`.

    `known` are the kinds of ids in the database, which decide too. Raises DataRejected where a column is of
    another kind than those, or holds no ratings of a scale that can be told.
    """
    known = known or {}
    kinds = {table.kind for table in source.tables}
    keeps_ids = not {"movies", "ratings"} <= kinds
    seen: list[tuple[Table, _TableSurvey]] = []
    for table in source.tables:
        found = _TableSurvey(table, keeps_ids)
        if found.looks:
            with progress(f"survey {table.name}", None, "rows") as advance:
                for label, chunk in text_chunks(files, table, tuple(found.looks), CHUNK_ROWS):
                    found.add(label, chunk)
                    advance(len(chunk.lines))
        seen.append((table, found))
    ids = {name: _id_kind(name, [one for _, one in seen], known.get(name)) for name in ID_FIELDS}
    return Survey(
        replace(source, tables=tuple(_decided(table, found, ids) for table, found in seen)),
        frozenset().union(*(found.movie_ids for _, found in seen)),
    )


def _decided(table: Table, found: _TableSurvey, ids: Mapping[str, str]) -> Table:
    return replace(
        table,
        id_kinds={name: ids[name] for name in ID_FIELDS if name in table.fields},
        time_form=table.time_form or found.times.form,
        scale=table.scale or found.ratings.scale(table),
        genre_delimiter=table.genre_delimiter or found.genres.delimiter,
    )


def _id_kind(name: str, tables: list[_TableSurvey], known: str | None) -> str:
    """The kind of one id in all tables."""
    columns = [table.ids[name] for table in tables if name in table.ids]
    text = next((column for column in columns if column.is_text), None)
    fixed = next((kind for table in tables if (kind := table.table.id_kinds.get(name))), None)
    kind = fixed or ("text" if text else "integer")
    if known == "integer" and kind == "text":
        who = "movies" if name == "movieId" else "users"
        why = f": {text.example}" if text else ""
        remedy = (
            ' Integers with zeros in front are read as such with "--ids integer".' if text and text.zero else ""
        )
        raise DataRejected(
            f"The {who} in the database have integers as ids, those here are texts{why}; they "
            f'would never meet.{remedy} Load them into another database, or empty this one: "movierec reset".'
        )
    return known or kind


class _TableSurvey:
    """What is learnt of one table; `looks` are the columns that have to be looked at."""

    def __init__(self, table: Table, keeps_ids: bool) -> None:
        self.table = table
        self.ids = {name: _Ids() for name in ID_FIELDS if name in table.fields and not table.id_kinds.get(name)}
        self.times, self.ratings, self.genres = _Times(), _Ratings(), _Genres()
        self.movie_ids: set[str] = set()
        self.looks: dict[str, list[Callable[[str, Sequence[str], Sequence[int]], None]]] = {}
        for name, column in self.ids.items():
            self._look(name, column.add)
        if keeps_ids and table.kind in ("movies", "ratings"):
            self._look("movieId", lambda label, values, lines: self.movie_ids.update(_stripped(values)))
        if table.time_form is None:
            self._look("timestamp", self.times.add)
        if table.scale is None:
            self._look("rating", self.ratings.add)
        if table.genre_delimiter is None:
            self._look("genres", self.genres.add)

    def add(self, label: str, chunk: TextChunk) -> None:
        for column, looks in self.looks.items():
            for look in looks:
                look(label, chunk.columns[column], chunk.lines)

    def _look(self, name: str, look: Callable[[str, Sequence[str], Sequence[int]], None]) -> None:
        if name in self.table.fields:
            self.looks.setdefault(self.table.fields[name], []).append(look)


@dataclass
class _Ids:
    n: int = 0
    n_texts: int = 0
    text: str = ""  # the first, with its place
    zero: str = ""

    def add(self, label: str, values: Sequence[str], lines: Sequence[int]) -> None:
        if plain_integers(values) is not None and not _any_leads_with_zero(values):
            self.n += len(values)
            return
        for value, line in zip(values, lines, strict=True):
            if is_missing(value) or has_lost_digits(value):
                continue  # bad rows, whatever the others are
            self.n += 1
            if parse_integer_id(value) is None:
                self.n_texts += 1
                self.text = self.text or f'"{printable(value)}" in {label} line {line}'
            elif not self.zero and _leads_with_zero(value):
                self.zero = f'"{printable(value)}" in {label} line {line}'

    @property
    def is_text(self) -> bool:
        return bool(self.zero) or self.n_texts > self.n / 2 or self.n_texts > max(FEW_IDS, FEW * self.n)

    @property
    def example(self) -> str:
        return self.zero or self.text


@dataclass
class _Times:
    lowest: float = float("inf")  # above 0
    n_numbers: int = 0
    n_texts: int = 0
    are_dates: bool = True  # all numbers, as 20240501

    def add(self, label: str, values: Sequence[str], lines: Sequence[int]) -> None:
        plain = plain_integers(values)
        if plain is not None:
            self._numbers(plain[plain > 0])
            self.n_numbers += len(values)
            return
        parsed = [parse_number(value.strip()) for value in values if not is_missing(value)]
        numbers = np.array([number for number in parsed if number is not None and number > 0], dtype=np.float64)
        self._numbers(numbers)
        self.n_texts += sum(number is None for number in parsed)
        self.n_numbers += sum(number is not None for number in parsed)

    def _numbers(self, numbers: NDArray[Any]) -> None:
        if not len(numbers):
            return
        self.lowest = min(self.lowest, float(numbers.min()))
        # As seconds all of these are in August 1970, when nobody rated movies.
        if self.are_dates and numbers.min() >= FIRST_DATE and numbers.max() <= LAST_DATE:
            self.are_dates = None not in moments([f"{number:.0f}" for number in np.unique(numbers)], "ymd")
        else:
            self.are_dates = False

    @property
    def form(self) -> str:
        if self.n_texts > self.n_numbers:
            return "iso"
        if self.are_dates and self.lowest < float("inf"):
            return "ymd"
        for unit, in_a_second in UNITS.items():
            if self.lowest <= LATEST_SECOND * in_a_second:
                return unit
        return "s"


@dataclass
class _Ratings:
    n: int = 0
    n_outside: int = 0
    n_words: int = 0
    values: set[float] = field(default_factory=set)

    def add(self, label: str, values: Sequence[str], lines: Sequence[int]) -> None:
        default = Scale()
        self.n += len(values)
        texts, which = distinct(values)
        rating_of = {text: parse_rating(text) for text in texts}
        for (text, rating), n in zip(rating_of.items(), np.bincount(which).tolist(), strict=True):
            self.n_outside += n * (rating is not None and not _within(rating, default))
            self.n_words += n * (text.strip().lower() in WORDS)
        if len(self.values) < MOST_DISTINCT:
            self.values.update(rating for rating in rating_of.values() if rating is not None)

    def scale(self, table: Table) -> Scale:
        if "rating" not in table.fields:
            return Scale()
        if self.n_words > self.n / 2 or self.values == {0.0, 1.0}:
            return YES_OR_NO
        column = printable(table.fields["rating"])
        if self.values == {1.0} and self.n > 1:
            raise DataRejected(
                f'{table.name}: every rating in the column "{column}" is 1. If each row says that somebody liked, '
                "bought or clicked something, give --implicit; if it really is one star, --scale 0.5:5."
            )
        if self.n_outside >= SOME and self.n_outside > FEW * self.n:
            low, high = min(self.values), max(self.values)
            top = next((top for top in TOPS if high <= top), high)
            scale = Scale(low if low < 0 else min(1.0, low // 1), top)
            unrated = ""
            if low in (-1.0, 0.0) and top > 1 and not any(low < value < 1 for value in self.values):
                unrated = f" (or, if {low:g} means not rated, --scale 1:{top:g} --max-bad-rows -1)"
            raise DataRejected(
                f'{table.name}: the ratings in the column "{column}" go from {low:g} to {high:g}; expected 0.5 to '
                f"5. Name the scale, such as --scale {scale}{unrated}; they are then stored as stars up to 5."
            )
        return Scale()


@dataclass
class _Genres:
    found: Counter[str] = field(default_factory=Counter)

    def add(self, label: str, values: Sequence[str], lines: Sequence[int]) -> None:
        for value in values:
            if not value.startswith(("[", "{")):
                text = html.unescape(value)
                self.found.update(delimiter for delimiter in DELIMITERS if delimiter in text)

    @property
    def delimiter(self) -> str:
        """The one in most values, of equally many the first of DELIMITERS."""
        return max(DELIMITERS, key=lambda delimiter: self.found[delimiter])


def _within(rating: float, scale: Scale) -> bool:
    return scale.low <= rating <= scale.high


def _any_leads_with_zero(values: Sequence[str]) -> bool:
    """Does any of these integers have a zero in front?"""
    if isinstance(values, TextColumn):
        return values.any_leads_with_zero()
    return any(value[:1] == "0" for value in values)


def _stripped(values: Sequence[str]) -> set[str]:
    """The distinct texts without blanks around them."""
    plain = None if _any_leads_with_zero(values) else plain_integers(values)
    return set(map(str.strip, values)) if plain is None else set(map(str, pd.unique(plain).tolist()))


def _leads_with_zero(value: str) -> bool:
    digits = text_id(value)
    return len(digits) > 1 and digits[0] == "0" and digits.isdigit()
