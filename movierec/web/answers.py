"""The answers of the pages and of the API, from the database: what `results` has, by what `parameters` ask."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import Any

from movierec.database.connection import Database, Row
from movierec.database.query_files import load_query
from movierec.database.runs import last_done, list_runs, require_finished, require_live_run
from movierec.database.settings import ConnectionSettings
from movierec.errors import BadRequest, MovieRecError, NotFound, StageMissing
from movierec.ids import Id
from movierec.lookup.filters import Filters, named_filters
from movierec.lookup.movies import find_movie, find_movies
from movierec.lookup.suggestions import suggest_titles
from movierec.lookup.users import find_user
from movierec.recommendation.history import read_history
from movierec.recommendation.in_memory import Recommender
from movierec.recommendation.model import is_sequential
from movierec.recommendation.request import RecommendationRequest
from movierec.recommendation.results import SimilarMovie
from movierec.recommendation.statements import BoundQuery, recommendation_statement, similar_statement
from movierec.records import from_row
from movierec.web.parameters import MOST_OFFSET, Asked
from movierec.web.results import (
    Explanation,
    Link,
    ModelPage,
    MovieDetails,
    MoviePage,
    Recommendations,
    RunsPage,
    StarCount,
    Start,
    Statement,
    Title,
    Titles,
    YearOfRatings,
)

__all__ = ["Answers"]

SIMILAR_SHOWN = 10
MOST_LIKED_SHOWN = 12
RUNS_SHOWN = 20
HISTORY_SHOWN = 10
REASONS_SHOWN = 10  # of an explanation


class Answers:
    """One connection, and the model pulled through it; several threads may ask at the same time."""

    def __init__(self, database: Database, locate: Callable[[], ConnectionSettings | None] = lambda: None) -> None:
        """`locate` says where the server is now: it may have been started again with another port."""
        self.database = database
        self.recommender = Recommender(database)
        self._locate = locate
        self._reconnecting = threading.Lock()

    def reconnect(self) -> None:
        """After NoConnection: to a server that was started again elsewhere; the next question finds it."""
        with self._reconnecting, suppress(MovieRecError):
            found = self._locate()
            if found is not None and found != self.database.settings:
                self.database.reopen(found)

    def start(self) -> Start:
        """Where to begin."""
        users = self.database.read_one(load_query("recommend/user_id_range"))
        return Start(
            counts=self._counts(),
            most_liked=_titles(self.database.read(load_query("web/most_liked"), limit=MOST_LIKED_SHOWN)),
            genres=self.genres(),
            smallest_user=users["smallest"],
            largest_user=users["largest"],
        )

    def genres(self) -> tuple[str, ...]:
        """All genres, in alphabetical order."""
        return tuple(sorted(row["genre"] for row in self.database.read(load_query("recommend/genres"))))

    def is_sequential(self) -> bool:
        """Does the live model know the order of likes? Raises StageMissing before there is one."""
        return is_sequential(require_live_run(self.database))

    def titles(self, q: str, n: int) -> Titles:
        """Movies whose titles are near what was typed."""
        return Titles(q=q, titles=_titles(suggest_titles(self.database, q, n)))

    def movie(self, text: str, k: int = SIMILAR_SHOWN, popularity: float = 0.0) -> MoviePage:
        """A movie by title or id. Raises NotFound, with candidates, where none or several are meant."""
        movie_id: Id = find_movie(self.database, text)["movieId"]
        movie = self._details(movie_id)
        history = self.database.read(load_query("web/rating_history"), movieId=movie_id)
        run_id, without, statement = "", None, None
        similar: tuple[SimilarMovie, ...] = ()
        try:
            run_id = require_live_run(self.database)["runId"]
            similar = tuple(self.recommender.similar(movie_id, k, Filters(), popularity=popularity))
            statement = _statement(similar_statement(movie_id, k, Filters(), popularity))
        except StageMissing as error:
            without = str(error)
        ids = [movie_id, *(row.movie_id for row in similar)]
        return MoviePage(
            movie=movie,
            by_stars=tuple(
                StarCount(stars=stars, ratings=n)
                for stars, n in sorted(_summed((row["stars"], row["ratings"]) for row in history).items())
            ),
            by_year=tuple(_by_year(history)),
            similar=similar,
            links=tuple(from_row(Link, row) for row in self.database.read(load_query("web/links"), movieIds=ids)),
            without_similar=without,
            statement=None if similar and similar[0].estimated_from else statement,
            run_id=run_id,
        )

    def recommendations(self, asked: Asked) -> Recommendations:
        """A list, with reasons. Raises BadRequest where nobody is named, NotFound for an unknown user or movie."""
        if asked.offset and asked.diversity:
            raise BadRequest("offset is there with diversity; expected one of the two: a diverse list has no end.")
        end = asked.k + asked.offset
        request = self._request(asked, k=end)
        # One more than is shown, to know whether there are more; a diverse list is another with each length.
        rows = self.recommender.recommend(request if asked.diversity else replace(request, k=end + 1))
        model = self.recommender.model(request.sequential)
        history = read_history(self.database, request, model.min_rating)
        statement = None
        if history.liked and not asked.diversity:
            statement = _statement(recommendation_statement(model, history, request))
        is_more = len(rows) > end and end <= MOST_OFFSET
        return Recommendations(
            user_id=request.user_id,
            **self._named(request),
            history=self._lately(request, history.liked),
            sequential=rows[0].sequential if rows else model.sequential,
            basis=rows[0].basis if rows else "likes",
            rows=tuple(rows[asked.offset : end]),
            offset=asked.offset,
            next=asked.address("/recommend.json", offset=end) if is_more else None,
            statement=statement,
            run_id=model.run_id,
        )

    def explanation(self, asked: Asked, text: str) -> Explanation:
        """Why a movie is recommended, or where it stands. Raises as `recommendations`."""
        movie_id: Id = find_movie(self.database, text)["movieId"]
        request = replace(self._request(asked, k=1), filters=Filters())  # the rank is that among all movies
        explained = self.recommender.explain(request, movie_id, REASONS_SHOWN)
        movie = self._details(movie_id)
        parameters = {"movieId": movie_id, "likes": [reason.movie_id for reason in explained.because]}
        pasted = BoundQuery(load_query("recommend/paths"), parameters)
        return Explanation(
            movie=movie,
            user_id=request.user_id,
            **self._named(request),
            explained=explained,
            statement=_statement(pasted) if explained.because else None,
            run_id=explained.run_id,
        )

    def model(self) -> ModelPage:
        """What is in the database, and the live model. Raises StageMissing before there is one."""
        return ModelPage(
            counts=self._counts(),
            derive=_plain(require_finished(self.database, "derive")),
            train=_plain(require_live_run(self.database)),
            evaluation=self._evaluation(),
        )

    def quality(self) -> dict[str, Any]:
        """The newest evaluation that was recorded. Raises StageMissing before there is one."""
        found = self._evaluation()
        if found is None:
            raise StageMissing('No evaluation is recorded. Run "movierec evaluate --record".')
        return found

    def _evaluation(self) -> dict[str, Any] | None:
        found = last_done(self.database, "evaluate")
        return None if found is None else _plain(found)

    def runs(self, asked: Asked) -> RunsPage:
        """Runs, the newest first."""
        found = list_runs(self.database, asked.offset + RUNS_SHOWN + 1)
        shown = found[asked.offset : asked.offset + RUNS_SHOWN]
        is_more = len(found) > asked.offset + RUNS_SHOWN and asked.offset + RUNS_SHOWN <= MOST_OFFSET
        return RunsPage(
            runs=tuple(_plain(run) for run in shown),
            offset=asked.offset,
            next=asked.address("/runs.json", offset=asked.offset + RUNS_SHOWN) if is_more else None,
        )

    def _request(self, asked: Asked, k: int) -> RecommendationRequest:
        if not asked.names_somebody:
            raise BadRequest("There is nobody to recommend to; expected a user, likes, or then.")
        likes, then, dislikes = (
            find_movies(self.database, names) for names in (asked.likes, asked.then, asked.dislikes)
        )
        return RecommendationRequest(
            find_user(self.database, asked.user) if asked.user else None,
            likes=likes,
            then=tuple(dict.fromkeys(then)),
            dislikes=dislikes,
            k=k,
            filters=named_filters(
                self.database,
                genres=asked.genre,
                with_genres=asked.with_genre,
                without_genres=asked.without_genre,
                year=asked.year or None,
                min_ratings=asked.min_ratings,
                exclude=asked.exclude,
                with_rated=asked.with_rated,
            ),
            diversity=asked.diversity,
            popularity=asked.popularity,
            sequential=asked.sequential,
        )

    def _lately(self, request: RecommendationRequest, liked: Sequence[Id]) -> tuple[Title, ...]:
        """The newest likes that are not named in the request."""
        named = {*request.likes, *request.then}
        return self._titles_of([one for one in liked if one not in named][:HISTORY_SHOWN])

    def _named(self, request: RecommendationRequest) -> dict[str, tuple[Title, ...]]:
        known = {one.movie_id: one for one in self._titles_of([*request.likes, *request.then, *request.dislikes])}
        return {
            "likes": tuple(known[one] for one in request.likes),
            "then": tuple(known[one] for one in request.then),
            "dislikes": tuple(known[one] for one in request.dislikes),
        }

    def _titles_of(self, movie_ids: Sequence[Id]) -> tuple[Title, ...]:
        if not movie_ids:
            return ()
        return _titles(self.database.read(load_query("web/titles_of"), movieIds=list(movie_ids)))

    def _details(self, movie_id: Id) -> MovieDetails:
        rows = self.database.read(load_query("web/movie"), movieId=movie_id)
        if not rows:
            raise NotFound(f"Movie {movie_id} is no longer in the database.")
        return from_row(MovieDetails, rows[0])

    def _counts(self) -> dict[str, int]:
        counts = self.database.read_one(load_query("doctor/counts"))
        return {name: counts[name] for name in ("users", "movies", "ratings", "coLiked", "vectors")}


def _titles(rows: Iterable[Row]) -> tuple[Title, ...]:
    return tuple(from_row(Title, row) for row in rows)


def _summed(pairs: Iterable[tuple[float, int]]) -> dict[float, int]:
    sums: dict[float, int] = {}
    for key, n in pairs:
        sums[key] = sums.get(key, 0) + n
    return sums


def _by_year(history: Sequence[Row]) -> Iterable[YearOfRatings]:
    for year, rows in groupby(history, itemgetter("year")):  # the query has them in this order
        of_year = list(rows)
        n = sum(row["ratings"] for row in of_year)
        stars = sum(row["stars"] * row["ratings"] for row in of_year)
        yield YearOfRatings(year=year, ratings=n, mean_rating=stars / n)


def _statement(query: BoundQuery) -> Statement:
    return Statement(cypher=query.pasted(), parameters=query.parameters)


def _plain(run: Mapping[str, Any]) -> dict[str, Any]:
    """A Run as JSON has it: times as texts."""
    kinds = (str, int, float, bool, list, type(None))
    return {name: value if isinstance(value, kinds) else str(value) for name, value in sorted(run.items())}
