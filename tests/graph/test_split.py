import pandas as pd
import pytest

from movierec.database.connection import Database
from movierec.database.query_files import load_query, parse_query
from movierec.errors import BadRequest, StageMissing
from movierec.graph.settings import SplitSettings
from movierec.graph.split import split_ratings, undo_split
from tests.conftest import MOVIELENS

HELD = parse_query(
    "tests/held",
    "// Held out.\n// Parameters: none.\n// Returns: rows.\n"
    "MATCH (u:User)-[h:HELD_OUT]->(m:Movie) RETURN u.userId AS userId, m.movieId AS movieId "
    "ORDER BY userId, movieId;",
)


def newest_likes_by_pandas() -> set[tuple[int, int]]:
    ratings = pd.read_csv(MOVIELENS / "ratings.csv")
    likes = ratings[ratings.rating >= 4].sort_values(["userId", "timestamp", "movieId"])
    held = set()
    for user, group in likes.groupby("userId"):
        n_held = len(group) // 5 if len(group) >= 5 else 0
        held |= {(int(user), int(movie)) for movie in group.movieId.tail(n_held)}
    return held


def test_newest_likes_are_held_out_and_can_be_put_back(spoilt_movielens_database: Database) -> None:
    database = spoilt_movielens_database
    before = database.read(load_query("pull/ratings"))
    result = split_ratings(database, SplitSettings())
    assert result == {"users": 603, "held_out": 9475, "ratings": 100_836 - 9475}
    held = {(row["userId"], row["movieId"]) for row in database.read(HELD)}
    assert held == newest_likes_by_pandas()

    assert split_ratings(database, SplitSettings()) == result, "a second split changes nothing"
    with pytest.raises(BadRequest, match="split --undo"):
        split_ratings(database, SplitSettings(fraction=0.5))

    unfinished = {"runId": "split-z", "stage": "split", "process": "elsewhere:1:0", "settings": {"undo": True}}
    database.write(load_query("runs/start"), **unfinished)
    with pytest.raises(BadRequest, match=r"split --undo.* did not finish"):
        split_ratings(database, SplitSettings())
    assert undo_split(database) == {"restored": 9475, "ratings": 100_836}
    assert database.read(load_query("pull/ratings")) == before


def test_split_of_nothing_names_the_stage_before(empty_database: Database) -> None:
    with pytest.raises(StageMissing, match="movierec load"):
        split_ratings(empty_database, SplitSettings())


@pytest.mark.parametrize("wrong", [{"fraction": 0.0}, {"fraction": 1.0}, {"min_likes": 1}, {"min_rating": 6.0}])
def test_settings_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(BadRequest, match=next(iter(wrong))):
        SplitSettings(**wrong)  # type: ignore[arg-type]
