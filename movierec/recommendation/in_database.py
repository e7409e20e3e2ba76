"""Recommendations and similar movies, computed inside the server: one query, one list, nothing pulled.

`in_memory` gives the same lists for many users from one process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from movierec.arrays import unit_vectors, vector_table
from movierec.database.connection import Database, Row
from movierec.database.query_files import load_query
from movierec.database.runs import consistent_read, require_live_run
from movierec.errors import BadRequest, StageMissing
from movierec.lookup.filters import Filters
from movierec.lookup.movies import find_movie
from movierec.recommendation.history import read_history
from movierec.recommendation.model import is_sequential, require_model
from movierec.recommendation.reasons import N_REASONS, reasons_for
from movierec.recommendation.request import RecommendationRequest
from movierec.recommendation.results import Recommendation, SimilarMovie
from movierec.recommendation.scoring import like_ages, most_diverse
from movierec.records import from_row

__all__ = ["popular_movies", "recommend", "similar_movies"]

POPULAR_DAYS = 365.0


def recommend(
    database: Database, request: RecommendationRequest, n_reasons: int = N_REASONS
) -> list[Recommendation]:
    """Movies for a user, or for someone with these likes, best first.

    Raises NotFound for an unknown user, StageMissing before derive and train are done.
    """
    with consistent_read(database, "derive") as derived, consistent_read(database, "train"):
        run = require_model(database, derived)
        history = read_history(database, request, derived["minRating"])
        if not history.liked:
            return popular_movies(database, request, derived["minRating"], run["runId"])
        sequential = is_sequential(run)
        query = "recommend/recommend_sequential" if sequential else "recommend/recommend_unordered"
        rows = database.read(load_query(query), **request.parameters())
        if request.diversity and rows:
            rows = _diverse(database, rows, request)
        recommendations = [
            from_row(Recommendation, row, rank=rank, sequential=sequential, run_id=run["runId"])
            for rank, row in enumerate(rows, start=1)
        ]
        if not n_reasons or not rows:
            return recommendations
        because = reasons_for(
            database,
            recommendations,
            history.liked,
            like_ages(np.array(history.timestamps, dtype=np.int64)),
            like_half_life=run["likeHalfLife"] if sequential else None,
            n=n_reasons,
        )
    return [replace(row, because=reasons) for row, reasons in zip(recommendations, because, strict=True)]


def similar_movies(
    database: Database,
    movie: str | int,
    k: int = 10,
    filters: Filters | None = None,
    plain_cosine: bool = False,
) -> list[SimilarMovie]:
    """The k movies most similar to `movie` (title or id), itself excluded, best first.

    The score is the cosine of the vectors, -1 to 1, to which sqrt(weight / the largest weight) of CO_LIKED is
    added unless `plain_cosine`. A movie without a vector is compared by the mean of those it is linked with, or
    of those of its genres; `estimated_from` says which. Raises NotFound for an unknown title, StageMissing when
    nothing was trained or there is nothing to take a mean of.
    """
    if k < 1:
        raise BadRequest(f"k is {k}; expected at least 1.")
    with consistent_read(database, "derive"), consistent_read(database, "train"):
        run = require_live_run(database)
        query = find_movie(database, movie)
        vector, kind = (None, None) if query["hasVector"] else _fallback_vector(database, query)
        parameters = (filters or Filters()).parameters()
        del parameters["withRated"]  # there is no user
        rows = database.read(
            load_query("recommend/nearest_movies" if plain_cosine else "recommend/similar_movies"),
            movieId=query["movieId"],
            vector=vector,
            k=k,
            **parameters,
        )
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


def popular_movies(
    database: Database, request: RecommendationRequest, min_rating: float, run_id: str
) -> list[Recommendation]:
    """What was liked most in the last year of ratings, for a user who likes nothing; scored by these likes."""
    rows = database.read(
        load_query("recommend/popular"),
        minRating=min_rating,
        days=POPULAR_DAYS,
        **(request.parameters() | {"k": request.k}),
    )
    return [
        from_row(Recommendation, row, rank=rank, basis="popularity", run_id=run_id)
        for rank, row in enumerate(rows, start=1)
    ]


def _diverse(database: Database, rows: Sequence[Row], request: RecommendationRequest) -> list[Row]:
    """`request.k` of the rows, chosen by maximal marginal relevance."""
    ids = [row["movieId"] for row in rows]
    found = {
        row["movieId"]: row["embedding"] for row in database.read(load_query("recommend/vectors"), movieIds=ids)
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
