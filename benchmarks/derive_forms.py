"""Counting pairs over LIKED against counting them over RATED: why derive makes LIKED relationships first.

    python -m benchmarks.derive_forms

Both forms in turn on one embedded server, rounds interleaved; prints medians and the ratio, and what making
LIKED costs.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from movierec.database.query_files import Query, load_query, parse_query
from movierec.evaluation.scratch import scratch_database
from movierec.graph.load import load_ratings

HERE = Path(__file__).parent
MOVIELENS = HERE.parent / "data" / "ml-latest-small"
ROUNDS = 3


def query(name: str) -> Query:
    return parse_query(f"benchmarks/{name}", (HERE / "cypher" / f"{name}.cypher").read_text())


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    with scratch_database(dict(os.environ)) as (database, _):
        load_ratings(database, MOVIELENS)
        for min_rating in (5.0, 4.0):
            database.run_batches(load_query("derive/clear_likes"))
            making = seconds(lambda: database.run_batches(load_query("derive/likes"), minRating=min_rating))
            database.run_batches(load_query("derive/like_counts"))
            over_liked, over_rated = query("wedges_over_liked"), query("wedges_over_rated")
            assert database.read(over_liked) == database.read(over_rated, minRating=min_rating)
            liked, rated = [], []
            for _ in range(ROUNDS):
                liked.append(seconds(lambda: database.read(over_liked)))
                rated.append(seconds(lambda: database.read(over_rated, minRating=min_rating)))
            a, b = statistics.median(rated), statistics.median(liked)
            print(
                f"rating >= {min_rating}: over RATED {a:.2f} s, over LIKED {b:.2f} s, {a / b:.1f} times faster; "
                f"making LIKED {making:.2f} s"
            )


if __name__ == "__main__":
    main()
