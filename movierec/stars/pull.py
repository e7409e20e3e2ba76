"""Pull: ratings -> arrays, a user at a time. Held-out ratings are read by `pull_held_out` alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.errors import StageMissing
from movierec.graph.arrays import positions_in
from movierec.progress import Progress, silent
from movierec.stars.graph import Features, RatingGraph, check_levels, level_of

__all__ = ["HeldOut", "pull_held_out", "pull_rating_graph"]

HeldOut = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]  # positions of both, stars; (H,) each


def pull_rating_graph(database: Database, progress: Progress = silent) -> RatingGraph:
    """Every RATED relationship, and all users and movies. Raises StageMissing where there are none."""
    movies = database.read(load_query("pull/movies"))
    n_ratings = database.read_one(load_query("doctor/counts"))["ratings"]
    if not movies or not n_ratings:
        raise StageMissing('There are no ratings to learn from. Run "movierec load" first.')
    movie_ids = np.array([row["movieId"] for row in movies], dtype=np.int64)
    users: list[dict[str, Any]] = []
    rated, given = [np.empty(0, np.int64)], [np.empty(0, np.float64)]
    sizes = []
    with progress("pull ratings", n_ratings, "ratings") as advance:
        for row in database.stream(load_query("stars/ratings")):
            rated.append(np.array(row.pop("movieIds"), dtype=np.int64))
            given.append(np.array(row.pop("ratings"), dtype=np.float64))
            sizes.append(len(rated[-1]))
            users.append(row)
            advance(sizes[-1])
    every = np.concatenate(given)
    stars = np.unique(every)
    check_levels(stars)
    features = Features.of(users, movies)
    return RatingGraph(
        np.array([row["userId"] for row in users], dtype=np.int64),
        movie_ids,
        stars,
        np.repeat(np.arange(len(users), dtype=np.int32), sizes),
        _positions(movie_ids, np.concatenate(rated)).astype(np.int32),
        level_of(stars, every),
        features,
        features.of_users(users),
        features.of_movies(movies),
    )


def pull_held_out(database: Database, graph: RatingGraph) -> HeldOut:
    """Every HELD_OUT relationship, as positions in the graph."""
    users, movies, given = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0, np.float64)]
    for row in database.stream(load_query("stars/held_out")):
        n = len(row["movieIds"])
        users.append(np.repeat(_positions(graph.user_ids, np.array([row["userId"]])), n))
        movies.append(_positions(graph.movie_ids, np.array(row["movieIds"], dtype=np.int64)))
        given.append(np.array(row["ratings"], dtype=np.float64))
    return np.concatenate(users), np.concatenate(movies), np.concatenate(given)


def _positions(known: NDArray[np.int64], asked: NDArray[np.int64]) -> NDArray[np.int64]:
    places = positions_in(known, asked)
    if len(places) != len(asked):
        raise StageMissing("The ratings changed while they were read. Run the command again.")
    return places
