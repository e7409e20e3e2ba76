"""FOLLOWED_BY against loops over every user's likes, written out in Python."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from movierec.database.connection import Database
from movierec.database.query_files import parse_query
from movierec.errors import StageMissing
from movierec.graph.derive import derive_co_liked, preview_derive
from movierec.graph.load import load_ratings
from movierec.graph.pull import pull_followed_graph, pull_likes
from movierec.graph.settings import ALL, DeriveSettings
from movierec.graph.unload import remove_load

EDGES = parse_query(
    "tests/followed",
    "// Edges.\n// Parameters: none.\n// Returns: rows.\n"
    "MATCH (a:Movie)-[f:FOLLOWED_BY]->(b:Movie) RETURN a.movieId AS a, b.movieId AS b, f.weight AS weight "
    "ORDER BY a, b;",
)
RATED = parse_query(
    "tests/rated",
    "// Ratings.\n// Parameters: none.\n// Returns: rows.\n"
    "MATCH (u:User)-[r:RATED]->(m:Movie) RETURN u.userId AS userId, m.movieId AS movieId, r.rating AS rating, "
    "r.timestamp AS timestamp ORDER BY userId, movieId;",
)


def followed(ratings: pd.DataFrame, settings: DeriveSettings) -> dict[tuple[int, int], float]:
    """(a, b) -> weight: exp(-(max(gap, 1) - 1) / scale), half a like each way where times are equal."""
    weights: dict[tuple[int, int], float] = {}
    for _, likes in ratings[ratings.rating >= settings.min_rating].groupby("userId"):
        ordered = likes.sort_values("timestamp")
        times, movies = ordered.timestamp.tolist(), ordered.movieId.tolist()
        steps = [float(np.mean([k for k, other in enumerate(times) if other == time])) for time in times]
        for i, a in enumerate(movies):
            for j, b in enumerate(movies):
                gap = steps[j] - steps[i]
                if a == b or gap < 0 or gap > settings.follow_window:
                    continue
                added = 0.5 if gap == 0 else math.exp(-(max(gap, 1.0) - 1) / settings.follow_scale)
                weights[a, b] = weights.get((a, b), 0.0) + added
    best: dict[tuple[int, int], float] = {}
    for a in {a for a, _ in weights}:
        out = sorted(((-round(w, 6), b) for (source, b), w in weights.items() if source == a))
        best |= {(a, b): -w for w, b in out[: settings.follow_top_k]}
    return best


def assert_followed(database: Database, settings: DeriveSettings) -> None:
    expected = followed(pd.DataFrame(database.read(RATED)), settings)
    found = {(row["a"], row["b"]): row["weight"] for row in database.read(EDGES)}
    assert found.keys() == expected.keys()
    assert [found[key] for key in expected] == pytest.approx(list(expected.values()), abs=2e-6)


def some_ratings(generator: np.random.Generator, n: int, first_user: int = 1, later: int = 0) -> pd.DataFrame:
    """Sittings: times a few seconds apart, some of them the same."""
    return pd.DataFrame(
        {
            "userId": generator.integers(first_user, first_user + 12, n),
            "movieId": generator.integers(1, 26, n),
            "rating": generator.integers(1, 11, n) / 2,
            "timestamp": 10**9 + later + generator.integers(0, 150, n),
        }
    ).drop_duplicates(["userId", "movieId"])


def load(database: Database, folder: Path, name: str, rows: pd.DataFrame) -> int:
    rows.to_csv(folder / f"{name}.csv", index=False)
    return int(load_ratings(database, folder / f"{name}.csv").load_id)


SETTINGS = DeriveSettings(min_weight=0.0, sequential="on", follow_window=6, follow_scale=4.0, follow_top_k=8)


@pytest.mark.both_versions
@pytest.mark.parametrize("engine", ["cypher", "local"])
def test_weights_and_the_best_of_each_movie(empty_database: Database, tmp_path: Path, engine: str) -> None:
    load(empty_database, tmp_path, "ratings", some_ratings(np.random.default_rng(1), 250))
    for batch_paths in (10**6, 200):
        result = derive_co_liked(
            empty_database,
            SETTINGS,
            engine=engine,
            batch_paths=batch_paths,
            one_transaction_paths=batch_paths,
        )
        assert result.is_sequential is True
        assert result.followed_by == len(empty_database.read(EDGES))
        assert_followed(empty_database, SETTINGS)


@pytest.mark.one_version
@pytest.mark.parametrize(
    ("seed", "top_k", "engine"), [(1, ALL, "cypher"), (2, 5, "cypher"), (1, ALL, "local"), (2, 5, "local")]
)
def test_incremental_derive_gives_what_a_full_one_does(
    empty_database: Database, tmp_path: Path, seed: int, top_k: int, engine: str
) -> None:
    generator, database, settings = np.random.default_rng(seed), empty_database, replace(SETTINGS, top_k=top_k)
    load(database, tmp_path, "first", some_ratings(generator, 200))
    derive_co_liked(database, settings)
    loads: list[int] = []
    for step in range(1, 5):
        if step == 3:
            remove_load(database, loads.pop(0))
        else:
            rows = some_ratings(generator, 25, 1 + 3 * step, later=int(generator.integers(-200, 200)))
            loads.append(load(database, tmp_path, f"more-{step}", rows))
        result = derive_co_liked(database, settings, incremental=True, engine=engine)
        assert_followed(database, settings)
        assert result.followed_by == len(database.read(EDGES))


def test_auto_is_on_where_timestamps_order_the_likes_of_a_sitting(
    empty_database: Database, tmp_path: Path
) -> None:
    ratings = some_ratings(np.random.default_rng(2), 250)
    for name, times, sequential in (
        ("seconds", ratings.timestamp, True),
        ("days", ratings.timestamp // 86_400 * 86_400, False),
        ("none", 0, False),
    ):
        load_id = load(empty_database, tmp_path, name, ratings.assign(timestamp=times))
        result = derive_co_liked(empty_database, DeriveSettings(min_weight=0.0))
        assert result.is_sequential is sequential, name
        assert bool(empty_database.read(EDGES)) is sequential
        assert (pull_likes(empty_database).ages is not None) is sequential
        if not sequential:
            with pytest.raises(StageMissing, match=r"no FOLLOWED_BY.*--sequential off"):
                pull_followed_graph(empty_database)
        remove_load(empty_database, load_id)


def test_preview_counts_what_follows_and_writes_nothing(empty_database: Database, tmp_path: Path) -> None:
    load(empty_database, tmp_path, "ratings", some_ratings(np.random.default_rng(3), 250))
    expected = preview_derive(empty_database, SETTINGS).followed_by
    assert empty_database.read(EDGES) == []
    assert derive_co_liked(empty_database, SETTINGS).followed_by == expected


@pytest.mark.one_version
def test_pulled_likes_are_oldest_first_with_their_steps(empty_database: Database, tmp_path: Path) -> None:
    rows = pd.DataFrame(
        {
            "userId": [1, 1, 1, 1, 2, 2, 3],
            "movieId": [5, 3, 9, 7, 3, 5, 9],
            "rating": [4.0, 5.0, 4.5, 2.0, 4.0, 4.0, 1.0],
            "timestamp": [100, 200, 200, 300, 7, 3, 1],
        }
    )
    load(empty_database, tmp_path, "ratings", rows)
    derive_co_liked(empty_database, DeriveSettings(measure="count", min_weight=1.0, min_count=1, sequential="on"))
    likes = pull_likes(empty_database)
    assert likes.movie_ids.tolist() == [3, 5, 9]
    assert likes.like_counts.tolist() == [2, 2, 1]
    assert likes.indptr.tolist() == [0, 3, 5]
    assert likes.movies[:1].tolist() == [1]
    assert sorted(likes.movies[1:3].tolist()) == [0, 2]
    assert likes.movies[3:].tolist() == [1, 0]
    assert likes.ages is not None
    assert likes.ages.tolist() == [2.0, 0.5, 0.5, 1.0, 0.0]


@pytest.mark.one_version
def test_pulled_graph_has_the_symmetric_pmi_of_both_directions(empty_database: Database, tmp_path: Path) -> None:
    load(empty_database, tmp_path, "ratings", some_ratings(np.random.default_rng(4), 300))
    derive_co_liked(empty_database, SETTINGS)
    sums: dict[tuple[int, int], float] = {}
    for row in empty_database.read(EDGES):
        pair = (min(row["a"], row["b"]), max(row["a"], row["b"]))
        sums[pair] = sums.get(pair, 0.0) + row["weight"]
    of_movie: dict[int, float] = {}
    for pair, weight in sums.items():
        for movie in pair:
            of_movie[movie] = of_movie.get(movie, 0.0) + weight
    total = sum(of_movie.values())
    expected = {
        (a, b): weight * math.log(weight * total / (of_movie[a] * of_movie[b])) for (a, b), weight in sums.items()
    }
    graph = pull_followed_graph(empty_database)
    found = {
        (int(graph.movie_ids[v]), int(graph.movie_ids[w])): float(weight)
        for v in range(graph.n_movies)
        for w, weight in zip(
            graph.neighbours[graph.indptr[v] : graph.indptr[v + 1]],
            graph.weights[graph.indptr[v] : graph.indptr[v + 1]],
            strict=True,
        )
        if v < w
    }
    assert found == pytest.approx({pair: weight for pair, weight in expected.items() if weight >= 0.5}, rel=1e-5)
