"""Recommendations and similar movies, computed over arrays: many answers from one process.

The model is pulled with the first answer, and again after another derivation or training. What a user likes is
read from the ratings at the moment.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import Adjacency, Lists
from movierec.database.connection import Database
from movierec.database.runs import require_finished
from movierec.errors import BadRequest, NotFound
from movierec.graph.pull import pull_edges
from movierec.ids import Id, Ids, id_array
from movierec.lookup.filters import Filters
from movierec.recommendation.history import History, read_histories, read_history
from movierec.recommendation.in_database import (
    popular_movies,
    popular_rows,
    require_similar_request,
    similar_movies,
)
from movierec.recommendation.model import Model, is_sequential, pull_model, require_model
from movierec.recommendation.reasons import N_REASONS, read_links, reasons_from, strongest
from movierec.recommendation.request import RecommendationRequest
from movierec.recommendation.results import Recommendation, SimilarMovie
from movierec.recommendation.scoring import (
    KNOWN_LIKES,
    LikeHistories,
    best_of_rows,
    block_rows,
    contributions_of_likes,
    most_diverse,
    similarity_score,
)
from movierec.records import from_row

__all__ = ["Recommender"]

T = TypeVar("T")

BATCH_USERS = 200  # whose ratings are read by one question
EVERY_MOVIE = 2**31 - 1  # a k that no list reaches


class Recommender:
    """One connection and the model that was pulled through it; several threads may ask at the same time."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._models: dict[bool, Model] = {}  # by whether the order of likes is used
        self._pulling = threading.Lock()
        self._links: tuple[str, Adjacency] | None = None  # runId of the derivation, and its CO_LIKED

    def model(self, sequential: bool | None = None) -> Model:
        """The live model, for this use of the order of likes (None: as it was trained).

        Raises StageMissing before derive and train are done.
        """
        derived = require_finished(self.database, "derive")
        run = require_model(self.database, derived, sequential)
        used = is_sequential(run)
        with self._pulling:  # once, however many threads ask
            known = self._models.get(used)
            if known is None or (known.run_id, known.derive_id) != (run["runId"], derived["runId"]):
                known = self._models[used] = pull_model(self.database, used)
        return known

    def recommend(self, request: RecommendationRequest, n_reasons: int = N_REASONS) -> list[Recommendation]:
        """The list of `in_database.recommend`."""
        model = self.model(request.sequential)
        history = read_history(self.database, request, model.min_rating)
        if not history.liked:
            return popular_movies(self.database, request, model.min_rating, model.run_id)
        ranked = _rank(model, [history], request)
        return self._with_reasons(model, history, ranked, ranked.rows(0, model), n_reasons)

    def explain(self, request: RecommendationRequest, movie_id: Id, n_reasons: int = 10) -> Recommendation:
        """One movie's row of the user's whole list, with up to `n_reasons` reasons. A movie that is rated already
        is ranked among all movies, rated ones included.

        Raises NotFound for a movie without a score, BadRequest for a user who likes nothing.
        """
        model = self.model(request.sequential)
        history = read_history(self.database, request, model.min_rating)
        if not history.liked:
            raise BadRequest(f"User {request.user_id} likes nothing yet, so nothing explains a movie.")
        filters = replace(request.filters, with_rated=movie_id in [*history.rated, *request.dislikes])
        everything = replace(request, k=len(model.movie_ids), diversity=0.0, filters=filters)
        ranked = _rank(model, [history], everything)
        rows = [row for row in ranked.rows(0, model) if row.movie_id == movie_id]
        if not rows:
            raise NotFound(
                f"Movie {movie_id} has no score for this user: it has no profile vectors, and no like leads to it."
            )
        return self._with_reasons(model, history, ranked, rows, n_reasons)[0]

    def recommend_many(
        self, user_ids: Iterable[Id] | Ids, request: RecommendationRequest
    ) -> Iterator[tuple[Id, list[Recommendation]]]:
        """(userId, list) for many users, in their order, without reasons; `request` says everything but the user.

        Raises NotFound for an unknown user.
        """
        model = self.model(request.sequential)
        popular: list[Recommendation] | None = None
        users = (one.item() if isinstance(one, np.generic) else one for one in user_ids)
        for batch in _batches(users, min(BATCH_USERS, block_rows(len(model.movie_ids)))):
            read = read_histories(self.database, batch, model.min_rating)
            histories = [read[user_id].with_named(request) for user_id in batch]
            ranked = _rank(model, histories, request)
            for i, (user_id, history) in enumerate(zip(batch, histories, strict=True)):
                if history.liked:
                    yield user_id, ranked.rows(i, model)
                else:
                    popular = self._popular(model, request) if popular is None else popular
                    yield user_id, _unrated(popular, history, request)

    def recommend_sequences(
        self, sequences: Iterable[Sequence[Id]], request: RecommendationRequest
    ) -> Iterator[list[Recommendation]]:
        """A list for each sequence of movieIds, liked one after the other by somebody who need not be in the
        database, oldest first; without reasons. `request` says everything but these.
        """
        model = self.model(request.sequential)
        for batch in _batches(sequences, min(BATCH_USERS, block_rows(len(model.movie_ids)))):
            histories = [
                History([], [], []).with_named(replace(request, likes=(), then=tuple(one))) for one in batch
            ]
            ranked = _rank(model, histories, request)
            yield from (ranked.rows(i, model) for i in range(len(batch)))

    def similar(
        self, movie_id: Id, k: int, filters: Filters, plain_cosine: bool = False, *, popularity: float = 0.0
    ) -> list[SimilarMovie]:
        """The list of `in_database.similar_movies`, which answers for a movie that has no vector."""
        require_similar_request(k, plain_cosine, popularity)
        model = self.model()
        positions = model.positions([movie_id])
        if not model.unit[positions].any():
            return similar_movies(self.database, movie_id, k, filters, plain_cosine, popularity=popularity)
        query = int(positions[0])
        scores = cosine = (model.unit @ model.unit[query]).astype(np.float64)
        if not plain_cosine:
            weights = self._co_liked(model).weighted_neighbour_sum(np.array([query]), np.ones(1))
            scores = similarity_score(cosine, weights)
        if popularity:
            factors = (model.like_counts / model.like_counts.max()) ** popularity
            scores = np.where(scores > 0, scores * factors, scores)
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
        ranked: _Ranked,
        rows: list[Recommendation],
        n_reasons: int,
    ) -> list[Recommendation]:
        if not n_reasons or not rows:
            return rows
        known = np.isin(id_array(history.liked), model.movie_ids)
        positions = model.positions([row.movie_id for row in rows])
        contributions = np.zeros((len(rows), len(history.liked)))
        contributions[:, known] = contributions_of_likes(
            model.scorer, ranked.likes, positions, [row.scores for row in rows]
        )
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

    def _popular(self, model: Model, request: RecommendationRequest) -> list[Recommendation]:
        """Every movie of `popular_movies`, whoever asks, those included that they have rated."""
        parameters = request.parameters() | {"userId": None, "k": EVERY_MOVIE}
        rows = popular_rows(self.database, parameters, model.min_rating)
        return [from_row(Recommendation, row, rank=0, basis="popularity", run_id=model.run_id) for row in rows]


@dataclass(frozen=True)
class _Ranked:
    """The lists of B users: positions, best first, T in all, with their scores; and the likes they are from."""

    movies: Lists
    scores: NDArray[np.float64]
    likes: LikeHistories
    profile_scores: NDArray[np.float64]
    graph_scores: NDArray[np.float64]
    prediction_scores: NDArray[np.float64]
    encoder_scores: NDArray[np.float64]

    def rows(self, user: int, model: Model) -> list[Recommendation]:
        """One user's list, without reasons."""
        first = self.movies.indptr[user]
        return [
            Recommendation(
                rank=rank,
                **model.describe(int(position)),
                score=float(self.scores[first + rank - 1]),
                profile_score=float(self.profile_scores[first + rank - 1]),
                graph_score=float(self.graph_scores[first + rank - 1]),
                prediction_score=float(self.prediction_scores[first + rank - 1]),
                encoder_score=float(self.encoder_scores[first + rank - 1]),
                sequential=model.sequential,
                run_id=model.run_id,
            )
            for rank, position in enumerate(self.movies[user], start=1)
        ]


def _rank(model: Model, histories: Sequence[History], request: RecommendationRequest) -> _Ranked:
    """Lists for all of these users; empty for one without likes. `request` says everything but whose they are."""
    likes = model.like_histories(histories, request.dislikes)
    rated = model.lists_of([[*history.rated, *request.dislikes] for history in histories])
    is_rated = rated.marked(len(model.movie_ids))
    parts = model.scorer.scores(likes, is_rated)
    scores = sum(parts[1:], start=parts[0])
    if request.popularity:
        scores *= (model.like_counts / model.like_counts.max()) ** request.popularity
    left_out = scores <= 0
    left_out |= ~model.allowed(request.filters)
    if not request.filters.with_rated:
        left_out |= is_rated
    np.copyto(scores, -np.inf, where=left_out)
    movies = best_of_rows(scores, request.pool)
    if request.diversity:
        movies = Lists.of([_diverse(model, scores[i], movies[i], request) for i in range(len(movies))])
    at = movies.rows, movies.values
    return _Ranked(movies, scores[at], likes, *(part[at] for part in parts))


def _diverse(
    model: Model, scores: NDArray[np.float64], movies: NDArray[np.int64], request: RecommendationRequest
) -> NDArray[np.int64]:
    return movies[most_diverse(scores[movies], model.unit[movies], request.diversity, request.k)]


def _unrated(
    popular: Sequence[Recommendation], history: History, request: RecommendationRequest
) -> list[Recommendation]:
    """The first k that the user has not rated, unless these are wanted too."""
    rated = set() if request.filters.with_rated else set(history.rated)
    unrated = islice((row for row in popular if row.movie_id not in rated), request.k)
    return [replace(row, rank=rank) for rank, row in enumerate(unrated, start=1)]


def _batches(some: Iterable[T], size: int) -> Iterator[list[T]]:
    waiting = iter(some)
    while batch := list(islice(waiting, size)):
        yield batch
