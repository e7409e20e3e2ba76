"""Predict: the stars that a user would give to movies, by what the user has rated until now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.errors import BadRequest
from movierec.lookup.filters import Filters
from movierec.lookup.users import no_such_user
from movierec.rating_prediction.model import RatingModel

__all__ = ["predict_ratings"]

LIKED = 4.0  # stars


def predict_ratings(
    database: Database,
    model: RatingModel,
    user_id: int,
    k: int = 10,
    filters: Filters | None = None,
    movie_ids: Sequence[int] = (),
) -> list[dict[str, Any]]:
    """The k movies with the most stars to be expected, of those that the filters let through and the user has not
    rated; or `movie_ids`, in the order of the stars.

    New ratings count at once, without training. What a user gave to one of `movie_ids`, "given", does not speak
    for the user, though the model was trained on it if it was there then; `filters` do not hold for these. Rows:
    rank, movieId, title, year, genres, stars, likeChance (of 4 stars or more), given.

    Raises NotFound for an unknown user, BadRequest for k below 1 or movies that are newer than the model.
    """
    if k < 1:
        raise BadRequest(f"k is {k}; expected at least 1.")
    filters = Filters() if movie_ids or filters is None else filters
    rows = database.read(load_query("rating_prediction/user"), userId=user_id)
    if not rows:
        raise no_such_user(database, user_id)
    (user,) = rows
    given = dict(zip(user["movieIds"], user["ratings"], strict=True))
    parameters = {name: value for name, value in filters.parameters().items() if name != "withRated"}
    candidates = {
        row["movieId"]: row for row in database.read(load_query("rating_prediction/candidates"), **parameters)
    }
    known = set(model.movie_ids.tolist())
    if movie_ids:
        newer = [movie for movie in movie_ids if movie not in known]
        if newer:
            raise BadRequest(f'Movie {newer[0]} is newer than the model. Run "movierec rate train" again.')
        heeded = [movie for movie in user["movieIds"] if movie not in set(movie_ids)]
        asked = list(dict.fromkeys(movie_ids))
    else:
        heeded = user["movieIds"]
        asked = [movie for movie in candidates if movie in known and (filters.with_rated or movie not in given)]
    chances = model.chances_of(user | {"movieIds": heeded, "ratings": [given[movie] for movie in heeded]})
    places = np.searchsorted(model.movie_ids, np.array(asked, dtype=np.int64))
    stars = chances[places] @ model.stars
    liked = chances[places][:, model.stars >= LIKED].sum(axis=1)
    order = np.lexsort((np.array(asked, dtype=np.int64), -stars))
    if not movie_ids:
        order = order[:k]
    return [
        {
            "rank": rank,
            **candidates[asked[i]],
            "stars": float(stars[i]),
            "likeChance": float(liked[i]),
            "given": given.get(asked[i]),
        }
        for rank, i in enumerate(order.tolist(), start=1)
    ]
