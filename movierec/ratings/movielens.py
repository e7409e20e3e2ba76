"""MovieLens, in every format it has had.

ml-latest   2016 and later: movies.csv, ratings.csv; links.csv and tags.csv where they are
ml-dat      1M (users.dat, Latin-1) and 10M (UTF-8): fields between "::", no header
ml-100k     u.data or a pair such as u1.base and u1.test, u.item (Latin-1, "|"), u.user
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from movierec.errors import DataRejected
from movierec.ratings.column_names import find_columns
from movierec.ratings.columns import Scale
from movierec.ratings.files import Files
from movierec.ratings.layouts import layout_of
from movierec.ratings.source import INTEGER_IDS, ReadSettings, Source, Table, lines_of, require_files, source_of
from movierec.ratings.tables import Layout

__all__ = ["is_fold", "ml_100k", "ml_dat", "ml_latest"]

RATING_FIELDS = {name: name for name in ("userId", "movieId", "rating", "timestamp")}

# What the older formats are by their definition.
AS_PUBLISHED: dict[str, Any] = {
    "id_kinds": INTEGER_IDS,
    "time_form": "s",
    "scale": Scale(),
    "genre_delimiter": "|",
}

# Table -> what is read of it, and what has to be there.
TABLES = {
    "movies": (("movieId", "title", "year", "genres"), ("movieId", "title")),
    "links": (("movieId", "imdbId", "tmdbId"), ("movieId",)),
    "ratings": (("userId", "movieId", "rating", "timestamp"), ("userId", "movieId", "rating")),
    "tags": (("userId", "movieId", "tag", "timestamp"), ("userId", "movieId", "tag")),
}


def ml_latest(files: Files, settings: ReadSettings) -> Source:
    """The tables of a data set of 2016 or later, or of a folder like it; columns may be more, fewer, or moved."""
    require_files(files, "movies.csv", "ratings.csv")
    tables = []
    for kind, (wanted, always) in TABLES.items():
        member = files.members.get(f"{kind}.csv")
        if member is None:
            continue
        layout, columns = layout_of(files, member, settings)
        needed = tuple(name for name in always if not (settings.implicit and name == "rating"))
        fields = find_columns(
            columns, settings, files.label(member), wanted, needed, rows_are_movies=kind == "movies"
        )
        if layout is not None and layout.form == "delimited":
            # Numbers need no quotation marks: unless the header is quoted too, one in them is a fault, not the
            # start of a field that may run over a thousand lines. Titles and tags may be quoted anywhere.
            (header,) = lines_of(files, member, layout.encoding, layout.n_skipped + 1)[layout.n_skipped :]
            layout = replace(layout, is_quoted=kind in ("movies", "tags") or '"' in header)
        tables.append(Table(kind=kind, members=(member,), layout=layout, fields=fields, columns=columns))
    return source_of("ml-latest", settings, tables)


def ml_dat(files: Files, settings: ReadSettings) -> Source:
    """The tables of 1M or 10M, or a single file of their ratings."""
    members = files.members
    if files.is_single:
        members = {"ratings.dat": files.paths[0]}
    else:
        require_files(files, "movies.dat", "ratings.dat")
    is_1m = "users.dat" in members

    def dat(*columns: str) -> Layout:
        encoding = "latin-1" if is_1m else "utf-8"
        return Layout(columns=columns, delimiter="::", has_header=False, is_quoted=False, encoding=encoding)

    layouts = {
        "movies": dat("movieId", "title", "genres"),
        "users": dat("userId", "gender", "age", "occupation", "zipCode"),
        "ratings": dat(*RATING_FIELDS),
        "tags": dat("userId", "movieId", "tag", "timestamp"),
    }
    return source_of(
        "ml-dat",
        settings,
        [
            Table(
                kind=kind,
                members=(members[f"{kind}.dat"],),
                layout=layout,
                fields={name: name for name in layout.columns},
                **AS_PUBLISHED,
            )
            for kind, layout in layouts.items()
            if f"{kind}.dat" in members
        ],
    )


GENRES_100K = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama",
    "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip


def ml_100k(files: Files, settings: ReadSettings) -> Source:
    """The tables of 100K, or a single file of its ratings, such as u1.base."""
    members = files.members
    data = Layout(columns=tuple(RATING_FIELDS), delimiter="\t", has_header=False, is_quoted=False)
    if files.is_single:
        parts = list(files.paths)
    elif "u.data" in members:
        parts = [members["u.data"]]
    else:
        parts = [members[name] for name in sorted(members) if is_fold(name)]
        if not parts:
            require_files(files, "u.data")
        if len(parts) > 2:
            raise DataRejected(
                f"{files.name}: several folds and no u.data, so ratings would come twice. "
                "Load one u.data, or a folder with one pair such as u1.base and u1.test."
            )
    tables = []
    if "u.item" in members:
        item = ("movieId", "title", "released", "videoReleased", "imdbUrl", *GENRES_100K)
        layout = Layout(columns=item, delimiter="|", has_header=False, is_quoted=False, encoding="latin-1")
        fields = {"movieId": "movieId", "title": "title"}
        tables.append(
            Table(
                kind="movies",
                members=(members["u.item"],),
                layout=layout,
                fields=fields,
                genre_flags=GENRES_100K,
                **AS_PUBLISHED,
            )
        )
    if "u.user" in members:
        user = ("userId", "age", "gender", "occupation", "zipCode")
        layout = Layout(columns=user, delimiter="|", has_header=False, is_quoted=False, encoding="latin-1")
        tables.append(
            Table(
                kind="users",
                members=(members["u.user"],),
                layout=layout,
                fields={name: name for name in user},
                **AS_PUBLISHED,
            )
        )
    tables += [
        Table(kind="ratings", members=(part,), layout=data, fields=RATING_FIELDS, **AS_PUBLISHED) for part in parts
    ]
    return source_of("ml-100k", settings, tables)


def is_fold(name: str) -> bool:
    """Is it one half of a pair of training and test ratings?"""
    return re.fullmatch(r"u[1-5ab]\.(base|test)", name) is not None
