"""Ctrl-C at random moments: exit codes, seconds until the process is gone, and the graph afterwards.

    python -m benchmarks.interrupts [N]       N (default 200) commands on ml-latest-small in a scratch server

Each command is a process of its own and gets SIGINT after a random part of the time that it takes when it is left
alone, at most 30 seconds. One that ends by the signal itself, before a command is there, has 130 in a shell too. 5
is the answer of a command whose graph an interrupted derivation left incomplete. What changes the data is undone
before the next command. At the end the stages are run once more, the graph is compared with the one before, and
servers that were left running are counted.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import psutil

from benchmarks.common import MOVIELENS, table
from movierec.evaluation.scratch import scratch_database
from movierec.graph.pull import pull_movie_graph

COMMANDS: dict[str, tuple[str, ...]] = {
    "load": ("load", str(MOVIELENS)),
    "load --dry-run": ("load", str(MOVIELENS), "--dry-run"),
    "load --remove": ("load", "--remove", "1"),
    "derive": ("derive",),
    "derive --dry-run": ("derive", "--dry-run", "--min-rating", "3"),
    "derive --incremental": ("derive", "--incremental"),
    "train": ("train", "--epochs", "1", "--profile-epochs", "20"),
    "train --dry-run": ("train", "--dry-run"),
    "stats --pairs": ("stats", "--pairs"),
    "similar": ("similar", "Matrix, The (1999)"),
    "recommend": ("recommend", "--user", "1"),
    "explain": ("explain", "Matrix, The (1999)", "--user", "1"),
    "split": ("split",),
    "evaluate": ("evaluate",),
    "tune": ("tune",),
    "rating-model train": ("rating-model", "train", "--epochs", "2"),
    "rating-model predict": ("rating-model", "predict", "--user", "1"),
    "rating-model evaluate": ("rating-model", "evaluate", "--epochs", "1"),
    "export": ("export", "FOLDER/projector"),
    "plot loss": ("plot", "loss", "FOLDER/loss.png"),
    "runs": ("runs",),
    "doctor": ("doctor",),
    "fetch": ("fetch", "ml-latest-small", "--from-file", "FOLDER/ml-latest-small.zip"),
    "server status": ("server", "status"),
    "reset": ("reset", "--yes"),
}
STAGES = (("load", str(MOVIELENS)), ("derive",), COMMANDS["train"], COMMANDS["rating-model train"])
# What has to be run before the next command finds what it needs.
UNDO: dict[str, tuple[tuple[str, ...], ...]] = {
    "split": (("split", "--undo"),),
    "load --remove": (("reset", "--yes"), *STAGES),
    "reset": (("reset", "--yes"), *STAGES),
}
LONGEST = 30.0  # seconds


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    signal.signal(signal.SIGINT, signal.default_int_handler)  # commands inherit whether it is ignored, as behind &
    with scratch_database(dict(os.environ)) as (database, home), tempfile.TemporaryDirectory() as folder:
        shutil.make_archive(str(Path(folder) / "ml-latest-small"), "zip", MOVIELENS.parent, MOVIELENS.name)
        env = os.environ | {"MOVIEREC_HOME": str(home.folder)}
        env = {name: value for name, value in env.items() if not name.startswith("NEO4J_")}
        commands = {
            name: tuple(word.replace("FOLDER", folder) for word in command) for name, command in COMMANDS.items()
        }
        for stage in STAGES:
            done(stage, env)
        before = pull_movie_graph(database).fingerprint()
        alone: dict[str, float] = {}
        for name, command in commands.items():
            code, alone[name] = run(command, env, None, most=LONGEST)
            if code not in (0, 5, 130):
                sys.exit(f"{name}, left alone: exit code {code}")
            undo(name, env)
            if code == 130:  # what it had begun
                for stage in STAGES:
                    done(stage, env)
        generator = random.Random(1)
        codes, seconds = defaultdict[str, list[int]](list), defaultdict[str, list[float]](list)
        for i in range(n):
            name = list(commands)[i % len(commands)]
            code, took = run(commands[name], env, generator.uniform(0.05, alone[name]))
            codes[name].append(code)
            if code == 130:
                seconds[name].append(took)
            undo(name, env)
        for stage in STAGES:
            done(stage, env)
        rows = [
            (
                name,
                f"{alone[name]:.1f} s",
                codes[name].count(130),
                codes[name].count(0),
                codes[name].count(5),
                sum(code not in (130, 0, 5) for code in codes[name]),
                f"{statistics.median(seconds[name] or [0]):.2f} s",
                f"{max(seconds[name] or [0]):.2f} s",
            )
            for name in commands
        ]
        print(
            table(("command", "alone", "130", "done before", "5", "other", "median until gone", "longest"), rows)
        )
        everything = [second for taken in seconds.values() for second in taken]
        print(f"\nOf {len(everything)} interrupted, {sum(s > 1 for s in everything)} took more than a second.")
        same = "the same" if pull_movie_graph(database).fingerprint() == before else "ANOTHER"
        print(f"The graph of the stages run once more is {same}.")
        mine = str(home.folder)
        left = [
            process
            for process in psutil.Process().children(recursive=True)
            if "java" in process.name() and mine not in " ".join(process.cmdline())
        ]
        print(f"Servers that were left running: {len(left)}.")


def undo(name: str, env: dict[str, str]) -> None:
    for command in UNDO.get(name, ()):
        done(command, env)


def done(command: tuple[str, ...], env: dict[str, str]) -> None:
    """Run a command that has to succeed."""
    code, _ = run(command, env, None)
    if code:
        sys.exit(f"{' '.join(command)}: exit code {code}")


def run(
    command: tuple[str, ...], env: dict[str, str], after: float | None, most: float | None = None
) -> tuple[int, float]:
    """Exit code, and seconds: of all, or from the signal. What is none of 0, 5 and 130 is printed.

    With `most` the command is interrupted then, and that is how long it takes.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "movierec", *command],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    if after is not None or most is not None:
        try:
            process.wait(after if after is not None else most)
        except subprocess.TimeoutExpired:
            if after is not None:
                started = time.perf_counter()
            process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    took = time.perf_counter() - started
    code = 130 if process.returncode == -signal.SIGINT else process.returncode
    if code not in (0, 5, 130) or "Traceback" in said:
        print(f"{' '.join(command)}: {code} after {after}\n{said}", flush=True)
    return code, took


if __name__ == "__main__":
    main()
