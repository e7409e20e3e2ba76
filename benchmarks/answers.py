"""How long answers take on a warm server, and how many lists a minute.

    python -m benchmarks.answers

ml-latest-small, lists of ten for 200 users spread over all, after ten to warm up. "in process": by a Recommender
that holds the model; "in the server": by one query, as the command line asks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from benchmarks.common import MOVIELENS, publish, table, timed
from movierec.database.query_files import load_query
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.evaluation.scratch import scratch_database
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.settings import DeriveSettings
from movierec.lookup.filters import Filters
from movierec.recommendation.in_database import recommend, similar_movies
from movierec.recommendation.in_memory import Recommender
from movierec.recommendation.request import RecommendationRequest

ASKED, WARM_UP = 200, 10
MANY = 5_000
CALLED = {"on": "sequential", "off": "unordered"}


def main() -> None:
    rows = []
    with scratch_database(dict(os.environ)) as (database, home):
        load_ratings(database, MOVIELENS)
        derive_co_liked(database, DeriveSettings(sequential="on"))
        users = [row["userId"] for row in database.read(load_query("derive/raters"), minRating=4.0)]
        asked = np.resize(users, ASKED + WARM_UP).tolist()
        for order in ("on", "off"):
            train_and_write(database, TrainSettings(sequential=order), home.checkpoints)
            recommender = Recommender(database)
            rows.append([f"model pulled, {CALLED[order]}", *_times(lambda _: recommender.model(), [0], 0)])
            rows.append(
                [
                    f"recommend in process, {CALLED[order]}",
                    *_times(lambda user: recommender.recommend(RecommendationRequest(user)), asked),
                ]
            )
            rows.append(
                [
                    f"recommend in the server, {CALLED[order]}",
                    *_times(lambda user: recommend(database, RecommendationRequest(user)), asked),
                ]
            )
            many = np.resize(users, MANY).tolist()
            _, seconds = timed(lambda: list(recommender.recommend_many(many, RecommendationRequest(many[0]))))
            rows.append([f"recommend --users, {CALLED[order]}", f"{60 * MANY / seconds:,.0f} users a minute", ""])
        movies = recommender.model().movie_ids[np.argsort(-recommender.model().like_counts)][: ASKED + WARM_UP]
        rows.append(
            ["similar in process", *_times(lambda movie: recommender.similar(movie, 10, Filters()), movies)]
        )
        rows.append(["similar in the server", *_times(lambda movie: similar_movies(database, str(movie)), movies)])
    publish("answers", table(["", "median", "95th percentile"], rows))


def _times(ask: Callable[[Any], object], asked: Iterable[Any], warm_up: int = WARM_UP) -> list[str]:
    """Median and 95th percentile of the calls after the first ones."""
    times = [timed(lambda: ask(int(one)))[1] for one in asked][warm_up:]
    return [f"{1000 * np.percentile(times, p):.0f} ms" for p in (50, 95)]


if __name__ == "__main__":
    main()
