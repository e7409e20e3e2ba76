"""Recommendations and similar movies, computed inside the server: one query, one list, nothing pulled.

`in_memory` gives the same lists for many users from one process.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from movierec.arrays import unit_vectors, vector_table
from movierec.database.connection import Database, Row
from movierec.database.query_files import load_query
from movierec.database.runs import consistent_read, require_live_run
from movierec.errors import BadRequest, StageMissing
from movierec.lookup.filters import Filters
from movierec.lookup.movies import find_movie
from movierec.recommendation.history import read_history
from movierec.recommendation.model import is_in_order, require_model
from movierec.recommendation.reasons import N_REASONS, reasons_for
from movierec.recommendation.request import RecommendationRequest
from movierec.recommendation.scoring import likes_ago, most_diverse

__all__ = ["popular_movies", "recommend", "similar_movies"]

POPULAR_DAYS = 365.0


def recommend(
    database: Database, request: RecommendationRequest, n_reasons: int = N_REASONS
) -> list[dict[str, Any]]:
    """Movies, best first: rank, movieId, title, year, genres, likeCount, score, taste, evidence, because, order,
    basis, runId.

    `basis` is "likes", or "popularity" for a user who likes nothing; `order` says whether the order of likes was
    heeded. Raises NotFound for an unknown user, StageMissing before derive and train are done.
    """
    with consistent_read(database, "derive") as derived, consistent_read(database, "train"):
        run = require_model(database, derived)
        history = read_history(database, request, derived["minRating"])
        if not history.liked:
            return popular_movies(database, request, derived["minRating"], run["runId"])
        ordered = is_in_order(run)
        query = "recommend/recommend_sequential" if ordered else "recommend/recommend_unordered"
        rows = database.read(load_query(query), **request.parameters())
        if request.diversity and rows:
            rows = _diverse(database, rows, request)
        named = {"order": "on" if ordered else "off", "basis": "likes", "runId": run["runId"]}
        rows = [{"rank": rank, **row, "because": [], **named} for rank, row in enumerate(rows, start=1)]
        if not n_reasons or not rows:
            return rows
        ago = likes_ago(np.array(history.times, dtype=np.int64))
        recency = run["recency"] if ordered else None
        because = reasons_for(database, rows, history.liked, ago, recency, n_reasons)
    return [row | {"because": reasons} for row, reasons in zip(rows, because, strict=True)]


def similar_movies(
    database: Database,
    movie: str,
    k: int = 10,
    filters: Filters | None = None,
    plain_cosine: bool = False,
) -> list[dict[str, Any]]:
    """The k movies most like `movie` (title or id), itself excluded: rank, movieId, title, score, cosine, ...

    score is the cosine of the vectors, -1 to 1, to which sqrt(weight / the largest weight) of CO_LIKED is added
    unless `plain_cosine`. For a movie without a vector the mean of those it is linked with stands in, or of those
    of its genres, and `estimatedFrom` says which; else it is None. runId names the training that answers. Raises
    NotFound for an unknown title, StageMissing when nothing was trained or nothing can stand in.
    """
    if k < 1:
        raise BadRequest(f"k is {k}; expected at least 1.")
    with consistent_read(database, "derive"), consistent_read(database, "train"):
        run = require_live_run(database)
        query = find_movie(database, movie)
        vector, kind = (None, None) if query["hasVector"] else _stand_in(database, query)
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
        {"rank": rank, **row, "estimatedFrom": kind, "runId": run["runId"]}
        for rank, row in enumerate(rows, start=1)
    ]


def popular_movies(
    database: Database, request: RecommendationRequest, min_rating: float, run_id: str
) -> list[dict[str, Any]]:
    """What was liked most lately, for a user of whom nothing is known; the score is the number of likes."""
    rows = database.read(
        load_query("recommend/popular"),
        minRating=min_rating,
        days=POPULAR_DAYS,
        **(request.parameters() | {"k": request.k}),
    )
    return [
        {"rank": rank, **row, "because": [], "order": "off", "basis": "popularity", "runId": run_id}
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


def _stand_in(database: Database, query: Row) -> tuple[list[float], str]:
    """A mean vector, by weight, for a movie without one, and what it is the mean of."""
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
