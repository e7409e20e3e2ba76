"""Which settings of training serve best, chosen without the test part.

    python -m benchmarks.sweep

The test part is split off and thrown away; the newest likes of what is left are held out in its place. For each
change of the defaults, NDCG@10 on them by the vectors alone (mean cosine) and with the graph's weights, means of
three seeds with their spread.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from benchmarks.common import MOVIELENS, publish, table
from benchmarks.vectors import weighted_graph
from movierec.embedding.settings import TrainSettings
from movierec.embedding.train import train_embeddings
from movierec.evaluation.dataset import pull_evaluation_data
from movierec.evaluation.methods import mean_cosine
from movierec.evaluation.scratch import scratch_database
from movierec.evaluation.tables import evaluate_method
from movierec.evaluation.tuning import inner_split
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.pull import pull_movie_graph
from movierec.graph.settings import DeriveSettings, SplitSettings

SEEDS = (1, 2, 3)
CHANGES: tuple[dict[str, Any], ...] = (
    {},
    {"window_size": 1},
    {"window_size": 5},
    {"window_size": 10},
    {"epochs": 1},
    {"epochs": 6},
    {"window_size": 5, "epochs": 6},
    {"learning_rate": 0.1},
    {"learning_rate": 0.6},
    {"final_learning_rate_fraction": 0.5},
    {"final_learning_rate_fraction": 1.0},
    {"embedding_size": 32},
    {"embedding_size": 128},
    {"negative_exponent": 0.0},
    {"negative_exponent": 1.0},
    {"subsample": 0.001},
    {"p": 0.25, "q": 4.0},
    {"p": 4.0, "q": 0.25},
    {"p": 4.0, "q": 0.25, "node2vec_plus": True},
    {"weighted_starts": True},
    {"tied_embeddings": True},
    {"reject_true_pairs": True},
)


def main() -> None:
    rows = []
    with scratch_database(dict(os.environ)) as (database, _):
        load_ratings(database, MOVIELENS)
        inner_split(database, SplitSettings())
        derive_co_liked(database, DeriveSettings(sequential="off"))
        data = pull_evaluation_data(database, SplitSettings().min_rating)
        graph = pull_movie_graph(database)
    for change in CHANGES:
        found = []
        for seed in SEEDS:
            embeddings = train_embeddings(graph, TrainSettings(seed=seed, **change))
            candidates = data.candidates(embeddings.movie_ids, embeddings.vectors)
            ways = (mean_cosine(candidates), weighted_graph(candidates))
            found.append([evaluate_method(way, data.cases, data.catalogue)[0]["ndcg@10"].mean() for way in ways])
        mean, spread = np.mean(found, axis=0), np.std(found, axis=0, ddof=1)
        name = ", ".join(f"{key} {value}" for key, value in change.items()) or "default"
        rows.append([name, *(f"{m:.4f} ± {s:.4f}" for m, s in zip(mean, spread, strict=True))])
        print(*rows[-1], flush=True)
    publish("sweep", table(["settings", "vectors alone", "with the graph's weights"], rows))


if __name__ == "__main__":
    main()
