import pytest

from movierec.database.connection import Database
from movierec.database.query_files import parse_query
from movierec.errors import StageMissing
from movierec.graph.derive import derive_co_liked
from movierec.graph.pull import pull_movie_graph
from movierec.graph.settings import DeriveSettings

TAKE_ONE_AWAY = """// Delete the lightest link.
// Parameters: none.
// Returns: deleted INTEGER.

MATCH ()-[c:CO_LIKED]->()
WITH c
ORDER BY c.weight
LIMIT 1
DELETE c
RETURN count(c) AS deleted;
"""


def test_pulled_graph_has_every_edge_in_both_rows(keras_database: Database) -> None:
    graph = pull_movie_graph(keras_database)
    assert (graph.n_movies, graph.n_edges) == (1405, 40_043)
    assert len(graph.neighbours) == 2 * 40_043
    assert graph.weights.astype("float64").sum() / 2 == pytest.approx(680_250.167, rel=1e-6)


def test_pull_before_derive_names_it(empty_database: Database) -> None:
    with pytest.raises(StageMissing, match="movierec derive"):
        pull_movie_graph(empty_database)


def test_graph_that_something_else_has_changed_is_refused(spoilt_movielens_database: Database) -> None:
    database = spoilt_movielens_database
    derive_co_liked(database, DeriveSettings.from_preset("keras"))
    database.write(parse_query("one", TAKE_ONE_AWAY))
    with pytest.raises(StageMissing, match=r"has 40042 CO_LIKED.*expected the 40043.*movierec derive"):
        pull_movie_graph(database)
