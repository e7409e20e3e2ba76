"""What is asked of every method: who likes what in training, what was held out, and what can be ranked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import Adjacency, positions_in, unit_vectors
from movierec.database.connection import Database, Row
from movierec.database.query_files import load_query
from movierec.errors import StageMissing
from movierec.evaluation.methods import Candidates, UserProfile
from movierec.evaluation.tables import Catalogue, HeldOutCase
from movierec.graph.pull import pull_edges
from movierec.ids import Ids, id_array
from movierec.recommendation.scoring import LikeHistory, like_ages

__all__ = ["EvaluationData", "pull_evaluation_data"]


@dataclass(frozen=True, kw_only=True)
class EvaluationData:
    """Everything to be answered, and what the baselines learn from; the same for every model of one split.

    likes  pairs of positions (users, candidates), of every user, for the baselines
    """

    cases: list[HeldOutCase]
    catalogue: Catalogue
    likes: tuple[NDArray[np.int64], NDArray[np.int64]]
    n_users: int
    co_liked: Adjacency

    def candidates(self, movie_ids: Ids, vectors: NDArray[np.float32]) -> Candidates:
        """What is ranked, with (N, D) vectors of the movies `movie_ids`; others have none."""
        known = self.catalogue.movie_ids
        _, here, there = np.intersect1d(known, movie_ids, assume_unique=True, return_indices=True)
        unit = np.zeros((len(known), vectors.shape[1]), dtype=np.float32)
        unit[here] = unit_vectors(vectors[there])
        return Candidates(known, self.catalogue.like_counts, self.co_liked, unit)


def pull_evaluation_data(database: Database, min_rating: float) -> EvaluationData:
    """The held-out likes and all that is ranked, from a database that was derived after it was split.

    Raises StageMissing where the graph is of before the split: it would know what it is asked for.
    """
    _refuse_graph_of_before(database)
    counts = database.read(load_query("evaluate/like_counts"), minRating=min_rating)
    movie_ids = id_array(row["movieId"] for row in counts)
    like_counts = np.array([row["likeCount"] for row in counts], dtype=np.float64)
    described = {row["movieId"]: row["genres"] or [] for row in database.read(load_query("pull/movies"))}
    names = sorted({genre for genres in described.values() for genre in genres})
    genres = np.array([[name in described[movie] for name in names] for movie in movie_ids.tolist()], dtype=bool)
    users = database.read(load_query("evaluate/users"), minRating=min_rating)
    n_rated = database.read_one(load_query("evaluate/rated_movies"))["movies"]
    catalogue = Catalogue(
        movie_ids=movie_ids,
        like_counts=like_counts,
        genres=genres.reshape(len(movie_ids), len(names)),
        n_rated_movies=n_rated,
        n_users=sum(bool(u["liked"]) for u in users),
    )
    liked = [positions_in(movie_ids, user["liked"]) for user in users]
    pairs = (
        np.repeat(np.arange(len(users)), [len(one) for one in liked]),
        np.concatenate([np.empty(0, np.int64), *liked]),
    )
    sources, targets, weights = pull_edges(database, "CO_LIKED")
    heads, tails = positions_in(movie_ids, sources), positions_in(movie_ids, targets)
    return EvaluationData(
        cases=[_case(user, movie_ids) for user in users if user["heldOut"]],
        catalogue=catalogue,
        likes=pairs,
        n_users=len(users),
        co_liked=Adjacency.from_undirected(len(movie_ids), heads, tails, weights),
    )


def _case(row: Row, movie_ids: Ids) -> HeldOutCase:
    is_rated = np.zeros(len(movie_ids), dtype=bool)
    is_rated[positions_in(movie_ids, row["seen"])] = True
    ago = like_ages(np.array(row["times"], dtype=np.int64))
    gap = row["heldOutTimes"][0] - row["times"][0] if row["times"] and row["heldOutTimes"][0] else -1
    user = UserProfile(row["userId"], LikeHistory(positions_in(movie_ids, row["liked"]), ago), is_rated)
    return HeldOutCase(user, id_array(row["heldOut"]), None if gap < 0 else gap)


def _refuse_graph_of_before(database: Database) -> None:
    if database.read_one(load_query("evaluate/split_and_derive"))["isOlder"]:
        raise StageMissing(
            "The graph was derived before the ratings were split, so it knows what was held out. "
            'Run "movierec derive" and "movierec train" again.'
        )
