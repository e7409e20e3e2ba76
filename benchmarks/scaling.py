"""Walking and training on graphs of 10^5, 10^6 and 10^7 edges: do a step and a pair cost the same?

    python -m benchmarks.scaling

Chung-Lu graphs with 100 neighbours on average, each in a process of its own. Walks with p = 2, q = 1.5; one thread
walks, two train (window 5, 64 numbers), as `movierec train` does.
"""

from __future__ import annotations

import gc
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from benchmarks.common import publish, table, timed
from benchmarks.graphs import chung_lu
from movierec.progress import Advance

EDGES = (10**5, 10**6, 10**7)
EDGES_A_NODE = 50
WALK_LENGTH = 40
POSITIONS = 4_000_000  # trained on, on every graph


def measure(n_edges: int) -> list[str]:
    from movierec.arrays import MovieGraph
    from movierec.embedding.plan import Plan
    from movierec.embedding.settings import TrainSettings
    from movierec.embedding.train import train_embeddings
    from movierec.embedding.walks import Walker

    train_embeddings(chung_lu(100, 1_000), TrainSettings(p=2.0, q=1.5))  # compiles
    process = psutil.Process()
    generated = chung_lu(n_edges // EDGES_A_NODE, n_edges)
    graph = MovieGraph(
        generated.movie_ids, generated.indptr, generated.neighbours.copy(), generated.weights.copy()
    )
    del generated
    gc.collect()
    walker, preparing = timed(lambda: Walker.prepare(graph, 2.0, 1.5, 1))

    walked, started = 0, time.perf_counter()
    for number, block in enumerate(walker.blocks(0, 100, WALK_LENGTH, block_walks=3_276)):
        walked += block.size
        if number and walked > POSITIONS:
            break
    walking = time.perf_counter() - started
    size = graph.nbytes + walker.nbytes
    del walker

    per_movie = max(1, POSITIONS // (graph.n_movies * WALK_LENGTH))
    settings = TrainSettings(p=2.0, q=1.5, window_size=5, epochs=1, walks_per_node=per_movie)
    plan = Plan.of(graph.n_movies, settings)
    before = process.memory_info().rss
    steps: list[tuple[float, int]] = []  # when each ended, and its walks

    @contextmanager
    def watch(title: str, total: int | None, unit: str, done: int = 0) -> Iterator[Advance]:
        yield lambda n, note="": steps.append((time.perf_counter(), n))

    train_embeddings(graph, settings, progress=watch)
    # From the end of the first step: preparing has a column of its own.
    training = steps[-1][0] - steps[0][0]
    pairs = sum(n for _, n in steps[1:]) * plan.pairs_per_walk
    return [
        f"{graph.n_edges:,}",
        f"{graph.n_movies:,}",
        f"{preparing:.2f} s",
        f"{preparing / graph.n_edges * 1e9:.0f} ns",
        f"{walking / walked * 1e9:.0f} ns",
        f"{training / pairs * 1e9:.0f} ns",
        f"{size / 2**20:.0f} MB",
        f"{size / (2 * graph.n_edges):.1f}",
        f"{before / 2**20:,.0f} MB",
    ]


def main() -> None:
    rows: list[Any] = []
    for n_edges in EDGES:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            rows.append(pool.apply(measure, (n_edges,)))
    columns = [
        "edges",
        "movies",
        "preparing",
        "an edge",
        "a step of a walk",
        "a pair trained on",
        "graph and walker",
        "bytes an entry",
        "process before training",
    ]
    publish("scaling", table(columns, rows))


if __name__ == "__main__":
    main()
