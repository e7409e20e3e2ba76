import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from movierec.arrays import graph_from_edges


def test_triangle_with_a_tail_by_hand() -> None:
    graph = graph_from_edges(
        np.array([10, 10, 20, 30]), np.array([20, 30, 30, 40]), np.array([1.0, 2.0, 3.0, 4.0])
    )
    assert graph.movie_ids.tolist() == [10, 20, 30, 40]
    assert graph.indptr.tolist() == [0, 2, 4, 7, 8]
    assert graph.neighbours.tolist() == [1, 2, 0, 2, 0, 1, 3, 2]
    assert graph.weights.tolist() == [1, 2, 1, 3, 2, 3, 4, 4]
    assert (graph.n_movies, graph.n_edges) == (4, 4)


@given(
    st.sets(st.tuples(st.integers(1, 30), st.integers(1, 30)).filter(lambda pair: pair[0] < pair[1]), min_size=1),
    st.randoms(use_true_random=False),
)
def test_rows_agree_with_networkx_in_any_order_of_edges(pairs: set[tuple[int, int]], random: object) -> None:
    edges = sorted(pairs)
    random.shuffle(edges)  # type: ignore[attr-defined]
    weights = np.array([a + b / 100 for a, b in edges])
    graph = graph_from_edges(np.array([a for a, _ in edges]), np.array([b for _, b in edges]), weights)
    other = nx.Graph()
    other.add_weighted_edges_from((a, b, w) for (a, b), w in zip(edges, weights, strict=True))
    assert graph.movie_ids.tolist() == sorted(other)
    for v, movie in enumerate(graph.movie_ids):
        row = slice(graph.indptr[v], graph.indptr[v + 1])
        found = dict(
            zip(graph.movie_ids[graph.neighbours[row]].tolist(), graph.weights[row].tolist(), strict=True)
        )
        assert found == pytest.approx({n: data["weight"] for n, data in other[movie].items()})
        assert list(found) == sorted(found)


@pytest.mark.parametrize(
    ("sources", "targets", "weights", "said"),
    [
        ([1], [1], [1.0], "linked to itself"),
        ([1, 2], [2, 1], [1.0, 1.0], "there twice"),
        ([1], [2], [0.0], "weight 0.0"),
        ([1], [2], [float("nan")], "weight nan"),
        ([1], [2], [-3.0], "weight -3.0"),
    ],
)
def test_edges_that_cannot_be_walked_are_refused(
    sources: list[int], targets: list[int], weights: list[float], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        graph_from_edges(np.array(sources), np.array(targets), np.array(weights))


def test_fingerprint_tells_graphs_apart() -> None:
    one = graph_from_edges(np.array([1]), np.array([2]), np.array([1.0]))
    same = graph_from_edges(np.array([2]), np.array([1]), np.array([1.0]))
    other = graph_from_edges(np.array([1]), np.array([2]), np.array([2.0]))
    assert one.fingerprint() == same.fingerprint() != other.fingerprint()
