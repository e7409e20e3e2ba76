"""The client, as a notebook uses it."""

from __future__ import annotations

import doctest
import inspect
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

import movierec
from movierec.client import Client
from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.errors import BadRequest, DataRejected, NotFound
from movierec.recommendation.in_database import recommend, similar_movies
from movierec.recommendation.request import RecommendationRequest
from tests.servers import TestServer
from tests.small_ratings import write_small_ratings


@pytest.fixture
def environment(neo4j_server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = neo4j_server.settings
    monkeypatch.setenv("NEO4J_URI", settings.uri)
    monkeypatch.setenv("NEO4J_USERNAME", settings.username)
    monkeypatch.setenv("NEO4J_PASSWORD", settings.password)


@pytest.mark.one_version
@pytest.mark.usefixtures("environment")
def test_answers_are_tables_of_the_same_rows(keras_database: Database) -> None:
    with movierec.connect() as client:
        lists = client.recommend(1, k=5)
        assert lists["movieId"].tolist() == [
            row.movie_id for row in recommend(keras_database, RecommendationRequest(1, k=5))
        ]
        similar = client.similar("Matrix, The (1999)", k=7)
        assert similar["movieId"].tolist() == [row.movie_id for row in similar_movies(keras_database, "2571", k=7)]
        assert client.similar(193609, k=3)["estimatedFrom"].tolist() == ["genres"] * 3
        comedies = client.recommend(likes=["Matrix, The (1999)", 260], genre="Comedy", year="1990..", k=4)
        assert all("Comedy" in genres for genres in comedies["genres"])
        explained = client.explain(int(lists["movieId"][0]), user=1)
        assert explained.because[0].title == lists["because"][0][0]["title"]
        assert explained.rank == 1
        assert client.recommend(likes="Matrix, The (1999)", exclude=1, k=3).shape[0] == 3
        with pytest.raises(NotFound, match="No user 9999"):
            client.recommend(9999)
        with pytest.raises(BadRequest, match="No movie is of genre 'Comdy'"):
            client.recommend(1, genre="Comdy")


@pytest.mark.one_version
def test_nothing_found_is_a_table_with_all_columns(keras_database: Database) -> None:
    client = Client(keras_database)
    nothing = client.recommend(1, year="1700..1710")
    assert len(nothing) == 0
    assert list(nothing.columns) == list(client.recommend(1, k=1).columns)
    assert len(client.recommend_many([])) == 0


def methods() -> list[str]:
    return [name for name, value in vars(Client).items() if callable(value) and not name.startswith("_")]


@pytest.mark.one_version
def test_examples_of_the_docstrings_are_true(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the order of the class, which is that of a notebook: load, derive, train, ask."""
    monkeypatch.setenv("MOVIEREC_HOME", str(tmp_path / "home"))
    folder = write_small_ratings(tmp_path / "ratings")
    names: dict[str, object] = {"client": Client(empty_database), "movierec": movierec, "folder": folder}
    runner, parser = doctest.DocTestRunner(verbose=False), doctest.DocTestParser()
    n_examples = 0
    for name in methods():
        source = inspect.getdoc(getattr(Client, name)) or ""
        test = parser.get_doctest(source, names, f"Client.{name}", None, 0)
        said: list[str] = []
        runner.run(test, out=said.append, clear_globs=False)
        assert not runner.summarize(verbose=False).failed, "".join(said)
        n_examples += len(test.examples)
        names |= dict(test.globs)
    assert n_examples >= 15


def test_every_method_is_keyword_only_after_the_first_argument_and_fully_typed() -> None:
    for name in methods():
        signature = inspect.signature(getattr(Client, name))
        positional = [p for p in signature.parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
        assert len(positional) <= (3 if name == "from_dataframe" else 2), name
        assert not any(p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL) for p in signature.parameters.values()), name
        hints = {**inspect.get_annotations(getattr(Client, name))}
        assert "return" in hints
        assert not any("Any" in str(hint) for hint in hints.values()), name


@pytest.mark.one_version
@pytest.mark.parametrize("kind", ["pandas", "arrow"])
def test_table_is_loaded_like_a_file(empty_database: Database, kind: str) -> None:
    table = pd.DataFrame(
        {
            "who": ["ann", "bob", "bob"],
            "what": ["tea", "tea", "mug"],
            "stars": [4.0, 2.5, 5.0],
            "at": pd.to_datetime([100, 101, 102], unit="s"),
        }
    )
    frame = {"pandas": table, "arrow": pa.table(table)}[kind]
    client = Client(empty_database)
    settings = movierec.ReadSettings(
        user_column="who", movie_column="what", rating_column="stars", timestamp_column="at"
    )
    result = client.from_dataframe(frame, settings=settings)
    assert (result.written, result.users, result.movies) == (3, 2, 2)
    assert client.from_dataframe(frame, settings=settings).written == 0, "the same table changes nothing"
    times = empty_database.read(load_query("pull/ratings"))
    assert sorted(time for row in times for time in row["timestamps"]) == [100, 101, 102]
    with pytest.raises(DataRejected, match=r"DataFrame.csv line 2: stars is '9.0'; expected a rating"):
        client.from_dataframe(table.assign(stars=9.0), settings=settings)
    with pytest.raises(BadRequest, match="A list is no table; expected a pandas DataFrame"):
        client.from_dataframe([1, 2])
