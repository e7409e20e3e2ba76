"""The examples of docs/ui.md, run against the pages."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from movierec.database.connection import Database
from tests.servers import TestServer
from tests.web.site import served

UI = (Path(__file__).parent.parent.parent / "docs" / "ui.md").read_text()
PORT = "http://127.0.0.1:8765"


@pytest.mark.one_version
def test_example_in_python_prints_a_list(
    neo4j_server: TestServer, ordered_database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", UI, re.DOTALL)
    with served(neo4j_server.settings) as site:
        exec(example.replace(PORT, site.address), {})
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["1", "2", "3"]


@pytest.mark.one_version
def test_example_for_curl_gives_json(neo4j_server: TestServer, ordered_database: Database) -> None:
    (example,) = re.findall(r"^    \$ (curl .*)$", UI, re.MULTILINE)
    with served(neo4j_server.settings) as site:
        command = shlex.split(example.replace(PORT, site.address))
        answer = subprocess.run(
            [*command, "--silent", "--fail"], capture_output=True, text=True, check=True
        ).stdout
    assert answer.count('"rank":') == 3
    assert '"Comedy"' in answer
