"""Loading ratings: beside LOAD CSV and a loop of single rows, over three sizes, and the memory it takes.

    python -m benchmarks.load peers     ours, LOAD CSV and one row a query, each on a new server, in turns
    python -m benchmarks.load scale     0.1, 1 and 10 million rows: rows a second, peak memory (half an hour)
    python -m benchmarks.load memory    25 million rows read and checked: peak memory of the process

Rows are generated as MovieLens has them: sorted by user, users with 20 ratings or more, movies by
popularity. Every server is new and empty: the figures are those of a first load on a cold server.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.csv

from benchmarks.common import query
from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.evaluation.scratch import scratch_database
from movierec.graph.load import load_ratings

ROUNDS = 3
PEER_ROWS = 300_000
SINGLE_ROWS = 2_000
SIZES = (100_000, 1_000_000, 10_000_000)
MEMORY_ROWS = 25_000_000
BLOCK_USERS = 5_000
RATINGS_A_USER = 150  # on average; MovieLens has 165 in ml-latest-small, 154 in ml-25m


def generate(folder: Path, n_rows: int) -> Path:
    """movies.csv and ratings.csv with `n_rows` ratings; no (user, movie) pair twice."""
    folder.mkdir(parents=True)
    generator = np.random.default_rng(1)
    n_movies = max(2_000, min(60_000, n_rows // 100))
    popularity = np.arange(1, n_movies + 1) ** -0.8
    cumulated = np.cumsum(popularity / popularity.sum())
    lines = "".join(
        f"{movie},Movie {movie} ({1920 + movie % 100}),Drama|War\n" for movie in range(1, n_movies + 1)
    )
    (folder / "movies.csv").write_text("movieId,title,genres\n" + lines)
    schema = pa.schema(
        {"userId": pa.int64(), "movieId": pa.int64(), "rating": pa.float64(), "timestamp": pa.int64()}
    )
    options = pyarrow.csv.WriteOptions(quoting_style="none", quoting_header="none")
    written, user = 0, 1
    with pyarrow.csv.CSVWriter(str(folder / "ratings.csv"), schema, write_options=options) as writer:
        while written < n_rows:
            sizes = 20 + generator.geometric(1 / (RATINGS_A_USER - 20), BLOCK_USERS)
            users = np.repeat(np.arange(user, user + BLOCK_USERS), sizes)
            movies = np.searchsorted(cumulated, generator.random(len(users))).clip(max=n_movies - 1) + 1
            pairs = np.unique(users * 10**6 + movies)[: n_rows - written]
            ratings = generator.integers(1, 11, len(pairs)) / 2
            times = generator.integers(800_000_000, 1_500_000_000, len(pairs))
            columns = [pairs // 10**6, pairs % 10**6, ratings, times]
            writer.write_table(pa.table([pa.array(column) for column in columns], schema=schema))
            written += len(pairs)
            user += BLOCK_USERS
    return folder


@contextmanager
def server_with_movies(folder: Path) -> Iterator[Database]:
    """A new server that holds the movies of `folder` and nothing else."""
    with scratch_database(dict(os.environ)) as (database, _):
        movies = Path(tempfile.mkdtemp(dir=folder.parent))
        (movies / "movies.csv").write_bytes((folder / "movies.csv").read_bytes())
        (movies / "ratings.csv").write_text("userId,movieId,rating,timestamp\n")
        load_ratings(database, movies)
        yield database


def ours(folder: Path) -> float:
    with server_with_movies(folder) as database:
        started = time.perf_counter()
        load_ratings(database, folder)
        return PEER_ROWS / (time.perf_counter() - started)


def load_csv(folder: Path) -> float:
    with server_with_movies(folder) as database:
        started = time.perf_counter()
        (row,) = database.run_batches(query("load_csv"), url=(folder / "ratings.csv").as_uri())
        assert row["ratings"] == PEER_ROWS
        return PEER_ROWS / (time.perf_counter() - started)


def single_rows(folder: Path) -> float:
    rows = np.loadtxt(folder / "ratings.csv", delimiter=",", skiprows=1, max_rows=SINGLE_ROWS)
    with server_with_movies(folder) as database:
        started = time.perf_counter()
        for user, movie, rating, timestamp in rows.tolist():
            database.write(
                query("load_row"), userId=int(user), movieId=int(movie), rating=rating, timestamp=int(timestamp)
            )
        return SINGLE_ROWS / (time.perf_counter() - started)


def peers(scratch: Path) -> None:
    folder = generate(scratch / "peers", PEER_ROWS)
    print(f"{PEER_ROWS:,} ratings into an empty server, rows a second, {ROUNDS} rounds in turns")
    rates: dict[str, list[float]] = {"movierec": [], "LOAD CSV": [], "one row a query": []}
    for _ in range(ROUNDS):
        for name, work in {"movierec": ours, "LOAD CSV": load_csv, "one row a query": single_rows}.items():
            rates[name].append(work(folder))
            print(f"  {name:16}{rates[name][-1]:12,.0f}", flush=True)
    median = {name: statistics.median(values) for name, values in rates.items()}
    for name, rate in median.items():
        print(f"{name:16} median {rate:9,.0f} rows/s   movierec is {median['movierec'] / rate:6.2f} x")


def scale(scratch: Path) -> None:
    print(f"{'rows':>12}{'seconds':>10}{'rows/s':>10}{'peak MB':>10}{'unchanged, rows/s':>20}")
    for n_rows in SIZES:
        folder = generate(scratch / f"scale-{n_rows}", n_rows)
        with scratch_database(dict(os.environ)) as (database, _):
            env = os.environ | {
                "NEO4J_URI": database.settings.uri,
                "NEO4J_USERNAME": database.settings.username,
                "NEO4J_PASSWORD": database.settings.password,
            }
            seconds, megabytes = measured(["load", str(folder)], env)
            assert database.read_one(load_query("doctor/counts"))["ratings"] == n_rows
            # Comparing every row with what is there: the same ratings under another fingerprint.
            with (folder / "ratings.csv").open("a") as file:
                file.write("\n")
            again, _ = measured(["load", str(folder)], env)
        print(
            f"{n_rows:12,}{seconds:10.1f}{n_rows / seconds:10,.0f}{megabytes:10.0f}{n_rows / again:20,.0f}",
            flush=True,
        )


def memory(scratch: Path) -> None:
    folder = generate(scratch / "memory", MEMORY_ROWS)
    seconds, megabytes = measured(["load", str(folder), "--dry-run"], dict(os.environ))
    print(
        f"{MEMORY_ROWS:,} rows ({(folder / 'ratings.csv').stat().st_size / 2**20:,.0f} MB) read and checked in "
        f"{seconds:.0f} s, {MEMORY_ROWS / seconds:,.0f} rows/s; peak memory {megabytes:.0f} MB"
    )


def measured(arguments: list[str], env: dict[str, str]) -> tuple[float, float]:
    """Seconds and peak resident MB of one `movierec` command."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "movierec", *arguments], env=env, stdout=subprocess.DEVNULL)
    peak = 0
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            peak = max(peak, watched.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        time.sleep(0.1)
    if process.wait():
        raise SystemExit(f"movierec {' '.join(arguments)} ended with {process.returncode}")
    return time.perf_counter() - started, peak / 2**20


PARTS = {"peers": peers, "scale": scale, "memory": memory}


def main() -> None:
    chosen = sys.argv[1:] or list(PARTS)
    unknown = set(chosen) - set(PARTS)
    if unknown:
        raise SystemExit(f"No part {', '.join(sorted(unknown))}; expected {', '.join(PARTS)}.")
    with tempfile.TemporaryDirectory(prefix="movierec-bench-") as scratch:
        for part in chosen:
            PARTS[part](Path(scratch))


if __name__ == "__main__":
    main()
