"""What an evaluation takes, before it begins: memory of the baselines, and seconds of each part.

The seconds are those of a formula of the sizes, for one core of the machine that it was fitted on
(`python -m benchmarks.evaluate` prints it beside what each part took), times how much slower this machine is now
at scoring and ranking some random users. Copying also waits for the server.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from movierec.database.connection import Database
from movierec.database.embedded.memory import available_bytes
from movierec.database.query_files import load_query
from movierec.evaluation.results import EvaluationEstimate
from movierec.graph.settings import SplitSettings
from movierec.graph.workload import sample_users
from movierec.recommendation.scoring import BLOCK_BYTES, best_of_rows

__all__ = ["Sizes", "estimate_evaluation", "left_out", "memory_of", "seconds_of_parts", "slowness"]

MEMORY_SHARE = 0.7  # of the available memory, that a baseline may take
SPARSE_ENTRY = 12  # bytes: a float64 and an int32
ARRAYS_OF_SCORES = 8  # in memory at the same time, as temporary results too
LIBRARIES_MB = 250  # NumPy, pandas, SciPy, scikit-learn

# Seconds of one core, for each unit.
COPY, PULL = 1 / 30_000, 1.5e-6  # a rating
ADDITION = 20e-9  # of sparse products: a user, and two movies that they like
SIMILARITY = 15e-9  # a pair of movies
ELIMINATION = 0.025e-9  # EASE: a pair of movies, and a third
ALS_LIKE, ALS_SYSTEM = 16 * 0.12e-9, 16 * 53e-12  # a like and two dimensions; a user or movie, and three
DIMENSIONS = 128
SLIST = 2.3  # times what EASE takes
MARKOV_PAIR = 100 * 60e-9  # a like, and as many likes before it as count
NEIGHBOUR = 150e-9  # STAN: a user who is asked for, and another one
# A user and a movie.
RANK = {
    "most_popular": 7e-9,
    "item_knn": 18e-9,
    "rp3beta": 120e-9,
    "ease": 45e-9,
    "ials": 12e-9,
    "markov_chain": 20e-9,
    "stan": 5e-9,
    "slist": 45e-9,
    "co_liked": 28e-9,
    "vectors_cosine": 9e-9,
    "vectors_kernel": 15e-9,
    "movierec": 30e-9,
}
NEAREST = 6e-9  # a pair of movies: the 50 nearest of each
SIMILAR = 85e-9  # four similarities: a user and a movie
PROBE = 5e-7  # a genre, a movie and a dimension
REFERENCE_SECONDS = 0.030  # of what `slowness` repeats


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """What the work depends on."""

    ratings: int
    users: int  # with a like
    asked: int  # for whom lists are made
    movies: int  # with a like
    likes: int
    paths: int  # sum over users of likes squared
    genres: int = 20
    embedding_size: int = 64
    seeds: int = 1


def memory_of(sizes: Sizes) -> dict[str, int]:
    """Bytes that the baselines take that hold numbers of pairs of movies."""
    return {
        "rp3beta": SPARSE_ENTRY * min(sizes.movies**2, sizes.paths),  # at most, as pairs of movies repeat
        "ease": 8 * sizes.movies**2,
        "slist": 3 * 8 * sizes.movies**2,
    }


def left_out(sizes: Sizes, memory: float | None = None) -> dict[str, str]:
    """Baselines that would take more than `memory` bytes, by default 70 % of what is available, and why."""
    allowed = MEMORY_SHARE * available_bytes() if memory is None else memory
    return {
        name: f"for {sizes.movies:,} movies it needs {needed / 1e9:.1f} GB of memory, and may use "
        f"{allowed / 1e9:.1f} GB"
        for name, needed in memory_of(sizes).items()
        if needed > allowed
    }


def seconds_of_parts(sizes: Sizes, without: Mapping[str, object], slowness: float = 1.0) -> dict[str, float]:
    """Seconds of each part but splitting, deriving and training."""
    pairs, cells = sizes.movies**2, sizes.asked * sizes.movies
    fits = {
        "item_knn": sizes.paths * ADDITION + pairs * SIMILARITY,
        "rp3beta": sizes.paths * ADDITION,
        "ease": sizes.movies**3 * ELIMINATION + sizes.paths * ADDITION,
        "ials": sizes.likes * DIMENSIONS**2 * ALS_LIKE + (sizes.users + sizes.movies) * DIMENSIONS**3 * ALS_SYSTEM,
        "markov_chain": sizes.likes * MARKOV_PAIR,
        "stan": 0.0,  # it compares users when asked
        "slist": SLIST * sizes.movies**3 * ELIMINATION + sizes.paths * ADDITION,
    }
    baselines = [name for name in ("most_popular", *fits) if name not in without]
    of_model = {name: cells * RANK[name] for name in RANK if name not in ("most_popular", *fits)}
    seconds = {
        "copy": sizes.ratings * COPY,
        "pull": sizes.ratings * PULL,
        "fit baselines": sum(fits.get(name, 0.0) for name in baselines),
        "rank by baselines": cells * sum(RANK[name] for name in baselines) + sizes.asked * sizes.users * NEIGHBOUR,
        "rank by movierec and its parts": sizes.seeds * (sum(of_model.values()) + pairs * NEAREST),
        "similar movies": sizes.seeds * cells * SIMILAR,
        "genre probe": sizes.seeds * sizes.genres * sizes.movies * sizes.embedding_size * PROBE,
    }
    return {part: value * slowness for part, value in seconds.items()}


def slowness() -> float:
    """How many times longer than on the machine of the formula some scoring and ranking takes here and now."""
    generator = np.random.default_rng(1)
    users, movies = generator.normal(size=(50, 64)), generator.normal(size=(64, 20_000))
    taken = []
    for _ in range(5):
        started = time.perf_counter()
        scores = users @ movies
        best_of_rows(np.exp(scores - scores.max(axis=1, keepdims=True)), 20)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken) / REFERENCE_SECONDS


def estimate_evaluation(
    database: Database, split: SplitSettings, *, n_users: int | None = None, n_seeds: int = 1
) -> EvaluationEstimate:
    """What `evaluate` would take, from a sample of users; nothing is written."""
    sample = sample_users(database)
    workload = sample.workload(split.min_rating)
    counts = database.read_one(load_query("doctor/counts"))
    has_enough = np.array([(stars >= split.min_rating).sum() >= split.min_likes for stars in sample.ratings])
    n_held_out = round(float(has_enough @ sample.user_weights))
    sizes = Sizes(
        ratings=counts["ratings"],
        users=workload.users,
        asked=n_held_out if n_users is None else min(n_users, n_held_out),
        movies=counts["movies"],
        likes=workload.likes,
        paths=workload.paths,
        seeds=n_seeds,
    )
    without = left_out(sizes)
    seconds = seconds_of_parts(sizes, without, slowness())
    largest = max((needed for name, needed in memory_of(sizes).items() if name not in without), default=0)
    return EvaluationEstimate(
        users=sizes.asked,
        sampled_from=n_held_out,
        movies=sizes.movies,
        likes=sizes.likes,
        left_out=without,
        memory_mb=LIBRARIES_MB
        + round((largest + ARRAYS_OF_SCORES * BLOCK_BYTES + 40 * sizes.likes + 8 * sizes.ratings) / 2**20),
        seconds={part: round(value, 3) for part, value in seconds.items()},
        expected_seconds=round(sum(seconds.values()), 3),
    )
