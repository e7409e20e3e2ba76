"""Checks against the database before a load writes anything: that its ids can meet those that are there."""

from __future__ import annotations

from dataclasses import replace

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.errors import DataRejected
from movierec.ids import Id, whole_number
from movierec.progress import Progress
from movierec.ratings.columns import parse_integer_id
from movierec.ratings.files import Files
from movierec.ratings.formats import recognise
from movierec.ratings.source import ReadSettings, Source
from movierec.ratings.survey import IdKinds, Survey, survey_source

__all__ = ["known_kinds", "survey_for", "with_user"]

BATCH_IDS = 10_000


def known_kinds(database: Database) -> IdKinds:
    """What the ids in the database are."""
    return database.read_one(load_query("load/id_kinds"))


def survey_for(
    database: Database, known: IdKinds, files: Files, settings: ReadSettings, progress: Progress
) -> Source:
    """The source, with every decision made, to be loaded into this database, which has ids of the `known` kinds.

    Raises DataRejected where its ids are of another kind than those in the database, or where a table of movies
    has none that anybody has rated there, or ratings none of the movies that are there.
    """
    found = survey_source(files, recognise(files, settings), known, progress)
    if not settings.new_movies:
        _refuse_strangers(database, found)
    return found.source


def with_user(database: Database, source: Source, kind: str | None) -> Source:
    """The source with the id of the user whose ratings they are, where no column says it; `kind` is that of the
    userIds in the database.
    """
    if all(table.user is None for table in source.tables):
        return source
    return replace(
        source,
        tables=tuple(
            table if table.user is None else replace(table, user_id=_user_id(database, table.user, kind))
            for table in source.tables
        ),
    )


def _user_id(database: Database, name: str, kind: str | None) -> Id:
    """Whose ratings they are: an id of the kind that the database has, or that of the user of this name.

    A new one gets the next id below 0, which no file of integer ids has; it is created with its first ratings.
    """
    if kind == "text":
        return name
    number = whole_number(name)
    if number is not None or kind is None:
        return name if number is None else number
    row = database.read_one(load_query("load/user_of_name"), name=name)
    known: int | None = row["known"]
    return min(row["smallest"] or 0, 0) - 1 if known is None else known


def _refuse_strangers(database: Database, found: Survey) -> None:
    kinds = {table.kind for table in found.source.tables}
    has_movies, has_ratings = "movies" in kinds, "ratings" in kinds
    if has_movies and has_ratings:
        return  # they are checked against each other
    there = database.read_one(load_query("load/what_is_there"))
    if "personal" in kinds and not there["movies"]:
        raise DataRejected(
            "The database has no movies to look up one person's movies in. Load ratings of many people first, "
            'such as MovieLens: movierec load "$(movierec fetch ml-latest-small)".'
        )
    # Ratings that come later may be of new movies alone.
    must_meet = (has_movies and there["ratings"]) or (has_ratings and there["movies"] and not there["ratings"])
    if not must_meet:
        return
    kind = next(table.id_kinds["movieId"] for table in found.source.tables if "movieId" in table.id_kinds)
    texts = sorted(found.movie_ids)
    query = load_query("load/known_movies")
    for start in range(0, len(texts), BATCH_IDS):
        batch = texts[start : start + BATCH_IDS]
        numbers = (parse_integer_id(text) for text in batch)
        ids: list[Id] = list(batch) if kind == "text" else [number for number in numbers if number is not None]
        if database.read_one(query, movieIds=ids, mustBeRated=has_movies)["movies"]:
            return
    example = database.read_one(load_query("load/some_movie"))["movieId"]
    what = "None of these movies is rated" if has_movies else "None of the rated movies is"
    raise DataRejected(
        f"{what} in the database: here ids are such as {texts[0] if texts else None!r}, there {example!r}. "
        "Name the column that holds the same ids with --movie-column, or give --new-movies if they are others."
    )
