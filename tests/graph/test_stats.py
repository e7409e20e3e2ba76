import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from movierec.database.connection import Database
from movierec.errors import StageMissing
from movierec.graph.load import load_ratings
from movierec.graph.results import LikesAt, RatingStats
from movierec.graph.stats import rating_stats
from tests.conftest import Answer
from tests.graph.test_load import own_file
from tests.servers import MOVIELENS
from tests.small_ratings import write_small_ratings


@pytest.mark.one_version
def test_numbers_of_a_few_ratings_are_those_of_pandas_and_scipy(small_database: Database, tmp_path: Path) -> None:
    assert_stats_are_right(rating_stats(small_database), write_small_ratings(tmp_path))


@pytest.mark.slow
@pytest.mark.one_version
def test_numbers_of_the_sample_are_those_of_pandas_and_scipy(movielens_database: Database) -> None:
    stats = rating_stats(movielens_database, count_pairs=True)
    assert (stats.users, stats.movies, stats.ratings) == (610, 9742, 100_836)
    assert [row.wedges for row in stats.likes if row.min_rating == 4.0] == [5_549_426]
    assert_stats_are_right(stats, MOVIELENS)


def assert_stats_are_right(stats: RatingStats, folder: Path) -> None:
    ratings = pd.read_csv(folder / "ratings.csv")
    n_users, n_movies = ratings.userId.nunique(), len(pd.read_csv(folder / "movies.csv"))
    assert (stats.users, stats.movies, stats.ratings) == (n_users, n_movies, len(ratings))
    assert stats.density == pytest.approx(len(ratings) / (n_users * n_movies))
    assert (stats.first_at, stats.last_at) == (ratings.timestamp.min(), ratings.timestamp.max())
    assert stats.rating_counts == {str(k): int(v) for k, v in ratings.rating.value_counts().sort_index().items()}
    of_user = ratings.groupby("userId").size()
    assert (stats.ratings_per_user["min"], stats.ratings_per_user["max"]) == (of_user.min(), of_user.max())
    assert stats.ratings_per_user["median"] == of_user.quantile(0.5, interpolation="lower")
    of_movie = ratings.groupby("movieId").size().reindex(pd.read_csv(folder / "movies.csv").movieId, fill_value=0)
    assert stats.ratings_per_movie["mean"] == round(of_movie.mean(), 2)
    assert stats.ratings_per_movie["p95"] == of_movie.quantile(0.95, interpolation="higher")

    likes = ratings[ratings.rating >= 4]
    (row,) = [row for row in stats.likes if row.min_rating == 4.0]
    n = likes.groupby("userId").size()
    assert row == LikesAt(
        min_rating=4.0,
        likes=len(likes),
        users=likes.userId.nunique(),
        movies=likes.movieId.nunique(),
        wedges=int((n * (n - 1) // 2).sum()),
    )
    liked = sp.csr_array((np.ones(len(likes)), (likes.userId, likes.movieId)))
    assert stats.pairs == sp.triu(liked.T @ liked, k=1).nnz


def test_data_without_times_and_without_pairs(empty_database: Database, tmp_path: Path) -> None:
    load_ratings(empty_database, own_file(tmp_path, "a.csv", "1,1,4.0,0", "2,2,2.0,0"))
    stats = rating_stats(empty_database, min_rating=1.5, count_pairs=False)
    assert (stats.first_at, stats.pairs, stats.min_rating) == (None, None, 1.5)
    assert stats.likes[0].wedges == 0


def test_empty_database_names_the_stage_before(empty_database: Database) -> None:
    with pytest.raises(StageMissing, match=r"movierec load"):
        rating_stats(empty_database)


@pytest.mark.slow
@pytest.mark.one_version
def test_table_and_json(connected: Callable[..., Answer], movielens_database: Database) -> None:
    table = connected("stats")
    assert table.exit_code == 0, table.err
    for said in ("100,836", "1.6968%", "1996-03-29 to 2018-09-24", "5,549,426", "a user likes both of"):
        assert said in table.out
    assert json.loads(connected("stats", "--no-pairs", "--format", "json").out)["pairs"] is None
