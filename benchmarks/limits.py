"""What the limits of a derivation cost, which save time and space where there is much to count.

    python -m benchmarks.limits

Lists, similar movies and reasons where only the strongest CO_LIKED of each movie are kept (`top_k`), and where
only the newest likes of each user are counted (`max_user_likes`).

Of two data sets, with the order of likes (the newest fifth is held out) and without (a random fifth). With the
order, `recommend` walks and adds up FOLLOWED_BY, so that there CO_LIKED serves `similar` and reasons alone; one
seed. Without it everything is made of CO_LIKED; means of three seeds. `next like` and `genres` are the metrics of
docs/quality.md for `similar`. Reasons are those of the lists of ten for the first 200 users.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import publish, table
from benchmarks.datasets import DATASETS, dataset
from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.evaluation.dataset import pull_evaluation_data
from movierec.evaluation.protocol import evaluate_model, evaluate_similar
from movierec.evaluation.scratch import scratch_database
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.settings import ALL, DeriveSettings, SplitSettings
from movierec.graph.split import split_ratings
from movierec.graph.workload import workload_of
from movierec.recommendation.in_memory import Recommender
from movierec.recommendation.model import pull_model
from movierec.recommendation.request import RecommendationRequest

LIMITS: tuple[dict[str, int], ...] = (
    {"top_k": ALL},
    *({"top_k": k} for k in (200, 100, 50)),
    *({"max_user_likes": n} for n in (300, 100)),
)
WAYS = {"on": ("newest", (1,)), "off": ("random", (1, 2, 3))}  # sequential: what is held out, seeds
USERS = 200


def main() -> None:
    rows = []
    for name in DATASETS:
        for order, (strategy, seeds) in WAYS.items():
            with tempfile.TemporaryDirectory() as folder, scratch_database(dict(os.environ)) as (database, home):
                load_ratings(database, dataset(name, Path(folder)))
                split_ratings(database, SplitSettings(strategy=strategy))
                for limit in LIMITS:
                    asked: dict[str, Any] = {"top_k": ALL, **limit, "sequential": order}
                    derived = derive_co_liked(database, DeriveSettings(**asked))
                    data = pull_evaluation_data(database, SplitSettings().min_rating)
                    found = []
                    for seed in seeds:
                        settings = TrainSettings(seed=seed, sequential=order)
                        train_and_write(database, settings, home.checkpoints)
                        model = pull_model(database)
                        tables, _ = evaluate_model(model, data)
                        similar = evaluate_similar(model, data)["similar"]
                        ndcg = [float(tables[way]["ndcg@10"].mean()) for way in ("movierec", "co_liked")]
                        found.append([*ndcg, *similar.values()])
                    users = [row["userId"] for row in database.read(load_query("derive/users"))[:USERS]]
                    recommender = Recommender(database)
                    lists = [recommender.recommend(RecommendationRequest(user)) for user in users]
                    reasons = np.array([len(row.because) for one in lists for row in one])
                    means = np.mean(found, axis=0)
                    spread = f" ± {np.std(found, axis=0, ddof=1)[0]:.4f}" if len(seeds) > 1 else ""
                    rows.append(
                        [
                            f"{name}, sequential {order}; {said(limit)}",
                            f"{wedges(database, limit):,}",
                            f"{derived.edges:,}",
                            f"{means[0]:.4f}{spread}",
                            *(f"{value:.4f}" for value in means[1:]),
                            f"{(reasons > 0).mean():.1%}",
                            f"{reasons.mean():.2f}",
                        ]
                    )
                    print(*rows[-1], file=sys.stderr, flush=True)
    columns = [
        *("data; limit", "wedges", "edges", "recommend, NDCG@10", "CO_LIKED alone"),
        *("similar: next like", "genres", "rows with a reason", "reasons a row"),
    ]
    publish("limits", table(columns, rows), "quality")


def said(limit: dict[str, int]) -> str:
    ((name, value),) = limit.items()
    return f"{name.replace('_', '-')} {value}" if value else "none"


def wedges(database: Database, limit: dict[str, int]) -> int:
    return workload_of(database, DeriveSettings().min_rating, limit.get("max_user_likes")).wedges


if __name__ == "__main__":
    main()
