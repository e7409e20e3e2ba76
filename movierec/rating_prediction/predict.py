"""Predict the ratings that a user would give, from what the user has rated until now."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.errors import BadRequest
from movierec.ids import Id, id_array
from movierec.lookup.filters import Filters
from movierec.lookup.users import no_such_user
from movierec.rating_prediction.model import RatingModel
from movierec.rating_prediction.results import PredictedRating
from movierec.records import from_row

__all__ = ["predict_ratings"]

LIKED = 4.0  # stars of a like


def predict_ratings(
    database: Database,
    model: RatingModel,
    user_id: Id,
    *,
    k: int = 10,
    filters: Filters | None = None,
    movie_ids: Sequence[Id] = (),
    run_id: str = "",
) -> list[PredictedRating]:
    """The k movies with the highest predicted rating, of those that the filters let through and the user has not
    rated; or those of `movie_ids`, to which `filters` do not apply.

    New ratings count at once, without training. The user's own rating of one of `movie_ids` is not used to predict
    it, though the model was trained on it if it was there then. `run_id` is the training of the model.

    Raises NotFound for an unknown user, BadRequest for k below 1 or movies that are newer than the model.
    """
    if k < 1:
        raise BadRequest(f"k is {k}; expected at least 1.")
    filters = Filters() if movie_ids or filters is None else filters
    rows = database.read(load_query("rating_prediction/user"), userId=user_id)
    if not rows:
        raise no_such_user(database, user_id)
    (user,) = rows
    ratings = dict(zip(user["movieIds"], user["ratings"], strict=True))
    parameters = {name: value for name, value in filters.parameters().items() if name != "withRated"}
    candidates = {
        row["movieId"]: row for row in database.read(load_query("rating_prediction/candidates"), **parameters)
    }
    known = set(model.movie_ids.tolist())
    if movie_ids:
        newer = [movie for movie in movie_ids if movie not in known]
        if newer:
            raise BadRequest(f'Movie {newer[0]} is newer than the model. Run "movierec rating-model train" again.')
        used = [movie for movie in user["movieIds"] if movie not in set(movie_ids)]
        asked = list(dict.fromkeys(movie_ids))
    else:
        used = user["movieIds"]
        asked = [movie for movie in candidates if movie in known and (filters.with_rated or movie not in ratings)]
    levels = model.user_probabilities(user | {"movieIds": used, "ratings": [ratings[movie] for movie in used]})
    probabilities = levels[np.searchsorted(model.movie_ids, id_array(asked))]  # (asked, R)
    expected = probabilities @ model.stars
    liked = probabilities[:, model.stars >= LIKED].sum(axis=1)
    order = np.lexsort((id_array(asked), -expected))
    if not movie_ids:
        order = order[:k]
    return [
        from_row(
            PredictedRating,
            candidates[asked[i]],
            rank=rank,
            predicted_rating=float(expected[i]),
            like_probability=float(liked[i]),
            rating=ratings.get(asked[i]),
            run_id=run_id,
        )
        for rank, i in enumerate(order.tolist(), start=1)
    ]
