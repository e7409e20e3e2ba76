"""How long pages take, and what many readers at once get; writes docs/performance.md.

    python -m benchmarks.pages

`movierec ui` over ml-latest-small, in a process of its own, asked over HTTP: one reader after the other, then
fifty at the same time, each of whom asks for twenty pages.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import requests

from benchmarks.common import MOVIELENS, publish, table, timed
from movierec.database.connection import Database
from movierec.database.embedded.server import EmbeddedServer
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.settings import DeriveSettings
from movierec.home import Home

ASKED, WARM_UP = 200, 20
READERS, EACH = 50, 20
TYPED = ("ma", "matr", "the matrix", "matirx", "star w", "toy", "leon prof", "lord of the r", "zzzz", "godf")


@contextmanager
def pages_of(server: EmbeddedServer) -> Iterator[str]:
    """Where `movierec ui` answers, started as a user starts it."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("NEO4J_")}
    env |= {"MOVIEREC_HOME": str(server.home.folder), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-c", "from movierec.cli.start import main; main()", "ui", "--port", "0"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.match(r"movierec answers at (http://127\.0\.0\.1:\d+)/", process.stdout.readline())
            assert found
            yield found[1]
        finally:
            process.terminate()


@contextmanager
def page() -> Iterator[str]:
    """Where the pages of a new database with a model answer."""
    server = EmbeddedServer(Home(Path(tempfile.mkdtemp(prefix="movierec-pages-"))), dict(os.environ))
    try:
        server.start()
        with Database(server.settings()) as database:
            load_ratings(database, MOVIELENS)
            derive_co_liked(database, DeriveSettings())
            train_and_write(database, TrainSettings(), server.home.checkpoints)
        with pages_of(server) as address:
            yield address
    finally:
        server.discard()


def main() -> None:
    movies = [(1, 260, 296, 318, 356, 480, 593, 2571, 2959, 7153)[i % 10] for i in range(ASKED + WARM_UP)]
    users = [1 + 3 * i % 610 for i in range(ASKED + WARM_UP)]
    kinds = {
        "recommend, a user": [f"/recommend?user={user}" for user in users],
        "recommend, three likes": [f"/recommend?then={movie}&then=589&then=1210" for movie in movies],
        "recommend, as JSON": [f"/recommend.json?user={user}" for user in users],
        "type-ahead": [f"/titles.json?q={TYPED[i % len(TYPED)]}&k=8" for i in range(len(users))],
        "a movie": [f"/movie?movie={movie}" for movie in movies],
        "why": [f"/explain?movie=1200&then={movie}&then=589&then=1210" for movie in movies],
    }
    with page() as address:
        rows = [[name, *_one_by_one(address, paths)] for name, paths in kinds.items()]
        asked = kinds["recommend, a user"] + kinds["type-ahead"] + kinds["a movie"]
        rows.append([f"{READERS} readers at once, of all kinds", *_at_once(address, asked)])
    publish("pages", table(["", "median", "95th percentile", "answers that are no 200"], rows))


def _one_by_one(address: str, paths: Sequence[str]) -> list[str]:
    with requests.Session() as session:
        answers = [timed(lambda: session.get(address + path, timeout=60)) for path in paths]
    return _row([(answer.status_code, seconds) for answer, seconds in answers][WARM_UP:])


def _at_once(address: str, paths: Sequence[str]) -> list[str]:
    def read(reader: int) -> list[tuple[int, float]]:
        found = []
        with requests.Session() as session:
            for i in range(EACH):
                path = paths[(reader * EACH + 7 * i) % len(paths)]
                answer, seconds = timed(lambda: session.get(address + path, timeout=60))
                found.append((answer.status_code, seconds))
        return found

    with ThreadPoolExecutor(READERS) as pool:
        return _row([one for found in pool.map(read, range(READERS)) for one in found])


def _row(found: Sequence[tuple[int, float]]) -> list[str]:
    seconds = [one for _, one in found]
    wrong = sum(status != 200 for status, _ in found)
    return [*(f"{1000 * np.percentile(seconds, p):.0f} ms" for p in (50, 95)), f"{wrong} of {len(found):,}"]


if __name__ == "__main__":
    main()
