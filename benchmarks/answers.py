"""How long answers take on a warm server, and how many lists a minute.

    python -m benchmarks.answers            ml-latest-small
    python -m benchmarks.answers large      62,000 made-up movies
    python -m benchmarks.answers million    1,000,000 of them with few relationships: 7 GB of memory, 12 GB of disk

Lists of ten for 200 users spread over all, after ten to warm up. "in process": by a Recommender that holds the
model; "in the server": by one query, as the command line asks.

large, million: the model of ml-latest-small, copied (`many_movies`). The same lists by candidates of an index and
by comparing every movie, how many of them are equal, and what they cost the server's process in CPU time, which
depends less on what else a machine does.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.common import MOVIELENS, parts, publish, table, timed
from benchmarks.many_movies import ManyMovies, copied_movies, write_model, write_users
from movierec.database.connection import Database
from movierec.database.embedded.server import EmbeddedServer
from movierec.database.query_files import load_query
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.evaluation.scratch import scratch_database
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.settings import DeriveSettings
from movierec.home import Home
from movierec.lookup.filters import Filters
from movierec.recommendation.candidates import Answer, answer_by_index, answer_by_scan
from movierec.recommendation.in_database import (
    SIMILAR,
    recommend,
    recommendation_query,
    similar_movies,
)
from movierec.recommendation.in_memory import Recommender
from movierec.recommendation.request import RecommendationRequest

ASKED, WARM_UP = 200, 10
MANY = 5_000
CALLED = {True: "sequential", False: "unordered"}


def small() -> None:
    rows = []
    with scratch_database(dict(os.environ)) as (database, home):
        load_ratings(database, MOVIELENS)
        derive_co_liked(database, DeriveSettings(sequential="on"))
        users = [row["userId"] for row in database.read(load_query("derive/raters"), minRating=4.0)]
        train_and_write(database, TrainSettings(), home.checkpoints)
        recommender = Recommender(database)
        for sequential, called in CALLED.items():
            rows += _of_question(database, recommender, users, sequential, called)
        movies = recommender.model().movie_ids[np.argsort(-recommender.model().like_counts)][: ASKED + WARM_UP]
        rows.append(
            ["similar in process", *_times(lambda movie: recommender.similar(movie, 10, Filters()), movies)]
        )
        rows.append(["similar in the server", *_times(lambda movie: similar_movies(database, str(movie)), movies)])
    publish("answers", table(["", "median", "95th percentile"], rows))


def _of_question(
    database: Database, recommender: Recommender, users: Sequence[int], sequential: bool, called: str
) -> list[list[str]]:
    """The rows of lists with the order of likes, or without."""
    ask = partial(RecommendationRequest, sequential=sequential)
    asked, many = np.resize(users, ASKED + WARM_UP).tolist(), np.resize(users, MANY).tolist()
    pulled = _times(lambda _: recommender.model(sequential), [0], 0)
    in_process = _times(lambda user: recommender.recommend(ask(user)), asked)
    in_server = _times(lambda user: recommend(database, ask(user)), asked)
    _, seconds = timed(lambda: list(recommender.recommend_many(many, ask(many[0]))))
    return [
        [f"model pulled, {called}", *pulled],
        [f"recommend in process, {called}", *in_process],
        [f"recommend in the server, {called}", *in_server],
        [f"recommend --users, {called}", f"{60 * MANY / seconds:,.0f} users a minute", ""],
    ]


def large() -> None:
    _by_index(62_000, 60, "2g", "2g", {10: 40, 100: 40, 1_000: 20}, scanned=20)


def million() -> None:
    _by_index(1_000_000, 8, "4g", "3g", {10: 40, 100: 40, 1_000: 20}, scanned=3)


def _by_index(
    n_movies: int, degree: int, heap: str, page_cache: str, users: dict[int, int], *, scanned: int
) -> None:
    """Answers from `n_movies` for all `users` (likes -> how many), and by a scan for `scanned` of each kind."""
    home = Home(Path(tempfile.mkdtemp(prefix="movierec-answers-")))
    server = EmbeddedServer(home, dict(os.environ))
    rows = []
    try:
        process = psutil.Process(server.start(heap, page_cache=page_cache).pid)
        with Database(server.settings()) as database:
            load_ratings(database, MOVIELENS)
            derive_co_liked(database, DeriveSettings(sequential="on"))
            train_and_write(database, TrainSettings(), home.checkpoints)
            movies = copied_movies(database, n_movies, degree, users)
            write_model(database, movies)
            write_users(database, movies)
            for plain in (False, True):
                rows.append(_compared(process, _similar(database, movies, plain), scanned))
            for sequential in CALLED:
                last = 0
                for likes, count in users.items():
                    asked = range(last + 1, last + count + 1)
                    rows.append(_compared(process, _recommended(database, asked, sequential, likes), scanned))
                    last += count
    finally:
        server.discard()
    columns = ["", "median", "95th percentile", "CPU", "scan: median", "CPU", "equal lists"]
    publish(f"answers-{n_movies}", table(columns, rows))


@dataclass(frozen=True)
class _Compared:
    """The same lists in two ways; `whole` as the command line gives them, with reasons."""

    name: str
    by_index: list[Callable[[], Answer]]
    by_scan: list[Callable[[], Answer]]


def _similar(database: Database, movies: ManyMovies, plain: bool) -> _Compared:
    """Of movies spread over all by the logarithm of their rank in popularity."""
    scan, by_index = SIMILAR[plain]
    order = np.argsort(-movies.like_counts)
    asked = order[np.unique(np.geomspace(1, len(order), 2 * ASKED).astype(int) - 1)][:ASKED] + 1
    every = Filters().parameters()
    del every["withRated"]
    parameters = [{**every, "movieId": int(movie), "vector": None, "k": 10} for movie in asked]
    return _Compared(
        "similar --plain-cosine" if plain else "similar",
        [partial(answer_by_index, database, by_index, scan, one) for one in parameters],
        [partial(answer_by_scan, database, scan, one) for one in parameters],
    )


def _recommended(database: Database, users: Sequence[int], sequential: bool, likes: int) -> _Compared:
    requests = [RecommendationRequest(user, sequential=sequential) for user in users]
    return _Compared(
        f"recommend, {CALLED[sequential]}, {likes:,} likes",
        [partial(recommendation_query, database, request) for request in requests],
        [partial(recommendation_query, database, request, by_scan=True) for request in requests],
    )


def _compared(process: psutil.Process, one: _Compared, scanned: int) -> list[str]:
    found, seconds, cpu = _timed_answers(process, one.by_index)
    expected, scan_seconds, scan_cpu = _timed_answers(process, one.by_scan[:scanned])
    equal = sum(
        [row["movieId"] for row in a.rows] == [row["movieId"] for row in b.rows]
        for a, b in zip(found, expected, strict=False)
    )
    row = [
        one.name,
        *[f"{1000 * np.percentile(seconds, p):.0f} ms" for p in (50, 95)],
        f"{1000 * cpu:.0f} ms",
        f"{1000 * np.median(scan_seconds):,.0f} ms",
        f"{1000 * scan_cpu:,.0f} ms",
        f"{equal} of {len(expected)}",
    ]
    print(" | ".join(row), flush=True)
    return row


def _timed_answers(
    process: psutil.Process, asks: Sequence[Callable[[], Answer]]
) -> tuple[list[Answer], list[float], float]:
    """The answers, the seconds that each took, and the server's CPU seconds an answer; some are asked before."""
    for ask in asks[:WARM_UP]:
        ask()
    before = sum(process.cpu_times()[:2])
    answers = [timed(ask) for ask in asks]
    cpu = (sum(process.cpu_times()[:2]) - before) / len(asks)
    return [answer for answer, _ in answers], [seconds for _, seconds in answers], cpu


def _times(ask: Callable[[Any], object], asked: Iterable[Any], warm_up: int = WARM_UP) -> list[str]:
    """Median and 95th percentile of the calls after the first ones."""
    times = [timed(lambda: ask(int(one)))[1] for one in asked][warm_up:]
    return [f"{1000 * np.percentile(times, p):.0f} ms" for p in (50, 95)]


if __name__ == "__main__":
    parts(__spec__.name, {"small": small, "large": large, "million": million}, sys.argv[1:] or ["small"])
