"""Filters: which movies may be recommended. The same ones hold in the query files and over arrays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.errors import BadRequest
from movierec.lookup.movies import find_movies

__all__ = ["Filters", "named_filters", "year_range"]


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a movie must be to be in a list. The defaults let everything through that the user has not rated."""

    genres: tuple[str, ...] = ()  # one of these
    with_genres: tuple[str, ...] = ()  # each of these
    without_genres: tuple[str, ...] = ()  # none of these
    from_year: int | None = None  # a movie without a year is then left out
    to_year: int | None = None
    min_ratings: int = 0  # users who rated it
    exclude: tuple[int, ...] = ()  # movieIds
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

    def check_genres(self, known: Iterable[str]) -> None:
        """Raises BadRequest for a genre that no movie has."""
        genres = set(known)
        for genre in (*self.genres, *self.with_genres, *self.without_genres):
            if genre not in genres:
                raise BadRequest(f"No movie is of genre {genre!r}; expected one of {', '.join(sorted(genres))}.")


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
    filters = Filters(
        genres=tuple(genres),
        with_genres=tuple(with_genres),
        without_genres=tuple(without_genres),
        from_year=first,
        to_year=last,
        min_ratings=min_ratings,
        exclude=find_movies(database, exclude),
        with_rated=with_rated,
    )
    if filters.genres or filters.with_genres or filters.without_genres:
        filters.check_genres(row["genre"] for row in database.read(load_query("recommend/genres")))
    return filters


def year_range(text: str) -> tuple[int | None, int | None]:
    """ "1990..1999", "1990..", "..1999" or "1994" as first and last year."""
    first, dots, last = text.partition("..")
    try:
        low = int(first) if first else None
        high = (int(last) if last else None) if dots else low
    except ValueError:
        low = high = None
    if low is None and high is None:
        raise BadRequest(
            f"The years {text!r} are not a range; expected such as 1990..1999, 1990.., ..1999 or 1994."
        )
    return low, high
