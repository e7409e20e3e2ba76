"""Weighted random walkers side by side, in compiled loops that are warm.

    make bench-walkers

Ours, fastnode2vec, PecanPy and node2vec in one process, one after another, several rounds in turns; million steps
per CPU-second of one thread. The peers need an older numpy than movierec uses, so this runs in an environment of
its own (requirements/peers.txt), without PyTorch.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import networkx as nx
import numba
import numpy as np
from fastnode2vec.graph import _csr_row_cumsum, _random_walk_weighted
from node2vec import Node2Vec
from numba import njit
from numba_progress import ProgressBar
from pecanpy import pecanpy

from benchmarks.common import in_turns, parts, publish, table, timed
from benchmarks.graphs import big, ml
from movierec.arrays import MovieGraph
from movierec.embedding.walk_kernel import walk_first_order, walk_keys, walk_second_order
from movierec.embedding.walks import Walker

ROUNDS = 5
STEPS = 2_000_000  # a round of ours; the slow ones walk fewer
BLOCK_POSITIONS = 131_072

Walk = Callable[[], Any]


@njit
def walk_all(indptr, indices, data, walk_length, p, q, starts):  # type: ignore[no-untyped-def]
    """Fastnode2vec's own walk, from many starts in one compiled loop."""
    last = 0
    for start in starts:
        last += _random_walk_weighted(indptr, indices, data, walk_length, p, q, start)[-1]
    return last


def fastnode2vec(graph: MovieGraph, p: float, q: float, length: int, starts: np.ndarray) -> tuple[Walk, float]:
    def prepare() -> np.ndarray:
        strength = np.add.reduceat(graph.weights, graph.indptr[:-1], dtype=np.float64)
        shares = graph.weights / np.repeat(strength, np.diff(graph.indptr))
        sums: np.ndarray = _csr_row_cumsum(graph.indptr, shares)
        return sums

    prepare()
    data, seconds = timed(prepare)
    return lambda: walk_all(graph.indptr, graph.neighbours, data, length, p, q, starts), seconds


def pecan(kind: str, graph: MovieGraph, p: float, q: float, length: int, starts: np.ndarray) -> tuple[Walk, float]:
    peer = getattr(pecanpy, kind)(p=p, q=q, workers=1, random_state=1)
    peer.set_node_ids([str(v) for v in range(graph.n_movies)])
    peer.indptr, peer.indices = graph.indptr.astype(np.uint32), graph.neighbours.astype(np.uint32)
    peer.data = graph.weights
    _, seconds = timed(peer._preprocess_transition_probs)
    # Made once: its API compiles anew at every call.
    has_neighbours, move_forward = peer.get_has_nbrs(), peer.get_move_forward()

    def walk() -> None:
        with ProgressBar(total=len(starts), disable=True) as progress:
            peer._random_walks(
                len(starts), length - 1, 1, starts.astype(np.uint32), has_neighbours, move_forward, progress
            )

    return walk, seconds


def pure_python(graph: MovieGraph, p: float, q: float, length: int, starts: np.ndarray) -> tuple[Walk, float]:
    rows = np.repeat(np.arange(graph.n_movies), np.diff(graph.indptr))
    network = nx.Graph()
    network.add_weighted_edges_from(
        zip(rows.tolist(), graph.neighbours.tolist(), graph.weights.tolist(), strict=True)
    )
    peer, seconds = timed(
        lambda: Node2Vec(network, walk_length=length, num_walks=0, p=p, q=q, workers=1, quiet=True)
    )
    peer.num_walks = 1
    return peer._generate_walks, seconds


def ours(graph: MovieGraph, p: float, q: float, length: int, starts: np.ndarray) -> tuple[Walk, float]:
    """The kernel alone, into memory that is there."""
    Walker.prepare(graph, p, q, 1)
    walker, seconds = timed(lambda: Walker.prepare(graph, p, q, 1))
    walks = np.empty((len(starts), length), dtype=np.int32)
    walks[:, 0] = starts
    keys = walk_keys(1, 0, 0, len(starts))
    if walker.is_first_order:
        return lambda: walk_first_order(walker.indptr, walker.slots, keys, walks), seconds
    rest = (walker.bitmap, walker.weights, walker.mean_weight, False, 1 / p, 1 / q)
    return lambda: walk_second_order(walker.indptr, walker.slots, *rest, keys, walks), seconds


# What is measured: p, q, walk length, and of each peer the share of STEPS that it walks in a round.
MEASURED: dict[str, tuple[Callable[[], MovieGraph], float, float, int, dict[str, float]]] = {
    "ml, p = q = 1, L = 80": (ml, 1.0, 1.0, 80, {"PecanPy PreCompFirstOrder": 1.0, "fastnode2vec": 1.0}),
    "ml, p = 2, q = 1.5, L = 80": (
        ml,
        2.0,
        1.5,
        80,
        {"PecanPy PreComp": 0.5, "PecanPy SparseOTF": 0.1, "fastnode2vec": 0.5, "node2vec": 0.06},
    ),
    "big, p = 2, q = 1.5, L = 40": (big, 2.0, 1.5, 40, {"PecanPy SparseOTF": 0.02, "fastnode2vec": 0.2}),
}


def made_ready(walker: str, *graph_and_walk: Any) -> tuple[Walk, float]:
    """What walks, and the seconds that its preparation took."""
    kind, _, variant = walker.partition(" ")
    if kind == "PecanPy":
        return pecan(variant, *graph_and_walk)
    return {"movierec": ours, "fastnode2vec": fastnode2vec, "node2vec": pure_python}[kind](*graph_and_walk)


def peers() -> None:
    rows = []
    for name, (make, p, q, length, others) in MEASURED.items():
        print(f"measuring {name}", file=sys.stderr, flush=True)
        graph = make()
        ways: dict[str, Walk] = {}
        prepared: dict[str, float] = {}
        steps: dict[str, int] = {}
        for walker, share in {"movierec": 1.0, **others}.items():
            rounds = max(1, int(STEPS * share) // (length - 1) // graph.n_movies)
            starts = np.tile(np.random.default_rng(1).permutation(graph.n_movies), rounds).astype(np.int32)
            starts = starts[: max(64, int(STEPS * share) // (length - 1))]
            if walker == "node2vec":  # walks from every movie or none
                starts = np.arange(graph.n_movies, dtype=np.int32)
            steps[walker] = len(starts) * (length - 1)
            ways[walker], prepared[walker] = made_ready(walker, graph, p, q, length, starts)
        seconds = in_turns(ways, ROUNDS, time.process_time)
        rate = {walker: steps[walker] / taken / 1e6 for walker, taken in seconds.items()}
        for walker in ways:
            ratio = "" if walker == "movierec" else f"{rate['movierec'] / rate[walker]:.1f} x"
            rows.append([name, walker, f"{rate[walker]:.2f}", ratio, f"{prepared[walker]:.2f} s"])
    columns = ["graph and walk", "walker", "M steps per CPU-second", "movierec is faster by", "preparation"]
    publish(
        "walkers",
        table(columns, rows),
        fastnode2vec=version("fastnode2vec"),
        PecanPy=version("pecanpy"),
        node2vec=version("node2vec"),
        numba=numba.__version__,
    )


def blocks() -> None:
    """The kernel against the blocks that the trainer gets, and one thread against two, by the wall clock."""
    rows = []
    for name, graph, p, q, length in (
        ("ml, p = q = 1, L = 80", ml(), 1.0, 1.0, 80),
        ("ml, p = 2, q = 1.5, L = 80", ml(), 2.0, 1.5, 80),
        ("big, p = q = 1, L = 40", big(), 1.0, 1.0, 40),
        ("big, p = 2, q = 1.5, L = 40", big(), 2.0, 1.5, 40),
    ):
        per_movie = max(1, 2 * STEPS // (graph.n_movies * (length - 1)))
        n = graph.n_movies * per_movie
        walker = Walker.prepare(graph, p, q, 1)
        kernel, _ = ours(graph, p, q, length, np.tile(np.arange(graph.n_movies, dtype=np.int32), per_movie))

        def taken(threads: int, walker: Walker = walker, per_movie: int = per_movie, length: int = length) -> None:
            for _ in walker.blocks(0, per_movie, length, block_walks=BLOCK_POSITIONS // length, threads=threads):
                pass

        seconds = in_turns({"kernel": kernel, "one": lambda: taken(1), "two": lambda: taken(2)}, 2 * ROUNDS)
        rate = {way: n * (length - 1) / s / 1e6 for way, s in seconds.items()}
        rows.append(
            [
                name,
                f"{rate['kernel']:.1f}",
                f"{rate['one']:.1f}",
                f"{rate['one'] / rate['kernel']:.2f}",
                f"{rate['two']:.1f}",
                f"{rate['two'] / rate['one']:.2f} x",
                f"{(graph.nbytes + walker.nbytes) / 2**20:.0f} MB",
            ]
        )
    columns = ["graph and walk", "kernel", "in blocks", "share", "two threads", "against one", "graph and walker"]
    publish("blocks", "Million steps a second:\n\n" + table(columns, rows), numba=numba.__version__)


if __name__ == "__main__":
    parts("benchmarks.walkers", {"peers": peers, "blocks": blocks}, sys.argv[1:])
