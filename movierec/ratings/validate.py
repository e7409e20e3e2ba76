"""Checked chunks: a surveyed source, read and converted, ready to be written to the graph.

    movies    movieIds, properties (title, year, genres)
    links     movieIds, properties (imdbId, tmdbId)
    users     userIds, properties (gender, age, occupation, zipCode)
    ratings   userIds, movieIds, ratings (stars), timestamps (Unix seconds, 0 where the file has none)
    personal  titles, years, imdbIds, tmdbIds, ratings, timestamps: one user's, of movies that are looked up
    tags      userIds, movieIds, tags, timestamps

Ids are (N,) int64 or str. What is wrong goes to `BadRows`, which decides whether the load continues. A chunk
comes out only after its rejects are on disk, so nothing of a chunk is written before all of it is checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from movierec.ids import Id, Ids, id_array
from movierec.ratings.columns import MAX_STARS, CheckedColumns, Scale, is_missing
from movierec.ratings.detection import Detection
from movierec.ratings.files import Files
from movierec.ratings.genres import genre_names
from movierec.ratings.rejects import BadRows
from movierec.ratings.source import Source, Table
from movierec.ratings.text_chunks import text_chunks

__all__ = ["CheckedReader", "Chunk"]

NO_RATING = ("0", "0.0")
MOVIELENS = ("ml-latest", "ml-dat", "ml-100k")
_YEAR_AT_THE_END = re.compile(r"\(([12][0-9]{3})\)\s*$")
_YEAR = re.compile(r"(?<![0-9])(1[89]|20)[0-9]{2}(?![0-9])")
_EXTERNAL_ID = re.compile(r"(?:tt)?([0-9]{1,18})(?:\.0)?")  # 0114709, tt0114709 or 862.0


@dataclass(kw_only=True)
class Chunk:
    """The good rows of row numbers `first_row` to `end_row` - 1; `rows` are their numbers, (N,) int64."""

    kind: str
    first_row: int
    end_row: int
    rows: NDArray[np.int64]
    columns: dict[str, Any]

    def __len__(self) -> int:
        return len(self.rows)

    def between(self, first_row: int, end_row: int) -> Chunk:
        """The part of it with these row numbers."""
        return self.chosen((self.rows >= first_row) & (self.rows < end_row), first_row, end_row)

    def chosen(self, mask: NDArray[np.bool_], first_row: int | None = None, end_row: int | None = None) -> Chunk:
        """The rows where `mask` is true."""
        return Chunk(
            kind=self.kind,
            first_row=self.first_row if first_row is None else first_row,
            end_row=self.end_row if end_row is None else end_row,
            rows=self.rows[mask],
            columns={name: _masked(values, mask) for name, values in self.columns.items()},
        )


class CheckedReader:
    """Reads the tables of one source. Movies first: other tables are checked against them.

    `detected` says what was understood of each table that has been read, by its name.
    """

    def __init__(self, files: Files, source: Source, bad_rows: BadRows) -> None:
        self.files = files
        self.source = source
        self.bad_rows = bad_rows
        self.detected: dict[str, Detection] = {}
        self._movies: set[Id] = set()
        self._seen: set[Id] = set()

    def chunks(self, table: Table, chunk_rows: int) -> Iterator[Chunk]:
        """The checked chunks of one table. Raises DataRejected when there is one bad row too many."""
        self._seen = set()
        detection = self.detected[table.name] = Detection(table)
        wanted = tuple(dict.fromkeys([*table.fields.values(), *table.genre_flags]))
        for label, text in text_chunks(self.files, table, wanted, chunk_rows):
            checked = CheckedColumns(label, text)
            columns = _CONVERSIONS[table.kind](self, table, checked)
            self.bad_rows.take(checked.rejects)
            chunk = Chunk(
                kind=table.kind, first_row=text.first_row, end_row=text.end_row, rows=text.rows, columns=columns
            ).chosen(checked.good)
            detection.add(chunk)
            yield chunk

    def _ratings(self, table: Table, checked: CheckedColumns) -> dict[str, Any]:
        return self._pair(table, checked) | self._opinions(table, checked)

    def _personal(self, table: Table, checked: CheckedColumns) -> dict[str, Any]:
        n = len(checked.chunk.lines)
        columns: dict[str, Any] = {}
        for name in ("title", "imdbId", "tmdbId"):
            column = table.fields.get(name)
            columns[f"{name}s"] = checked.texts(column, table.encoding, may_be_empty=True) if column else [""] * n
        columns["years"] = self._years(table, checked) if "year" in table.fields else [None] * n
        return columns | self._opinions(table, checked)

    def _opinions(self, table: Table, checked: CheckedColumns) -> dict[str, Any]:
        n = len(checked.chunk.lines)
        rating = table.fields.get("rating")
        if rating and table.kind == "personal":
            # What was watched and not rated: nothing, or 0 on a scale that begins above it.
            zeros = NO_RATING if table.scale is None or table.scale.low > 0 else ()
            not_rated = [is_missing(text) or text.strip() in zeros for text in checked.chunk.columns[rating]]
            checked.leave_out(np.flatnonzero(not_rated).tolist())
            self.detected[table.name].skipped += sum(not_rated)
        stars = checked.stars(rating, table.scale or Scale()) if rating else np.full(n, MAX_STARS)
        return {"ratings": stars, "timestamps": self._timestamps(table, checked)}

    def _tags(self, table: Table, checked: CheckedColumns) -> dict[str, Any]:
        columns = self._pair(table, checked)
        columns["tags"] = checked.texts(table.fields["tag"], table.encoding)
        columns["timestamps"] = self._timestamps(table, checked)
        return columns

    def _pair(self, table: Table, checked: CheckedColumns) -> dict[str, Any]:
        if table.user is None:
            user_ids = self._ids(table, checked, "userId")
        else:
            user_id = table.user if table.user_id is None else table.user_id
            user_ids = np.repeat(id_array([user_id]), len(checked.chunk.lines))
        movie_ids = self._ids(table, checked, "movieId")
        self._reject_unknown(table, checked, movie_ids)
        return {"userIds": user_ids, "movieIds": movie_ids}

    def _ids(self, table: Table, checked: CheckedColumns, name: str) -> Ids:
        return checked.ids(
            table.fields[name], table.id_kinds.get(name, "integer"), table.encoding, table.null_is_id
        )

    def _timestamps(self, table: Table, checked: CheckedColumns) -> NDArray[np.int64]:
        column = table.fields.get("timestamp")
        if column is None:
            return np.zeros(len(checked.chunk.lines), dtype=np.int64)
        return checked.timestamps(column, table.time_form or "s")

    def _movie_rows(self, table: Table, checked: CheckedColumns) -> dict[str, Any]:
        movie_ids = self._ids(table, checked, "movieId")
        titles = checked.texts(table.fields["title"], table.encoding)
        in_title = [int(match[1]) if (match := _YEAR_AT_THE_END.search(title)) else None for title in titles]
        years = in_title
        if "year" in table.fields:
            given = self._years(table, checked)
            years = [one or other for one, other in zip(given, in_title, strict=True)]
        genres = self._genres(table, checked)
        self._reject_repeated(table, checked, movie_ids)
        good = checked.good
        self._movies.update(movie_ids[good].tolist())
        properties = [
            {"title": title, "year": year, "genres": names}
            for title, year, names in zip(titles, years, genres, strict=True)
        ]
        return {"movieIds": movie_ids, "properties": properties}

    def _years(self, table: Table, checked: CheckedColumns) -> list[int | None]:
        """Years of release: of 1979, 1979.0, 1979-05-25, "(1979)" and "1979-1983" the first."""
        years: list[int | None] = []
        for text in checked.chunk.columns[table.fields["year"]]:
            found = _YEAR.search(text)
            years.append(int(found[0]) if found else None)
            if not found and not is_missing(text):
                self.detected[table.name].count_lost("year", text)
        return years

    def _genres(self, table: Table, checked: CheckedColumns) -> list[list[str]]:
        if table.genre_flags:
            flags = [checked.chunk.columns[name] for name in table.genre_flags]
            for name, values in zip(table.genre_flags, flags, strict=True):
                for position, value in enumerate(values):
                    if value not in ("0", "1"):
                        checked.reject(position, name, "0 or 1")
            return [
                [
                    name
                    for name, flag in zip(table.genre_flags, row, strict=True)
                    if flag == "1" and name != "unknown"
                ]
                for row in zip(*flags, strict=True)
            ]
        if "genres" not in table.fields:
            return [[] for _ in checked.chunk.lines]
        column = table.fields["genres"]
        # MovieLens says "(no genres listed)"; nothing at all is a row that was cut off.
        may_be_empty = self.source.format not in MOVIELENS
        texts = checked.texts(column, table.encoding, may_be_empty)
        names_of = {text: genre_names(text, table.genre_delimiter or "|") for text in set(texts)}
        return [list(names_of[text]) for text in texts]

    def _links(self, table: Table, checked: CheckedColumns) -> dict[str, Any]:
        movie_ids = self._ids(table, checked, "movieId")
        self._reject_unknown(table, checked, movie_ids)
        self._reject_repeated(table, checked, movie_ids)
        found: dict[str, list[str]] = {}
        for field in ("imdbId", "tmdbId"):
            column = table.fields.get(field)
            texts = checked.chunk.columns[column] if column else [""] * len(movie_ids)
            found[field] = []
            for position, text in enumerate(texts):
                digits = _EXTERNAL_ID.fullmatch(text.strip())
                if column and not digits and not is_missing(text):
                    checked.reject(position, column, "digits, or nothing")
                found[field].append(digits[1] if digits else "")
        return {
            "movieIds": movie_ids,
            "properties": [
                {"imdbId": imdb or None, "tmdbId": int(tmdb) if tmdb else None}
                for imdb, tmdb in zip(found["imdbId"], found["tmdbId"], strict=True)
            ],
        }

    def _users(self, table: Table, checked: CheckedColumns) -> dict[str, Any]:
        user_ids = self._ids(table, checked, "userId")
        self._reject_repeated(table, checked, user_ids, "userId")
        names = [name for name in table.fields if name != "userId"]
        values = {
            name: checked.texts(table.fields[name], table.encoding, may_be_empty=True)
            for name in names
            if name != "age"
        }
        properties: list[dict[str, Any]] = [
            {name: values[name][i] or None for name in values} for i in range(len(user_ids))
        ]
        if "age" in names:
            ages = checked.integers(table.fields["age"], 150, "a whole number from 0 to 150, or nothing")
            for entry, age in zip(properties, ages, strict=True):
                entry["age"] = age
        return {"userIds": user_ids, "properties": properties}

    def _reject_unknown(self, table: Table, checked: CheckedColumns, movie_ids: Ids) -> None:
        if not self.source.has_movies:
            return
        # A hash table of numbers is faster than a set of them; of texts it is not.
        named = movie_ids if movie_ids.dtype.kind == "U" else pd.unique(movie_ids)
        unknown = set(named.tolist()) - self._movies
        if unknown:
            for position in np.flatnonzero(np.isin(movie_ids, list(unknown))).tolist():
                checked.reject(position, table.fields["movieId"], "a movie that is in the table of movies")

    def _reject_repeated(self, table: Table, checked: CheckedColumns, ids: Ids, field: str = "movieId") -> None:
        good = checked.good
        for position, number in enumerate(ids.tolist()):
            if number in self._seen and good[position]:
                checked.reject(position, table.fields[field], f"one row for each {field}; this is another")
            elif good[position]:
                self._seen.add(number)


_CONVERSIONS: dict[str, Callable[[CheckedReader, Table, CheckedColumns], dict[str, Any]]] = {
    "movies": CheckedReader._movie_rows,
    "links": CheckedReader._links,
    "users": CheckedReader._users,
    "ratings": CheckedReader._ratings,
    "personal": CheckedReader._personal,
    "tags": CheckedReader._tags,
}


def _masked(values: Any, mask: NDArray[np.bool_]) -> Any:
    if isinstance(values, np.ndarray):
        return values[mask]
    return [value for value, keep in zip(values, mask.tolist(), strict=True) if keep]
