"""Checked chunks: a recognised source, read and converted, ready to be written to the graph.

    movies    movieIds, properties (title, year, genres)
    links     movieIds, properties (imdbId, tmdbId)
    users     userIds, properties (gender, age, occupation, zipCode)
    ratings   userIds, movieIds, ratings (stars), timestamps (Unix seconds, 0 where the file has none)
    tags      userIds, movieIds, tags, timestamps

Ids are (N,) int64; `userKeys` and `movieKeys` are the texts they were made from, or None. What is wrong
goes to `BadRows`, which decides whether the load continues. A chunk comes out only after its rejects are
on disk, so nothing of a chunk is written before all of it is checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from movierec.ratings.columns import MAX_STARS, CheckedColumns
from movierec.ratings.files import Files
from movierec.ratings.rejects import BadRows
from movierec.ratings.source import Source, Table
from movierec.ratings.tables import read_parquet, read_text

__all__ = ["CheckedReader", "Chunk"]

NO_GENRES = "(no genres listed)"
_YEAR_AT_THE_END = re.compile(r"\(([12][0-9]{3})\)\s*$")


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
    """Reads the tables of one source. Movies first: other tables are checked against them."""

    def __init__(self, files: Files, source: Source, bad_rows: BadRows) -> None:
        self.files = files
        self.source = source
        self.bad_rows = bad_rows
        self._movies: set[int] = set()
        self._seen: set[int] = set()

    def chunks(self, table: Table, chunk_rows: int) -> Iterator[Chunk]:
        """The checked chunks of one table. Raises DataRejected when there is one bad row too many."""
        label = self.files.label(table.member)
        self._seen = set()
        flags = list(table.genre_flags)
        wanted = tuple(dict.fromkeys([*table.fields.values(), *flags]))
        with self.files.open(table.member) as stream:
            texts = (
                read_parquet(stream, label, wanted, chunk_rows)
                if table.layout is None
                else read_text(stream, label, table.layout, wanted, chunk_rows)
            )
            for text in texts:
                checked = CheckedColumns(label, text)
                columns = _CONVERSIONS[table.kind](self, table, checked)
                self.bad_rows.take(checked.rejects)
                rows = np.array(text.rows, dtype=np.int64)
                chunk = Chunk(
                    kind=table.kind, first_row=text.first_row, end_row=text.end_row, rows=rows, columns=columns
                )
                yield chunk.chosen(checked.good)

    def _ratings(self, table: Table, checked: CheckedColumns) -> dict[str, Any]:
        columns = self._pair(table, checked)
        n = len(checked.chunk.lines)
        rating = table.fields.get("rating")
        columns["ratings"] = checked.stars(rating, table.scale) if rating else np.full(n, MAX_STARS)
        columns["timestamps"] = self._timestamps(table, checked)
        return columns

    def _tags(self, table: Table, checked: CheckedColumns) -> dict[str, Any]:
        columns = self._pair(table, checked)
        columns["tags"] = checked.texts(table.fields["tag"], _encoding(table))
        columns["timestamps"] = self._timestamps(table, checked)
        return columns

    def _pair(self, table: Table, checked: CheckedColumns) -> dict[str, Any]:
        user_ids, user_keys = checked.ids(table.fields["userId"], table.ids_are_texts)
        movie_ids, movie_keys = checked.ids(table.fields["movieId"], table.ids_are_texts)
        self._reject_unknown(table, checked, movie_ids)
        return {"userIds": user_ids, "userKeys": user_keys, "movieIds": movie_ids, "movieKeys": movie_keys}

    def _timestamps(self, table: Table, checked: CheckedColumns) -> NDArray[np.int64]:
        column = table.fields.get("timestamp")
        if column is None:
            return np.zeros(len(checked.chunk.lines), dtype=np.int64)
        return checked.timestamps(column, table.in_milliseconds)

    def _movie_rows(self, table: Table, checked: CheckedColumns) -> dict[str, Any]:
        fields = table.fields
        movie_ids, keys = checked.ids(fields["movieId"], table.ids_are_texts)
        titles = checked.texts(fields["title"], _encoding(table))
        if "year" in fields:
            years = [
                int(text) if re.fullmatch("[12][0-9]{3}", text) else None
                for text in self._raw(checked, "year", table)
            ]
        else:
            years = [int(match[1]) if (match := _YEAR_AT_THE_END.search(title)) else None for title in titles]
        genres = self._genres(table, checked)
        self._reject_repeated(table, checked, movie_ids)
        good = checked.good
        self._movies.update(movie_ids[good].tolist())
        properties = [
            {"title": title, "year": year, "genres": names}
            for title, year, names in zip(titles, years, genres, strict=True)
        ]
        return {"movieIds": movie_ids, "movieKeys": keys, "properties": properties}

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
        texts = checked.texts(column, _encoding(table), may_be_empty=self.source.format in ("recbole", "custom"))
        split = table.genre_delimiter
        return [[] if text == NO_GENRES else [name for name in text.split(split) if name] for text in texts]

    def _links(self, table: Table, checked: CheckedColumns) -> dict[str, Any]:
        movie_ids = checked.integers(table.fields["movieId"])
        self._reject_unknown(table, checked, movie_ids)
        self._reject_repeated(table, checked, movie_ids)
        imdb, tmdb = self._raw(checked, "imdbId", table), self._raw(checked, "tmdbId", table)
        for field, values in (("imdbId", imdb), ("tmdbId", tmdb)):
            for position, text in enumerate(values):
                if text and not re.fullmatch("[0-9]{1,18}", text):
                    checked.reject(position, table.fields[field], "digits, or nothing")
        good = checked.good
        return {
            "movieIds": movie_ids,
            "movieKeys": None,
            "properties": [
                {"imdbId": imdb[i] or None, "tmdbId": int(tmdb[i]) if tmdb[i] else None} if good[i] else {}
                for i in range(len(good))
            ],
        }

    def _users(self, table: Table, checked: CheckedColumns) -> dict[str, Any]:
        user_ids, keys = checked.ids(table.fields["userId"], table.ids_are_texts)
        self._reject_repeated(table, checked, user_ids, "userId")
        names = [name for name in table.fields if name != "userId"]
        values = {
            name: checked.texts(table.fields[name], _encoding(table), may_be_empty=True)
            for name in names
            if name != "age"
        }
        properties: list[dict[str, Any]] = [
            {name: values[name][i] or None for name in values} for i in range(len(user_ids))
        ]
        if "age" in names:
            for entry, age in zip(properties, checked.integers(table.fields["age"], 150).tolist(), strict=True):
                entry["age"] = age
        return {"userIds": user_ids, "userKeys": keys, "properties": properties}

    def _raw(self, checked: CheckedColumns, field: str, table: Table) -> list[str]:
        return [text.strip() for text in checked.chunk.columns[table.fields[field]]]

    def _reject_unknown(self, table: Table, checked: CheckedColumns, movie_ids: NDArray[np.int64]) -> None:
        if not self.source.has_movies:
            return
        unknown = set(movie_ids.tolist()) - self._movies
        if unknown:
            for position in np.flatnonzero(np.isin(movie_ids, list(unknown))).tolist():
                checked.reject(position, table.fields["movieId"], "a movie that is in the table of movies")

    def _reject_repeated(
        self, table: Table, checked: CheckedColumns, ids: NDArray[np.int64], field: str = "movieId"
    ) -> None:
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
    "tags": CheckedReader._tags,
}


def _encoding(table: Table) -> str:
    return table.layout.encoding if table.layout is not None else "utf-8"


def _masked(values: Any, mask: NDArray[np.bool_]) -> Any:
    if values is None or isinstance(values, np.ndarray):
        return None if values is None else values[mask]
    return [value for value, keep in zip(values, mask.tolist(), strict=True) if keep]
