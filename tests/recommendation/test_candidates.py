from dataclasses import replace

import numpy as np
import pytest

from movierec.database.connection import Database
from movierec.database.query_files import parse_query, with_literals
from movierec.doctor import examine
from movierec.embedding.inner_product import logit_vectors
from movierec.embedding.stage import train_and_write
from movierec.errors import StageMissing
from movierec.lookup.filters import Filters
from movierec.recommendation.candidates import answer_by_index, answer_by_scan
from movierec.recommendation.in_database import (
    RECOMMEND,
    SIMILAR,
    recommend,
    recommendation_query,
    similar_movies,
)
from movierec.recommendation.in_memory import Recommender
from movierec.recommendation.request import RecommendationRequest
from tests.servers import SMALL_TRAIN, TestServer

SIZES = (6, 15)  # of 40 movies
GENRES = parse_query(
    "tests/genres",
    "// Genres.\n// Parameters: none.\n// Returns: genre.\nMATCH (m:Movie) UNWIND m.genres AS genre "
    "RETURN DISTINCT genre ORDER BY genre;",
)

NEW_USER = parse_query(
    "tests/new_user",
    "// Likes nothing.\n// Parameters: none.\n// Returns: n.\nMATCH (m:Movie {movieId: 3}) "
    "CREATE (:User {userId: 61})-[:RATED {rating: 1.0, timestamp: 1}]->(m) RETURN 1 AS n;",
)
STORED_LIKES = parse_query(
    "tests/stored_likes",
    "// T.\n// Parameters: none.\n// Returns: n.\nMATCH (m:Movie) RETURN count(m.recentLikeCount) AS n;",
)


def test_cosine_of_logit_vectors_ranks_as_the_logits() -> None:
    generator = np.random.default_rng(3)
    # Lengths that differ, and a common part, as trained contexts have them.
    contexts = generator.normal(0.5, 1.0, (200, 8)) * generator.exponential(1.0, (200, 1))
    bias, profile = generator.normal(-8.0, 2.0, 200), generator.normal(0.2, 1.0, 8)
    vectors = logit_vectors(contexts.astype(np.float32), bias.astype(np.float32))
    lengths = np.linalg.norm(vectors, axis=1)
    assert lengths == pytest.approx(np.full(200, lengths[0]), rel=1e-6)
    cosine = vectors @ np.array([*profile, 1.0, 0.0]) / lengths
    logits = contexts @ profile + bias
    assert np.argsort(-cosine)[:50].tolist() == np.argsort(-logits)[:50].tolist()


@pytest.fixture(params=[("on", True), ("on", False), ("off", False)])
def indexed_database(
    request: pytest.FixtureRequest, neo4j_server: TestServer, changed_small_database: Database
) -> tuple[Database, bool]:
    """The small data set with indexes of logits, and whether the order of likes is asked for."""
    trained_with, sequential = request.param
    settings = replace(SMALL_TRAIN, sequential=trained_with)
    trained = train_and_write(changed_small_database, settings, neo4j_server.checkpoints, indexed_from=0)
    assert trained.indexed_movies == trained.profile_movies
    return changed_small_database, sequential


def some_filters(generator: np.random.Generator, genres: list[str]) -> Filters:
    """Mostly none, sometimes such as let few movies through, or none."""
    if generator.random() < 0.4:
        return Filters(with_rated=bool(generator.random() < 0.5))
    return Filters(
        genres=tuple(generator.choice(genres, int(generator.integers(0, 3)), replace=False).tolist()),
        without_genres=tuple(generator.choice(genres, int(generator.integers(0, 2)), replace=False).tolist()),
        from_year=int(generator.integers(1950, 2010)) if generator.random() < 0.3 else None,
        min_ratings=int(generator.choice([0, 0, 5, 20])),
        exclude=tuple(generator.integers(1, 40, 2).tolist()),
        with_rated=bool(generator.random() < 0.3),
    )


@pytest.mark.both_versions
def test_recommendations_of_candidates_are_those_of_a_scan(indexed_database: tuple[Database, bool]) -> None:
    database, sequential = indexed_database
    scan, by_index = RECOMMEND[sequential]
    genres = [row["genre"] for row in database.read(GENRES)]
    generator, asked = np.random.default_rng(5), set()
    for _ in range(60):
        by_user = generator.random() < 0.7
        request = RecommendationRequest(
            int(generator.integers(1, 61)) if by_user else None,
            likes=() if by_user and generator.random() < 0.7 else (3, 17, 30),
            then=() if generator.random() < 0.7 else (17, 2),
            dislikes=() if generator.random() < 0.7 else (8, 21),
            k=int(generator.choice([1, 3, 7, 50])),
            filters=some_filters(generator, genres),
            popularity=float(generator.choice([0.0, 0.0, 0.0, 0.7, -0.5])),
            sequential=sequential,
        )
        by_scan = recommendation_query(database, request, by_scan=True)
        expected = by_scan.rows
        answer = answer_by_index(database, by_index, scan, by_scan.parameters, sizes=SIZES)
        asked.add((answer.query.name, answer.parameters.get("candidates")))
        assert [row["movieId"] for row in answer.rows] == [row["movieId"] for row in expected], request
        for name in ("score", "profileScore", "graphScore", "predictionScore", "encoderScore"):
            assert [row[name] for row in answer.rows] == pytest.approx([row[name] for row in expected]), request
        assert [row.keys() for row in answer.rows] == [row.keys() for row in expected]
    assert {(by_index, 6), (by_index, 15), (scan, None)} <= asked, "each of the three ways was needed"


@pytest.mark.both_versions
@pytest.mark.parametrize("plain", [True, False])
def test_similar_movies_of_candidates_are_those_of_a_scan(small_database: Database, plain: bool) -> None:
    scan, by_index = SIMILAR[plain]
    genres = [row["genre"] for row in small_database.read(GENRES)]
    generator, asked = np.random.default_rng(6), set()
    for _ in range(60):
        parameters = some_filters(generator, genres).parameters()
        del parameters["withRated"]
        movie = int(generator.integers(1, 41))
        parameters |= {"movieId": movie, "vector": None, "k": int(generator.choice([1, 3, 7, 50]))}
        parameters |= {} if plain else {"popularity": float(generator.choice([0.0, 0.0, 0.4, -0.1]))}
        expected = answer_by_scan(small_database, scan, parameters).rows
        answer = answer_by_index(small_database, by_index, scan, parameters, sizes=SIZES)
        asked.add((answer.query.name, answer.parameters.get("candidates")))
        assert [row["movieId"] for row in answer.rows] == [row["movieId"] for row in expected], parameters
        for name in ("score", "cosine"):
            assert [row[name] for row in answer.rows] == pytest.approx([row[name] for row in expected])
        assert [row.keys() for row in answer.rows] == [row.keys() for row in expected]
    assert asked == {(by_index, 6), (by_index, 15), (scan, None)}, "each of the three ways was needed"


@pytest.mark.both_versions
def test_large_model_is_asked_by_index(indexed_database: tuple[Database, bool]) -> None:
    database, sequential = indexed_database
    request = RecommendationRequest(1, k=5, sequential=sequential)
    answer = recommendation_query(database, request)
    assert answer.query.name == RECOMMEND[sequential][1]
    printed = parse_query("tests/printed", with_literals(answer.query, answer.parameters))
    rated = 25  # in the small data set, half of them more are asked for
    assert (
        f"queryNodes('movie_{'' if sequential else 'unordered_'}logit', {400 + rated // 2}, vector)"
        in printed.source
    )
    assert [row["movieId"] for row in database.read(printed)] == [row["movieId"] for row in answer.rows]
    assert [row["movieId"] for row in database.read(answer.query, **answer.parameters)] == [
        row.movie_id for row in recommend(database, request)
    ]
    for plain in (True, False):
        one, other = (similar_movies(database, 1, 5, plain_cosine=plain, indexed_from=n) for n in (0, 1_000))
        assert [row.movie_id for row in one] == [row.movie_id for row in other]


@pytest.mark.both_versions
def test_without_its_index_the_next_command_is_named(indexed_database: tuple[Database, bool]) -> None:
    database, sequential = indexed_database
    name = "movie_logit" if sequential else "movie_unordered_logit"
    findings = {finding.check: finding for finding in examine(database)}
    assert findings[f"index {name}"].value == "VECTOR ONLINE"
    database.run_batches(
        parse_query("tests/drop", f"// Drop.\n// Parameters: none.\n// Returns: none.\nDROP INDEX {name};")
    )
    with pytest.raises(StageMissing, match=rf'{name}.*Run "movierec train" again'):
        recommend(database, RecommendationRequest(1, sequential=sequential))
    findings = {finding.check: finding for finding in examine(database)}
    assert findings[f"index {name}"].remedy == 'Run "movierec train": it creates the index.'


@pytest.mark.one_version
def test_few_movies_get_no_vectors_for_an_index(small_database: Database) -> None:
    query = "// T.\n// Parameters: none.\n// Returns: n.\nMATCH (m:Movie) RETURN count(m.logitVector) AS n;"
    assert small_database.read_one(parse_query("tests/indexed", query)) == {"n": 0}


@pytest.mark.both_versions
def test_likes_of_the_last_year_are_stored_where_ratings_are_many(
    neo4j_server: TestServer, changed_small_database: Database
) -> None:
    database = changed_small_database
    database.write(NEW_USER)
    requests = [
        RecommendationRequest(61, k=40),
        RecommendationRequest(61, k=40, popularity=-0.5, filters=Filters(with_rated=True)),
        RecommendationRequest(61, filters=Filters(genres=("War",), min_ratings=30)),
    ]
    counted_now = [recommend(database, request) for request in requests]
    trained = train_and_write(database, SMALL_TRAIN, neo4j_server.checkpoints, counted_from=1_000)
    assert trained.recently_liked_movies == 40
    for request, expected in zip(requests, counted_now, strict=True):
        found = recommend(database, request)
        assert {row.basis for row in found} == {"popularity"}
        assert [(row.movie_id, row.score) for row in found] == [(row.movie_id, row.score) for row in expected]
        ((_, many),) = Recommender(database).recommend_many([61], request)
        assert [(row.movie_id, row.score) for row in many] == [(row.movie_id, row.score) for row in expected]
    assert train_and_write(database, SMALL_TRAIN, neo4j_server.checkpoints).recently_liked_movies is None
    assert database.read_one(STORED_LIKES) == {"n": 0}, "what is no longer kept up to date is gone"
