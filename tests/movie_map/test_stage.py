from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from movierec.database.connection import Database
from movierec.database.query_files import parse_query
from movierec.errors import StageMissing
from movierec.movie_map.stage import LINKS, NEIGHBOURS, map_of_movies
from tests.conftest import Answer
from tests.movie_map.test_page import data_of

pytestmark = pytest.mark.neo4j

LINKED = parse_query(
    "tests/linked",
    "// Movies linked with one.\n// Parameters: movieId INTEGER.\n"
    "// Returns: movieId INTEGER, count INTEGER, weight FLOAT, "
    "own LIST<FLOAT>, embedding LIST<FLOAT>.\n:param movieId => 1;\n"
    "MATCH (m:Movie {movieId: $movieId})-[c:CO_LIKED]-(n:Movie) RETURN n.movieId AS movieId, c.count AS count, "
    "c.weight AS weight, m.embedding AS own, n.embedding AS embedding ORDER BY c.weight DESC, n.movieId;",
)


def test_neighbours_are_ranked_as_similar_ranks_the_strongest_links(small_database: Database) -> None:
    movies, run_id = map_of_movies(small_database)
    assert run_id.startswith("train-")
    assert len(movies) == len(movies.places) == len(movies.titles) > 20
    for position in range(0, len(movies), 7):
        linked = small_database.read(LINKED, movieId=movies.movie_ids[position].item())[:LINKS]
        scores = {}
        for row in linked:
            one, other = np.array(row["own"]), np.array(row["embedding"])
            cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
            scores[row["movieId"]] = (cosine + np.sqrt(row["weight"] / linked[0]["weight"]), row["count"], cosine)
        best = sorted(scores, key=lambda movie: -scores[movie][0])[:NEIGHBOURS]
        near = movies.movie_ids[movies.neighbours[position][: len(best)]].tolist()
        assert near == best
        assert movies.counts[position][: len(best)].tolist() == [scores[movie][1] for movie in best]
        distances = [1.0 - scores[movie][2] for movie in best]
        assert movies.distances[position][: len(best)] == pytest.approx(distances, abs=1e-6)


def test_the_most_liked_movies_alone(small_database: Database) -> None:
    every, _ = map_of_movies(small_database)
    some, _ = map_of_movies(small_database, most=10)
    assert len(some) == 10
    assert min(some.like_counts) >= sorted(every.like_counts)[-10]
    assert some.neighbours.max() < 10, "neighbours are among those that are shown"


def test_no_map_before_a_training(empty_database: Database) -> None:
    with pytest.raises(StageMissing):
        map_of_movies(empty_database)


def test_map_is_drawn_as_a_page_and_as_a_picture(
    connected: Callable[..., Answer], small_database: Database, tmp_path: Path
) -> None:
    page, picture = tmp_path / "map.html", tmp_path / "map.png"
    answer = connected("plot", "map", page)
    assert answer.exit_code == 0, answer.err
    assert str(page) in answer.out
    found = data_of(page.read_text())
    assert "Movie 3 (1953)" in found["titles"]  # type: ignore[operator]
    assert connected("plot", "map", picture, "--most", 40).exit_code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    again = tmp_path / "again.html"
    assert connected("plot", "map", again).exit_code == 0
    assert again.read_bytes() == page.read_bytes(), "the same model has the same map"
    assert sorted(one.name for one in tmp_path.iterdir() if one.suffix == ".unfinished") == []


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("map.gif", "expected one of .html, .parquet, .png, .svg, .pdf"), ("no/map.html", "is no folder")],
)
def test_a_map_that_cannot_be_written_is_refused_before_it_is_made(
    connected: Callable[..., Answer], tmp_path: Path, name: str, wanted: str
) -> None:
    answer = connected("plot", "map", tmp_path / name)
    assert answer.exit_code == 2
    assert wanted in answer.err


def test_graph_is_drawn(connected: Callable[..., Answer], small_database: Database, tmp_path: Path) -> None:
    answer = connected("plot", "graph", tmp_path / "graph.svg")
    assert answer.exit_code == 0, answer.err
    assert "<svg" in (tmp_path / "graph.svg").read_text()
