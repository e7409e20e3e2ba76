"""What a source is: its tables, how each is laid out, and what a user may say about them.

The formats (`movielens.py`, `recbole.py`, `custom_table.py`) make a `Source` of a `Files`; `validate.py` reads it.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from movierec.errors import BadRequest, DataRejected
from movierec.ratings.columns import Scale
from movierec.ratings.files import Files
from movierec.ratings.tables import Layout, first_lines

__all__ = [
    "KINDS",
    "N_LOOKED_AT",
    "ReadSettings",
    "Source",
    "Table",
    "has_text_ids",
    "lines_of",
    "require_files",
    "source_of",
]

N_LOOKED_AT = 200  # lines from which the kind of ids and the delimiter are told
KINDS = ("movies", "links", "users", "ratings", "tags")  # in the order they are loaded


@dataclass(frozen=True, kw_only=True)
class ReadSettings:
    """What a user may say about the files; None or "auto": found by looking."""

    input_format: str = "auto"
    table: str = "ratings"  # what a single file of one's own holds: ratings or movies
    user_column: str | None = None
    movie_column: str | None = None
    rating_column: str | None = None
    timestamp_column: str | None = None
    title_column: str | None = None
    genres_column: str | None = None
    ids: str = "auto"  # integer, text or auto
    implicit: bool = False  # every row is a like, of 5 stars
    scale: Scale | None = None
    timestamp_unit: str = "s"  # s or ms
    delimiter: str | None = None
    encoding: str | None = None

    def __post_init__(self) -> None:
        if self.scale is not None and not 0 <= self.scale.low < self.scale.high:
            raise BadRequest(
                f"scale is {self.scale.low:g}:{self.scale.high:g}; expected LOW:HIGH with 0 <= LOW < HIGH."
            )
        if self.delimiter is not None and len(self.delimiter) != 1:
            raise BadRequest(f"delimiter is {self.delimiter!r}; expected one character.")
        if self.encoding is not None:
            try:
                codecs.lookup(self.encoding)
            except LookupError as error:
                raise BadRequest(f"No encoding {self.encoding!r}; expected such as utf-8 or latin-1.") from error


@dataclass(frozen=True, kw_only=True)
class Table:
    """One file. `fields` maps our names to columns of the file; `layout` is None for Parquet."""

    kind: str
    member: str
    layout: Layout | None
    fields: Mapping[str, str]
    ids_are_texts: bool = False
    genre_delimiter: str = "|"
    genre_flags: tuple[str, ...] = ()  # columns that hold 1 for a movie of the genre they are named after
    scale: Scale = field(default_factory=Scale)
    in_milliseconds: bool = False


@dataclass(frozen=True)
class Source:
    """What was recognised; `format` is one of FORMATS."""

    format: str
    tables: tuple[Table, ...]

    @property
    def has_movies(self) -> bool:
        return any(table.kind == "movies" for table in self.tables)


def source_of(name: str, settings: ReadSettings, tables: list[Table]) -> Source:
    """Apply the options that hold for every format; order the tables as they are loaded."""
    changed = []
    for table in tables:
        layout = table.layout
        if layout is not None and settings.encoding:
            layout = replace(layout, encoding=settings.encoding)
        changed.append(
            replace(
                table,
                layout=layout,
                fields={
                    ours: column
                    for ours, column in table.fields.items()
                    if not (settings.implicit and ours == "rating")
                },
                ids_are_texts=table.ids_are_texts if settings.ids == "auto" else settings.ids == "text",
                scale=settings.scale or table.scale,
                in_milliseconds=settings.timestamp_unit == "ms",
            )
        )
    return Source(name, tuple(sorted(changed, key=lambda table: KINDS.index(table.kind))))


def require_files(files: Files, members: Mapping[str, str], *names: str) -> None:
    """Raise DataRejected for the first of `names` that is not there."""
    for name in names:
        if name not in members:
            raise DataRejected(
                f"No file {name} in {files.name}; expected a MovieLens folder with {' and '.join(names)}. "
                'Run "movierec fetch ml-latest-small" to get one.'
            )


def lines_of(files: Files, name: str, encoding: str, n: int) -> list[str]:
    """The first lines of a file that are not blank."""
    member = files.members()[name]
    with files.open(member) as stream:
        return [line for line in first_lines(stream, files.label(member), encoding, n) if line]


def has_text_ids(rows: list[list[str]], columns: tuple[str, ...], ids: list[str]) -> bool:
    """Is the first id that is there no whole number, in any id column? One wrong id further on is a fault."""
    for column in ids:
        position = columns.index(column)
        values = [row[position] for row in rows if len(row) == len(columns)]
        numbers = sum(value.isascii() and value.isdigit() for value in values)
        if values and numbers < len(values) / 2:
            return True
    return False
