"""Filters: which movies may be recommended. The same ones hold in the query files and over arrays."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.errors import BadRequest
from movierec.ids import Id
from movierec.lookup.movies import find_movies
from movierec.ratings.rejects import printable

__all__ = ["Filters", "named_filters", "stored_genres", "year_range"]

LATEST_YEAR = 9_999
MOST_LISTED = 30  # genres in a message


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a movie must be to be in a list. The defaults let everything through that the user has not rated."""

    genres: tuple[str, ...] = ()  # one of these
    with_genres: tuple[str, ...] = ()  # each of these
    without_genres: tuple[str, ...] = ()  # none of these
    from_year: int | None = None  # a movie without a year is then left out
    to_year: int | None = None
    min_ratings: int = 0  # users who rated it
    exclude: tuple[Id, ...] = ()  # movieIds
    with_rated: bool = False  # movies that the user has rated too

    def __post_init__(self) -> None:
        for name in ("genres", "with_genres", "without_genres", "exclude"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if self.min_ratings < 0:
            raise BadRequest(f"min_ratings is {self.min_ratings}; expected 0 or more.")
        if self.from_year is not None and self.to_year is not None and self.from_year > self.to_year:
            raise BadRequest(
                f"The years {self.from_year} to {self.to_year} hold none; expected the earlier first."
            )

    def parameters(self) -> dict[str, Any]:
        """As the query files have them."""
        return {
            "genres": list(self.genres),
            "withGenres": list(self.with_genres),
            "withoutGenres": list(self.without_genres),
            "fromYear": self.from_year,
            "toYear": self.to_year,
            "minRatings": self.min_ratings,
            "exclude": list(self.exclude),
            "withRated": self.with_rated,
        }


def named_filters(
    database: Database,
    *,
    genres: Iterable[str] = (),
    with_genres: Iterable[str] = (),
    without_genres: Iterable[str] = (),
    year: str | None = None,
    min_ratings: int = 0,
    exclude: Iterable[str | int] = (),
    with_rated: bool = False,
) -> Filters:
    """Filters as a person names them: years as for `year_range`, movies by title or id.

    Raises BadRequest for years that are no range or a genre that no movie has, NotFound for an unknown movie.
    """
    first, last = year_range(year) if year else (None, None)
    typed = [tuple(genres), tuple(with_genres), tuple(without_genres)]
    names = sorted({name for some in typed for name in some})
    if len(_stored_as_typed(database, names)) < len(names):
        # To find one whatever its case, the genres of every movie are read.
        known = [row["genre"] for row in database.read(load_query("recommend/genres"))]
        typed = [stored_genres(some, known) for some in typed]
    return Filters(
        genres=typed[0],
        with_genres=typed[1],
        without_genres=typed[2],
        from_year=first,
        to_year=last,
        min_ratings=min_ratings,
        exclude=find_movies(database, exclude),
        with_rated=with_rated,
    )


def stored_genres(typed: Iterable[str], known: Collection[str]) -> tuple[str, ...]:
    """The genres as movies have them, whatever their case. Raises BadRequest for one that no movie has."""
    by_name = {genre.casefold(): genre for genre in sorted(known, reverse=True)}
    found = []
    for genre in typed:
        stored = by_name.get(genre.strip().casefold())
        if stored is None:
            near = difflib.get_close_matches(genre.casefold(), by_name, 1)
            hint = f'Did you mean "{by_name[near[0]]}"?' if near else f"Expected one of {_listed(known)}."
            hint = hint if known else "No movie has genres; leave the filter out."
            raise BadRequest(f"No movie is of genre {printable(genre)!r}. {hint}")
        found.append(stored)
    return tuple(found)


def _stored_as_typed(database: Database, names: list[str]) -> list[str]:
    rows = database.read(load_query("recommend/genres_of_movies"), genres=names) if names else []
    return [row["genre"] for row in rows]


def _listed(genres: Iterable[str]) -> str:
    names = sorted(genres)
    more = f", ... ({len(names)} genres)" if len(names) > MOST_LISTED else ""
    return ", ".join(names[:MOST_LISTED]) + more


def year_range(text: str) -> tuple[int | None, int | None]:
    """ "1990..1999", "1990..", "..1999" or "1994" as first and last year."""
    first, dots, last = text.partition("..")
    try:
        low = int(first) if first else None
        high = (int(last) if last else None) if dots else low
    except ValueError:
        low = high = None
    if any(year is not None and abs(year) > LATEST_YEAR for year in (low, high)):
        low = high = None
    if low is None and high is None:
        raise BadRequest(
            f"The years {text!r} are not a range; expected such as 1990..1999, 1990.., ..1999 or 1994."
        )
    return low, high
