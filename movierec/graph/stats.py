"""Stats: what is in the graph, and what a derivation of it would have to count. Reads only.

Distributions are given by their quantiles, of the ratings of a user and of a movie; movies and users
without ratings count as 0. Wedges, sum over users of likes * (likes - 1) / 2, are the work of a derivation;
pairs, the movies that at least one user likes both of, are the edges it has to consider. Above a million ratings
what every rating would have to be read for is estimated from a sample of users (`workload.py`).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.errors import StageMissing
from movierec.graph.results import LikesAt, RatingStats
from movierec.graph.workload import sample_users

__all__ = ["rating_stats"]

THRESHOLDS = (3.0, 3.5, 4.0, 4.5, 5.0)  # stars
QUANTILES = {"min": 0.0, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95, "max": 1.0}
MOST_WEDGES = 2_000_000  # counting the pairs of more takes more than a few seconds


def rating_stats(
    database: Database, min_rating: float = 4.0, count_pairs: bool | None = None, exact: bool = False
) -> RatingStats:
    """Counts, distributions and times of the ratings; with `exact` every rating is read, however many there are.

    Pairs are counted for `min_rating`; with `count_pairs` None, only up to 2 million wedges, else null.
    Raises StageMissing without ratings.
    """
    counts = database.read_one(load_query("doctor/counts"))
    if not counts["ratings"]:
        raise StageMissing('No RATED relationships. Run "movierec load" first.')
    sample = sample_users(database, math.inf) if exact else sample_users(database)
    thresholds = sorted({*THRESHOLDS, min_rating})
    movies = database.read(load_query("stats/liked_movies"), thresholds=thresholds)
    likes: list[LikesAt] = []
    for row in movies:
        work = sample.workload(row["minRating"])
        likes.append(
            LikesAt(
                min_rating=row["minRating"],
                likes=work.likes,
                users=work.users,
                movies=row["movies"],
                wedges=work.wedges,
            )
        )
    wedges = next(row.wedges for row in likes if row.min_rating == min_rating)
    if count_pairs is None:
        count_pairs = wedges <= MOST_WEDGES
    pairs = database.read_one(load_query("stats/pairs"), minRating=min_rating)["pairs"] if count_pairs else None
    return RatingStats(
        users=counts["users"],
        movies=counts["movies"],
        ratings=counts["ratings"],
        held_out=counts["heldOut"],
        density=counts["ratings"] / (counts["users"] * counts["movies"]),
        first_at=sample.first_at,
        last_at=sample.last_at,
        rating_counts={str(stars): n for stars, n in sample.rating_counts().items()},
        ratings_per_user=_quantiles(database.read(load_query("stats/per_user")), "users"),
        ratings_per_movie=_quantiles(database.read(load_query("stats/per_movie")), "movies"),
        likes=tuple(likes),
        min_rating=min_rating,
        pairs=pairs,
        sampled_users=None if sample.is_all else len(sample.ratings),
    )


def _quantiles(rows: list[dict[str, Any]], counted: str) -> dict[str, float]:
    """Mean and quantiles (the value at or above the fraction) of a histogram {"ratings", counted}."""
    values = np.array([row["ratings"] for row in rows], dtype=np.int64)
    sizes = np.array([row[counted] for row in rows], dtype=np.int64)
    upto = np.cumsum(sizes)
    at = {name: values[np.searchsorted(upto, max(1, np.ceil(q * upto[-1])))] for name, q in QUANTILES.items()}
    return {"mean": round(float((values * sizes).sum() / upto[-1]), 2)} | {n: int(v) for n, v in at.items()}
