"""Pull: ratings -> arrays, a user at a time. Held-out ratings are read by `pull_held_out` alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import positions_in
from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.errors import StageMissing
from movierec.ids import Ids, id_array
from movierec.progress import Progress, silent
from movierec.rating_prediction.array_store import ArrayStore, slices
from movierec.rating_prediction.graph import MOST_LEVELS, Features, RatingGraph, check_levels, level_of

__all__ = ["HeldOut", "pull_held_out", "pull_rating_graph"]

HeldOut = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]  # positions of both, stars; (H,) each


CHANGED = "The ratings changed while they were read. Run the command again."


def pull_rating_graph(
    database: Database, progress: Progress = silent, store: ArrayStore | None = None
) -> RatingGraph:
    """Every RATED relationship, in arrays of `store`, and all users and movies.

    Raises StageMissing where there are none, or where they change meanwhile.
    """
    store = store or ArrayStore()
    movies = database.read(load_query("pull/movies"))
    n_ratings = database.read_one(load_query("doctor/counts"))["ratings"]
    if not movies or not n_ratings:
        raise StageMissing('There are no ratings to learn from. Run "movierec load" first.')
    movie_ids = id_array(row["movieId"] for row in movies)
    users: list[dict[str, Any]] = []
    of_user, rated = (store.zeros(n_ratings, np.int32) for _ in range(2))
    given = store.zeros(n_ratings, np.float64)
    end = 0
    with progress("pull ratings", n_ratings, "ratings") as advance:
        for row in database.stream(load_query("rating_prediction/ratings")):
            places = _positions(movie_ids, id_array(row.pop("movieIds")))
            start, end = end, end + len(places)
            if end > n_ratings:
                raise StageMissing(CHANGED)
            own = slice(start, end)
            of_user[own], rated[own], given[own] = len(users), places, row.pop("ratings")
            users.append(row)
            advance(len(places))
    # Fewer than were counted, where others than users rate, or something else than movies.
    of_user, rated, given = of_user[:end], rated[:end], given[:end]
    stars = np.empty(0)
    for part in slices(end, store.chunk_size):
        stars = np.union1d(stars, given[part])
        if len(stars) > MOST_LEVELS:
            break
    check_levels(stars)
    levels = store.zeros(end, np.int8)
    for part in slices(end, store.chunk_size):
        levels[part] = level_of(stars, given[part])
    features = Features.of(users, movies)
    return RatingGraph(
        user_ids=id_array(row["userId"] for row in users),
        movie_ids=movie_ids,
        stars=stars,
        users=of_user,
        movies=rated,
        levels=levels,
        features=features,
        user_features=features.of_users(users),
        movie_features=features.of_movies(movies),
        store=store,
    )


def pull_held_out(database: Database, graph: RatingGraph) -> HeldOut:
    """Every HELD_OUT relationship, as positions in the graph."""
    users, movies, given = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0, np.float64)]
    for row in database.stream(load_query("rating_prediction/held_out")):
        n = len(row["movieIds"])
        if not n:
            continue
        users.append(np.repeat(_positions(graph.user_ids, id_array([row["userId"]])), n))
        movies.append(_positions(graph.movie_ids, id_array(row["movieIds"])))
        given.append(np.array(row["ratings"], dtype=np.float64))
    return np.concatenate(users), np.concatenate(movies), np.concatenate(given)


def _positions(known: Ids, asked: Ids) -> NDArray[np.int64]:
    places = positions_in(known, asked)
    if len(places) != len(asked):
        raise StageMissing(CHANGED)
    return places
