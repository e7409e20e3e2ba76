"""Similar: the movies whose vectors have the largest cosine with one movie's."""

from __future__ import annotations

from typing import Any

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.database.runs import require_live_run, unchanged
from movierec.errors import BadRequest, StageMissing
from movierec.recommending.titles import find_movie

__all__ = ["similar_movies"]


def similar_movies(database: Database, movie: str, k: int = 10) -> list[dict[str, Any]]:
    """The k nearest of `movie` (title or id), itself excluded: rank, movieId, title, score, runId, ...

    score is the cosine, -1 to 1; runId names the training that answers. Raises NotFound for an unknown
    title, StageMissing when nothing was trained or this movie has no vector.
    """
    if k < 1:
        raise BadRequest(f"k is {k}; expected at least 1.")
    with unchanged(database, "train"):
        run = require_live_run(database)
        query = find_movie(database, movie)
        if not query["hasVector"]:
            raise StageMissing(
                f'"{query["title"]}" has no vector: too few people liked it together with another movie for the '
                'graph of the last derive. Lower --min-weight of "movierec derive" and train again.'
            )
        rows = database.read(load_query("recommend/similar_movies"), movieId=query["movieId"], k=k)
    return [{"rank": rank, **row, "runId": run["runId"]} for rank, row in enumerate(rows, start=1)]
