"""The options that recommend, similar and explain share: whose likes, and which movies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from movierec.cli.options import F

if TYPE_CHECKING:
    from movierec.database.connection import Database
    from movierec.recommending.filters import Filters

__all__ = ["filter_options", "movie_ids", "to_filters", "who_options"]


def who_options(function: F) -> F:
    """--user, --likes and --dislikes."""
    options: list[Callable[[F], F]] = [
        click.option("--user", help="The user's id, as it was in the file."),
        click.option(
            "--likes", multiple=True, metavar="MOVIE", help="A title or an id that is liked; repeatable."
        ),
        click.option("--dislikes", multiple=True, metavar="MOVIE", help="One that is not liked; repeatable."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def filter_options(function: F) -> F:
    """--genre and the other conditions on movies; the verb gets them for `to_filters`."""
    options: list[Callable[[F], F]] = [
        click.option("--genre", "any_genre", multiple=True, help="One of these genres; repeatable."),
        click.option("--with-genre", "all_genres", multiple=True, help="Each of these genres; repeatable."),
        click.option("--without-genre", "no_genres", multiple=True, help="None of these genres; repeatable."),
        click.option("--year", metavar="FROM..TO", help="Years, such as 1990..1999, 1990.., ..1999 or 1994."),
        click.option("--min-ratings", type=click.IntRange(0), default=0, help="Users who rated it, at least."),
        click.option(
            "--exclude", multiple=True, metavar="MOVIE", help="A title or an id to leave out; repeatable."
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def to_filters(
    database: Database,
    any_genre: Sequence[str],
    all_genres: Sequence[str],
    no_genres: Sequence[str],
    year: str | None,
    min_ratings: int,
    exclude: Sequence[str],
    with_rated: bool = False,
) -> Filters:
    """The filters that the options name; BadRequest for an unknown genre, NotFound for an unknown movie."""
    from movierec.database.query_files import load_query
    from movierec.recommending.filters import Filters, year_range

    first, last = year_range(year) if year else (None, None)
    filters = Filters(
        tuple(any_genre),
        tuple(all_genres),
        tuple(no_genres),
        first,
        last,
        min_ratings,
        movie_ids(database, exclude),
        with_rated,
    )
    if any_genre or all_genres or no_genres:
        filters.check_genres(row["genre"] for row in database.read(load_query("recommend/genres")))
    return filters


def movie_ids(database: Database, movies: Sequence[str]) -> tuple[int, ...]:
    """The ids of movies that are named by title or id."""
    from movierec.recommending.titles import find_movie

    return tuple(find_movie(database, movie)["movieId"] for movie in movies)


def wish_of(
    database: Database, user: str | None, likes: Sequence[str], dislikes: Sequence[str], **settings: Any
) -> Any:
    """The Wish of a user or of likes."""
    from movierec.recommending.recommend import Wish
    from movierec.recommending.users import find_user

    return Wish(
        None if user is None else find_user(database, user),
        movie_ids(database, likes),
        movie_ids(database, dislikes),
        **settings,
    )
