"""Pairs counted by Spark are those of the compiled loops, however the work is divided. No database."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from pyspark.sql import SparkSession
from pyspark.sql import functions as sf

from movierec.graph.pair_kernel import count_following, fans_of
from movierec.graph.settings import MEASURES, DeriveSettings
from movierec.graph.spark import pairs
from movierec.graph.spark.engine import read_block, write_likes
from movierec.graph.user_likes import UserLikes
from tests.graph.brute_force import edges_of, weights
from tests.graph.spark_sessions import spark

__all__ = ["spark"]


MOVIES = 300
LARGEST = 250  # likes of one user; the others have a dozen


def some_likes(seed: int = 1) -> UserLikes:
    """Forty users; one likes nearly all movies, and all like movie 7. Ages come in ties."""
    random = np.random.default_rng(seed)
    sizes = np.append(np.full(39, 12), LARGEST)
    lists = [np.unique(np.append(random.choice(MOVIES, n, replace=False), 7)) for n in sizes]
    for one in lists:
        random.shuffle(one)
    ages = [np.repeat(np.arange(1, len(one), 2) - 0.5, 2)[: len(one)] for one in lists]
    ages = [np.append(one, len(two) - 1.0)[: len(two)] for one, two in zip(ages, lists, strict=True)]
    return UserLikes.from_lists(
        np.arange(len(lists)),
        [one.astype(np.int32) for one in lists],
        [np.sort(random.random(len(one)))[::-1].copy() for one in lists],
        [one.astype(np.float32) for one in ages],
    )


def written(path: Path, likes: UserLikes, *, decays: bool = False) -> str:
    kept = likes if decays else UserLikes(likes.user_ids, likes.indptr, likes.indexes, None, likes.ages)
    write_likes(kept, path)
    return str(path)


def ratings_of(likes: UserLikes) -> pd.DataFrame:
    users = np.repeat(likes.user_ids, np.diff(likes.indptr))
    return pd.DataFrame({"userId": users, "movieId": likes.indexes, "rating": 5.0, "timestamp": 0})


def edges(folder: Path) -> pd.DataFrame:
    """What was written; each movie's edges are in one file and together, which is checked."""
    found = []
    seen: set[int] = set()
    for file in sorted(folder.glob("*.parquet")):
        block = read_block(file, {"count": "count", "weight": "weight"})
        assert not seen & set(block.indexes.tolist())
        assert len(set(block.indexes.tolist())) == len(block.indexes)
        seen |= set(block.indexes.tolist())
        sources = np.repeat(block.indexes, np.diff(block.pointers))
        found.append(pd.DataFrame({"a": sources, "b": block.neighbours, **block.columns}))
    return pd.concat(found).sort_values(["a", "b"], ignore_index=True)


def assert_edges(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    assert len(expected) > 100
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=1e-9)


@pytest.mark.parametrize(
    ("task_wedges", "settings"),
    [
        (10**6, DeriveSettings(measure="count", min_weight=2.0)),
        # A hundred stretches of movies; that which all like has several tasks.
        (500, DeriveSettings(measure="count", min_weight=2.0)),
        # Of equal counts, which most are, the smaller movie is better.
        (500, DeriveSettings(measure="count", min_weight=1.0, top_k=3)),
    ],
    ids=["one task", "stretches and salts", "top-k with ties"],
)
def test_pairs_are_the_same_however_they_are_divided(
    spark: SparkSession, tmp_path: Path, task_wedges: int, settings: DeriveSettings
) -> None:
    likes = some_likes()
    path = written(tmp_path / "likes.parquet", likes)
    pairs.co_liked(spark, path, str(tmp_path / "edges"), settings, task_wedges=task_wedges)
    assert_edges(edges(tmp_path / "edges"), edges_of(ratings_of(likes), settings))


def test_pair_has_the_smaller_decay_of_each_user(spark: SparkSession, tmp_path: Path) -> None:
    likes = some_likes(2)
    path = written(tmp_path / "likes.parquet", likes, decays=True)
    settings = DeriveSettings(measure="count", min_weight=0.5, denominator="likes")
    pairs.co_liked(spark, path, str(tmp_path / "edges"), settings, task_wedges=2_000)
    assert likes.decays is not None
    dense = np.zeros((likes.n_users, MOVIES))
    dense[np.repeat(np.arange(likes.n_users), np.diff(likes.indptr)), likes.indexes] = likes.decays
    a, b = np.triu_indices(MOVIES, 1)
    table = pd.DataFrame(
        {
            "a": a,
            "b": b,
            "count": ((dense[:, a] > 0) & (dense[:, b] > 0)).sum(axis=0),
            "weight": np.minimum(dense[:, a], dense[:, b]).sum(axis=0),
        }
    )
    assert_edges(edges(tmp_path / "edges"), table[table.weight >= 0.5].reset_index(drop=True))


@pytest.mark.parametrize("measure", MEASURES)
def test_weight_of_every_measure(spark: SparkSession, measure: str) -> None:
    random = np.random.default_rng(3)
    x, y = random.uniform(1, 50, (2, 40))
    xy = np.minimum(x, y) * random.uniform(0.05, 1, 40)
    xy, x, y = (np.append(values, more) for values, more in ((xy, (5, 1)), (x, (5, 10)), (y, (5, 10))))
    settings = DeriveSettings(measure=measure)
    for d in (100.0, 5.0):  # everybody who likes anything likes both; ten of a hundred like each, one both
        is_asked = (x <= d) & (y <= d) & (xy <= d) & (x + y - xy <= d)
        asked = xy[is_asked], x[is_asked], y[is_asked]
        rows = spark.createDataFrame(np.stack(asked, axis=1).tolist(), "xy DOUBLE, x DOUBLE, y DOUBLE")
        found = [row.weight for row in rows.select(pairs.weight(settings, d).alias("weight")).collect()]
        assert found == pytest.approx(weights(settings, *asked, d), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("user_block", "top_k"), [(1_000, 200), (5, 3)])
def test_what_follows_is_that_of_the_compiled_loops(
    spark: SparkSession, tmp_path: Path, user_block: int, top_k: int
) -> None:
    likes = some_likes()
    path = written(tmp_path / "likes.parquet", likes)
    settings = DeriveSettings(follow_window=6, follow_scale=3.0, follow_top_k=top_k)
    pairs.followed_by(spark, path, str(tmp_path / "edges"), settings, user_block=user_block)
    movies: NDArray[np.int64] = np.arange(MOVIES)
    lists = (likes.indptr, likes.indexes)
    pointers, followers, weights = count_following(
        movies, lists, fans_of(*lists, MOVIES), likes.ages, 6.0, 3.0, top_k, movies
    )
    expected = pd.DataFrame({"a": np.repeat(movies, np.diff(pointers)), "b": followers, "weight": weights})
    found = []
    for file in sorted((tmp_path / "edges").glob("*.parquet")):
        block = read_block(file, {"weight": "weight"})
        sources = np.repeat(block.indexes, np.diff(block.pointers))
        found.append(pd.DataFrame({"a": sources, "b": block.neighbours, **block.columns}))
    order = ["a", "b"]
    assert_edges(
        pd.concat(found).sort_values(order, ignore_index=True), expected.sort_values(order, ignore_index=True)
    )


def test_no_likes_give_no_edges(spark: SparkSession, tmp_path: Path) -> None:
    empty = UserLikes.from_lists(np.empty(0, np.int64), [], None, [])
    path = written(tmp_path / "likes.parquet", empty)
    pairs.co_liked(spark, path, str(tmp_path / "co_liked"), DeriveSettings(top_k=3))
    pairs.followed_by(spark, path, str(tmp_path / "followed_by"), DeriveSettings())
    for name in ("co_liked", "followed_by"):
        assert spark.read.parquet(str(tmp_path / name)).select(sf.count("*")).collect()[0][0] == 0
