"""The options that recommend, similar and explain share: whose likes, and which movies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

import click

from movierec.cli.grouped import Option
from movierec.cli.options import F
from movierec.graph.settings import SEQUENTIAL_CHOICES

if TYPE_CHECKING:
    from movierec.database.connection import Database
    from movierec.ids import Id
    from movierec.recommendation.request import RecommendationRequest

__all__ = [
    "filter_options",
    "popularity_option",
    "request_from_options",
    "request_of",
    "use_of_order_option",
    "user_options",
]

CONDITIONS = ("genres", "with_genres", "without_genres", "year", "min_ratings", "exclude")


def user_options(function: F) -> F:
    """--user, --likes, --then and --dislikes; the command gets the last three as one `named`."""
    options: list[Callable[[F], F]] = [
        click.option("--user", help="The user's id, as it was in the file."),
        click.option(
            "--likes", multiple=True, metavar="MOVIE", help="A title or an id that is liked; repeatable."
        ),
        click.option(
            "--then",
            multiple=True,
            metavar="MOVIE",
            help="A title or an id that was liked after all of these; repeatable, oldest first.",
        ),
        click.option(
            "--dislikes", multiple=True, metavar="MOVIE", help="A title or an id that is disliked; repeatable."
        ),
    ]

    @wraps(function)
    def with_named(*arguments: Any, **others: Any) -> Any:
        named = {name: others.pop(name) for name in ("likes", "then", "dislikes")}
        return function(*arguments, named=named, **others)

    decorated: Any = with_named
    for option in reversed(options):
        decorated = option(decorated)
    return cast(F, decorated)


def filter_options(function: F) -> F:
    """--genre and the other filters; the command gets them as one `conditions` for `named_filters`."""

    @wraps(function)
    def with_conditions(*arguments: Any, **named: Any) -> Any:
        conditions = {name: named.pop(name) for name in CONDITIONS}
        return function(*arguments, conditions=conditions, **named)

    options: list[Callable[[Any], Any]] = [
        _condition(
            "--genre",
            "genres",
            multiple=True,
            help="Only movies with at least one of these genres; repeatable.",
        ),
        _condition(
            "--with-genre", "with_genres", multiple=True, help="Only movies with all of these genres; repeatable."
        ),
        _condition(
            "--without-genre",
            "without_genres",
            multiple=True,
            help="Only movies with none of these genres; repeatable.",
        ),
        _condition("--year", metavar="FROM..TO", help="Years, such as 1990..1999, 1990.., ..1999 or 1994."),
        _condition(
            "--min-ratings", type=click.IntRange(0), default=0, help="Minimum number of users who rated the movie."
        ),
        _condition("--exclude", multiple=True, metavar="MOVIE", help="A title or an id to leave out; repeatable."),
    ]
    decorated: Any = with_conditions
    for option in reversed(options):
        decorated = option(decorated)
    return cast(F, decorated)


def popularity_option(function: F) -> F:
    """--popularity."""
    option = click.option(
        "--popularity",
        type=float,
        default=0.0,
        metavar="-2..2",
        help="Exponent of the like count in the score: above 0 favours popular movies, below 0 less popular ones.",
    )
    return option(function)


def use_of_order_option(function: F) -> F:
    """--sequential, of what answers; the command gets None for auto."""
    option = click.option(
        "--sequential",
        type=click.Choice(SEQUENTIAL_CHOICES),
        default="auto",
        show_default=True,
        callback=lambda ctx, parameter, value: {"on": True, "off": False}.get(value),
        help="On: what comes next, by the order of the likes; off: what fits at any time; auto: on if trained so.",
    )
    return option(function)


def _condition(*names: str, **attributes: Any) -> Callable[[Any], Any]:
    return click.option(*names, cls=Option, group="Filters", **attributes)


def request_from_options(
    database: Database, user: str | None, named: Mapping[str, Sequence[str]], **settings: Any
) -> RecommendationRequest:
    """The request that the options make; NotFound for an unknown user or movie."""
    from movierec.lookup.users import find_user

    return request_of(database, None if user is None else find_user(database, user), named, **settings)


def request_of(
    database: Database, user_id: Id | None, named: Mapping[str, Sequence[str]], **settings: Any
) -> RecommendationRequest:
    """The request of a user, or of nobody, with the movies that are `named`; NotFound for an unknown movie."""
    from movierec.lookup.movies import find_movies
    from movierec.recommendation.request import RecommendationRequest

    settings |= {name: find_movies(database, movies) for name, movies in named.items()}
    return RecommendationRequest(user_id, **settings)
