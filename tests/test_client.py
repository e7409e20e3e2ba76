"""The API for notebooks, as a notebook uses it."""

from __future__ import annotations

import pytest

import movierec
from movierec.database.connection import Database
from movierec.errors import BadRequest, NotFound
from movierec.recommendation.in_database import recommend, similar_movies
from movierec.recommendation.request import RecommendationRequest
from tests.servers import TestServer


@pytest.fixture
def environment(neo4j_server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = neo4j_server.settings
    monkeypatch.setenv("NEO4J_URI", settings.uri)
    monkeypatch.setenv("NEO4J_USERNAME", settings.username)
    monkeypatch.setenv("NEO4J_PASSWORD", settings.password)


@pytest.mark.one_version
@pytest.mark.usefixtures("environment")
def test_answers_are_tables_of_the_same_rows(keras_database: Database) -> None:
    with movierec.connect() as movies:
        lists = movies.recommend(1, k=5)
        assert lists["movieId"].tolist() == [
            row["movieId"] for row in recommend(keras_database, RecommendationRequest(1, k=5))
        ]
        similar = movies.similar("Matrix, The (1999)", k=7)
        assert similar["movieId"].tolist() == [
            row["movieId"] for row in similar_movies(keras_database, "2571", k=7)
        ]
        assert movies.similar(193609, k=3)["estimatedFrom"].tolist() == ["genres"] * 3
        comedies = movies.recommend(likes=["Matrix, The (1999)", 260], genre="Comedy", year="1990..", k=4)
        assert all("Comedy" in genres for genres in comedies["genres"])
        reasons = movies.explain(1, int(lists["movieId"][0]))
        assert reasons["title"][0] == lists["because"][0][0]["title"]
        assert reasons.attrs["rank"] == 1
        assert movies.recommend(likes="Matrix, The (1999)", exclude=1, k=3).shape[0] == 3
        with pytest.raises(NotFound, match="No user 9999"):
            movies.recommend(9999)
        with pytest.raises(BadRequest, match="No movie is of genre 'Comdy'"):
            movies.recommend(1, genre="Comdy")
