"""`docker-compose.yml`, brought up as a user brings it up."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.database.settings import ConnectionSettings
from tests.conftest import THREE_USERS

ROOT = Path(__file__).parents[2]
PASSWORD = "chosen-by-the-test"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def compose(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*shlex.split(os.environ["MOVIEREC_COMPOSE"]), "--project-name", "movierec-test", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture
def env() -> Iterator[dict[str, str]]:
    env = dict(os.environ) | {
        "NEO4J_PASSWORD": PASSWORD,
        "MOVIEREC_BOLT_PORT": str(free_port()),
        "MOVIEREC_HTTP_PORT": str(free_port()),
        "MOVIEREC_HEAP": "600m",
    }
    yield env
    compose(env, "down", "--volumes")


def test_data_outlive_down_and_up(env: dict[str, str]) -> None:
    settings = ConnectionSettings(f"bolt://127.0.0.1:{env['MOVIEREC_BOLT_PORT']}", "neo4j", PASSWORD)
    for n_before in (0, 3):
        up = compose(env, "up", "--detach", "--wait")
        assert up.returncode == 0, up.stderr
        with Database(settings) as database:
            assert database.read_one(load_query("doctor/counts"))["users"] == n_before
            database.write(load_query("load/users"), **THREE_USERS)
        down = compose(env, "down")
        assert down.returncode == 0, down.stderr


def test_there_is_no_default_password(env: dict[str, str]) -> None:
    del env["NEO4J_PASSWORD"]
    answer = compose(env, "config")
    assert answer.returncode != 0
    assert "NEO4J_PASSWORD" in answer.stderr
    env["NEO4J_PASSWORD"] = PASSWORD


def test_ports_are_on_loopback_only(env: dict[str, str]) -> None:
    published = [
        line.strip() for line in compose(env, "config").stdout.splitlines() if line.strip().startswith("host_ip:")
    ]
    assert published == ["host_ip: 127.0.0.1"] * 2
