"""Recommendations and similar movies, computed inside the server: one query, one list, nothing pulled.

Where movies are few the query compares every one; where they are many, candidates of an index (`candidates`).
`in_memory` gives the same lists for many users from one process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from movierec.arrays import unit_vectors, vector_table
from movierec.database.connection import Database, Row
from movierec.database.query_files import load_query
from movierec.database.runs import consistent_read, require_live_run
from movierec.embedding.inner_product import INDEXED_FROM
from movierec.embedding.popularity import POPULAR_DAYS
from movierec.errors import BadRequest, NotFound, StageMissing
from movierec.ids import Id
from movierec.lookup.filters import Filters
from movierec.lookup.movies import find_movie
from movierec.recommendation.candidates import Answer, answer_by_index, answer_by_scan
from movierec.recommendation.encoded_user import EncodedUser, encode_user
from movierec.recommendation.history import History, read_history
from movierec.recommendation.model import is_sequential, require_model
from movierec.recommendation.reasons import N_REASONS, reasons_for
from movierec.recommendation.request import RecommendationRequest
from movierec.recommendation.results import Recommendation, SimilarMovie
from movierec.recommendation.scoring import like_ages, most_diverse
from movierec.records import from_row

__all__ = [
    "POPULAR_DAYS",
    "explain",
    "popular_movies",
    "popular_rows",
    "recommend",
    "recommendation_query",
    "require_similar_request",
    "similar_movies",
]

EVERY_MOVIE = 2**31 - 1  # as k

# Is the order of likes used -> the query that compares every movie, and that of candidates.
RECOMMEND = {
    True: ("recommend/recommend_sequential", "recommend/recommend_sequential_by_index"),
    False: ("recommend/recommend_unordered", "recommend/recommend_unordered_by_index"),
}

# Is it by cosine alone -> likewise.
SIMILAR = {
    True: ("recommend/nearest_movies", "recommend/nearest_by_index"),
    False: ("recommend/similar_movies", "recommend/similar_by_index"),
}


def recommend(
    database: Database, request: RecommendationRequest, n_reasons: int = N_REASONS
) -> list[Recommendation]:
    """Movies for a user, or for someone with these likes, best first.

    Raises NotFound for an unknown user, StageMissing before derive and train are done.
    """
    with consistent_read(database, "derive") as derived, consistent_read(database, "train"):
        run = require_model(database, derived, request.sequential)
        history = read_history(database, request, derived["minRating"])
        if not history.liked:
            return popular_movies(database, request, derived["minRating"], run["runId"])
        sequential = is_sequential(run)
        user = encode_user(database, run, history)
        rows = _ranked(database, request, run, history, user).rows
        if request.diversity and rows:
            rows = _diverse(database, rows, request)
        recommendations = [
            from_row(Recommendation, row, rank=rank, sequential=sequential, run_id=run["runId"])
            for rank, row in enumerate(rows, start=1)
        ]
        return _with_reasons(database, recommendations, history, run, user=user, n_reasons=n_reasons)


def explain(
    database: Database, request: RecommendationRequest, movie_id: Id, n_reasons: int = 10
) -> Recommendation:
    """One movie's row of the user's whole list, as `in_memory.Recommender.explain` gives it; no model is pulled,
    but that list, because a rank is a place in it.

    Raises NotFound for a movie without a score, BadRequest for a user who likes nothing.
    """
    with consistent_read(database, "derive") as derived, consistent_read(database, "train"):
        run = require_model(database, derived, request.sequential)
        history = read_history(database, request, derived["minRating"])
        if not history.liked:
            raise BadRequest(f"User {request.user_id} likes nothing yet, so nothing explains a movie.")
        filters = replace(request.filters, with_rated=movie_id in [*history.rated, *request.dislikes])
        everything = replace(request, k=EVERY_MOVIE, diversity=0.0, filters=filters)
        user = encode_user(database, run, history)
        parameters = _parameters(everything, run, user)
        rows = answer_by_scan(database, RECOMMEND[is_sequential(run)][0], parameters).rows
        found = [
            from_row(Recommendation, row, rank=rank, sequential=is_sequential(run), run_id=run["runId"])
            for rank, row in enumerate(rows, start=1)
            if row["movieId"] == movie_id
        ]
        if not found:
            raise NotFound(
                f"Movie {movie_id} has no score for this user: it has no profile vectors, and no like leads to it."
            )
        return _with_reasons(database, found, history, run, user=user, n_reasons=n_reasons)[0]


def recommendation_query(database: Database, request: RecommendationRequest, *, by_scan: bool = False) -> Answer:
    """The query that `recommend` runs for this request, and what it gives; with `by_scan` the one that compares
    every movie. Raises as `recommend`.
    """
    with consistent_read(database, "derive") as derived, consistent_read(database, "train"):
        run = require_model(database, derived, request.sequential)
        history = read_history(database, request, derived["minRating"])
        user = encode_user(database, run, history)
        if by_scan:
            parameters = _parameters(request, run, user)
            return answer_by_scan(database, RECOMMEND[is_sequential(run)][0], parameters)
        return _ranked(database, request, run, history, user)


def _parameters(request: RecommendationRequest, run: Row, user: EncodedUser | None) -> dict[str, Any]:
    return request.model_parameters(is_sequential(run), None if user is None else user.embedding)


def _ranked(
    database: Database, request: RecommendationRequest, run: Row, history: History, user: EncodedUser | None
) -> Answer:
    scan, by_index = RECOMMEND[is_sequential(run)]
    parameters = _parameters(request, run, user)
    if not run.get("indexedMovies"):
        return answer_by_scan(database, scan, parameters)
    n_rated = len(history.rated) + len(request.dislikes)
    return answer_by_index(database, by_index, scan, parameters, n_rated=n_rated)


def similar_movies(
    database: Database,
    movie: str | int,
    k: int = 10,
    filters: Filters | None = None,
    plain_cosine: bool = False,
    *,
    popularity: float = 0.0,
    indexed_from: int = INDEXED_FROM,
) -> list[SimilarMovie]:
    """The k movies most similar to `movie` (title or id), itself excluded, best first.

    The score is the cosine of the vectors, -1 to 1, to which sqrt(weight / the largest weight) of CO_LIKED is
    added, times (like count / the largest) ** `popularity`; with `plain_cosine` the cosine alone. From
    `indexed_from` movies with vectors an index is asked for candidates. A movie without a vector is compared by
    the mean of those it is linked with, or of those of its genres; `estimated_from` says which. Raises NotFound
    for an unknown title, StageMissing when nothing was trained or there is nothing to take a mean of.
    """
    require_similar_request(k, plain_cosine, popularity)
    with consistent_read(database, "derive"), consistent_read(database, "train"):
        run = require_live_run(database)
        query = find_movie(database, movie)
        vector, kind = (None, None) if query["hasVector"] else _fallback_vector(database, query)
        parameters = (filters or Filters()).parameters()
        del parameters["withRated"]  # there is no user
        parameters |= {"movieId": query["movieId"], "vector": vector, "k": k}
        parameters |= {} if plain_cosine else {"popularity": popularity}
        scan, by_index = SIMILAR[plain_cosine]
        if run["movies"] < indexed_from:
            rows = answer_by_scan(database, scan, parameters).rows
        else:
            rows = answer_by_index(database, by_index, scan, parameters).rows
    return [
        from_row(
            SimilarMovie,
            row,
            rank=rank,
            estimated_from=kind,
            query_movie_id=query["movieId"],
            run_id=run["runId"],
        )
        for rank, row in enumerate(rows, start=1)
    ]


def require_similar_request(k: int, plain_cosine: bool, popularity: float) -> None:
    """Raise BadRequest for a request that `similar_movies` does not take."""
    if k < 1:
        raise BadRequest(f"k is {k}; expected at least 1.")
    if not -2 <= popularity <= 2:
        raise BadRequest(f"popularity is {popularity}; expected -2 to 2.")
    if plain_cosine and popularity:
        raise BadRequest("plain_cosine ranks by the cosine alone; expected it without popularity.")


def popular_movies(
    database: Database, request: RecommendationRequest, min_rating: float, run_id: str
) -> list[Recommendation]:
    """What was liked most in the last year of ratings, for a user who likes nothing; scored by these likes.

    Where ratings are many, as `train` has counted them (`embedding.popularity`).
    """
    rows = popular_rows(database, request.parameters() | {"k": request.k}, min_rating)
    return [
        from_row(Recommendation, row, rank=rank, basis="popularity", run_id=run_id)
        for rank, row in enumerate(rows, start=1)
    ]


def popular_rows(database: Database, parameters: dict[str, Any], min_rating: float) -> list[Row]:
    """The rows of `popular_movies`: by the counts that the live model's training has stored, or counted now."""
    if require_live_run(database).get("recentlyLikedMovies"):
        return database.read(load_query("recommend/popular_counted"), **parameters)
    return database.read(load_query("recommend/popular"), minRating=min_rating, days=POPULAR_DAYS, **parameters)


def _with_reasons(
    database: Database,
    rows: list[Recommendation],
    history: History,
    run: Row,
    *,
    user: EncodedUser | None,
    n_reasons: int,
) -> list[Recommendation]:
    if not n_reasons or not rows:
        return rows
    because = reasons_for(
        database,
        rows,
        history.liked,
        like_ages(np.array(history.timestamps, dtype=np.int64)),
        run,
        user=user,
        n=n_reasons,
    )
    return [replace(row, because=reasons) for row, reasons in zip(rows, because, strict=True)]


def _diverse(database: Database, rows: Sequence[Row], request: RecommendationRequest) -> list[Row]:
    """`request.k` of the rows, chosen by maximal marginal relevance."""
    ids = [row["movieId"] for row in rows]
    found = {
        row["movieId"]: row["embedding"]
        for row in database.read(load_query("recommend/vectors"), movieIds=ids, sequential=True)
    }
    vectors = vector_table([found[movie_id] for movie_id in ids])
    unit = np.zeros((len(ids), 1), dtype=np.float32) if vectors is None else unit_vectors(vectors)
    chosen = most_diverse(np.array([row["score"] for row in rows]), unit, request.diversity, request.k)
    return [rows[i] for i in chosen]


def _fallback_vector(database: Database, query: Row) -> tuple[list[float], str]:
    """A weighted mean vector for a movie without one, and what it is the mean of: "neighbours" or "genres"."""
    rows = database.read(load_query("recommend/fallback_vector"), movieId=query["movieId"])
    if not rows:
        raise StageMissing(
            f'"{query["title"]}" has no vector, and no movie that has one is linked with it or shares a genre. '
            'Lower --min-weight of "movierec derive" and train again.'
        )
    vectors = np.array([row["embedding"] for row in rows])
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    mean = np.average(unit, axis=0, weights=[row["weight"] for row in rows])
    return mean.tolist(), rows[0]["kind"]
