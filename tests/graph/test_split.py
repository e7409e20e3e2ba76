import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from movierec.database.connection import Database
from movierec.database.query_files import load_query, parse_query
from movierec.errors import BadRequest, DataRejected, StageMissing
from movierec.graph.load import load_ratings
from movierec.graph.results import SplitResult, UndoneSplit
from movierec.graph.settings import SplitSettings
from movierec.graph.split import random_part, split_ratings, undo_split
from tests.conftest import Answer
from tests.servers import MOVIELENS
from tests.small_ratings import N_RATINGS, write_small_ratings

HELD = parse_query(
    "tests/held",
    "// Held out.\n// Parameters: none.\n// Returns: rows.\n"
    "MATCH (u:User)-[h:HELD_OUT]->(m:Movie) RETURN u.userId AS userId, m.movieId AS movieId "
    "ORDER BY userId, movieId;",
)


def newest_likes_by_pandas() -> set[tuple[int, int]]:
    ratings = pd.read_csv(MOVIELENS / "ratings.csv")
    likes = ratings[ratings.rating >= 4].sort_values(["userId", "timestamp", "movieId"])
    held: set[tuple[int, int]] = set()
    for _, group in likes.groupby("userId"):
        n_held = len(group) // 5 if len(group) >= 5 else 0
        last = group.tail(n_held)
        held |= set(zip(last.userId, last.movieId, strict=True))
    return held


def test_newest_likes_are_held_out_and_can_be_put_back(changed_movielens_database: Database) -> None:
    database = changed_movielens_database
    before = database.read(load_query("pull/ratings"))
    result = split_ratings(database, SplitSettings())
    assert result == SplitResult(users=603, held_out=9475, ratings=100_836 - 9475)
    held = {(row["userId"], row["movieId"]) for row in database.read(HELD)}
    assert held == newest_likes_by_pandas()

    assert split_ratings(database, SplitSettings()) == result, "a second split changes nothing"
    with pytest.raises(BadRequest, match="split --undo"):
        split_ratings(database, SplitSettings(fraction=0.5))

    unfinished = {"runId": "split-z", "stage": "split", "process": "elsewhere:1:0", "settings": {"undo": True}}
    database.write(load_query("runs/start"), **unfinished)
    with pytest.raises(BadRequest, match=r"split --undo.* did not finish"):
        split_ratings(database, SplitSettings())
    assert undo_split(database) == UndoneSplit(restored=9475, ratings=100_836)
    assert database.read(load_query("pull/ratings")) == before


def test_split_of_nothing_names_the_stage_before(empty_database: Database) -> None:
    with pytest.raises(StageMissing, match="movierec load"):
        split_ratings(empty_database, SplitSettings())


def held_pairs(database: Database) -> set[tuple[int, int]]:
    return {(row["userId"], row["movieId"]) for row in database.read(HELD)}


def half_undone(database: Database) -> None:
    """As an interrupted split leaves it."""
    database.write(
        parse_query(
            "tests/half",
            "// Some go back.\n// Parameters: none.\n// Returns: n.\n"
            "MATCH (u:User)-[h:HELD_OUT]->(m:Movie) WHERE u.userId % 2 = 0 "
            "CREATE (u)-[r:RATED]->(m) SET r = properties(h) DELETE h RETURN count(*) AS n;",
        )
    )


@pytest.fixture(scope="module")
def likes(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The likes of the small data set, oldest first."""
    ratings = pd.read_csv(write_small_ratings(tmp_path_factory.mktemp("small")) / "ratings.csv")
    return ratings.query("rating >= 4").sort_values(["userId", "timestamp", "movieId"])


@pytest.mark.both_versions
def test_last_like_of_each_user(changed_small_database: Database, likes: pd.DataFrame) -> None:
    database = changed_small_database
    settings = SplitSettings(strategy="last")
    result = split_ratings(database, settings)
    groups = [(user, group) for user, group in likes.groupby("userId") if len(group) >= 5]
    assert result.held_out == result.users == len(groups) > 50
    assert held_pairs(database) == {(user, group.movieId.iloc[-1]) for user, group in groups}
    half_undone(database)
    assert split_ratings(database, settings) == result
    with pytest.raises(BadRequest, match=r"split already, with strategy last, min_rating 4.0, min_likes 5"):
        split_ratings(database, SplitSettings(strategy="random"))


@pytest.mark.both_versions
def test_last_two_likes_of_each_user_and_back(changed_small_database: Database, likes: pd.DataFrame) -> None:
    database = changed_small_database
    before = database.read(load_query("pull/ratings"))
    result = split_ratings(database, SplitSettings(strategy="last-two"))
    groups = [(user, group.movieId) for user, group in likes.groupby("userId") if len(group) >= 5]
    assert (result.users, result.held_out) == (len(groups), 2 * len(groups))
    assert held_pairs(database) == {(user, movie) for user, movies in groups for movie in movies.iloc[-2:]}
    assert split_ratings(database, SplitSettings(strategy="last-two")) == result
    undo_split(database)
    assert database.read(load_query("pull/ratings")) == before
    given = parse_query(
        "tests/given",
        "// Marks.\n// Parameters: none.\n// Returns: n.\n"
        "MATCH ()-[r:RATED]->() WHERE r.isGiven IS NOT NULL RETURN count(*) AS n;",
    )
    assert database.read_one(given)["n"] == 0


@pytest.mark.one_version
def test_newest_of_all_likes(changed_small_database: Database, likes: pd.DataFrame) -> None:
    database = changed_small_database
    settings = SplitSettings(strategy="global-time", fraction=0.1)
    result = split_ratings(database, settings)
    moment = np.quantile(likes.timestamp, 0.9, method="inverted_cdf")
    later = likes[likes.timestamp > moment]
    assert held_pairs(database) == set(zip(later.userId, later.movieId, strict=True))
    assert 0.09 < result.held_out / len(likes) <= 0.1
    half_undone(database)
    assert split_ratings(database, settings) == result


@pytest.mark.one_version
def test_random_part_depends_on_the_seed_alone(changed_small_database: Database, likes: pd.DataFrame) -> None:
    database = changed_small_database
    settings = SplitSettings(strategy="random", seed=7)
    result = split_ratings(database, settings)
    of_user = likes.groupby("userId").size()
    assert result.held_out == sum(n // 5 for n in of_user if n >= 5)
    assert result.users == sum(of_user >= 5)
    first = held_pairs(database)
    assert first <= set(zip(likes.userId, likes.movieId, strict=True))
    half_undone(database)
    split_ratings(database, settings)
    assert held_pairs(database) == first, "an interrupted split is completed, not drawn anew"
    undo_split(database)
    split_ratings(database, SplitSettings(strategy="random", seed=8))
    other = held_pairs(database)
    assert 0.1 < len(first & other) / len(first) < 0.35, "two random fifths share about a fifth"


def test_random_part_is_uniform() -> None:
    movies = np.arange(10)
    counts = np.zeros(10)
    for user in range(5000):
        counts[random_part(movies, 0.3, 1, user)] += 1
    assert counts.sum() == 15_000
    assert stats.chisquare(counts).pvalue > 1e-3


@pytest.mark.both_versions
def test_part_that_a_file_names(changed_small_database: Database, tmp_path: Path) -> None:
    database = changed_small_database
    before = database.read(load_query("pull/ratings"))
    lines = (write_small_ratings(tmp_path / "all") / "ratings.csv").read_text().splitlines()
    path = tmp_path / "test.csv"
    path.write_text("\n".join([lines[0], *lines[1::50]]) + "\n")
    settings = SplitSettings(strategy="canonical", test_file=str(path))
    result = split_ratings(database, settings)
    assert result.held_out == len(lines[1::50])
    assert held_pairs(database) == {tuple(map(int, line.split(",")[:2])) for line in lines[1::50]}
    assert split_ratings(database, settings) == result
    undo_split(database)
    assert database.read(load_query("pull/ratings")) == before

    path.write_text("\n".join([lines[0], lines[1], "1,77,4.0,1"]) + "\n")
    with pytest.raises(DataRejected, match=r"user 1 has not rated movie 77 in the database.*Nothing was changed"):
        split_ratings(database, settings)
    assert not held_pairs(database)


def test_ratings_without_times_have_no_newest(empty_database: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("user,movie,rating\n" + "".join(f"1,{movie},5\n" for movie in range(10)))
    load_ratings(empty_database, path)
    for strategy in ("newest", "last", "global-time"):
        with pytest.raises(BadRequest, match=r"carry no times.*--strategy random"):
            split_ratings(empty_database, SplitSettings(strategy=strategy))
    assert split_ratings(empty_database, SplitSettings(strategy="random")).held_out == 2


@pytest.mark.one_version
def test_command_names_the_file_and_undoes(
    connected: Callable[..., Answer], changed_small_database: Database
) -> None:
    answer = connected("split", "--strategy", "canonical")
    assert answer.exit_code == 2
    assert "takes a --test-file" in answer.err
    assert connected("split", "--strategy", "random", "--fraction", "0.1", "--seed", "3").exit_code == 0
    answer = connected("split", "--undo", "--format", "json")
    assert json.loads(answer.out)["ratings"] == N_RATINGS


@pytest.mark.parametrize(
    "wrong",
    [
        {"strategy": "oldest"},
        {"seed": -1},
        {"test_file": "x"},
        {"fraction": 0.0},
        {"fraction": 1.0},
        {"min_likes": 1},
        {"min_rating": 6.0},
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadRequest, match=next(iter(wrong)).replace("_", ".")):
        SplitSettings(**wrong)  # type: ignore[arg-type]
