"""The Netflix Prize: a file for each movie, or all movies in four files, and movie_titles.

training_set/mv_0000001.txt   "1:", then a line "user,rating,date" for each rating
combined_data_1.txt           the same, of many movies
movie_titles.csv or .txt      "movie,year,title", Latin-1; a title may hold commas
"""

from __future__ import annotations

import re

from movierec.errors import DataRejected
from movierec.ratings.columns import Scale
from movierec.ratings.files import Files
from movierec.ratings.source import INTEGER_IDS, ReadSettings, Source, Table, source_of
from movierec.ratings.tables import Layout

__all__ = ["is_netflix", "netflix"]

RATINGS = re.compile(r"(combined_data_\d+|mv_\d+)\.txt")
COLUMNS = ("movieId", "userId", "rating", "timestamp")


def is_netflix(name: str) -> bool:
    """Is it a file of the Netflix Prize's ratings?"""
    return RATINGS.fullmatch(name) is not None


def netflix(files: Files, settings: ReadSettings) -> Source:
    """The ratings, and the titles where they are."""
    names = files.members
    parts = files.paths if files.is_single else sorted(path for name, path in names.items() if is_netflix(name))
    if not parts:
        raise DataRejected(f"{files.name}: no combined_data_1.txt or mv_0000001.txt; expected the Netflix Prize.")
    tables = [
        Table(
            kind="ratings",
            members=tuple(parts),
            layout=Layout(columns=COLUMNS, form="netflix", has_header=False, is_quoted=False),
            fields={name: name for name in COLUMNS},
            id_kinds=INTEGER_IDS,
            time_form="iso",
            scale=Scale(1, 5),
        )
    ]
    titles = names.get("movie_titles.csv") or names.get("movie_titles.txt")
    if titles is not None and not files.is_single:
        layout = Layout(
            columns=("movieId", "year", "title"),
            has_header=False,
            is_quoted=False,
            encoding="latin-1",
            last_takes_rest=True,
        )
        fields = {name: name for name in layout.columns}
        tables.append(Table(kind="movies", members=(titles,), layout=layout, fields=fields, id_kinds=INTEGER_IDS))
    return source_of("netflix", settings, tables)
