"""The query that gives a list inside the server, with its parameters: what a person can paste into Neo4j Browser.

Nothing is run. Each compares every movie, so the list is the same at any size of the database, if slower to make.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from movierec.database.query_files import Query, load_query, with_literals
from movierec.ids import Id
from movierec.lookup.filters import Filters
from movierec.recommendation.history import History
from movierec.recommendation.in_database import RECOMMEND, SIMILAR
from movierec.recommendation.model import Model
from movierec.recommendation.request import RecommendationRequest

__all__ = ["BoundQuery", "recommendation_statement", "similar_statement"]


@dataclass(frozen=True)
class BoundQuery:
    """A query and its parameters."""

    query: Query
    parameters: dict[str, Any]

    def pasted(self) -> str:
        """As one statement, with the parameters in their places."""
        return with_literals(self.query, self.parameters)


def recommendation_statement(model: Model, history: History, request: RecommendationRequest) -> BoundQuery:
    """Of a list for someone with this history, likes named in the request included; the encoder has read it."""
    scorer, likes = model.scorer, model.like_histories([history])
    embedding = None
    if scorer.encoder is not None:
        read, ages = scorer.encoded_likes(likes)
        if len(read.values):
            embedding = scorer.encoder.encode(read, ages)[0]
    query = load_query(RECOMMEND[model.sequential][0])
    return BoundQuery(query, request.model_parameters(model.sequential, embedding))


def similar_statement(movie_id: Id, k: int, filters: Filters, popularity: float = 0.0) -> BoundQuery:
    """Of a list of movies like one that has a vector."""
    parameters = {**filters.parameters(), "movieId": movie_id, "vector": None, "k": k, "popularity": popularity}
    del parameters["withRated"]  # there is no user
    return BoundQuery(load_query(SIMILAR[False][0]), parameters)
