"""What a source is: its tables, how each is laid out, and what a user may say about them.

The formats (`movielens.py`, `recbole.py`, `custom_table.py`, ...) make a `Source` of a `Files`; `survey.py`
decides what they leave open, and `validate.py` reads it.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from urllib.parse import unquote

from movierec.errors import BadRequest, DataRejected
from movierec.ids import Id
from movierec.ratings.columns import LONGEST_ID, UNITS, Scale, is_time_format, text_fault
from movierec.ratings.files import Files
from movierec.ratings.rejects import printable
from movierec.ratings.tables import Layout, first_lines

__all__ = [
    "ID_FIELDS",
    "KINDS",
    "N_LOOKED_AT",
    "ReadSettings",
    "Source",
    "Table",
    "lines_of",
    "partition_values",
    "require_files",
    "source_of",
]

N_LOOKED_AT = 200  # lines from which the layout is told
KINDS = ("movies", "links", "users", "ratings", "personal", "tags")  # in the order they are loaded
ID_FIELDS = ("userId", "movieId")
INTEGER_IDS = {"userId": "integer", "movieId": "integer"}


@dataclass(frozen=True, kw_only=True)
class ReadSettings:
    """What a user may say about the files; None or "auto": found by looking."""

    input_format: str = "auto"
    table: str = "ratings"  # what a single file of one's own holds: ratings or movies
    columns: tuple[str, ...] | None = None  # their names, of a file without a header
    user_column: str | None = None
    movie_column: str | None = None
    rating_column: str | None = None
    timestamp_column: str | None = None  # "": leave the times out
    title_column: str | None = None
    genres_column: str | None = None
    user: str | None = None  # whose ratings these are, where no column says it
    ids: str = "auto"  # integer, text or auto
    new_movies: bool = False  # a table of movies may have none that is rated, and the other way round
    implicit: bool = False  # every row is a like, of 5 stars
    scale: Scale | None = None
    timestamp_unit: str = "auto"  # auto, s, ms, us or ns
    timestamp_format: str | None = None  # of strptime
    genre_delimiter: str | None = None
    delimiter: str | None = None
    quoting: str = "auto"  # whether fields may be quoted, as in RFC 4180: csv, none or auto
    encoding: str | None = None

    def __post_init__(self) -> None:
        if self.scale is not None and not (self.scale.low < self.scale.high > 0 and self.scale.is_finite):
            raise BadRequest(f"scale is {self.scale}; expected LOW:HIGH, numbers with LOW < HIGH and HIGH > 0.")
        if self.delimiter == "\\t":
            object.__setattr__(self, "delimiter", "\t")
        if self.quoting not in ("auto", "csv", "none"):
            raise BadRequest(f"quoting is {self.quoting!r}; expected auto, csv or none.")
        if self.delimiter == "":
            raise BadRequest("delimiter is empty; expected the characters between two columns.")
        if self.timestamp_unit not in ("auto", *UNITS):
            raise BadRequest(
                f"timestamp_unit is {self.timestamp_unit!r}; expected one of auto, {', '.join(UNITS)}."
            )
        if self.timestamp_format is not None and not is_time_format(self.timestamp_format):
            raise BadRequest(
                f"timestamp_format is {self.timestamp_format!r}; expected one of strptime, such as '%d/%m/%Y'."
            )
        if self.user is not None:
            object.__setattr__(self, "user", self.user.strip())
            fault = text_fault(self.user, "utf-8", longest=LONGEST_ID)
            if fault:
                raise BadRequest(f"user is {printable(self.user)!r}; expected {fault}, such as a name or an id.")
        if self.encoding is not None:
            try:
                io.TextIOWrapper(io.BytesIO(), encoding=self.encoding)
            except LookupError as error:
                raise BadRequest(f"No encoding {self.encoding!r}; expected such as utf-8 or latin-1.") from error


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table, in one file or in several that are read one after the other.

    `fields` maps our names to columns of the file. `layout` is None for Parquet. What is None or not in
    `id_kinds` is decided by the survey.
    """

    kind: str
    members: tuple[str, ...]
    layout: Layout | None
    fields: Mapping[str, str]
    columns: tuple[str, ...] = ()  # all that are there
    partitions: tuple[str, ...] = ()  # columns whose values are in the names of folders, as Hive has them
    id_kinds: Mapping[str, str] = field(default_factory=dict)  # "userId", "movieId" -> integer or text
    user: str | None = None  # whose ratings these are, where no column says it
    user_id: Id | None = None  # and the id of that user
    null_is_id: bool = False  # whether "null" and the like are ids where these are texts
    time_form: str | None = None  # a unit of Unix time, "iso", "ymd" or a format of strptime
    scale: Scale | None = None
    genre_delimiter: str | None = None
    genre_flags: tuple[str, ...] = ()  # columns that hold 1 for a movie of the genre they are named after

    @property
    def name(self) -> str:
        """How messages and results call it."""
        if len(self.members) == 1:
            return self.members[0]
        return f"{self.members[0]} and {len(self.members) - 1} more"

    @property
    def encoding(self) -> str:
        return self.layout.encoding if self.layout is not None else "utf-8"


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
        left_out = {"rating"} if settings.implicit else set()
        if settings.timestamp_column == "":
            left_out.add("timestamp")
        time_form = table.time_form
        if settings.timestamp_format is not None:
            time_form = settings.timestamp_format
        elif settings.timestamp_unit != "auto":
            time_form = settings.timestamp_unit
        changed.append(
            replace(
                table,
                layout=layout,
                fields={ours: column for ours, column in table.fields.items() if ours not in left_out},
                id_kinds=table.id_kinds if settings.ids == "auto" else dict.fromkeys(ID_FIELDS, settings.ids),
                null_is_id=settings.ids == "text",
                scale=settings.scale or table.scale,
                time_form=time_form,
                genre_delimiter=settings.genre_delimiter or table.genre_delimiter,
            )
        )
    return Source(name, tuple(sorted(changed, key=lambda table: KINDS.index(table.kind))))


def require_files(files: Files, *names: str) -> None:
    """Raise DataRejected for the first of `names` that is not there."""
    for name in names:
        if name not in files.members:
            raise DataRejected(
                f"No file {name} in {files.name}; expected a MovieLens folder with {' and '.join(names)}. "
                'Run "movierec fetch ml-latest-small" to get one.'
            )


def lines_of(files: Files, member: str, encoding: str, n: int) -> list[str]:
    """The first lines of a member, blank ones too."""
    with files.open(member) as stream:
        return first_lines(stream, files.label(member), encoding, n)


def partition_values(member: str) -> dict[str, str]:
    """Column -> value of the folders that are named after them, as Hive writes "rating=5/part-0.parquet"."""
    folders = PurePosixPath(member).parts[:-1]
    pairs = (folder.partition("=") for folder in folders if "=" in folder)
    return {
        unquote(name): "" if value == "__HIVE_DEFAULT_PARTITION__" else unquote(value) for name, _, value in pairs
    }
