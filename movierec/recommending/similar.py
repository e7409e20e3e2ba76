"""Similar: the movies most like one, by their vectors and by who liked both."""

from __future__ import annotations

from typing import Any

import numpy as np

from movierec.database.connection import Database, Row
from movierec.database.query_files import load_query
from movierec.database.runs import require_live_run, unchanged
from movierec.errors import BadRequest, StageMissing
from movierec.lookup.filters import Filters
from movierec.lookup.movies import find_movie

__all__ = ["similar_movies"]


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
    with unchanged(database, "derive"), unchanged(database, "train"):
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


def _stand_in(database: Database, query: Row) -> tuple[list[float], str]:
    """A mean vector, by weight, for a movie without one, and what it is the mean of."""
    rows = database.read(load_query("recommend/stand_in"), movieId=query["movieId"])
    if not rows:
        raise StageMissing(
            f'"{query["title"]}" has no vector, and no movie that has one is linked with it or shares a genre. '
            'Lower --min-weight of "movierec derive" and train again.'
        )
    vectors = np.array([row["embedding"] for row in rows])
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    mean = np.average(unit, axis=0, weights=[row["weight"] for row in rows])
    return mean.tolist(), rows[0]["kind"]
