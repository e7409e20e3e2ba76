"""What is asked of every method: who likes what in training, what was held out, and what can be ranked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import Adjacency, Lists, places_of, positions_in, unit_vectors
from movierec.database.connection import Database, Row
from movierec.database.query_files import load_query
from movierec.errors import StageMissing
from movierec.evaluation.methods import Candidates, UserProfiles
from movierec.evaluation.metrics import NONE
from movierec.evaluation.tables import Catalogue, HeldOutCases
from movierec.graph.pull import pull_edges
from movierec.ids import Ids, id_array
from movierec.progress import Progress, silent
from movierec.recommendation.scoring import LikeHistories, like_ages_of_users

__all__ = ["EvaluationData", "pull_evaluation_data", "sample_of"]

BATCH_USERS = 1_000


@dataclass(frozen=True, kw_only=True)
class EvaluationData:
    """Everything to be answered, and what the baselines learn from; the same for every model of one split.

    cases             of the users that are asked
    n_held_out_users  how many could be asked
    likes             of every user, newest first, as positions of candidates, for the baselines
    """

    cases: HeldOutCases
    n_held_out_users: int
    catalogue: Catalogue
    likes: LikeHistories
    co_liked: Adjacency

    def candidates(self, movie_ids: Ids, vectors: NDArray[np.float32]) -> Candidates:
        """What is ranked, with (N, D) vectors of the movies `movie_ids`; others have none."""
        known = self.catalogue.movie_ids
        _, here, there = np.intersect1d(known, movie_ids, assume_unique=True, return_indices=True)
        unit = np.zeros((len(known), vectors.shape[1]), dtype=np.float32)
        unit[here] = unit_vectors(vectors[there])
        return Candidates(known, self.catalogue.like_counts, self.co_liked, unit)


def pull_evaluation_data(
    database: Database,
    min_rating: float,
    progress: Progress = silent,
    *,
    n_users: int | None = None,
    seed: int = 1,
) -> EvaluationData:
    """The held-out likes and all that is ranked, from a database that was derived after it was split.

    With `n_users`, those of a random sample of so many users, by `seed`. Raises StageMissing where the graph is of
    before the split: it would know what it is asked for.
    """
    _refuse_graph_of_before(database)
    counts = database.read(load_query("evaluate/like_counts"), minRating=min_rating)
    movie_ids = id_array(row["movieId"] for row in counts)
    like_counts = np.array([row["likeCount"] for row in counts], dtype=np.float64)
    described = {row["movieId"]: row["genres"] or [] for row in database.read(load_query("pull/movies"))}
    names = sorted({genre for genres in described.values() for genre in genres})
    genres = np.array([[name in described[movie] for name in names] for movie in movie_ids.tolist()], dtype=bool)
    likes = _pull_likes(database, min_rating, movie_ids, progress)
    held_out = id_array(
        row["userId"] for row in database.read(load_query("evaluate/held_out_users"), minRating=min_rating)
    )
    asked = held_out if n_users is None else sample_of(held_out, n_users, seed)
    n_rated = database.read_one(load_query("evaluate/rated_movies"))["movies"]
    catalogue = Catalogue(
        movie_ids=movie_ids,
        like_counts=like_counts,
        genres=genres.reshape(len(movie_ids), len(names)),
        n_rated_movies=n_rated,
        n_users=int((likes.movies.sizes > 0).sum()),
    )
    cases = _pull_cases(database, min_rating, asked, movie_ids, progress)
    sources, targets, weights = pull_edges(database, "CO_LIKED", progress)
    heads, tails = positions_in(movie_ids, sources), positions_in(movie_ids, targets)
    return EvaluationData(
        cases=cases,
        n_held_out_users=len(held_out),
        catalogue=catalogue,
        likes=likes,
        co_liked=Adjacency.from_undirected(len(movie_ids), heads, tails, weights),
    )


def sample_of(user_ids: Ids, n: int, seed: int) -> Ids:
    """`n` of the ids, drawn without replacement, in the order given; all where there are no more."""
    if n >= len(user_ids):
        return user_ids
    return user_ids[np.sort(np.random.default_rng(seed).choice(len(user_ids), n, replace=False))]


def _pull_likes(database: Database, min_rating: float, movie_ids: Ids, progress: Progress) -> LikeHistories:
    """Every user's likes in the training part, in the order of userIds."""
    n_users = database.read_one(load_query("doctor/counts"))["users"]
    batches, waiting = list[tuple[Lists, Lists]](), list[Row]()

    def take() -> None:
        times = Lists.of([row["times"] for row in waiting])
        batches.append((_positions(waiting, "movieIds", movie_ids), times))
        waiting.clear()

    with progress("pull likes", n_users, "users") as advance:
        for row in database.stream(load_query("evaluate/likes"), minRating=min_rating):
            waiting.append(row)
            if len(waiting) == BATCH_USERS:
                advance(len(waiting))
                take()
        take()
    times = Lists.joined([one for _, one in batches])
    return LikeHistories(Lists.joined([one for one, _ in batches]), like_ages_of_users(times))


def _pull_cases(
    database: Database, min_rating: float, user_ids: Ids, movie_ids: Ids, progress: Progress
) -> HeldOutCases:
    batches = []
    with progress("pull users", len(user_ids), "users") as advance:
        for start in range(0, max(len(user_ids), 1), BATCH_USERS):
            asked = user_ids[start : start + BATCH_USERS]
            rows = database.read(load_query("evaluate/users"), userIds=asked, minRating=min_rating)
            batches.append(_cases(asked, rows, movie_ids))
            advance(len(asked))
    users = UserProfiles(
        user_ids,
        LikeHistories(
            Lists.joined([batch.users.likes.movies for batch in batches]),
            np.concatenate([batch.users.likes.ages for batch in batches]),
        ),
        Lists.joined([batch.users.rated for batch in batches]),
    )
    return HeldOutCases(
        users,
        Lists.joined([batch.held_out for batch in batches]),
        np.concatenate([batch.gaps for batch in batches]),
    )


def _cases(user_ids: Ids, rows: Sequence[Row], movie_ids: Ids) -> HeldOutCases:
    """Of `user_ids`, in the order of the rows."""
    times = Lists.of([row["times"] for row in rows])
    places = _positions(rows, "liked", movie_ids)
    known = (
        places.values != NONE
    )  # a like that is given beside the training part may be of a movie that is not in it
    likes = LikeHistories(places.kept(known), like_ages_of_users(times)[known])
    seen = _positions(rows, "seen", movie_ids)
    gaps = [
        row["heldOutTimes"][0] - row["times"][0] if row["times"] and row["heldOutTimes"][0] else -1 for row in rows
    ]
    return HeldOutCases(
        UserProfiles(user_ids, likes, seen.kept(seen.values != NONE)),
        _positions(rows, "heldOut", movie_ids),
        np.array([np.nan if gap < 0 else gap for gap in gaps], dtype=np.float64),
    )


def _positions(rows: Sequence[Row], key: str, movie_ids: Ids) -> Lists:
    """The lists of movieIds under `key`, as positions in `movie_ids`; NONE for one that is not there."""
    return places_of(movie_ids, [row[key] for row in rows])


def _refuse_graph_of_before(database: Database) -> None:
    if database.read_one(load_query("evaluate/split_and_derive"))["isOlder"]:
        raise StageMissing(
            "The graph was derived before the ratings were split, so it knows what was held out. "
            'Run "movierec derive" and "movierec train" again.'
        )
