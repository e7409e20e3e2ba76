"""Which factor of the cosine `recommend` should use, chosen without the test part.

    python -m benchmarks.affinity

The test part is split off and thrown away; the newest likes of what is left are held out in its place, and
NDCG@10 on them is printed for each factor and seed. 0 is the graph alone.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from benchmarks.common import MOVIELENS, query
from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.evaluation.methods import evidence
from movierec.evaluation.protocol import measure_method, pull_candidates
from movierec.evaluation.scratch import scratch_database
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.graph.split import split_ratings

FACTORS = (0.0, 1.0, 2.0, 3.0, 4.0, 6.0)
SEEDS = (1, 2, 3)
MIN_RATING = SplitSettings().min_rating


def inner_split(database: Database) -> list[dict[str, Any]]:
    """Load, throw the test part away, hold the newest of the rest out, derive; the users with held-out likes."""
    load_ratings(database, MOVIELENS)
    split_ratings(database, SplitSettings())
    database.write(query("drop_held_out"))
    split_ratings(database, SplitSettings())
    derive_co_liked(database, DeriveSettings())
    rows = database.read(load_query("evaluate/users"), minRating=MIN_RATING)
    return [row for row in rows if row["heldOut"]]


def main() -> None:
    with scratch_database(dict(os.environ)) as (database, home):
        users = inner_split(database)
        print(f"NDCG@10 on an inner split of {len(users)} users\n  seed" + "".join(f"{f:8g}" for f in FACTORS))
        table = []
        for seed in SEEDS:
            train_and_write(database, TrainSettings(seed=seed), home.checkpoints)
            table.append(
                [
                    measure_method(evidence, pull_candidates(database, MIN_RATING, factor), users, 1)[
                        "ndcg@10"
                    ].mean()
                    for factor in FACTORS
                ]
            )
            print(f"  {seed:4}" + "".join(f"{value:8.4f}" for value in table[-1]), flush=True)
        print("  mean" + "".join(f"{value:8.4f}" for value in np.mean(table, axis=0)))


if __name__ == "__main__":
    main()
