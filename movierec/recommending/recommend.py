"""Recommend: movies for a user of the database, or for anybody who names some, each with its reasons.

One list, made inside the server by recommend/recommend_in_order or .._in_no_order. `recommender` gives the same
lists for many users from one process.

What a user likes is read from the ratings at the moment, so new ones take effect at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from movierec.arrays import unit_vectors, vector_table
from movierec.database.connection import Database, Row
from movierec.database.query_files import load_query
from movierec.database.runs import unchanged
from movierec.errors import BadRequest
from movierec.lookup.filters import Filters
from movierec.lookup.users import no_such_user
from movierec.recommending.model import is_in_order, require_model
from movierec.recommending.reasons import N_REASONS, reasons_for
from movierec.recommending.scoring import likes_ago, most_diverse

__all__ = ["History", "Wish", "popular_movies", "read_histories", "read_history", "recommend"]

POPULAR_DAYS = 365.0
POOL = 5  # times k, the movies that a diverse list is chosen from


@dataclass(frozen=True)
class Wish:
    """Who asks, and for what.

    user_id            a user of the database, or None
    likes, dislikes    movieIds, besides what the user has rated
    k                  movies
    filters            which
    diversity          0 to 1: how much a movie's likeness to those before it counts against it
    popularity         the score is multiplied by (likeCount / the largest) ** this; below 0 favours what few know
    """

    user_id: int | None = None
    likes: tuple[int, ...] = ()
    dislikes: tuple[int, ...] = ()
    k: int = 10
    filters: Filters = field(default_factory=Filters)
    diversity: float = 0.0
    popularity: float = 0.0

    def __post_init__(self) -> None:
        for name in ("likes", "dislikes"):
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))
        if self.k < 1:
            raise BadRequest(f"k is {self.k}; expected at least 1.")
        if self.user_id is None and not self.likes:
            raise BadRequest(
                "There is nothing to recommend from; expected a user, or at least one movie that is liked."
            )
        if not 0 <= self.diversity <= 1:
            raise BadRequest(f"diversity is {self.diversity}; expected 0 to 1.")
        if not -2 <= self.popularity <= 2:
            raise BadRequest(f"popularity is {self.popularity}; expected -2 to 2.")
        both = set(self.likes) & set(self.dislikes)
        if both:
            raise BadRequest(f"Movie {min(both)} is both liked and disliked; expected one of the two.")

    @property
    def pool(self) -> int:
        """How many of the best are needed to choose from."""
        return self.k * POOL if self.diversity else self.k

    def parameters(self) -> dict[str, Any]:
        """As the query files have them."""
        return {
            "userId": self.user_id,
            "likes": list(self.likes),
            "dislikes": list(self.dislikes),
            "popularity": self.popularity,
            "k": self.pool,
            **self.filters.parameters(),
        }


@dataclass(frozen=True)
class History:
    """What somebody has rated and likes: movieIds, likes newest first, and when."""

    rated: list[int]
    liked: list[int]
    times: list[int]

    def with_likes(self, movie_ids: Sequence[int]) -> History:
        """These too, of no known time: before all others, and none before another."""
        named = [movie_id for movie_id in movie_ids if movie_id not in self.liked]
        return History([*self.rated, *named], [*self.liked, *named], [*self.times, *[0] * len(named)])


def recommend(database: Database, wish: Wish, n_reasons: int = N_REASONS) -> list[dict[str, Any]]:
    """Movies, best first: rank, movieId, title, year, genres, likeCount, score, taste, evidence, because, order,
    basis, runId.

    `basis` is "likes", or "popularity" for a user who likes nothing; `order` says whether the order of likes was
    heeded. Raises NotFound for an unknown user, StageMissing before derive and train are done.
    """
    with unchanged(database, "derive") as derived, unchanged(database, "train"):
        run = require_model(database, derived)
        history = read_history(database, wish, derived["minRating"])
        if not history.liked:
            return popular_movies(database, wish, derived["minRating"], run["runId"])
        ordered = is_in_order(run)
        query = "recommend/recommend_in_order" if ordered else "recommend/recommend_in_no_order"
        rows = database.read(load_query(query), **wish.parameters())
        if wish.diversity and rows:
            rows = _diverse(database, rows, wish)
        named = {"order": "on" if ordered else "off", "basis": "likes", "runId": run["runId"]}
        rows = [{"rank": rank, **row, "because": [], **named} for rank, row in enumerate(rows, start=1)]
        if not n_reasons or not rows:
            return rows
        ago = likes_ago(np.array(history.times, dtype=np.int64))
        recency = run["recency"] if ordered else None
        because = reasons_for(database, rows, history.liked, ago, recency, n_reasons)
    return [row | {"because": reasons} for row, reasons in zip(rows, because, strict=True)]


def read_history(database: Database, wish: Wish, min_rating: float) -> History:
    """What the user of a wish has rated, and the likes named besides. Raises NotFound for an unknown user."""
    if wish.user_id is None:
        return History([], [], []).with_likes(wish.likes)
    return read_histories(database, [wish.user_id], min_rating)[wish.user_id].with_likes(wish.likes)


def read_histories(database: Database, user_ids: Sequence[int], min_rating: float) -> dict[int, History]:
    """What some users have rated and like. Raises NotFound where one is unknown."""
    rows = database.read(load_query("recommend/history"), userIds=list(user_ids), minRating=min_rating)
    found = {row["userId"]: History(row["rated"], row["liked"], row["times"]) for row in rows}
    for user_id in user_ids:
        if user_id not in found:
            raise no_such_user(database, user_id)
    return found


def popular_movies(database: Database, wish: Wish, min_rating: float, run_id: str) -> list[dict[str, Any]]:
    """What was liked most lately, for a user of whom nothing is known; the score is the number of likes."""
    rows = database.read(
        load_query("recommend/popular"),
        minRating=min_rating,
        days=POPULAR_DAYS,
        **(wish.parameters() | {"k": wish.k}),
    )
    return [
        {"rank": rank, **row, "because": [], "order": "off", "basis": "popularity", "runId": run_id}
        for rank, row in enumerate(rows, start=1)
    ]


def _diverse(database: Database, rows: Sequence[Row], wish: Wish) -> list[Row]:
    """`wish.k` of the rows, chosen by maximal marginal relevance."""
    ids = [row["movieId"] for row in rows]
    found = {
        row["movieId"]: row["embedding"] for row in database.read(load_query("recommend/vectors"), movieIds=ids)
    }
    vectors = vector_table([found[movie_id] for movie_id in ids])
    unit = np.zeros((len(ids), 1), dtype=np.float32) if vectors is None else unit_vectors(vectors)
    chosen = most_diverse(np.array([row["score"] for row in rows]), unit, wish.diversity, wish.k)
    return [rows[i] for i in chosen]
