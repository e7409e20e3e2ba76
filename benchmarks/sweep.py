"""Which settings of training serve best, chosen without the test part.

    python -m benchmarks.sweep

The test part is split off and thrown away; the newest likes of what is left are held out in its place. For each
change of the defaults, NDCG@10 on them by the vectors alone (mean cosine) and by `recommend`, means of three seeds
with their spread.
"""

from __future__ import annotations

import os

import numpy as np

from benchmarks.affinity import MIN_RATING, inner_split
from benchmarks.common import publish, table
from movierec.database.query_files import load_query
from movierec.embedding.settings import TrainSettings
from movierec.embedding.train import train_embeddings
from movierec.evaluation.methods import Candidates, evidence, mean_cosine
from movierec.evaluation.protocol import measure_method
from movierec.evaluation.scratch import scratch_database
from movierec.graph.pull import pull_movie_graph

SEEDS = (1, 2, 3)
CHANGES = (
    {},
    {"window": 1},
    {"window": 5},
    {"window": 10},
    {"epochs": 1},
    {"epochs": 6},
    {"window": 5, "epochs": 6},
    {"learning_rate": 0.1},
    {"learning_rate": 0.6},
    {"final_rate": 0.5},
    {"final_rate": 1.0},
    {"embedding_size": 32},
    {"embedding_size": 128},
    {"negative_exponent": 0.0},
    {"negative_exponent": 1.0},
    {"subsample": 0.001},
    {"p": 0.25, "q": 4.0},
    {"p": 4.0, "q": 0.25},
    {"p": 4.0, "q": 0.25, "by_weight": True},
    {"weighted_starts": True},
    {"shared_table": True},
    {"reject_true_pairs": True},
)


def main() -> None:
    rows = []
    with scratch_database(dict(os.environ)) as (database, _):
        users = inner_split(database)
        graph = pull_movie_graph(database)
        counts = database.read(load_query("evaluate/like_counts"), minRating=MIN_RATING)
    movie_ids = np.array([row["movieId"] for row in counts], dtype=np.int64)
    like_counts = np.array([row["likeCount"] for row in counts], dtype=np.float64)
    for change in CHANGES:
        found = []
        for seed in SEEDS:
            embeddings = train_embeddings(graph, TrainSettings(seed=seed, **change))  # type: ignore[arg-type]
            candidates = Candidates.build(movie_ids, like_counts, graph, embeddings)
            found.append(
                [measure_method(way, candidates, users, 1)["ndcg@10"].mean() for way in (mean_cosine, evidence)]
            )
        mean, spread = np.mean(found, axis=0), np.std(found, axis=0, ddof=1)
        name = ", ".join(f"{key} {value}" for key, value in change.items()) or "default"
        rows.append([name, *(f"{m:.4f} ± {s:.4f}" for m, s in zip(mean, spread, strict=True))])
        print(*rows[-1], flush=True)
    publish("sweep", table(["settings", "vectors alone", "recommend"], rows))


if __name__ == "__main__":
    main()
