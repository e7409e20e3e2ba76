"""How much there is to count, before it is counted: exactly where ratings are few, else from a sample of users.

A derivation adds up the lists of each liked movie's users: paths movie - user - movie, the sum over users of
likes squared. Each pair of movies that a user likes, a *wedge*, is met from both its ends, and each like from
itself:

    paths = 2 * wedges + likes

A user's number of ratings is known without reading them. How many of them are likes is read of a sample, every
n-th user in the order of that number. An estimate is what the sample has, times the ratio of all ratings to
those of the sample; for paths, of the ratings squared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.graph.derive_steps import batches

__all__ = ["UserSample", "Workload", "sample_users", "workload_of"]

MOST_COUNTED = 1_000_000  # ratings; reading more takes more than a second or two
SAMPLED_USERS = 2_000
BATCH_RATINGS = 100_000  # of users that are asked for at once


@dataclass(frozen=True)
class Workload:
    """What a derivation would count."""

    users: int  # with a like
    likes: int
    paths: int
    is_exact: bool

    @property
    def wedges(self) -> int:
        return (self.paths - self.likes) // 2


@dataclass(frozen=True)
class UserSample:
    """n of U users, with their ratings.

    n_ratings  (U,) int64, of every user, descending
    ratings    n arrays of stars, of every U/n-th of them
    first_at   Unix seconds of the oldest rating of the sample, None without times
    last_at    of the newest
    """

    n_ratings: NDArray[np.int64]
    ratings: Sequence[NDArray[np.float32]]
    first_at: int | None
    last_at: int | None

    @property
    def is_all(self) -> bool:
        return len(self.ratings) == len(self.n_ratings)

    def rating_counts(self) -> dict[float, int]:
        """Stars -> ratings of all users, estimated unless the sample is all."""
        values, counts = np.unique(np.concatenate(self.ratings), return_counts=True)
        of_sample, of_all = counts.sum(), self.n_ratings.sum()
        return {float(value): _scaled(n, of_sample, of_all) for value, n in zip(values, counts, strict=True)}

    def workload(self, min_rating: float, max_user_likes: int | None = None) -> Workload:
        """Of all users, estimated unless the sample is all."""
        likes = np.array([(stars >= min_rating).sum() for stars in self.ratings], dtype=np.int64)
        if max_user_likes is not None:
            likes = np.minimum(likes, max_user_likes)
        sizes = np.array([len(stars) for stars in self.ratings], dtype=np.int64)
        return Workload(
            users=_scaled((likes > 0).sum(), len(likes), len(self.n_ratings)),
            likes=_scaled(likes.sum(), sizes.sum(), self.n_ratings.sum()),
            paths=_scaled((likes**2).sum(), (sizes**2).sum(), (self.n_ratings**2).sum()),
            is_exact=self.is_all,
        )


def sample_users(database: Database, most_counted: float = MOST_COUNTED, n: int = SAMPLED_USERS) -> UserSample:
    """Every user where there are up to `most_counted` ratings, else `n` of them."""
    rows = database.read(load_query("derive/users"))
    sizes = np.array([row["ratings"] for row in rows], dtype=np.int64)
    order = np.argsort(-sizes, kind="stable")
    chosen = order
    if sizes.sum() > most_counted and len(order) > n:
        chosen = order[np.linspace(0, len(order) - 1, n).astype(np.int64)]
    ratings: list[NDArray[np.float32]] = []
    times: list[int] = []
    for first, last in batches(sizes[chosen], BATCH_RATINGS):
        asked = [rows[i]["userId"] for i in chosen[first : last + 1]]
        for row in database.read(load_query("stats/ratings_of_users"), userIds=asked):
            ratings.append(np.array(row["ratings"], dtype=np.float32))
            times += [row[name] for name in ("firstAt", "lastAt") if row[name] is not None]
    return UserSample(sizes[order], ratings, min(times, default=None), max(times, default=None))


def workload_of(database: Database, min_rating: float, max_user_likes: int | None = None) -> Workload:
    """What a derivation would count, of the newest `max_user_likes` of each user."""
    return sample_users(database).workload(min_rating, max_user_likes)


def _scaled(value: np.int64, of_sample: int | np.int64, of_all: int | np.int64) -> int:
    return int(value) if of_sample == of_all else round(float(value) * float(of_all) / max(float(of_sample), 1.0))
