import pytest

from movierec.database.connection import Database
from movierec.errors import StageMissing
from movierec.graph.pull import pull_movie_graph


def test_pulled_graph_has_every_edge_in_both_rows(keras_database: Database) -> None:
    graph = pull_movie_graph(keras_database)
    assert (graph.n_movies, graph.n_edges) == (1405, 40_043)
    assert len(graph.neighbours) == 2 * 40_043
    assert graph.weights.astype("float64").sum() / 2 == pytest.approx(680_250.167, rel=1e-6)


def test_pull_before_derive_names_it(empty_database: Database) -> None:
    with pytest.raises(StageMissing, match="movierec derive"):
        pull_movie_graph(empty_database)
