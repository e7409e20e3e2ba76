"""A table of one's own: CSV, TSV, JSON lines or Parquet, its columns found by option or by their usual names."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from movierec.errors import DataRejected
from movierec.ratings.column_names import find_columns
from movierec.ratings.files import Files
from movierec.ratings.layouts import layout_of
from movierec.ratings.rejects import quoted_columns
from movierec.ratings.source import (
    ReadSettings,
    Source,
    Table,
    partition_values,
    source_of,
)

__all__ = ["custom_table", "parts_of_table", "table_files"]

SUFFIXES = (".csv", ".tsv", ".txt", ".dat", ".parquet", ".pq", ".json", ".jsonl", ".ndjson")


def custom_table(files: Files, settings: ReadSettings) -> Source:
    """The one table; its columns by option, else by their usual names."""
    members = parts_of_table(files)
    layout, columns = layout_of(files, members[0], settings)
    partitions = tuple(partition_values(members[0]))
    columns = (*columns, *(name for name in partitions if name not in columns))
    label = files.label(members[0])
    if settings.table == "movies":
        wanted, needed = ["movieId", "title", "year", "genres"], ["movieId", "title"]
        fields = find_columns(columns, settings, label, wanted, needed, rows_are_movies=True)
    else:
        wanted, needed = ["userId", "movieId", "rating", "timestamp"], ["userId", "movieId", "rating"]
        if settings.user is not None:
            wanted, needed = wanted[1:], needed[1:]
        fields = find_columns(
            columns, settings, label, wanted, [n for n in needed if not (settings.implicit and n == "rating")]
        )
    return source_of(
        "custom",
        settings,
        [
            Table(
                kind=settings.table,
                members=members,
                layout=layout,
                fields=fields,
                columns=columns,
                partitions=partitions,
                user=settings.user if settings.table == "ratings" else None,
            )
        ],
    )


def parts_of_table(files: Files) -> tuple[str, ...]:
    """The files of the one table: one, or the parts that Spark, Hive or another engine has written."""
    found = table_files(files)
    if len(found) == 1:
        return found
    # Names of parts differ by numbers and hashes only; "train" and "test" are not parts of one table.
    stems = [PurePosixPath(name).name.partition(".")[0].lower() for name in found]
    words = {re.sub(r"[^g-z]", "", stem) for stem in stems}
    folders = {tuple(partition_values(name)) for name in found}
    are_numbered = folders != {()} or all(re.search(r"\d", stem) for stem in stems)
    if found and are_numbered and len(words) == len(folders) == 1:
        return found
    several = quoted_columns([PurePosixPath(name).name for name in found])
    raise DataRejected(f"{files.name}: {len(found)} tables ({several}); name one file.")


def table_files(files: Files) -> tuple[str, ...]:
    """The files that look like tables."""
    if files.is_single:
        return files.paths
    bare = {path: name for name, path in files.members.items()}
    names = [name for name in files.paths if (bare.get(name) or name.lower()).endswith(SUFFIXES)]
    # A README.txt beside the tables is none of them.
    tables = [name for name in names if not name.lower().endswith((".txt", ".dat"))]
    return tuple(tables or names)
