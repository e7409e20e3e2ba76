"""The core of the suite against a server in a container, which testcontainers starts."""

from pathlib import Path

import pytest

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.graph.split import split_ratings, undo_split
from movierec.recommendation.in_database import recommend, similar_movies
from movierec.recommendation.request import RecommendationRequest
from tests.servers import MOVIELENS


def test_the_whole_way_in_a_container(container_database: Database, tmp_path: Path) -> None:
    database = container_database
    assert database.server.version.startswith("5.26")
    for _ in range(2):  # loading twice is loading once
        loaded = load_ratings(database, MOVIELENS)
        assert (loaded.users, loaded.movies, loaded.ratings) == (610, 9742, 100_836)

    split = split_ratings(database, SplitSettings())
    assert (split.users, split.held_out) == (603, 9475)
    assert undo_split(database).restored == 9475

    derived = derive_co_liked(database, DeriveSettings.from_preset("keras"))
    assert (derived.movies, derived.edges) == (1405, 40_043)

    settings = TrainSettings.from_preset("keras")
    first = train_and_write(database, settings, tmp_path)
    assert max(first.losses[5:]) < min(first.losses[:2])
    assert train_and_write(database, settings, tmp_path).vectors_sha256 == first.vectors_sha256

    titles = [row.title for row in similar_movies(database, "Lion King, The (1994)", k=10, plain_cosine=True)]
    assert {"Aladdin (1992)", "Beauty and the Beast (1991)"} & set(titles)
    assert "Lion King, The (1994)" not in titles

    recommended = recommend(database, RecommendationRequest(1))
    assert len(recommended) == 10
    assert all(row.because for row in recommended)


def test_ratings_of_a_container_are_read_back_whole(container_database: Database) -> None:
    load_ratings(container_database, MOVIELENS)
    rows = container_database.read(load_query("pull/ratings"))
    assert sum(len(row["movieIds"]) for row in rows) == 100_836
    assert sum(sum(row["ratings"]) for row in rows) == pytest.approx(353_083.0)
