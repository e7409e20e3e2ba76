"""Ctrl-C at random moments: exit codes, seconds until the process is gone, and the graph afterwards.

    python -m benchmarks.interrupts [N]       N (default 200) commands on ml-latest-small in a scratch server

Each command is a process of its own and gets SIGINT after a random part of the time that it takes when it is left
alone. One that ends by the signal itself, while Python shuts down, has 130 in a shell too. 5 is the answer of a
command whose graph an interrupted derivation left incomplete. At the end the stages are run once more, and the
graph is compared with the one before.
"""

from __future__ import annotations

import os
import random
import signal
import statistics
import subprocess
import sys
import time
from collections import defaultdict

from benchmarks.common import MOVIELENS, table
from movierec.evaluation.scratch import scratch_database
from movierec.graph.pull import pull_movie_graph

COMMANDS = {
    "load": ("load", str(MOVIELENS)),
    "derive": ("derive",),
    "derive --dry-run": ("derive", "--dry-run", "--min-rating", "3"),
    "derive --incremental": ("derive", "--incremental"),
    "train": ("train", "--epochs", "1", "--profile-epochs", "20"),
    "stats --pairs": ("stats", "--pairs"),
    "similar": ("similar", "Matrix, The (1999)"),
    "recommend": ("recommend", "--user", "1"),
    "explain": ("explain", "Matrix, The (1999)", "--user", "1"),
    "rating-model train": ("rating-model", "train", "--epochs", "3"),
}
STAGES = ("load", "derive", "train")


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with scratch_database(dict(os.environ)) as (database, home):
        env = os.environ | {"MOVIEREC_HOME": str(home.folder)}
        env = {name: value for name, value in env.items() if not name.startswith("NEO4J_")}
        alone = {name: run(command, env, None)[1] for name, command in COMMANDS.items()}
        before = pull_movie_graph(database).fingerprint()
        generator = random.Random(1)
        codes, seconds = defaultdict[str, list[int]](list), defaultdict[str, list[float]](list)
        for i in range(n):
            name = list(COMMANDS)[i % len(COMMANDS)]
            code, took = run(COMMANDS[name], env, generator.uniform(0.1, alone[name]))
            codes[name].append(code)
            if code == 130:
                seconds[name].append(took)
        for name in STAGES:
            code, _ = run(COMMANDS[name], env, None)
            if code:
                sys.exit(f"{name} afterwards: exit code {code}")
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
            for name in COMMANDS
        ]
        print(
            table(("command", "alone", "130", "done before", "5", "other", "median until gone", "longest"), rows)
        )
        same = "the same" if pull_movie_graph(database).fingerprint() == before else "ANOTHER"
        print(f"\nThe graph of the stages run once more is {same}.")


def run(command: tuple[str, ...], env: dict[str, str], after: float | None) -> tuple[int, float]:
    """Exit code, and seconds: of all, or from the signal. What is none of 0, 5 and 130 is printed."""
    script = "from movierec.cli.main import main; main()"
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", script, *command],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    if after is not None:
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
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
