"""How much there is to count, before it is counted: exactly where ratings are few, else from a sample of users.

A derivation adds up the lists of each liked movie's users: paths movie - user - movie, the sum over users of
likes squared. Each pair of movies that a user likes, a *wedge*, is met from both its ends, and each like from
itself:

    paths = 2 * wedges + likes

A user's number of ratings is known without reading them. How many of them are likes is read of a sample: users
are sorted by their ratings and divided into 20 strata with the same sum of ratings squared, and of each stratum
every n-th is taken. An estimate is the sum over strata of what the sample has, times the ratio of all the
stratum's ratings to those of the sample (Cochran 1977, section 6.10: the separate ratio estimate); for paths, of
the ratings squared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from movierec.costs import Sizes
from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.errors import StageMissing
from movierec.graph.derive_steps import batches
from movierec.graph.settings import MOST_COUNTED

__all__ = ["UserSample", "Workload", "sample_by_size", "sample_users", "sizes_of", "workload_of"]

SAMPLED_USERS = 2_000
N_STRATA = 20
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

    ratings       n arrays of stars
    user_weights  (n,) float64: of how many users each stands for one
    like_weights  (n,) of how many ratings each of a user's
    path_weights  (n,) of how many pairs of ratings each pair of a user's
    first_at      Unix seconds of the oldest rating of the sample, None without times
    last_at       of the newest
    is_all        whether it has every user, and all weights are 1
    """

    ratings: Sequence[NDArray[np.float32]]
    user_weights: NDArray[np.float64]
    like_weights: NDArray[np.float64]
    path_weights: NDArray[np.float64]
    first_at: int | None
    last_at: int | None
    is_all: bool

    def rating_counts(self) -> dict[float, int]:
        """Stars -> ratings of all users, estimated unless the sample is all."""
        weights = np.repeat(self.like_weights, [len(stars) for stars in self.ratings])
        values, places = np.unique(np.concatenate(self.ratings), return_inverse=True)
        counts = np.bincount(places, weights)
        return {float(value): round(float(n)) for value, n in zip(values, counts, strict=True)}

    def workload(self, min_rating: float, max_user_likes: int | None = None) -> Workload:
        """Of all users, estimated unless the sample is all."""
        likes = np.array([(stars >= min_rating).sum() for stars in self.ratings], dtype=np.float64)
        if max_user_likes is not None:
            likes = np.minimum(likes, max_user_likes)
        return Workload(
            users=round(float((likes > 0) @ self.user_weights)),
            likes=round(float(likes @ self.like_weights)),
            paths=round(float(likes**2 @ self.path_weights)),
            is_exact=self.is_all,
        )


def sample_users(database: Database, most_counted: float = MOST_COUNTED, n: int = SAMPLED_USERS) -> UserSample:
    """Every user where there are up to `most_counted` ratings, else about `n` of them."""
    rows = database.read(load_query("derive/users"))
    sizes = np.array([row["ratings"] for row in rows], dtype=np.int64)
    if sizes.sum() <= most_counted:
        chosen, weights = np.arange(len(sizes)), np.ones((3, len(sizes)))
    else:
        chosen, weights = sample_by_size(sizes, n)
    ratings: list[NDArray[np.float32]] = []
    times: list[int] = []
    for first, last in batches(sizes[chosen], BATCH_RATINGS):
        asked = [rows[i]["userId"] for i in chosen[first : last + 1]]
        for row in database.read(load_query("stats/ratings_of_users"), userIds=asked):
            ratings.append(np.array(row["ratings"], dtype=np.float32))
            times += [row[name] for name in ("firstAt", "lastAt") if row[name] is not None]
    is_all = len(chosen) == len(sizes)
    of_users, of_likes, of_paths = weights
    return UserSample(
        ratings, of_users, of_likes, of_paths, min(times, default=None), max(times, default=None), is_all
    )


def sample_by_size(sizes: NDArray[np.int64], n: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """About `n` of the U users with `sizes` (U,) ratings: positions (n,), ascending, and weights (3, n).

    The weights are the ratios of a stratum's users, ratings, and ratings squared to those of its sample.
    """
    order = np.argsort(-sizes, kind="stable")
    squares = np.cumsum(sizes[order].astype(np.float64) ** 2)
    strata = np.minimum((squares / squares[-1] * N_STRATA).astype(np.int64), N_STRATA - 1)
    weight_of: dict[int, tuple[float, ...]] = {}
    different = np.unique(strata)
    for done, stratum in enumerate(different):
        members = order[strata == stratum]
        share = (n - len(weight_of)) // (len(different) - done)  # the first strata have few users
        taken = members[np.unique(np.linspace(0, len(members) - 1, max(share, 1)).astype(np.int64))]
        ratios = tuple(
            float(
                (sizes[members].astype(np.float64) ** power).sum()
                / (sizes[taken].astype(np.float64) ** power).sum()
            )
            for power in (0, 1, 2)
        )
        weight_of |= dict.fromkeys(taken.tolist(), ratios)
    chosen = sorted(weight_of)
    return np.array(chosen, dtype=np.int64), np.array([weight_of[i] for i in chosen]).T


def workload_of(database: Database, min_rating: float, max_user_likes: int | None = None) -> Workload:
    """What a derivation would count, of the newest `max_user_likes` of each user."""
    return sample_users(database).workload(min_rating, max_user_likes)


def sizes_of(database: Database, min_rating: float = 4.0) -> Sizes:
    """What all stages' work depends on. Raises StageMissing without ratings."""
    counts = database.read_one(load_query("doctor/counts"))
    if not counts["ratings"]:
        raise StageMissing('No RATED relationships. Run "movierec load" first, or estimate with --ratings.')
    workload = workload_of(database, min_rating)
    return Sizes(
        ratings=counts["ratings"],
        users=counts["users"],
        movies=counts["movies"],
        likes=workload.likes,
        wedges=workload.wedges,
    )
