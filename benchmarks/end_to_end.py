"""From CO_LIKED in the database to vectors in the database: ours, and the Graph Data Science library's node2vec.

    python -m benchmarks.end_to_end speed     how long it takes
    python -m benchmarks.end_to_end quality   how well the vectors rank; gensim on our walks is beside them

On one server, in turns, two threads each. Ours is pull, walk, train, write and index; theirs project, node2vec,
write and index. As many contexts for each position (10: GDS counts its window with the centre in it, ours is 5 on
each side), walks, negatives, numbers and epochs. The second graph is that of the training part of a split, so
that the vectors of both can be asked for what was held out: NDCG@10, by mean cosine, by a kernel with popularity,
and with the graph's weights. movierec walks CO_LIKED too, and trains no profiles. FastRP, the library's
quick way, is beside them.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import MOVIELENS, in_turns, parts, publish, query, table
from benchmarks.gds_server import GDS_VERSION, gds_database
from benchmarks.trainers import gensim
from benchmarks.vectors import weighted_graph
from movierec.arrays import MovieGraph
from movierec.database.connection import Database
from movierec.embedding.embeddings import Embeddings
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.embedding.train import train_embeddings
from movierec.embedding.walks import Walker
from movierec.evaluation.dataset import pull_evaluation_data
from movierec.evaluation.methods import kernel, mean_cosine
from movierec.evaluation.tables import evaluate_method
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.pull import pull_movie_graph
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.graph.split import split_ratings

ROUNDS = 3
SEEDS = (1, 2, 3)
SETTINGS = TrainSettings(p=2.0, q=1.5, window_size=5, epochs=5, sequential="off", profile_epochs=0)
MIN_RATING = SplitSettings().min_rating

ByGds = Callable[[Database, TrainSettings], dict[str, Any]]


def by_node2vec(database: Database, settings: TrainSettings) -> dict[str, Any]:
    return _by_gds(
        database,
        "gds_node2vec",
        walksPerNode=settings.walks_per_node,
        walkLength=settings.walk_length,
        p=settings.p,
        q=settings.q,
        windowSize=2 * settings.window_size + 1,
        negatives=settings.negative_samples,
        size=settings.embedding_size,
        iterations=settings.epochs,
        seed=settings.seed,
        concurrency=2,
    )


def by_fastrp(database: Database, settings: TrainSettings) -> dict[str, Any]:
    return _by_gds(database, "gds_fastrp", size=settings.embedding_size, seed=settings.seed, concurrency=2)


def _by_gds(database: Database, procedure: str, **parameters: Any) -> dict[str, Any]:
    database.run_batches(query("gds_drop_co_liked"))
    database.write(query("gds_project_co_liked"))
    database.run_batches(query("gds_index"))
    (result,) = database.write(query(procedure), **parameters)
    return result


def speed() -> None:
    rows = []
    graphs: dict[str, DeriveSettings] = {
        "ml4": DeriveSettings(denominator="likes", min_weight=10.0),
        "training part": DeriveSettings(),
    }
    with gds_database() as database, tempfile.TemporaryDirectory(prefix="movierec-bench-") as folder:
        load_ratings(database, MOVIELENS)
        for name, derive in graphs.items():
            if name == "training part":
                split_ratings(database, SplitSettings())
            derived = derive_co_liked(database, derive)
            print(f"measuring {name}: {derived.edges:,} edges", file=sys.stderr, flush=True)
            inside: dict[str, list[float]] = {}

            def ours(inside: dict[str, list[float]] = inside) -> None:
                result = train_and_write(database, SETTINGS, Path(folder))
                inside.setdefault("movierec", []).append(result.train_seconds)

            def theirs(way: str, by: ByGds, inside: dict[str, list[float]] = inside) -> Callable[[], None]:
                return lambda: inside.setdefault(way, []).append(by(database, SETTINGS)["seconds"])

            ways = {
                "movierec": ours,
                "gds.node2vec": theirs("gds.node2vec", by_node2vec),
                "gds.fastRP": theirs("gds.fastRP", by_fastrp),
            }
            seconds = in_turns(ways, ROUNDS)
            for way, taken in seconds.items():
                rows.append(
                    [
                        f"{name}, {derived.movies:,} movies, {derived.edges:,} edges",
                        way,
                        f"{taken:.1f} s",
                        f"{np.median(inside[way][1:]):.1f} s",
                        "" if way == "movierec" else f"{taken / seconds['movierec']:.1f} x",
                    ]
                )
    columns = ["graph", "vectors by", "all of it", "walk and train", "movierec is faster by"]
    publish("end-to-end", table(columns, rows), GDS=GDS_VERSION)


def quality() -> None:
    found: dict[str, list[list[float]]] = {}
    with gds_database() as database, tempfile.TemporaryDirectory(prefix="movierec-bench-") as folder:
        load_ratings(database, MOVIELENS)
        split_ratings(database, SplitSettings())
        derive_co_liked(database, DeriveSettings())
        data = pull_evaluation_data(database, MIN_RATING)
        graph = pull_movie_graph(database)
        for seed in SEEDS:
            for name, vectors in vectors_of_each(database, graph, Path(folder), replace(SETTINGS, seed=seed)):
                candidates = data.candidates(vectors.movie_ids, vectors.vectors)
                ways = (mean_cosine(candidates), kernel(candidates), weighted_graph(candidates))
                measured = [evaluate_method(way, data.cases, data.catalogue)[0]["ndcg@10"].mean() for way in ways]
                found.setdefault(name, []).append(measured)
                print(seed, name, *(f"{value:.4f}" for value in measured), file=sys.stderr, flush=True)
    rows = [[way, *(f"{value:.4f}" for value in np.mean(values, axis=0))] for way, values in found.items()]
    columns = [
        f"NDCG@10, mean of {len(SEEDS)} seeds",
        "mean cosine",
        "kernel, popularity",
        "with the graph's weights",
    ]
    publish("vectors", table(columns, rows), GDS=GDS_VERSION, gensim=version("gensim"))


def vectors_of_each(
    database: Database, graph: MovieGraph, folder: Path, settings: TrainSettings
) -> Iterator[tuple[str, Embeddings]]:
    """The vectors of every way. gensim's are of our walks, those of one epoch trained on as often."""
    yield "movierec", train_embeddings(graph, settings)
    yield "movierec, default", train_embeddings(graph, TrainSettings(seed=settings.seed))
    walker = Walker.prepare(graph, settings.p, settings.q, settings.seed)
    walks = np.concatenate(list(walker.blocks(0, settings.walks_per_node, settings.walk_length, block_walks=4096)))
    np.savetxt(folder / "walks.txt", walks, fmt="%d")
    yield (
        "gensim",
        Embeddings(movie_ids=graph.movie_ids, vectors=gensim(folder / "walks.txt", graph.n_movies, settings)),
    )
    for way, by in {"gds.node2vec": by_node2vec, "gds.fastRP": by_fastrp}.items():
        by(database, settings)
        read = database.read(query("gds_vectors"))
        ids = np.array([row["movieId"] for row in read], dtype=np.int64)
        yield (
            way,
            Embeddings(movie_ids=ids, vectors=np.array([row["embedding"] for row in read], dtype=np.float32)),
        )


if __name__ == "__main__":
    parts("benchmarks.end_to_end", {"speed": speed, "quality": quality}, sys.argv[1:])
