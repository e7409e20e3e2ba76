import threading

import networkx as nx
import numpy as np
import pytest
from scipy import stats

from movierec.arrays import MovieGraph, graph_from_edges
from movierec.embedding.walk_kernel import alias_slots
from movierec.embedding.walks import Walker


def hub_graph() -> MovieGraph:
    """30 movies, two of them hubs, weights over two orders of magnitude."""
    generator = np.random.default_rng(3)
    graph = nx.gnm_random_graph(30, 60, seed=4)
    graph.add_edges_from((hub, v) for hub in (0, 1) for v in range(30) if v != hub)
    edges = np.array(sorted(tuple(sorted(edge)) for edge in graph.edges))
    return graph_from_edges(edges[:, 0] + 100, edges[:, 1] + 100, np.exp(generator.normal(size=len(edges)) * 1.2))


def all_walks(walker: Walker, epoch: int = 0, per_movie: int = 2, length: int = 20, block: int = 64) -> np.ndarray:
    return np.concatenate(list(walker.blocks(epoch, per_movie, length, block_walks=block)))


def law(graph: MovieGraph, t: int, v: int, p: float, q: float, node2vec_plus: bool) -> dict[int, float]:
    """Transition probabilities of node2vec or node2vec+, written down from the papers without any trick."""

    def row(u: int) -> dict[int, float]:
        entries = slice(graph.indptr[u], graph.indptr[u + 1])
        return dict(zip(graph.neighbours[entries].tolist(), graph.weights[entries].tolist(), strict=True))

    def bias(x: int) -> float:
        to_t = row(t).get(x, 0.0)
        if x == t:
            return 1 / p
        if not node2vec_plus:
            return 1.0 if to_t else 1 / q
        mean_at_x, mean_at_v = np.mean(list(row(x).values())), np.mean(list(row(v).values()))
        if to_t >= mean_at_x:
            return 1.0
        if row(v)[x] < mean_at_v:
            return min(1.0, 1 / q)
        return float(1 / q + (1 - 1 / q) * to_t / mean_at_x)

    masses = {x: weight * bias(x) for x, weight in row(v).items()}
    total = sum(masses.values())
    return {x: mass / total for x, mass in masses.items()}


def hub_graph_with_leaves() -> MovieGraph:
    """The hub graph and five movies that have one neighbour only: from them there is but the way back."""
    graph = hub_graph()
    rows = np.repeat(np.arange(30), np.diff(graph.indptr))
    once = rows < graph.neighbours
    sources = np.concatenate([graph.movie_ids[rows[once]], graph.movie_ids[[0, 0, 5, 6, 7]]])
    targets = np.concatenate([graph.movie_ids[graph.neighbours[once]], np.arange(500, 505)])
    weights = np.concatenate([graph.weights[once].astype(float), [3.0, 0.5, 1.0, 2.0, 0.1]])
    return graph_from_edges(sources, targets, weights)


EXTREMES = [(1e9, 1.0), (1.0, 1e9), (1.0, 1e-9), (1e6, 1e-6)]


@pytest.mark.parametrize("node2vec_plus", [False, True])
@pytest.mark.parametrize(
    ("p", "q"),
    [(0.25, 4.0), (4.0, 0.25), (2.0, 1.5), (1.0, 1.0), (0.01, 1.0), (0.2, 0.5), (100.0, 1.0), *EXTREMES],
)
def test_second_order_steps_follow_the_law(p: float, q: float, node2vec_plus: bool) -> None:
    graph = hub_graph_with_leaves()
    walks = all_walks(
        Walker.prepare(graph, p, q, 11, node2vec_plus=node2vec_plus), per_movie=1000, length=21, block=4096
    )
    counts: dict[tuple[int, int], dict[int, int]] = {}
    triples, n = np.unique(
        np.stack([walks[:, :-2], walks[:, 1:-1], walks[:, 2:]], axis=-1).reshape(-1, 3), axis=0, return_counts=True
    )
    for (t, v, x), count in zip(triples.tolist(), n.tolist(), strict=True):
        counts.setdefault((t, v), {})[x] = count
    chi_squared, freedom = 0.0, 0
    for (t, v), seen in counts.items():
        total = sum(seen.values())
        expected = {x: share * total for x, share in law(graph, t, v, p, q, node2vec_plus).items()}
        usual = {x for x, e in expected.items() if e >= 5}
        if len(usual) >= 2:
            # Outcomes too rare for the statistic are put together into one.
            rare_seen, rare_expected = (
                total - sum(seen.get(x, 0) for x in usual),
                total - sum(expected[x] for x in usual),
            )
            chi_squared += sum((seen.get(x, 0) - expected[x]) ** 2 / expected[x] for x in usual)
            freedom += len(usual) - 1
            if rare_expected >= 5:
                chi_squared += (rare_seen - rare_expected) ** 2 / rare_expected
                freedom += 1
    assert freedom > (20 if (p, q) in EXTREMES else 1000)
    # Two-sided: a wrong law is far above, a walker that does not vary far below.
    assert 1e-4 < stats.chi2.sf(chi_squared, freedom) < 1 - 1e-4


def test_walks_with_a_tiny_p_go_back_and_forth() -> None:
    walks = all_walks(Walker.prepare(hub_graph_with_leaves(), 1e-9, 1e9, seed=1))
    assert np.array_equal(walks[:, 2:], walks[:, :-2])


def test_first_step_goes_by_weight_alone() -> None:
    graph = hub_graph()
    walks = all_walks(Walker.prepare(graph, 0.1, 10.0, seed=5), per_movie=3000, length=2, block=4096)
    for v in range(graph.n_movies):
        row = slice(graph.indptr[v], graph.indptr[v + 1])
        seen = np.bincount(walks[walks[:, 0] == v, 1], minlength=graph.n_movies)[graph.neighbours[row]]
        expected = graph.weights[row].astype(float) / graph.weights[row].sum() * 3000
        assert stats.chisquare(seen, expected * seen.sum() / expected.sum()).pvalue > 1e-6


def test_larger_q_keeps_walks_near_the_start() -> None:
    ring = [(i, (i + d) % 200) for i in range(200) for d in (1, 2)]
    sources, targets = (np.array(sorted(map(sorted, ring)))[:, i] for i in (0, 1))
    graph = graph_from_edges(sources, targets, np.ones(len(ring)))

    def distance(q: float) -> float:
        walks = all_walks(Walker.prepare(graph, 1.0, q, seed=1), per_movie=20, length=40)
        steps = np.abs(walks[:, -1].astype(int) - walks[:, 0])
        return float(np.minimum(steps, 200 - steps).mean())

    assert distance(8.0) < distance(1.0) < distance(0.125)


def test_every_step_is_an_edge_and_every_movie_starts_equally_often() -> None:
    graph = hub_graph()
    walks = all_walks(Walker.prepare(graph, 0.5, 2.0, seed=2), per_movie=7)
    assert walks.shape == (210, 20)
    assert walks.dtype == np.int32
    assert np.bincount(walks[:, 0]).tolist() == [7] * 30
    edges = {(v, x) for v in range(30) for x in graph.neighbours[graph.indptr[v] : graph.indptr[v + 1]].tolist()}
    assert set(zip(walks[:, :-1].ravel().tolist(), walks[:, 1:].ravel().tolist(), strict=True)) <= edges


@pytest.mark.parametrize("block", [1, 7, 64, 1000])
def test_walks_do_not_depend_on_the_block_size(block: int) -> None:
    walker = Walker.prepare(hub_graph(), 2.0, 0.5, seed=9)
    assert np.array_equal(all_walks(walker, block=block), all_walks(walker, block=60))


def test_blocks_can_be_entered_in_the_middle() -> None:
    walker = Walker.prepare(hub_graph(), 2.0, 0.5, seed=9)
    late = np.concatenate(list(walker.blocks(3, 2, 20, block_walks=8, first_walk=40)))
    assert np.array_equal(late, all_walks(walker, epoch=3)[40:])


def test_walks_do_not_depend_on_other_threads() -> None:
    walker = Walker.prepare(hub_graph(), 2.0, 0.5, seed=9)
    results: dict[int, np.ndarray] = {}
    threads = [
        threading.Thread(target=lambda i=i: results.update({i: all_walks(walker, epoch=i % 2)})) for i in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(walks, all_walks(walker, epoch=i % 2)) for i, walks in results.items())


def test_seeds_and_epochs_give_other_walks() -> None:
    graph = hub_graph()
    first = all_walks(Walker.prepare(graph, 1.0, 1.0, seed=1))
    assert np.array_equal(first, all_walks(Walker.prepare(graph, 1.0, 1.0, seed=1)))
    assert not np.array_equal(first, all_walks(Walker.prepare(graph, 1.0, 1.0, seed=2)))
    assert not np.array_equal(first, all_walks(Walker.prepare(graph, 1.0, 1.0, seed=1), epoch=1))


def test_alias_slots_hold_the_weights() -> None:
    graph = hub_graph()
    slots = alias_slots(graph.indptr, graph.neighbours, graph.weights)
    for v in range(graph.n_movies):
        row = slice(graph.indptr[v], graph.indptr[v + 1])
        own = slots[row, 0] / 2.0**32
        mass = np.zeros(graph.n_movies)
        np.add.at(mass, slots[row, 1], own)
        np.add.at(mass, slots[row, 2], 1.0 - own)
        weights = graph.weights[row].astype(float)
        np.testing.assert_allclose(
            mass[graph.neighbours[row]] / len(weights), weights / weights.sum(), rtol=1e-5, atol=1e-9
        )


def test_memory_is_12_bytes_an_entry_and_8_a_movie() -> None:
    graph = hub_graph()
    first_order = Walker.prepare(graph, 1.0, 1.0, seed=1)
    assert first_order.nbytes == 12 * len(graph.neighbours) + 8 * graph.n_movies
    bitmap = 8 * graph.n_movies
    assert Walker.prepare(graph, 1.0, 2.0, seed=1).nbytes == first_order.nbytes + bitmap


def test_weighted_starts_go_by_the_weight_of_edges() -> None:
    graph = hub_graph()
    walker = Walker.prepare(graph, 1.0, 1.0, seed=3, weighted_starts=True)
    starts = np.bincount(all_walks(walker, per_movie=1000, length=2)[:, 0], minlength=graph.n_movies)
    strength = np.add.reduceat(graph.weights.astype(float), graph.indptr[:-1])
    assert stats.chisquare(starts, strength / strength.sum() * starts.sum()).pvalue > 1e-6
    assert np.array_equal(all_walks(walker, block=7), all_walks(walker, block=64))


@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize(("p", "q", "node2vec_plus"), [(1.0, 1.0, False), (0.25, 4.0, False), (4.0, 0.25, True)])
def test_walks_are_the_same_with_more_threads(threads: int, p: float, q: float, node2vec_plus: bool) -> None:
    walker = Walker.prepare(hub_graph(), p, q, seed=9, node2vec_plus=node2vec_plus)
    one = np.concatenate(list(walker.blocks(0, 40, 20, block_walks=64)))
    several = np.concatenate(list(walker.blocks(0, 40, 20, block_walks=100, threads=threads)))
    assert np.array_equal(one, several)


@pytest.mark.parametrize(("p", "q"), [(0.25, 4.0), (4.0, 0.25)])
def test_searching_for_neighbours_gives_the_walks_of_the_bitmap(
    monkeypatch: pytest.MonkeyPatch, p: float, q: float
) -> None:
    with_bitmap = Walker.prepare(hub_graph(), p, q, seed=2)
    monkeypatch.setattr("movierec.embedding.walks.BITMAP_BYTES", 0)
    without = Walker.prepare(hub_graph(), p, q, seed=2)
    assert len(with_bitmap.bitmap) == 30
    assert len(without.bitmap) == 0
    assert np.array_equal(all_walks(with_bitmap, per_movie=50), all_walks(without, per_movie=50))
