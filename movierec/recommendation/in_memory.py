"""Recommender: many answers from one process, over arrays that are pulled once.

What a user likes is read from the ratings at the moment; the model is pulled again when another derive or
training is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from movierec.arrays import Adjacency
from movierec.database.connection import Database
from movierec.database.runs import require_finished
from movierec.errors import BadRequest, NotFound
from movierec.graph.pull import pull_edges
from movierec.lookup.filters import Filters
from movierec.recommendation.history import History, read_histories, read_history
from movierec.recommendation.in_database import popular_movies, similar_movies
from movierec.recommendation.model import Model, pull_model, require_model
from movierec.recommendation.reasons import N_REASONS, read_links, reasons_from, strongest
from movierec.recommendation.request import RecommendationRequest
from movierec.recommendation.scoring import KNOWN_LIKES, Liked, carried, most_diverse, similarity_score, top

__all__ = ["Recommender"]

BATCH_USERS = 200


class Recommender:
    """One connection and the model that was pulled through it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._model: Model | None = None
        self._links: tuple[str, Adjacency] | None = None  # the derive, and its CO_LIKED

    def model(self) -> Model:
        """The model that is live now. Raises StageMissing before derive and train are done."""
        derived = require_finished(self.database, "derive")
        run = require_model(self.database, derived)
        known = self._model
        if known is None or (known.run_id, known.derive_id) != (run["runId"], derived["runId"]):
            known = self._model = pull_model(self.database)
        return known

    def recommend(self, request: RecommendationRequest, n_reasons: int = N_REASONS) -> list[dict[str, Any]]:
        """The list of `recommend.recommend`."""
        model = self.model()
        history = read_history(self.database, request, model.min_rating)
        if not history.liked:
            return popular_movies(self.database, request, model.min_rating, model.run_id)
        liked, rows = self._ranked(model, history, request)
        return self._with_reasons(model, history, liked, rows, n_reasons)

    def explain(self, request: RecommendationRequest, movie_id: int, n_reasons: int = 10) -> dict[str, Any]:
        """One movie's row of the user's whole list, with up to `n_reasons` reasons; one that is rated has its
        place in the list that holds rated movies too.

        Raises NotFound for a movie without a score, BadRequest for a user who likes nothing.
        """
        model = self.model()
        history = read_history(self.database, request, model.min_rating)
        if not history.liked:
            raise BadRequest(f"User {request.user_id} likes nothing yet, so nothing explains a movie.")
        filters = replace(request.filters, with_rated=movie_id in [*history.rated, *request.dislikes])
        everything = replace(request, k=len(model.movie_ids), diversity=0.0, filters=filters)
        liked, rows = self._ranked(model, history, everything)
        rows = [row for row in rows if row["movieId"] == movie_id]
        if not rows:
            raise NotFound(
                f"Movie {movie_id} has no score for this user: no like leads to it, and it has no tuned vectors."
            )
        return self._with_reasons(model, history, liked, rows, n_reasons)[0]

    def _with_reasons(
        self, model: Model, history: History, liked: Liked, rows: list[dict[str, Any]], n_reasons: int
    ) -> list[dict[str, Any]]:
        if not n_reasons or not rows:
            return rows
        known = np.isin(np.array(history.liked, dtype=np.int64), model.movie_ids)
        parts = []
        for row in rows:
            (position,) = model.positions([row["movieId"]])
            part = np.zeros(len(history.liked))
            part[known] = carried(model.scorer, liked, int(position), row["taste"], row["evidence"])
            parts.append(part)
        pairs = [
            (history.liked[place], row["movieId"])
            for row, part in zip(rows, parts, strict=True)
            for place in strongest(part, n_reasons)
        ]
        links = read_links(self.database, pairs)
        return [
            row | {"because": reasons_from(part, history.liked, row, links, n_reasons)}
            for row, part in zip(rows, parts, strict=True)
        ]

    def recommend_many(
        self, user_ids: Iterable[int], request: RecommendationRequest
    ) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        """Lists for many users, in their order, without reasons; `request` says everything but the user.

        Raises NotFound for an unknown user.
        """
        model = self.model()
        for batch in _batches(user_ids, BATCH_USERS):
            histories = read_histories(self.database, batch, model.min_rating)
            for user_id in batch:
                one, history = replace(request, user_id=user_id), histories[user_id].with_likes(request.likes)
                if history.liked:
                    yield user_id, self._ranked(model, history, one)[1]
                else:
                    yield user_id, popular_movies(self.database, one, model.min_rating, model.run_id)

    def similar(self, movie_id: int, k: int, filters: Filters, plain_cosine: bool = False) -> list[dict[str, Any]]:
        """The list of `similar.similar_movies`, which is asked where the movie has no vector of its own."""
        if k < 1:
            raise BadRequest(f"k is {k}; expected at least 1.")
        model = self.model()
        places = model.positions([movie_id])
        if not model.unit[places].any():
            return similar_movies(self.database, str(movie_id), k, filters, plain_cosine)
        query = int(places[0])
        scores = cosine = (model.unit @ model.unit[query]).astype(np.float64)
        if not plain_cosine:
            scores = similarity_score(
                cosine, self._co_liked(model).weighted_neighbour_sum(np.array([query]), np.ones(1))
            )
        allowed = model.allowed(filters) & model.unit.any(axis=1)
        allowed[query] = False
        # Movies that few like come after all others.
        known = np.full(len(scores), True) if plain_cosine else model.like_counts >= KNOWN_LIKES
        keys = np.lexsort((model.movie_ids, -scores, ~known))
        chosen = keys[allowed[keys]][:k]
        links = (
            {}
            if plain_cosine
            else read_links(self.database, [(movie_id, int(model.movie_ids[i])) for i in chosen])
        )
        counts = {movie: link["count"] for (_, movie), link in links.items()}
        return [
            {
                "rank": rank,
                **model.describe(int(i)),
                "score": float(scores[i]),
                "cosine": float(cosine[i]),
                **({} if plain_cosine else {"count": counts.get(int(model.movie_ids[i]))}),
                "estimatedFrom": None,
                "runId": model.run_id,
            }
            for rank, i in enumerate(chosen, start=1)
        ]

    def _co_liked(self, model: Model) -> Adjacency:
        """CO_LIKED of the model's derive, which only `similar` asks for; pulled with its first question."""
        if self._links is None or self._links[0] != model.derive_id:
            sources, targets, weights = pull_edges(self.database, "CO_LIKED")
            heads, tails = model.positions(sources), model.positions(targets)
            rows = Adjacency.from_undirected(len(model.movie_ids), heads, tails, weights)
            self._links = (model.derive_id, rows)
        return self._links[1]

    def _ranked(
        self, model: Model, history: History, request: RecommendationRequest
    ) -> tuple[Liked, list[dict[str, Any]]]:
        """What the model knows of the likes, and the list without reasons."""
        liked = model.liked(history.liked, history.times, request.dislikes)
        is_rated = np.zeros(len(model.movie_ids), dtype=bool)
        is_rated[model.positions([*history.rated, *request.dislikes])] = True
        taste, evidence = model.scorer.terms(liked, is_rated)
        scores = (taste + evidence) * (model.like_counts / model.like_counts.max()) ** request.popularity
        allowed = model.allowed(request.filters)
        if not request.filters.with_rated:
            allowed &= ~is_rated
        chosen = top(scores, allowed, request.pool)
        if request.diversity:
            chosen = chosen[most_diverse(scores[chosen], model.unit[chosen], request.diversity, request.k)]
        return liked, [
            {
                "rank": rank,
                **model.describe(int(position)),
                "score": float(scores[position]),
                "taste": float(taste[position]),
                "evidence": float(evidence[position]),
                "because": [],
                "order": model.order,
                "basis": "likes",
                "runId": model.run_id,
            }
            for rank, position in enumerate(chosen, start=1)
        ]


def _batches(user_ids: Iterable[int], most: int) -> Iterator[list[int]]:
    waiting = iter(user_ids)
    while batch := list(islice(waiting, most)):
        yield batch
