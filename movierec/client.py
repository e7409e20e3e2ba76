"""The model from a notebook: pandas tables from an open connection.

    import movierec

    with movierec.connect() as movies:
        movies.similar("Matrix, The (1999)")
        movies.recommend(1, genre="Comedy")
        movies.recommend(likes=["Matrix, The (1999)", "Alien (1979)"])
        movies.explain(1, "Aliens (1986)")

The server is the one that the environment or `.env` names, else the embedded one, as for the command line.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from movierec.database.connection import Database
from movierec.database.embedded.server import EmbeddedServer
from movierec.database.settings import connection_settings, environment
from movierec.home import Home, home_folder
from movierec.lookup.filters import Filters, named_filters
from movierec.lookup.movies import find_movies
from movierec.lookup.users import find_user
from movierec.recommendation.in_memory import Recommender
from movierec.recommendation.request import RecommendationRequest

__all__ = ["Movies", "connect"]


def connect(uri: str | None = None, username: str | None = None, database: str | None = None) -> Movies:
    """A connection to ask through; the password is NEO4J_PASSWORD's. Close it, or use it in a `with` statement.

    Raises ConnectionFailed and the other errors of `movierec.errors`, as everything here.
    """
    env = environment()
    settings = connection_settings(env, uri, username, env.get("NEO4J_PASSWORD"), database)
    if settings is None:
        server = EmbeddedServer(Home(home_folder(env)), env, env.get("MOVIEREC_NEO4J_VERSION") or None)
        server.start()
        settings = server.settings()
    return Movies(Database(settings).__enter__())


class Movies:
    """Questions to the model, answered from arrays that are pulled with the first one."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.recommender = Recommender(database)

    def __enter__(self) -> Movies:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection; an embedded server goes on."""
        self.database.__exit__(None, None, None)

    def similar(
        self, movie: str | int, k: int = 10, *, plain_cosine: bool = False, **conditions: Any
    ) -> pd.DataFrame:
        """The movies most like one, best first; `conditions` as for `recommend`."""
        filters = self._filters(**conditions)
        (movie_id,) = self._ids(movie)
        return pd.DataFrame(self.recommender.similar(movie_id, k, filters, plain_cosine))

    def recommend(
        self,
        user: str | int | None = None,
        k: int = 10,
        *,
        likes: str | int | Iterable[str | int] = (),
        dislikes: str | int | Iterable[str | int] = (),
        diversity: float = 0.0,
        popularity: float = 0.0,
        **conditions: Any,
    ) -> pd.DataFrame:
        """Movies for a user, or for anybody who likes some, best first.

        `conditions`: genre, with_genre, without_genre (a name or several), year ("1990..1999"), min_ratings,
        exclude (movies), with_rated (True: movies that the user has rated too).
        """
        request = RecommendationRequest(
            None if user is None else find_user(self.database, str(user)),
            self._ids(likes),
            self._ids(dislikes),
            k,
            self._filters(**conditions),
            diversity,
            popularity,
        )
        return pd.DataFrame(self.recommender.recommend(request))

    def explain(self, user: str | int, movie: str | int, n: int = 10) -> pd.DataFrame:
        """The likes that carry a score: movieId, title, count, lift, share; `attrs` holds the movie's row."""
        request = RecommendationRequest(find_user(self.database, str(user)))
        (movie_id,) = self._ids(movie)
        explained = self.recommender.explain(request, movie_id, n)
        table = pd.DataFrame(explained["because"], columns=["movieId", "title", "count", "lift", "share"])
        table.attrs.update(explained)
        return table

    def _ids(self, movies: str | int | Iterable[str | int]) -> tuple[int, ...]:
        return find_movies(self.database, _several(movies))

    def _filters(
        self,
        genre: str | Iterable[str] = (),
        with_genre: str | Iterable[str] = (),
        without_genre: str | Iterable[str] = (),
        year: str | int | None = None,
        min_ratings: int = 0,
        exclude: str | int | Iterable[str | int] = (),
        with_rated: bool = False,
    ) -> Filters:
        return named_filters(
            self.database,
            _several(genre),
            _several(with_genre),
            _several(without_genre),
            None if year is None else str(year),
            min_ratings,
            _several(exclude),
            with_rated,
        )


def _several(named: Any) -> tuple[Any, ...]:
    """One name or several, as several."""
    return (named,) if isinstance(named, str | int) else tuple(named)
