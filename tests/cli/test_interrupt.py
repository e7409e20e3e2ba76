"""Ctrl-C while the server is at work, as a person presses it: a signal to a process of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from movierec.database.connection import Database
from movierec.database.query_files import parse_query
from tests.servers import TestServer

TRAINING = parse_query(
    "training",
    "// Trainings at work.\n// Parameters: none.\n// Returns: n INTEGER.\n"
    "MATCH (run:Run {status: 'running'}) RETURN count(run) AS n;\n",
)
RUNNING = parse_query(
    "running",
    "// What runs.\n// Parameters: none.\n// Returns: query STRING.\n"
    "SHOW TRANSACTIONS YIELD currentQuery AS query RETURN query;\n",
)
SOON = 5.0  # seconds; a person is answered within one, a busy machine may take longer


@pytest.fixture
def process(tmp_path: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes to be ended when the test has failed before they were."""
    started: list[subprocess.Popen[str]] = []
    yield started
    for one in started:
        one.kill()
        one.wait()
        assert one.stderr is not None
        one.stderr.close()


def runs(database: Database, part: str) -> bool:
    return any(part in (row["query"] or "") and "SHOW" not in row["query"] for row in database.read(RUNNING))


@pytest.mark.one_version
@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("stats", "--pairs", "--min-rating", "0.5"), "AS others"),
        (("derive", "--dry-run", "--engine", "cypher", "--min-rating", "0.5", "--min-weight", "0"), "likeCounts"),
    ],
    ids=["a query", "queries in other threads"],
)
def test_ctrl_c_ends_a_long_query_at_once_on_the_server_too(
    neo4j_server: TestServer,
    derived_database: Database,
    process: list[subprocess.Popen[str]],
    arguments: tuple[str, ...],
    part: str,
) -> None:
    command = [sys.executable, "-m", "movierec", *arguments]
    env = os.environ | neo4j_server.env
    process.append(
        subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    )
    deadline = time.monotonic() + 60
    while not runs(derived_database, part):
        assert process[0].poll() is None, process[0].communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process[0].send_signal(signal.SIGINT)
    began = time.monotonic()
    _, said = process[0].communicate(timeout=60)
    assert process[0].returncode == 130, said
    assert said.strip().splitlines()[-1] == "movierec: Interrupted; run the same command again to resume."
    assert "Traceback" not in said
    assert time.monotonic() - began < SOON
    while runs(derived_database, part):
        assert time.monotonic() - began < 2 * SOON
        time.sleep(0.05)


@pytest.mark.one_version
@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "--epochs", "5000", "--threads", "2"),
        ("train", "--epochs", "1", "--profile-epochs", "50000"),
        ("rating-model", "train", "--epochs", "5000"),
    ],
    ids=["walks", "profiles", "ratings"],
)
def test_ctrl_c_ends_a_training_at_once_whatever_its_threads_do(
    neo4j_server: TestServer,
    changed_small_database: Database,
    process: list[subprocess.Popen[str]],
    tmp_path: Path,
    arguments: tuple[str, ...],
) -> None:
    env = os.environ | neo4j_server.env | {"MOVIEREC_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "movierec", *arguments]
    process.append(
        subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    )
    deadline = time.monotonic() + 60
    while not changed_small_database.read_one(TRAINING)["n"]:
        assert process[0].poll() is None, process[0].communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(3)
    process[0].send_signal(signal.SIGINT)
    began = time.monotonic()
    _, said = process[0].communicate(timeout=60)
    assert process[0].returncode == 130, said
    assert said.strip().splitlines()[-1] == "movierec: Interrupted; run the same command again to resume."
    assert "Traceback" not in said
    assert time.monotonic() - began < SOON
    assert changed_small_database.read_one(TRAINING)["n"] == 0, "the Run is closed"


def test_ctrl_c_within_a_finalizer_is_not_lost() -> None:
    script = (
        "import os, signal, time; from movierec.cli.main import _interrupt\n"
        "signal.signal(signal.SIGINT, _interrupt)\n"
        "class Closing:\n"
        "    def __del__(self): os.kill(os.getpid(), signal.SIGINT); time.sleep(0.01)\n"
        "try:\n    closing = Closing(); del closing; time.sleep(20)\n"
        "except KeyboardInterrupt: print('unwound')\n"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout == "unwound\n"
