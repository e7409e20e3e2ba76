"""From a file to a recommendation at growing sizes, as a user types it: time, memory and store by stage.

    python -m benchmarks.scale [--ratings 1e5,1e6,1e7,2.5e7] [--stages "load;stats;..."] [--keep FOLDER]

Ratings are generated (`benchmarks.generate`); each stage is one command in a process of its own, on an embedded
server of its own, and `recommend` is asked twice: the first answer finds the caches cold. Peak memory is the
largest resident set seen, five times a second, of the command's process and of the server's. "Estimated" is what
the formula of `movierec estimate` gives: of loading and of `stats` by the number of ratings alone, of the rest by
what `stats` counts.

With --keep the folder holds the ratings, the database and what was measured, and a second run measures only what
is missing.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.common import publish, table
from benchmarks.generate import generate
from movierec.costs import Sizes, StageCost, estimate_costs
from movierec.home import Home

SIZES = "1e5,1e6,1e7,2.5e7"
# Stage -> its command.
STAGES = {
    "load": ["load", "{ratings}"],
    "stats": ["stats"],
    "derive": ["derive"],
    "train": ["train"],
    "recommend, cold": ["recommend", "--user", "1"],
    "recommend": ["recommend", "--user", "1"],
    "similar": ["similar", "1"],
}
BEFOREHAND = ("--ratings 25e6", "--ratings 2e10 --users 1e8 --movies 1e6")
POLL = 0.2  # seconds


@dataclass(frozen=True)
class Measured:
    """One stage."""

    seconds: float
    cpu_seconds: float  # of the command and of the server
    peak_mb: float  # of the command
    server_peak_mb: float
    store_mb: float  # afterwards, with transaction logs
    answer: Any


def run_stage(arguments: Sequence[str], env: dict[str, str], home: Path) -> Measured:
    """Run `movierec` with some arguments, and watch it and the server."""
    started, server_before = time.monotonic(), _cpu_of(_server(home))
    with tempfile.TemporaryFile() as out:
        process = psutil.Popen(
            [sys.executable, "-m", "movierec", *arguments, "--format", "json"], env=env, stdout=out
        )
        server_peak = cpu = 0.0
        samples, servers = list[dict[int, float]](), set[int]()
        server_cpu = server_before
        while process.poll() is None:
            server = _server(home)
            samples.append(_resident(process))
            cpu = max(cpu, _cpu_of(process))
            server_peak = max(server_peak, sum(_resident(server).values()))
            server_cpu = _cpu_of(server) or server_cpu
            servers |= set(_resident(server))
            time.sleep(POLL)
        seconds = time.monotonic() - started
        out.seek(0)
        text = out.read().decode()
    if process.returncode:
        raise SystemExit(f"movierec {' '.join(arguments)} ended with {process.returncode}.")
    # A command may start the server, which is none of its own memory.
    peak = max((sum(mb for pid, mb in one.items() if pid not in servers) for one in samples), default=0.0)
    # A bulk load starts the server anew, whose time then counts from 0.
    used = server_cpu - server_before if server_cpu >= server_before else server_cpu
    store = sum(path.stat().st_size for path in (home / "server").rglob("*") if path.is_file())
    return Measured(seconds, cpu + used, peak, server_peak, store / 2**20, json.loads(text))


def measure(n_ratings: int, folder: Path, stages: Sequence[str]) -> dict[str, Measured]:
    """All the stages at one size."""
    ratings, home = folder / "ratings", folder / "home"
    if not ratings.exists():
        generate(ratings, n_ratings)
    env = os.environ | {"MOVIEREC_HOME": str(home)}
    kept = folder / "measured.json"
    measured = {name: Measured(**one) for name, one in _read(kept).items()}
    try:
        for name in stages:
            if name in measured:
                continue
            arguments = [part.format(ratings=ratings) for part in STAGES[name]]
            measured[name] = run_stage(arguments, env, home)
            print(name, f"{measured[name].seconds:.1f} s", file=sys.stderr, flush=True)
            kept.write_text(json.dumps({name: asdict(one) for name, one in measured.items()}, indent=1))
    finally:
        subprocess.run(
            [sys.executable, "-m", "movierec", "server", "stop"], env=env, check=False, stdout=subprocess.DEVNULL
        )
    return measured


def _said_beforehand(arguments: str) -> str:
    """A command of `movierec estimate`, and what it prints."""
    command = [sys.executable, "-m", "movierec", "estimate", *arguments.split()]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return f"```text\n$ movierec estimate {arguments}\n{said.rstrip()}\n```"


def _read(kept: Path) -> dict[str, Any]:
    return json.loads(kept.read_text()) if kept.exists() else {}


def estimated(n_ratings: int, stats: Any | None) -> dict[str, StageCost]:
    """Stage -> its estimate; `stats` is the answer of `movierec stats`."""
    expected = {one.stage: one for one in estimate_costs(Sizes.of(n_ratings)).stages}
    if stats is not None:
        (likes,) = (one for one in stats["likes"] if one["minRating"] == stats["minRating"])
        sizes = Sizes(
            ratings=stats["ratings"],
            users=stats["users"],
            movies=stats["movies"],
            likes=likes["likes"],
            wedges=likes["wedges"],
        )
        known = {one.stage: one for one in estimate_costs(sizes).stages}
        expected |= {name: one for name, one in known.items() if name not in ("load", "stats")}
    return expected


def _row(n_ratings: int, name: str, stage: Measured, expected: StageCost) -> list[object]:
    return [
        name,
        f"{n_ratings:,}",
        f"{stage.seconds:,.1f}",
        f"{expected.seconds:,.1f}",
        f"{stage.cpu_seconds:,.1f}",
        f"{stage.peak_mb:,.0f}",
        f"{expected.memory_mb:,.0f}",
        f"{stage.server_peak_mb:,.0f}",
        f"{stage.store_mb:,.0f}",
        f"{expected.store_mb:,.0f}",
    ]


def _server(home: Path) -> psutil.Process | None:
    state = Home(home).state() if home.exists() else None
    if state is None:
        return None
    try:
        return psutil.Process(state.pid)
    except psutil.NoSuchProcess:
        return None


def _resident(process: psutil.Process | None) -> dict[int, float]:
    """MB of a process and of those it has started, by pid."""
    found: dict[int, float] = {}
    if process is None:
        return found
    try:
        for one in (process, *process.children(recursive=True)):
            found[one.pid] = one.memory_info().rss / 2**20
    except psutil.NoSuchProcess:
        pass
    return found


def _cpu_of(process: psutil.Process | None) -> float:
    """Seconds of a process, in user and system mode, with those of children that have ended."""
    if process is None:
        return 0.0
    try:
        return sum(process.cpu_times()[:4])
    except psutil.NoSuchProcess:
        return 0.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__.splitlines()[0])
    parser.add_argument("--ratings", default=SIZES, help="sizes, separated by commas")
    parser.add_argument("--stages", default=";".join(STAGES), help="some of the stages, separated by semicolons")
    parser.add_argument("--keep", type=Path, help="folder for ratings and databases")
    parser.add_argument("--publish", action="store_true", help="put the tables into docs/scale.md")
    asked = parser.parse_args()
    rows: list[list[object]] = []
    said: list[str] = []
    for size in (int(float(text)) for text in asked.ratings.split(",")):
        with tempfile.TemporaryDirectory(prefix="movierec-scale-") as temporary:
            folder = Path(temporary) if asked.keep is None else asked.keep / str(size)
            folder.mkdir(parents=True, exist_ok=True)
            measured = measure(size, folder, asked.stages.split(";"))
            stats = measured["stats"].answer if "stats" in measured else None
            expected = estimated(size, stats)
            rows += [
                _row(size, name, stage, expected[name.removesuffix(", cold")]) for name, stage in measured.items()
            ]
            whole = sum(stage.seconds for stage in measured.values())
            said.append(f"{size:,} ratings, all of these stages: {whole / 60:,.1f} minutes.")
    columns = (
        *("stage", "ratings", "seconds", "estimated", "CPU-seconds"),
        *("MB", "estimated", "server's MB", "store's MB", "estimated"),
    )
    by_stage = table(columns, sorted(rows, key=lambda row: list(STAGES).index(str(row[0]))))
    text = "\n\n".join([by_stage, " ".join(said)])
    if asked.publish:
        publish("stages", text, "scale")
        publish("estimates", "\n\n".join(map(_said_beforehand, BEFOREHAND)), "scale")
    else:
        print(text)


if __name__ == "__main__":
    main()
