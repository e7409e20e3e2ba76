"""MovieLens, in every format it has had.

ml-latest   2016 and later: movies.csv, ratings.csv; links.csv and tags.csv where they are
ml-dat      1M (users.dat, Latin-1) and 10M (UTF-8): fields between "::", no header
ml-100k     u.data or a pair such as u1.base and u1.test, u.item (Latin-1, "|"), u.user
"""

from __future__ import annotations

import re
from dataclasses import replace

from movierec.errors import DataRejected
from movierec.ratings.files import Files
from movierec.ratings.source import ReadSettings, Source, Table, lines_of, require_files, source_of
from movierec.ratings.tables import Layout

__all__ = ["is_fold", "ml_100k", "ml_dat", "ml_latest"]

RATING_FIELDS = {name: name for name in ("userId", "movieId", "rating", "timestamp")}


def ml_latest(files: Files, settings: ReadSettings) -> Source:
    """The tables of a data set of 2016 or later."""
    members = files.members()
    layouts = {
        "movies": Layout(columns=("movieId", "title", "genres")),
        "links": Layout(columns=("movieId", "imdbId", "tmdbId")),
        "ratings": Layout(columns=tuple(RATING_FIELDS)),
        "tags": Layout(columns=("userId", "movieId", "tag", "timestamp")),
    }
    require_files(files, members, "movies.csv", "ratings.csv")
    for kind in {"links", "ratings"} & {kind for kind in layouts if f"{kind}.csv" in members}:
        # They hold numbers only. Unless a program has quoted the header too, a quotation mark in them is a
        # fault, not the start of a field that may run over a thousand lines.
        (header,) = lines_of(files, f"{kind}.csv", settings.encoding or "utf-8", 1) or [""]
        layouts[kind] = replace(layouts[kind], is_quoted='"' in header)
    return source_of(
        "ml-latest",
        settings,
        [
            Table(
                kind=kind,
                member=members[f"{kind}.csv"],
                layout=layout,
                fields={name: name for name in layout.columns},
            )
            for kind, layout in layouts.items()
            if f"{kind}.csv" in members
        ],
    )


def ml_dat(files: Files, settings: ReadSettings) -> Source:
    """The tables of 1M or 10M, or a single file of their ratings."""
    members = files.members()
    if files.is_single:
        members = {"ratings.dat": next(iter(members.values()))}
    else:
        require_files(files, members, "movies.dat", "ratings.dat")
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
                member=members[f"{kind}.dat"],
                layout=layout,
                fields={name: name for name in layout.columns},
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
    members = files.members()
    data = Layout(columns=tuple(RATING_FIELDS), delimiter="\t", has_header=False, is_quoted=False)
    if files.is_single:
        parts = list(members.values())
    elif "u.data" in members:
        parts = [members["u.data"]]
    else:
        parts = [members[name] for name in sorted(members) if is_fold(name)]
        if not parts:
            require_files(files, members, "u.data")
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
            Table(kind="movies", member=members["u.item"], layout=layout, fields=fields, genre_flags=GENRES_100K)
        )
    if "u.user" in members:
        user = ("userId", "age", "gender", "occupation", "zipCode")
        layout = Layout(columns=user, delimiter="|", has_header=False, is_quoted=False, encoding="latin-1")
        tables.append(
            Table(kind="users", member=members["u.user"], layout=layout, fields={name: name for name in user})
        )
    tables += [Table(kind="ratings", member=part, layout=data, fields=RATING_FIELDS) for part in parts]
    return source_of("ml-100k", settings, tables)


def is_fold(name: str) -> bool:
    """Is it one half of a pair of training and test ratings?"""
    return re.fullmatch(r"u[1-5ab]\.(base|test)", name) is not None
