"""Formats: which one a source has, recognised by looking at its names and first lines.

Out: a `Source`, a list of `Table`s in the order they are loaded. Where there is a table of movies, a
rating of any other movie is wrong; where there is none, ratings bring their movies with them.
"""

from __future__ import annotations

import re

from movierec.errors import DataRejected
from movierec.ratings.custom_table import custom_table, custom_tables, is_parquet
from movierec.ratings.files import Files
from movierec.ratings.movielens import is_fold, ml_100k, ml_dat, ml_latest
from movierec.ratings.recbole import recbole
from movierec.ratings.source import ReadSettings, Source, lines_of

__all__ = ["FORMATS", "recognise"]

FORMATS = {
    "ml-latest": ml_latest,
    "ml-dat": ml_dat,
    "ml-100k": ml_100k,
    "recbole": recbole,
    "custom": custom_table,
}


def recognise(files: Files, settings: ReadSettings) -> Source:
    """Raises DataRejected when no format fits, BadRequest when an option does not."""
    chosen = settings.input_format
    if chosen == "auto":
        chosen = _format_of_one(files, settings) if files.is_single else _format_of_several(files)
    return FORMATS[chosen](files, settings)


def _format_of_several(files: Files) -> str:
    names = set(files.members())
    if "ratings.csv" in names and "movies.csv" in names:
        return "ml-latest"
    if "ratings.dat" in names:
        return "ml-dat"
    if "u.data" in names or any(is_fold(name) for name in names):
        return "ml-100k"
    if any(name.endswith(".inter") for name in names):
        return "recbole"
    if len(custom_tables(names)) == 1:
        return "custom"
    what = "zip" if files.is_zip else "folder"
    raise DataRejected(
        f"{files.name}: no known {what} of ratings. Expected ratings.csv with movies.csv, ratings.dat, u.data, "
        f"a file .inter, or one .csv, .tsv or .parquet. Found: {', '.join(sorted(names)[:8]) or 'nothing'}. "
        'For MovieLens, run "movierec fetch ml-latest-small".'
    )


def _format_of_one(files: Files, settings: ReadSettings) -> str:
    (name,) = files.members()
    if is_parquet(files, name):
        return "custom"
    lines = lines_of(files, name, settings.encoding or "utf-8", 1)
    if not lines:
        raise DataRejected(f"{files.label(files.members()[name])}: empty; expected ratings.")
    if re.fullmatch(r"\d+::\d+::[\d.]+::\d+", lines[0]):
        return "ml-dat"
    if re.fullmatch(r"\d+\t\d+\t[1-5]\t\d+", lines[0]):
        return "ml-100k"
    if re.search(r"\w:(token|float|token_seq|float_seq)\b", lines[0]):
        return "recbole"
    return "custom"
