"""Deriving CO_LIKED: beside other ways to the same pairs, and how it grows.

    python -m benchmarks.derive peers    counting over lists (ours), over LIKED relationships, and scipy's
                                         product of sparse matrices, which has the ratings in memory
    python -m benchmarks.derive gds      nearest neighbours by Jaccard: ours, and nodeSimilarity of the Graph
                                         Data Science library 2.13 in the same server
    python -m benchmarks.derive engines  wedges a second of Cypher, the local engine and Spark on ml-latest-small
                                         and on a million generated ratings, and whether all leave the same graph
    python -m benchmarks.derive scale    10^6, 10^7 and 10^8 wedges: time per wedge (a quarter of an hour)

Rounds are interleaved, after one that warms up; medians are printed. "derive" writes into a graph without
edges, "derive again" deletes as many as it writes. The first derive of all runs on a cold server.
"""

from __future__ import annotations

import hashlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp

from benchmarks.common import MOVIELENS, in_turns, parts, publish, query, table, timed
from benchmarks.gds_server import gds_database
from benchmarks.generate import generate
from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.evaluation.scratch import scratch_database
from movierec.graph.derive import derive_co_liked, preview_derive
from movierec.graph.load import load_ratings
from movierec.graph.settings import ALL, ENGINES, DeriveSettings
from movierec.graph.spark.session import spark_session
from movierec.graph.workload import workload_of
from movierec.progress import Advance

ROUNDS = 5
GRAPHS = {
    "ml: rating >= 5, 409,970 wedges": DeriveSettings.from_preset("keras"),
    "ml4: rating >= 4, 5,549,426 wedges": DeriveSettings(denominator="likes", min_weight=10.0),
}
NEIGHBOURS = 10
WEDGES = (10**6, 10**7, 10**8)
LIKES_A_USER = 200


def by_scipy(ratings: pd.DataFrame, settings: DeriveSettings) -> int:
    likes = ratings[ratings.rating >= settings.min_rating]
    _, column = np.unique(likes.movieId, return_inverse=True)
    _, row = np.unique(likes.userId, return_inverse=True)
    liked = sp.csr_array((np.ones(len(likes)), (row, column)))
    pairs = sp.triu(liked.T @ liked, k=1).tocoo()
    x: np.ndarray = liked.sum(axis=0)
    weight = pairs.data * np.log(pairs.data * len(likes) / (x[pairs.row] * x[pairs.col]))
    return int((weight >= settings.min_weight).sum())


def peers() -> None:
    ratings = pd.read_csv(MOVIELENS / "ratings.csv")
    with scratch_database(dict(os.environ)) as (database, _):
        load_ratings(database, MOVIELENS)
        for title, settings in GRAPHS.items():
            database.run_batches(query("unlike"))
            database.run_batches(query("liked"), minRating=settings.min_rating)
            database.run_batches(query("drop_edges"))
            result, first = timed(lambda: derive_co_liked(database, settings))
            values = {"denominator": float(result.likes), "minWeight": settings.min_weight}
            # The same count over lists, with a threshold that nothing reaches: no edge is sent.
            ours = {
                "indexes": list(range(database.read_one(load_query("derive/last_like_index"))["lastIndex"] + 1)),
                "minRating": settings.min_rating,
                "isCapped": False,
                "measure": settings.measure,
                "damping": settings.damping,
                "minCount": 1,
                "dryRun": True,
            } | (values | {"minWeight": 1e300})
            assert database.read_one(query("pairs_over_liked"), **values)["edges"] == result.edges
            assert by_scipy(ratings, settings) == result.edges
            found = in_turns(
                {
                    "derive": lambda: derive_co_liked(database, settings),
                    "derive again": lambda: derive_co_liked(database, settings),
                    "over lists, read only": lambda: database.write(load_query("derive/co_liked"), **ours),
                    "derive --dry-run": lambda: preview_derive(database, settings),
                    "over LIKED, read only": lambda: database.read(query("pairs_over_liked"), **values),
                    "scipy, in memory": lambda: by_scipy(ratings, settings),
                },
                ROUNDS,
                before={"derive": lambda: database.run_batches(query("drop_edges"))},
            )
            print(f"\n{title}, {result.edges:,} edges; the first derive, into no edges, {first:.2f} s")
            for name, seconds in found.items():
                print(f"  {name:24}{seconds:8.2f} s{seconds / found['scipy, in memory']:8.1f} x scipy")


def gds() -> None:
    settings = DeriveSettings(measure="jaccard", min_count=1, top_k=NEIGHBOURS)
    with gds_database() as database:
        load_ratings(database, MOVIELENS)

        def by_gds() -> None:
            database.run_batches(query("gds_drop"))
            database.write(query("gds_project"), minRating=settings.min_rating)
            database.write(query("gds_similarity"), topK=NEIGHBOURS, concurrency=2)

        def ours() -> None:
            derive_co_liked(database, settings)

        ours()
        by_gds()
        mine = {(row["a"], row["b"]): row["score"] for row in database.read(query("edges"))}
        theirs = {(row["a"], row["b"]): row["score"] for row in database.read(query("gds_pairs"))}
        both = mine.keys() & theirs.keys()
        assert all(abs(mine[pair] - theirs[pair]) < 1e-6 for pair in both)
        found = in_turns({"movierec": ours, "GDS nodeSimilarity": by_gds}, ROUNDS)
        print(
            f"{NEIGHBOURS} nearest by Jaccard, rating >= {settings.min_rating}: {len(mine):,} pairs, "
            f"{len(both):,} of them also in GDS, with the same score; of equally near movies each takes its own"
        )
        for name, seconds in found.items():
            print(f"  {name:24}{seconds:8.2f} s{seconds / found['GDS nodeSimilarity']:8.2f} x GDS")


def likes_with(folder: Path, n_wedges: int) -> Path:
    """A file of five-star ratings with about `n_wedges` wedges: users with as many likes each."""
    generator = np.random.default_rng(1)
    n_users = round(n_wedges / (LIKES_A_USER * (LIKES_A_USER - 1) / 2))
    popularity = np.arange(1, 4001) ** -0.6
    popularity /= popularity.sum()
    users = np.repeat(np.arange(1, n_users + 1), LIKES_A_USER)
    movies = np.concatenate(
        [generator.choice(4000, LIKES_A_USER, replace=False, p=popularity) + 1 for _ in range(n_users)]
    )
    path = folder / f"likes-{n_wedges}.csv"
    frame = pd.DataFrame(
        {"user": users, "movie": movies, "rating": 5.0, "timestamp": 10**9 + np.arange(len(users))}
    )
    frame.to_csv(path, index=False)
    return path


def scale() -> None:
    # The likes are independent of each other, so few pairs pass this test: what takes time is counting.
    settings = DeriveSettings(measure="llr")
    print(f"{'wedges':>12}{'edges':>10}{'dry run, s':>12}{'us/wedge':>10}{'derive, s':>12}{'us/wedge':>10}")
    with tempfile.TemporaryDirectory(prefix="movierec-bench-") as folder:
        for n_wedges in WEDGES:
            path = likes_with(Path(folder), n_wedges)
            with scratch_database(dict(os.environ)) as (database, _):
                load_ratings(database, path)
                derive_co_liked(database, settings)
                _, counting = timed(lambda: preview_derive(database, settings))
                result, writing = timed(lambda: derive_co_liked(database, settings))
            wedges = result.users * LIKES_A_USER * (LIKES_A_USER - 1) // 2
            print(
                f"{wedges:12,}{result.edges:10,}{counting:12.1f}{counting / wedges * 1e6:10.3f}"
                f"{writing:12.1f}{writing / wedges * 1e6:10.3f}",
                flush=True,
            )


class StepTimes:
    """A progress that says nothing and keeps the seconds of each step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, title: str, total: int | None, unit: str, done: int = 0) -> Iterator[Advance]:
        started = time.perf_counter()
        yield lambda n, note="": None
        self.seconds[title] = self.seconds.get(title, 0.0) + time.perf_counter() - started


def engines() -> None:
    """How fast each engine counts, and whether all leave the same."""
    said = []
    with tempfile.TemporaryDirectory(prefix="movierec-bench-") as name:
        folder = Path(name)
        generated = generate(folder / "generated", 1_000_000)
        (folder / "spark").mkdir()
        begun = time.perf_counter()
        with spark_session(None, folder / "spark") as session:
            seconds = time.perf_counter() - begun
            said.append(f"Spark {session.version}, {session.sparkContext.master}, takes {seconds:.0f} s to start.")
            for title, source, rounds in (
                ("ml-latest-small", MOVIELENS, 3),
                ("a million generated ratings", generated, 1),
            ):
                with scratch_database(dict(os.environ)) as (database, _):
                    load_ratings(database, source)
                    for min_rating in (4.0, 5.0):
                        asked = f"{title}, rating >= {min_rating:g}"
                        said.append(f"{asked}: {side_by_side(database, min_rating, rounds)}")
                        said.append(left(database, min_rating))
    publish("engines", "\n\n".join(said), "scale")


def side_by_side(database: Database, min_rating: float, rounds: int) -> str:
    """A table of how fast each engine counts. Several rounds are preceded by one that warms up."""
    # No weight is as large: pairs are counted and weighted, and none is written.
    settings = DeriveSettings(min_rating=min_rating, min_weight=1e300, top_k=ALL, sequential="off")
    counting: dict[str, list[float]] = {engine: [] for engine in ENGINES[1:]}
    whole: dict[str, list[float]] = {engine: [] for engine in ENGINES[1:]}
    wedges = workload_of(database, min_rating).wedges
    for number in range(1 if rounds == 1 else 0, rounds + 1):
        for engine in counting:
            steps = StepTimes()
            _, seconds = timed(lambda: preview_derive(database, settings, steps, engine=engine))
            if number:
                counting[engine].append(steps.seconds["count pairs"])
                whole[engine].append(seconds)
    count_times, whole_times = (
        {engine: statistics.median(values) for engine, values in times.items()} for times in (counting, whole)
    )
    rows = [
        [
            engine,
            f"{count_times[engine]:.2f}",
            f"{wedges / count_times[engine]:,.0f}",
            f"{count_times['cypher'] / count_times[engine]:.1f}",
            f"{whole_times[engine]:.2f}",
            f"{whole_times['cypher'] / whole_times[engine]:.1f}",
        ]
        for engine in counting
    ]
    columns = ["engine", "counting, s", "wedges a second", "x Cypher", "dry run, s", "x Cypher"]
    return f"{wedges:,} wedges.\n\n{table(columns, rows)}"


def left(database: Database, min_rating: float) -> str:
    """A sentence on what each engine leaves, by default."""
    hashes = {}
    for engine in ENGINES[1:]:
        derive_co_liked(database, DeriveSettings(min_rating=min_rating), engine=engine)
        # Six digits: the last ones depend on the order of additions, and on whose logarithm it is.
        rows = sorted(
            f"{row['type']} {row['a']} {row['b']} {row['count']} {row['weight']:.6g}"
            for row in database.stream(query("derived"))
        )
        hashes[engine] = hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16], len(rows)
    if len(set(hashes.values())) > 1:
        raise SystemExit(f"The engines leave different graphs: {hashes}")
    ((content, n_edges),) = set(hashes.values())
    return f"All three leave the same {n_edges:,} relationships, by content hash: `{content}`."


PARTS = {"peers": peers, "engines": engines, "gds": gds, "scale": scale}


if __name__ == "__main__":
    parts("benchmarks.derive", PARTS, sys.argv[1:])
