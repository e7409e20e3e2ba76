import pytest

from movierec.database.connection import Database
from movierec.database.query_files import load_query, parse_query
from movierec.errors import BadRequest, NotFound, StageMissing
from movierec.recommending.recommend import reason_in_words, recommend_for_user

RATED = parse_query(
    "tests/rated",
    "// Rated.\n// Parameters: userId INTEGER.\n// Returns: rows.\n"
    "MATCH (:User {userId: $userId})-[r:RATED]->(m:Movie) RETURN m.movieId AS movieId, r.rating AS rating "
    "ORDER BY movieId;",
)
BOTH = parse_query(
    "tests/both",
    "// Users who like both.\n// Parameters: a INTEGER; b INTEGER; minRating FLOAT.\n// Returns: counts.\n"
    "MATCH (a:Movie {movieId: $a}), (b:Movie {movieId: $b}) RETURN "
    "COUNT { MATCH (a)<-[r1:RATED]-(:User)-[r2:RATED]->(b) WHERE r1.rating >= $minRating "
    "AND r2.rating >= $minRating } AS both, "
    "COUNT { (a)<-[r:RATED WHERE r.rating >= $minRating]-() } AS a, "
    "COUNT { (b)<-[r:RATED WHERE r.rating >= $minRating]-() } AS b;",
)


def test_ten_unseen_movies_best_first(keras_database: Database) -> None:
    rows = recommend_for_user(keras_database, 1)
    rated = {row["movieId"] for row in keras_database.read(RATED, userId=1)}
    assert len(rows) == 10
    assert not rated & {row["movieId"] for row in rows}
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)


def test_reasons_are_true(keras_database: Database) -> None:
    liked = {row["movieId"] for row in keras_database.read(RATED, userId=1) if row["rating"] >= 5.0}
    for row in recommend_for_user(keras_database, 1, k=5):
        assert 1 <= len(row["because"]) <= 3
        for reason in row["because"]:
            assert reason["movieId"] in liked
            counts = keras_database.read_one(BOTH, a=reason["movieId"], b=row["movieId"], minRating=5.0)
            assert reason["count"] == counts["both"]
            assert reason["lift"] == pytest.approx(counts["both"] * 573 / (counts["a"] * counts["b"]))
            assert 0 < reason["share"] <= 1


def test_reason_in_words() -> None:
    because = [{"movieId": 1, "title": "Alien (1979)", "count": 41, "lift": 3.24, "share": 0.2}]
    assert reason_in_words(because) == "you liked Alien (1979): 41 people liked both, 3.2 x chance"
    assert "1 person liked both" in reason_in_words([because[0] | {"count": 1}])


def test_list_is_the_same_every_time(keras_database: Database) -> None:
    assert recommend_for_user(keras_database, 7) == recommend_for_user(keras_database, 7)


def test_new_rating_takes_effect_at_once(spoilt_movielens_database: Database, neo4j_server) -> None:  # type: ignore[no-untyped-def]
    database = neo4j_server.bring_to("keras")
    first = recommend_for_user(database, 1, k=1)[0]["movieId"]
    database.write(
        load_query("load/ratings"),
        loadId=2,
        userIds=[1],
        movieIds=[first],
        ratings=[1.0],
        timestamps=[2_000_000_000],
    )
    assert first not in [row["movieId"] for row in recommend_for_user(database, 1)]


def test_unknown_user_is_told_the_range(keras_database: Database) -> None:
    with pytest.raises(NotFound, match="No user 9999; expected an id from 1 to 610"):
        recommend_for_user(keras_database, 9999)


def test_user_without_likes_is_told_so(keras_database: Database) -> None:
    users = keras_database.read(load_query("evaluate/users"), minRating=5.0)
    nobody = next(user["userId"] for user in users if not user["liked"])
    with pytest.raises(BadRequest, match="nothing to recommend from"):
        recommend_for_user(keras_database, nobody)


def test_before_derive_the_next_command_is_named(empty_database: Database) -> None:
    with pytest.raises(StageMissing, match="movierec derive"):
        recommend_for_user(empty_database, 1)
