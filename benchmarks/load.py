"""Loading ratings: beside LOAD CSV and a loop of single rows, over three sizes, and the memory it takes.

    python -m benchmarks.load peers     ours, LOAD CSV and one row a query, each on a new server, in turns
    python -m benchmarks.load scale     0.1, 1 and 10 million rows: rows a second, peak memory (half an hour)
    python -m benchmarks.load memory    25 million rows read and checked: peak memory of the process
    python -m benchmarks.load reading   a million rows surveyed and checked: plain lines beside quoted ones
    python -m benchmarks.load bulk      1 and 10 million rows through Neo4j's importer, and a million without
    python -m benchmarks.load bulk-25m  25 million rows through the importer (4 GB of disk)

Rows are those of `benchmarks.generate`, sorted by user as MovieLens has them. Every server is new and empty: the
figures are those of a first load on a cold server.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import psutil

from benchmarks.common import in_turns, query
from benchmarks.generate import generate
from movierec.database.connection import Database
from movierec.database.embedded.memory import store_bytes
from movierec.database.embedded.server import ADMIN_TOOL, EmbeddedServer
from movierec.database.query_files import load_query
from movierec.evaluation.scratch import scratch_database
from movierec.graph.load import check_files, load_ratings
from movierec.home import Home
from movierec.ratings.files import Files
from movierec.ratings.rejects import BadRows
from movierec.ratings.source import ReadSettings

ROUNDS = 3
PEER_ROWS = 300_000
SINGLE_ROWS = 2_000
SIZES = (100_000, 1_000_000, 10_000_000)
READING_ROWS = 1_000_000
MEMORY_ROWS = 25_000_000


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


def reading(scratch: Path) -> None:
    folder = generate(scratch / "reading", READING_ROWS)
    header, *rows = (folder / "ratings.csv").read_text().splitlines()
    quoted = scratch / "quoted"
    quoted.mkdir()
    (quoted / "movies.csv").write_bytes((folder / "movies.csv").read_bytes())
    lines = [f'"{row.replace(",", chr(34) + "," + chr(34))}"' for row in (header, *rows)]
    (quoted / "ratings.csv").write_text("\n".join(lines) + "\n")
    seconds = in_turns(
        {"plain": lambda: check(folder), "quoted": lambda: check(quoted)}, ROUNDS, clock=time.process_time
    )
    for name, value in seconds.items():
        print(f"{name:8}{value:7.2f} CPU-seconds, {READING_ROWS / value:10,.0f} rows/CPU-second")
    print(f"plain lines are read {seconds['quoted'] / seconds['plain']:.1f} times as fast")


def check(folder: Path) -> None:
    with Files(folder) as files, BadRows() as bad_rows:
        check_files(files, ReadSettings(), bad_rows)


def bulk(scratch: Path) -> None:
    _bulk_header()
    for n_rows, way in ((1_000_000, "--no-bulk"), (1_000_000, "--bulk"), (10_000_000, "--bulk")):
        _bulk_row(scratch, n_rows, way)


def bulk_25m(scratch: Path) -> None:
    _bulk_header()
    _bulk_row(scratch, 25_000_000, "--bulk")


def _bulk_header() -> None:
    print(
        f"{'rows':>12} {'way':10}{'seconds':>9}{'CPU-seconds: load':>19}{'server':>8}{'together':>10}"
        f"{'peak MB: Python':>17}{'importer':>10}{'store MB':>10}"
    )


def _bulk_row(scratch: Path, n_rows: int, way: str) -> None:
    """One load into the empty server of a home, which runs before; what is started with it counts."""
    folder = scratch / f"bulk-{n_rows}"
    if not folder.exists():
        generate(folder, n_rows)
    server = EmbeddedServer(Home(Path(tempfile.mkdtemp(dir=scratch)) / "home"), dict(os.environ))
    try:
        state = server.start()
        first = psutil.Process(state.pid)
        before = first.cpu_times()
        env = {name: value for name, value in os.environ.items() if not name.startswith("NEO4J_")}
        env["MOVIEREC_HOME"] = str(server.home.folder)
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "movierec", "load", str(folder), way], env=env, stdout=subprocess.DEVNULL
        )
        ours = importer = server_seconds = 0.0
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            with suppress(psutil.NoSuchProcess):
                ours = max(ours, watched.memory_info().rss)
                for child in watched.children():
                    if ADMIN_TOOL in child.cmdline():
                        importer = max(importer, child.memory_info().rss)
            with suppress(psutil.NoSuchProcess):
                now = first.cpu_times()
                server_seconds = now.user + now.system - before.user - before.system
            time.sleep(0.1)
        seconds = time.perf_counter() - started
        if process.returncode:
            raise SystemExit(f"movierec load ended with {process.returncode}")
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = spent.ru_utime + spent.ru_stime - usage.ru_utime - usage.ru_stime
        last = psutil.Process(server.start().pid)
        if last.pid != first.pid:
            times = last.cpu_times()
            server_seconds += times.user + times.system
        with Database(server.settings()) as database:
            assert database.read_one(load_query("doctor/counts"))["ratings"] == n_rows
        store = store_bytes(server.home.data) / 2**20
    finally:
        server.discard()
    print(
        f"{n_rows:12,} {way:10}{seconds:9.1f}{cpu:19.1f}{server_seconds:8.1f}{cpu + server_seconds:10.1f}"
        f"{ours / 2**20:17.0f}{importer / 2**20:10.0f}{store:10.0f}",
        flush=True,
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


PARTS = {"peers": peers, "scale": scale, "memory": memory, "reading": reading, "bulk": bulk}
ON_REQUEST = {"bulk-25m": bulk_25m}


def main() -> None:
    chosen = sys.argv[1:] or list(PARTS)
    parts = PARTS | ON_REQUEST
    unknown = set(chosen) - set(parts)
    if unknown:
        raise SystemExit(f"No part {', '.join(sorted(unknown))}; expected {', '.join(parts)}.")
    with tempfile.TemporaryDirectory(prefix="movierec-bench-") as scratch:
        for part in chosen:
            parts[part](Path(scratch))


if __name__ == "__main__":
    main()
