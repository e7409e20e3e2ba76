"""`movierec demo` as a process of its own, and what a killed stage leaves behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from movierec.database.connection import Database
from movierec.database.embedded.server import EmbeddedServer
from movierec.database.query_files import load_query
from movierec.database.runs import live_run
from movierec.home import Home
from tests.servers import MOVIELENS, TestServer
from tests.small_ratings import write_small_ratings

pytestmark = [pytest.mark.embedded, pytest.mark.neo4j]


def environment(home: Path) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("NEO4J_")}
    return env | {"MOVIEREC_HOME": str(home)}


def demo(home: Path, data: Path, *options: str) -> str:
    """What `movierec demo` says."""
    command = [sys.executable, "-m", "movierec", "demo", "--data", str(data), *options]
    answer = subprocess.run(
        command, env=environment(home), cwd=home.parent, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_demo_goes_the_whole_way_twice_to_the_same_model(tmp_path: Path) -> None:
    home, data = tmp_path / "home", write_small_ratings(tmp_path / "small")
    server = EmbeddedServer(Home(home), environment(home))
    hashes = []
    try:
        for options in ((), ("--no-evaluate",)):
            said = demo(home, data, *options)
            for part in ("1,500 ratings", "CO_LIKED", "Movie 3 (1953)", "people liked both", "/browser/"):
                assert part in said
            assert ("against ease, paired by user" in said) == (not options)
            with Database(server.settings()) as database:
                run = live_run(database)
                assert run is not None
                hashes.append(run["vectorsSha256"])
        assert hashes[0] == hashes[1]
    finally:
        server.discard()


@pytest.mark.slow
@pytest.mark.timeout(900)  # two minutes on a quick machine
def test_demo_shows_the_sample(tmp_path: Path) -> None:
    home = tmp_path / "home"
    server = EmbeddedServer(Home(home), environment(home))
    try:
        said = demo(home, MOVIELENS, "--no-evaluate")
    finally:
        server.discard()
    for part in ("100,836 ratings", "CO_LIKED", "Aladdin (1992)", "people liked both", "movierec server password"):
        assert part in said


@pytest.mark.one_version
def test_killed_load_and_derive_can_be_run_again(
    empty_database: Database, neo4j_server: TestServer, tmp_path: Path
) -> None:
    env = environment(tmp_path / "home") | neo4j_server.env

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "movierec", *arguments]
        return subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)

    def kill_once(seen: str, *arguments: str) -> None:
        """End `movierec ...` by SIGKILL as soon as something of the kind `seen` is in the graph."""
        command = [sys.executable, "-m", "movierec", *arguments]
        process = subprocess.Popen(command, env=env, cwd=tmp_path, stdout=subprocess.DEVNULL)
        while empty_database.read_one(load_query("doctor/counts"))[seen] == 0:
            assert process.poll() is None, "it ended before it was killed"
            time.sleep(0.01)
        process.kill()
        process.wait()

    kill_once("ratings", "load", str(MOVIELENS), "--batch-size", "500")
    half = empty_database.read_one(load_query("doctor/counts"))["ratings"]
    assert 0 < half < 100_836
    assert run("derive").returncode == 5, "half a load is not derived from"
    assert json.loads(run("load", str(MOVIELENS), "--format", "json").stdout)["ratings"] == 100_836

    kill_once("coLiked", "derive")
    assert run("train").returncode == 5, "half a graph is not walked"
    derived = json.loads(run("derive", "--preset", "keras", "--format", "json").stdout)
    assert (derived["movies"], derived["edges"]) == (1405, 40_043)


@pytest.mark.one_version
def test_killed_training_is_gone_on_with_to_the_same_bytes(
    changed_keras_database: Database, neo4j_server: TestServer, tmp_path: Path
) -> None:
    env = environment(tmp_path / "home") | neo4j_server.env
    command = [
        sys.executable,
        "-m",
        "movierec",
        "train",
        "--preset",
        "keras",
        "--epochs",
        "40",
        "--format",
        "json",
    ]
    live = live_run(changed_keras_database)
    killed = subprocess.Popen(command, env=env, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    checkpoints = tmp_path / "home" / "checkpoints"
    deadline = time.monotonic() + 120
    while not list(checkpoints.glob("*.pt")):
        assert killed.poll() is None, "it ended before it was killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert live_run(changed_keras_database) == live, "the last vectors are still live"

    resumed = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert list(checkpoints.glob("*.pt")) == []
    undisturbed = subprocess.run(
        [*command, "--fresh"], env=env, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert json.loads(resumed.stdout)["vectorsSha256"] == json.loads(undisturbed.stdout)["vectorsSha256"]
