"""Formats: which one a source has, recognised by looking at its names and first lines.

Out: a `Source`, a list of `Table`s in the order they are loaded. Where there is a table of movies, a
rating of any other movie is wrong; where there is none, ratings bring their movies with them.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from movierec.errors import BadRequest, DataRejected
from movierec.ratings.custom_table import custom_table, parts_of_table, table_files
from movierec.ratings.files import Files
from movierec.ratings.layouts import is_parquet, layout_of
from movierec.ratings.movielens import is_fold, ml_100k, ml_dat, ml_latest
from movierec.ratings.netflix import is_netflix, netflix
from movierec.ratings.personal import is_letterboxd, personal_format, personal_ratings
from movierec.ratings.recbole import recbole
from movierec.ratings.rejects import quoted_columns
from movierec.ratings.sequences import are_sequences, sequences
from movierec.ratings.source import N_LOOKED_AT, ReadSettings, Source, lines_of
from movierec.ratings.tables import begins_as_array

__all__ = ["FORMATS", "recognise"]

FORMATS = {
    "ml-latest": ml_latest,
    "ml-dat": ml_dat,
    "ml-100k": ml_100k,
    "recbole": recbole,
    "netflix": netflix,
    "personal": personal_ratings,
    "sequences": sequences,
    "custom": custom_table,
}


def recognise(files: Files, settings: ReadSettings) -> Source:
    """Raises DataRejected when no format fits, BadRequest when an option does not."""
    chosen = settings.input_format
    if chosen == "auto":
        chosen = _format_of_one(files, settings) if files.is_single else _format_of_several(files, settings)
    if settings.user is not None and chosen not in ("personal", "custom"):
        raise BadRequest(f"{files.name} says whose each rating is ({chosen}); --user is for one person's ratings.")
    source = FORMATS[chosen](files, settings)
    _refuse_two_of_one_name(files, source)
    return source


def _refuse_two_of_one_name(files: Files, source: Source) -> None:
    """Raise DataRejected where it is chance which of two data sets a table comes from."""
    for table in source.tables:
        if len(table.members) > 1:
            continue
        (member,) = table.members
        path = PurePosixPath(member)
        twins = [
            other
            for other in files.paths
            if PurePosixPath(other).name.lower() == path.name.lower() and other.count("/") == member.count("/")
        ]
        if len(twins) > 1:
            raise DataRejected(
                f"{files.name}: several files {path.name} ({quoted_columns(twins)}); name the folder of one."
            )


def _format_of_several(files: Files, settings: ReadSettings) -> str:
    names = set(files.members)
    if is_letterboxd(files):
        found = _format_of_table(files, files.members["ratings.csv"], settings)
        if found == "personal":
            return found
    if "ratings.csv" in names and "movies.csv" in names:
        return "ml-latest"
    if "ratings.dat" in names:
        return "ml-dat"
    if "u.data" in names or any(is_fold(name) for name in names):
        return "ml-100k"
    if any(is_netflix(name) for name in names):
        return "netflix"
    if any(name.endswith(".inter") for name in names):
        return "recbole"
    tables = table_files(files)
    if len(tables) == 1:
        return _format_of_table(files, tables[0], settings)
    if tables:
        parts_of_table(files)  # or raise
        return "custom"
    raise DataRejected(
        f"{files.name}: no known {files.what} of ratings. Expected ratings.csv with movies.csv, ratings.dat, "
        "u.data, a file .inter, the Netflix Prize's, or one table in CSV, JSON lines or Parquet. "
        f"Found: {quoted_columns(sorted(PurePosixPath(name).name for name in files.paths)) or 'nothing'}. "
        'For MovieLens, run "movierec fetch ml-latest-small".'
    )


def _format_of_one(files: Files, settings: ReadSettings) -> str:
    (member,) = files.paths
    files.refuse_foreign(member)
    if is_parquet(files, member):
        return "custom"
    if begins_as_array(files.head(member, 64)):
        return _format_of_table(files, member, settings)
    lines = [line for line in lines_of(files, member, settings.encoding or "utf-8", N_LOOKED_AT) if line.strip()]
    if not lines:
        raise DataRejected(f"{files.label(member)}: empty; expected ratings.")
    if settings.columns is not None:
        return "custom"
    if re.fullmatch(r"\d+::\d+::[\d.]+::\d+", lines[0]):
        return "ml-dat"
    if re.fullmatch(r"[1-9]\d*\t[1-9]\d*\t[1-5]\t\d+", lines[0]):
        return "ml-100k"
    if re.fullmatch(r"\d+:", lines[0]) and _is_netflix_row(lines[1:]):
        return "netflix"
    if are_sequences(lines):
        return "sequences"
    if re.search(r"\w:(token|float|token_seq|float_seq)\b", lines[0]):
        return "recbole"
    return _format_of_table(files, member, settings)


def _format_of_table(files: Files, member: str, settings: ReadSettings) -> str:
    if settings.table != "ratings" or settings.columns is not None:
        return "custom"
    _, columns = layout_of(files, member, settings)
    return "personal" if personal_format(columns) else "custom"


def _is_netflix_row(lines: list[str]) -> bool:
    return bool(lines) and re.fullmatch(r"\d+,[1-5],\d{4}-\d\d-\d\d", lines[0]) is not None
