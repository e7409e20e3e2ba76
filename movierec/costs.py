"""What each stage takes, before it begins: a straight line in a few sizes.

    seconds, MB = a fixed part + sum over some sizes of (size * what one of them takes)

The factors are fitted to what `python -m benchmarks.scale` measured on two cores, which prints estimates beside
what was taken. How many of everything there are follows from a number of ratings as in MovieLens, where nothing
better is known. Pure: sizes in, numbers out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from movierec.errors import BadRequest
from movierec.graph.settings import BULK_ROWS, LARGE_TOP_K, MOST_BY_CYPHER, MOST_BY_LOCAL, MOST_COUNTED

__all__ = ["CostEstimate", "Sizes", "StageCost", "estimate_costs"]

LIKES = 0.48  # of the ratings are likes, four stars or more
UNEVEN = 1.85  # mean of users' likes squared, over twice the square of their mean
EDGES_A_WEDGE = 0.11  # CO_LIKED, where all are kept
EDGES_A_MOVIE = 118  # where the best 200 of each movie are
FOLLOWERS_A_WEDGE, FOLLOWERS_A_MOVIE = 0.08, 84
SAMPLED = 300_000  # ratings, of 2,000 users
PREDICTORS, MOST_PREDICTORS = 0.3, 8_000  # of the movies have three likes or more; the most liked of these
PREDICTED, MOST_PAIRS = 100, 400_000_000  # by each; of likes, that the regression counts
ENCODER_EPOCHS, MOST_ENCODED = 12, 2_500_000  # passes of the user encoder over the likes; of likes in all of them


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """What the work depends on. Likes and all after them are those of 4 stars and more."""

    ratings: int
    users: int
    movies: int
    likes: int
    wedges: int

    @classmethod
    def of(cls, ratings: int, users: int | None = None, movies: int | None = None) -> Sizes:
        """As in MovieLens: users and movies grow with the ratings as from ml-latest-small to ml-25m."""
        if ratings < 1:
            raise BadRequest(f"{ratings} ratings; expected 1 or more.")
        users = users or max(1, round(610 * (ratings / 100_836) ** 1.0127))
        movies = movies or max(1, round(9_742 * (ratings / 100_836) ** 0.3369))
        likes = round(LIKES * ratings)
        return cls(
            ratings=ratings,
            users=users,
            movies=movies,
            likes=likes,
            wedges=round(UNEVEN * likes * likes / users),
        )

    @property
    def paths(self) -> int:
        """What a derivation adds up."""
        return 2 * self.wedges + self.likes

    @property
    def engine(self) -> str:
        """That of `derive --engine auto`; "spark" where one machine is not enough."""
        if self.paths <= MOST_BY_CYPHER:
            return "cypher"
        return "local" if self.paths <= MOST_BY_LOCAL else "spark"

    @property
    def co_liked(self) -> int:
        """Edges that a derivation leaves by default."""
        every = math.ceil(EDGES_A_WEDGE * self.wedges)
        return every if self.engine == "cypher" else min(every, EDGES_A_MOVIE * self.movies)

    @property
    def followed_by(self) -> int:
        """Those of the order of likes."""
        return min(math.ceil(FOLLOWERS_A_WEDGE * self.wedges), FOLLOWERS_A_MOVIE * self.movies)

    @property
    def predictors(self) -> int:
        """Movies that take part in the regression of likes on likes."""
        return min(math.ceil(PREDICTORS * self.movies), MOST_PREDICTORS)

    @property
    def walked(self) -> int:
        """Edges that are walked on: FOLLOWED_BY, or those of CO_LIKED."""
        return self.followed_by or self.co_liked


@dataclass(frozen=True, kw_only=True)
class StageCost:
    """One stage, with default settings."""

    stage: str
    by: str
    """what does the work where that depends on the size: batches or importer, cypher, local or spark"""
    seconds: float
    memory_mb: int
    """of movierec at its most"""
    store_mb: int
    """of the database afterwards, with its transaction logs"""


@dataclass(frozen=True, kw_only=True)
class CostEstimate:
    """What the stages would take on two cores. Nothing was written."""

    ratings: int
    users: int
    movies: int
    likes: int
    """of 4 stars and more"""
    wedges: int
    """pairs of likes of one user: what a derivation counts"""
    co_liked: int
    """edges that a derivation leaves by default"""
    followed_by: int
    stages: tuple[StageCost, ...]
    seconds: float
    """of all stages"""
    server_mb: int
    """of memory, of the server at its most"""
    advice: tuple[str, ...]
    """what to change where a stage takes hours"""


# Stage, or stage and what does the work -> size -> seconds; "" is the fixed part.
SECONDS: dict[str, dict[str, float]] = {
    "load, batches": {"": 12.0, "ratings": 1.75e-5},
    "load, importer": {"": 34.0, "ratings": 1.4e-6},
    "stats": {"": 1.3, "sampled": 1.1e-6, "ratings": 2.8e-7},
    "derive, cypher": {"": 2.0, "wedges": 3.0e-7, "edges": 1.4e-5},
    "derive, local": {"": 15.0, "likes": 4.0e-6, "wedges": 2.5e-8, "edges": 5.5e-6},
    "train": {
        "": 1.0,
        "movies": 1.0e-3,
        "likes": 4.0e-6,
        "profiles": 4.4e-5,
        "pairs": 6.0e-8,
        "predictors cubed": 6.0e-11,
        "predictions": 1.2e-5,
        "read by the encoder": 4.0e-5,
    },
    "recommend": {"": 0.8},
    "similar": {"": 1.0},
}
MEMORY_MB: dict[str, dict[str, float]] = {
    "load, batches": {"": 180.0},
    "load, importer": {"": 1_800.0, "imported": 3.75e-5, "users": 2.0e-4},
    "stats": {"": 155.0, "ratings": 2.0e-6},
    "derive, cypher": {"": 145.0},
    "derive, local": {"": 225.0, "likes": 6.9e-5},
    "train": {"": 920.0, "likes": 3.0e-5, "walked": 1.2e-4, "predictors squared": 1.6e-5},
    "recommend": {"": 140.0},
    "similar": {"": 140.0},
}
# Of the database with its transaction logs.
LOADED_MB = {"batches": {"": 96.0, "ratings": 3.6e-4}, "importer": {"": 475.0, "ratings": 6.9e-5}}
DERIVED_MB = {"edges": 3.3e-4, "likes": 6.0e-5}
TRAINED_MB = {"movies": 5.2e-3, "predictions": 8.0e-5}
SERVER_MB, SERVER_SHARE = 1_200, 0.45  # of memory: a fixed part, and a share of the database
IMPORTED = 200_000_000  # ratings, from which on the importer takes no more memory for them
PROFILE_USERS, PROFILE_PASSES = 640_000, 100  # a training asks every user so often, but no more of them in all
SPARK_WEDGES = 2_000_000  # that a core counts in a second
HOUR = 3600
LARGE_MB = 100 * 1024  # of memory, more than most machines have


def estimate_costs(sizes: Sizes, slowness: float = 1.0) -> CostEstimate:
    """Seconds and MB of every stage, where the machine is `slowness` times as slow as that of the factors."""
    by = {"load": "importer" if sizes.ratings >= BULK_ROWS else "batches", "derive": sizes.engine}
    loaded = _sum(LOADED_MB[by["load"]], sizes)
    derived = loaded + _sum(DERIVED_MB, sizes)
    trained = derived + _sum(TRAINED_MB, sizes)
    stores = {"load": loaded, "stats": loaded, "derive": derived}
    stages = []
    for stage in ("load", "stats", "derive", "train", "recommend", "similar"):
        seconds = _seconds(stage, by.get(stage, ""), sizes)
        name = "derive, local" if by.get(stage) == "spark" else _key(stage, by.get(stage, ""))
        stages.append(
            StageCost(
                stage=stage,
                by=by.get(stage, ""),
                seconds=round(seconds * slowness, 1),
                memory_mb=round(_sum(MEMORY_MB[name], sizes)),
                store_mb=round(stores.get(stage, trained)),
            )
        )
    return CostEstimate(
        ratings=sizes.ratings,
        users=sizes.users,
        movies=sizes.movies,
        likes=sizes.likes,
        wedges=sizes.wedges,
        co_liked=sizes.co_liked,
        followed_by=sizes.followed_by,
        stages=tuple(stages),
        seconds=round(sum(one.seconds for one in stages), 1),
        server_mb=round(SERVER_MB + SERVER_SHARE * trained),
        advice=tuple(_advice(sizes, stages)),
    )


def _key(stage: str, by: str) -> str:
    return f"{stage}, {by}" if by else stage


def _seconds(stage: str, by: str, sizes: Sizes) -> float:
    if by != "spark":
        return _sum(SECONDS[_key(stage, by)], sizes)
    # The likes are pulled and the edges are written by one process; the wedges are counted by many.
    local = SECONDS["derive, local"]
    return _sum({name: each for name, each in local.items() if name != "wedges"}, sizes)


def _sum(factors: Mapping[str, float], sizes: Sizes) -> float:
    values = {
        "": 1,
        "ratings": sizes.ratings,
        "sampled": sizes.ratings if sizes.ratings <= MOST_COUNTED else SAMPLED,
        "imported": min(sizes.ratings, IMPORTED),
        "users": sizes.users,
        "movies": sizes.movies,
        "likes": sizes.likes,
        "wedges": sizes.wedges,
        "edges": sizes.co_liked + sizes.followed_by,
        "walked": sizes.walked,
        "pairs": min(sizes.paths, MOST_PAIRS),
        "predictors cubed": sizes.predictors**3,
        "predictors squared": sizes.predictors**2,
        "predictions": PREDICTED * sizes.predictors,
        "profiles": min(PROFILE_PASSES * sizes.users, PROFILE_USERS),
        "read by the encoder": min(ENCODER_EPOCHS * sizes.likes, MOST_ENCODED),
    }
    return sum(values[name] * each for name, each in factors.items())


def _advice(sizes: Sizes, stages: list[StageCost]) -> list[str]:
    found = []
    seconds = {one.stage: one.seconds for one in stages}
    if sizes.engine == "spark":
        cores = math.ceil(sizes.wedges / SPARK_WEDGES / HOUR)
        found.append(
            f"{sizes.wedges:,} wedges are too much for one machine: derive --engine spark counts them, which "
            f"takes about {cores:,} cores another hour; or --max-user-likes counts only each user's newest likes."
        )
    elif seconds["derive"] > HOUR:
        found.append("derive takes hours: --max-user-likes counts only the newest likes of each user.")
    for one in stages:
        if one.memory_mb > LARGE_MB:
            found.append(f"{one.stage} takes {one.memory_mb / 1024:,.0f} GB of memory in one process.")
    if seconds["train"] > HOUR:
        found.append("train takes hours: try --profile-epochs 1, or several machines by torchrun (docs/scale.md).")
    if sizes.co_liked > EDGES_A_MOVIE * sizes.movies * 2:
        found.append(f"derive --top-k {LARGE_TOP_K} keeps fewer edges.")
    return found
