"""Recommendations and similar movies, computed over arrays: many answers from one process.

The model is pulled with the first answer, and again after another derivation or training. What a user likes is
read from the ratings at the moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

import numpy as np

from movierec.arrays import Adjacency
from movierec.database.connection import Database
from movierec.database.runs import require_finished
from movierec.errors import BadRequest, NotFound
from movierec.graph.pull import pull_edges
from movierec.ids import Id, id_array
from movierec.lookup.filters import Filters
from movierec.recommendation.history import History, read_histories, read_history
from movierec.recommendation.in_database import popular_movies, similar_movies
from movierec.recommendation.model import Model, pull_model, require_model
from movierec.recommendation.reasons import N_REASONS, read_links, reasons_from, strongest
from movierec.recommendation.request import RecommendationRequest
from movierec.recommendation.results import Recommendation, SimilarMovie
from movierec.recommendation.scoring import (
    KNOWN_LIKES,
    LikeHistory,
    contribution_per_like,
    most_diverse,
    similarity_score,
    top,
)

__all__ = ["Recommender"]

BATCH_USERS = 200


class Recommender:
    """One connection and the model that was pulled through it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._model: Model | None = None
        self._links: tuple[str, Adjacency] | None = None  # runId of the derivation, and its CO_LIKED

    def model(self) -> Model:
        """The live model. Raises StageMissing before derive and train are done."""
        derived = require_finished(self.database, "derive")
        run = require_model(self.database, derived)
        known = self._model
        if known is None or (known.run_id, known.derive_id) != (run["runId"], derived["runId"]):
            known = self._model = pull_model(self.database)
        return known

    def recommend(self, request: RecommendationRequest, n_reasons: int = N_REASONS) -> list[Recommendation]:
        """The list of `in_database.recommend`."""
        model = self.model()
        history = read_history(self.database, request, model.min_rating)
        if not history.liked:
            return popular_movies(self.database, request, model.min_rating, model.run_id)
        likes, rows = self._ranked(model, history, request)
        return self._with_reasons(model, history, likes, rows, n_reasons)

    def explain(self, request: RecommendationRequest, movie_id: Id, n_reasons: int = 10) -> Recommendation:
        """One movie's row of the user's whole list, with up to `n_reasons` reasons. A movie that is rated already
        is ranked among all movies, rated ones included.

        Raises NotFound for a movie without a score, BadRequest for a user who likes nothing.
        """
        model = self.model()
        history = read_history(self.database, request, model.min_rating)
        if not history.liked:
            raise BadRequest(f"User {request.user_id} likes nothing yet, so nothing explains a movie.")
        filters = replace(request.filters, with_rated=movie_id in [*history.rated, *request.dislikes])
        everything = replace(request, k=len(model.movie_ids), diversity=0.0, filters=filters)
        likes, rows = self._ranked(model, history, everything)
        rows = [row for row in rows if row.movie_id == movie_id]
        if not rows:
            raise NotFound(
                f"Movie {movie_id} has no score for this user: it has no profile vectors, and no like leads to it."
            )
        return self._with_reasons(model, history, likes, rows, n_reasons)[0]

    def recommend_many(
        self, user_ids: Iterable[Id], request: RecommendationRequest
    ) -> Iterator[tuple[Id, list[Recommendation]]]:
        """(userId, list) for many users, in their order, without reasons; `request` says everything but the user.

        Raises NotFound for an unknown user.
        """
        model = self.model()
        for batch in _batches(user_ids, BATCH_USERS):
            histories = read_histories(self.database, batch, model.min_rating)
            for user_id in batch:
                one = replace(request, user_id=user_id)
                history = histories[user_id].with_likes(request.likes)
                if history.liked:
                    yield user_id, self._ranked(model, history, one)[1]
                else:
                    yield user_id, popular_movies(self.database, one, model.min_rating, model.run_id)

    def similar(self, movie_id: Id, k: int, filters: Filters, plain_cosine: bool = False) -> list[SimilarMovie]:
        """The list of `in_database.similar_movies`, which answers for a movie that has no vector."""
        if k < 1:
            raise BadRequest(f"k is {k}; expected at least 1.")
        model = self.model()
        positions = model.positions([movie_id])
        if not model.unit[positions].any():
            return similar_movies(self.database, movie_id, k, filters, plain_cosine)
        query = int(positions[0])
        scores = cosine = (model.unit @ model.unit[query]).astype(np.float64)
        if not plain_cosine:
            weights = self._co_liked(model).weighted_neighbour_sum(np.array([query]), np.ones(1))
            scores = similarity_score(cosine, weights)
        allowed = model.allowed(filters) & model.unit.any(axis=1)
        allowed[query] = False
        # Movies that few like come after all others.
        known = np.full(len(scores), True) if plain_cosine else model.like_counts >= KNOWN_LIKES
        keys = np.lexsort((model.movie_ids, -scores, ~known))
        chosen = keys[allowed[keys]][:k]
        pairs = [] if plain_cosine else [(movie_id, model.movie_ids[i].item()) for i in chosen]
        counts = {movie: link["count"] for (_, movie), link in read_links(self.database, pairs).items()}
        return [
            SimilarMovie(
                rank=rank,
                **model.describe(int(i)),
                score=float(scores[i]),
                cosine=float(cosine[i]),
                count=counts.get(model.movie_ids[i].item()),
                query_movie_id=movie_id,
                run_id=model.run_id,
            )
            for rank, i in enumerate(chosen, start=1)
        ]

    def _with_reasons(
        self,
        model: Model,
        history: History,
        likes: LikeHistory,
        rows: list[Recommendation],
        n_reasons: int,
    ) -> list[Recommendation]:
        if not n_reasons or not rows:
            return rows
        known = np.isin(id_array(history.liked), model.movie_ids)
        contributions = []
        for row in rows:
            (position,) = model.positions([row.movie_id])
            contribution = np.zeros(len(history.liked))
            contribution[known] = contribution_per_like(
                model.scorer, likes, int(position), row.profile_score, row.graph_score
            )
            contributions.append(contribution)
        pairs = [
            (history.liked[like], row.movie_id)
            for row, contribution in zip(rows, contributions, strict=True)
            for like in strongest(contribution, n_reasons)
        ]
        links = read_links(self.database, pairs)
        return [
            replace(row, because=reasons_from(contribution, history.liked, row, links, n_reasons))
            for row, contribution in zip(rows, contributions, strict=True)
        ]

    def _co_liked(self, model: Model) -> Adjacency:
        """CO_LIKED of the model's derivation, which only `similar` asks for; pulled with its first answer."""
        if self._links is None or self._links[0] != model.derive_id:
            sources, targets, weights = pull_edges(self.database, "CO_LIKED")
            heads, tails = model.positions(sources), model.positions(targets)
            self._links = (
                model.derive_id,
                Adjacency.from_undirected(len(model.movie_ids), heads, tails, weights),
            )
        return self._links[1]

    def _ranked(
        self, model: Model, history: History, request: RecommendationRequest
    ) -> tuple[LikeHistory, list[Recommendation]]:
        """The likes that are in the model, and the list without reasons."""
        likes = model.like_history(history.liked, history.timestamps, request.dislikes)
        is_rated = np.zeros(len(model.movie_ids), dtype=bool)
        is_rated[model.positions([*history.rated, *request.dislikes])] = True
        profile_score, graph_score = model.scorer.scores(likes, is_rated)
        popularity = (model.like_counts / model.like_counts.max()) ** request.popularity
        scores = (profile_score + graph_score) * popularity
        allowed = model.allowed(request.filters)
        if not request.filters.with_rated:
            allowed &= ~is_rated
        chosen = top(scores, allowed, request.pool)
        if request.diversity:
            chosen = chosen[most_diverse(scores[chosen], model.unit[chosen], request.diversity, request.k)]
        return likes, [
            Recommendation(
                rank=rank,
                **model.describe(int(position)),
                score=float(scores[position]),
                profile_score=float(profile_score[position]),
                graph_score=float(graph_score[position]),
                sequential=model.sequential,
                run_id=model.run_id,
            )
            for rank, position in enumerate(chosen, start=1)
        ]


def _batches(user_ids: Iterable[Id], size: int) -> Iterator[list[Id]]:
    waiting = iter(user_ids)
    while batch := list(islice(waiting, size)):
        yield batch
