"""A table of one's own: one CSV, TSV or Parquet file, its columns found by option or by their usual names."""

from __future__ import annotations

import csv
import re

from movierec.errors import BadRequest, DataRejected
from movierec.ratings.files import Files
from movierec.ratings.rejects import quoted_columns
from movierec.ratings.source import N_LOOKED_AT, ReadSettings, Source, Table, has_text_ids, lines_of, source_of
from movierec.ratings.tables import Layout, parquet_columns

__all__ = ["custom_table", "custom_tables", "is_parquet"]

PARQUET_MAGIC = b"PAR1"

_USUAL_NAMES = {
    "userId": ("userid", "user", "customerid", "customer", "memberid", "visitorid", "reviewerid", "uid"),
    "movieId": ("movieid", "movie", "itemid", "item", "productid", "product", "sku", "asin", "articleid", "iid"),
    "rating": ("rating", "stars", "score", "overall"),
    "timestamp": ("timestamp", "time", "ts", "unixtime", "unixreviewtime", "ratedat", "createdat", "date"),
    "title": ("title", "movietitle", "itemtitle", "name", "productname"),
    "year": ("year", "releaseyear"),
    "genres": ("genres", "genre", "categories", "category"),
}
_OPTIONS = {
    "userId": "user_column",
    "movieId": "movie_column",
    "rating": "rating_column",
    "timestamp": "timestamp_column",
    "title": "title_column",
    "genres": "genres_column",
}


def custom_table(files: Files, settings: ReadSettings) -> Source:
    """The one table; its columns by option, else by their usual names."""
    members = files.members()
    names = list(members) if files.is_single else custom_tables(set(members))
    if len(names) != 1:
        raise DataRejected(f"{files.name}: {len(names)} tables ({', '.join(names)}); name one file.")
    (name,) = names
    label = files.label(members[name])
    layout: Layout | None = None
    if is_parquet(files, name):
        with files.open(members[name]) as stream:
            kinds = parquet_columns(stream, label)
        columns = tuple(kinds)
        fields = _own_fields(columns, settings, label)
        texts = any(kinds[fields[field]] == "text" for field in ("userId", "movieId") if field in fields)
    else:
        encoding = settings.encoding or "utf-8"
        lines = lines_of(files, name, encoding, N_LOOKED_AT)
        if not lines:
            raise DataRejected(f"{label}: empty; expected a header with the names of the columns.")
        delimiter = settings.delimiter or max(",\t;|", key=lines[0].count)
        is_quoted = any('"' in line for line in lines)
        columns = tuple(column.strip() for column in _fields_of(lines[0], delimiter))
        if len(set(columns)) < len(columns):
            raise DataRejected(f"{label} line 1: a column's name comes twice: {quoted_columns(columns)}.")
        layout = Layout(
            columns=columns, delimiter=delimiter, has_header=True, is_quoted=is_quoted, encoding=encoding
        )
        fields = _own_fields(columns, settings, label)
        rows = [_fields_of(line, delimiter) for line in lines[1:]]
        texts = has_text_ids(rows, columns, [fields[field] for field in ("userId", "movieId") if field in fields])
    return source_of(
        "custom",
        settings,
        [Table(kind=settings.table, member=members[name], layout=layout, fields=fields, ids_are_texts=texts)],
    )


def _own_fields(columns: tuple[str, ...], settings: ReadSettings, label: str) -> dict[str, str]:
    """Our names -> columns, by option, else by usual name; "User ID", "user_id" and "userId" are one name."""
    if settings.table == "ratings":
        wanted, needed = ("userId", "movieId", "rating", "timestamp"), ["userId", "movieId", "rating"]
    else:
        wanted, needed = ("movieId", "title", "year", "genres"), ["movieId", "title"]
    if settings.implicit:
        needed = [name for name in needed if name != "rating"]
    usual = {re.sub(r"[^a-z]", "", column.lower()): column for column in columns}
    fields = {}
    for name in wanted:
        option = _OPTIONS.get(name)
        given = getattr(settings, option) if option else None
        if given is not None and given not in columns:
            flag = f"--{str(option).replace('_', '-')}"
            raise BadRequest(f"{flag} is {given!r}, but the columns of {label} are {quoted_columns(columns)}.")
        column = given or next((usual[n] for n in _USUAL_NAMES[name] if n in usual), None)
        if column is not None:
            fields[name] = column
        elif name in needed:
            flag = f"--{str(option).replace('_', '-')}"
            remedy = " (or --implicit, when every row is a like)" if name == "rating" else ""
            raise DataRejected(
                f"{label} line 1: no column for {name} among {quoted_columns(columns)}. "
                f"Name it with {flag}{remedy}."
            )
    return fields


def custom_tables(names: set[str]) -> list[str]:
    """The file names that look like tables."""
    return sorted(name for name in names if name.endswith((".csv", ".tsv", ".parquet")))


def is_parquet(files: Files, name: str) -> bool:
    """Does the file begin as Parquet does?"""
    with files.open(files.members()[name]) as stream:
        return bool(stream.read(len(PARQUET_MAGIC)) == PARQUET_MAGIC)


def _fields_of(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])
