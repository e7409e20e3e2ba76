import numpy as np
import pytest

from movierec.database.connection import Database
from movierec.database.query_files import load_query, parse_query
from movierec.errors import StageMissing
from movierec.graph.pull import pull_genres, pull_movie_graph

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


@pytest.mark.parametrize(
    "name",
    [
        "evaluate/likes",
        "pull/likes",
        "pull/ratings",
        "split/likes",
        "rating_prediction/held_out",
        "rating_prediction/ratings",
    ],
)
def test_lists_of_users_are_streamed_and_not_kept_by_the_server_to_be_sorted(
    keras_database: Database, name: str
) -> None:
    (step,) = keras_database.explain(load_query(name), minRating=4.0)
    steps = []
    while "children" in step:
        step = step["children"][0]  # of two, where the users come from
        steps.append(step["operatorType"].split("@")[0])
    assert "Sort" not in steps
    assert steps[-1] == "NodeIndexScan"


def test_pull_before_derive_names_it(empty_database: Database) -> None:
    with pytest.raises(StageMissing, match="movierec derive"):
        pull_movie_graph(empty_database)


@pytest.mark.both_versions
def test_graph_that_something_else_has_changed_is_refused(changed_small_database: Database) -> None:
    database = changed_small_database
    n = pull_movie_graph(database).n_edges
    database.write(parse_query("one", TAKE_ONE_AWAY))
    with pytest.raises(StageMissing, match=rf"has {n - 1} CO_LIKED.*expected the {n}.*movierec derive"):
        pull_movie_graph(database)


def test_genres_are_those_of_the_movies_asked_for_in_their_order(small_database: Database) -> None:
    found = pull_genres(small_database, np.array([6, 999, 1]))
    assert found == [["Drama", "War"], [], ["Action"]]
