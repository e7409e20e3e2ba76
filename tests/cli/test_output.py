"""Tables and CSV, as a terminal or a program gets them."""

from __future__ import annotations

import csv
import os
import pty
import sys

import pytest

from movierec.cli.output import print_rows
from movierec.recommendation.results import SimilarMovie

ROWS = [{"rank": 1, "title": "The Lord of the Rings: The Fellowship of the Ring (2001)", "score": 1.8435}]
SCRIPT = (
    f"from movierec.cli.output import print_rows; print_rows({ROWS!r}, 'table', dict(zip(*[{list(ROWS[0])}] * 2)))"
)


def in_a_terminal(columns: int) -> str:
    """What the script prints in a terminal of this width."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ |= {"COLUMNS": str(columns), "NO_COLOR": "1", "TERM": "xterm"}
        os.execv(sys.executable, [sys.executable, "-c", SCRIPT])
    said = b""
    while True:
        try:
            said += os.read(terminal, 4096)
        except OSError:  # Linux, when the child is gone
            break
    os.close(terminal)
    os.waitpid(child, 0)
    return said.decode()


@pytest.mark.parametrize("columns", [20, 40, 80, 200])
def test_no_value_is_cut_off_however_narrow_the_terminal(columns: int) -> None:
    shown = in_a_terminal(columns)
    assert "…" not in shown
    assert "1.8435" in shown
    for word in ROWS[0]["title"].split():  # type: ignore[attr-defined]
        assert word in shown


def test_csv_without_rows_has_its_header(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([], "csv", {}, kind=SimilarMovie)
    (header,) = csv.reader(capsys.readouterr().out.splitlines())
    assert header[:3] == ["rank", "movieId", "title"]
    print_rows([], "csv", {"loadId": "loadId", "name": "name"})
    assert capsys.readouterr().out == "loadId,name\n"
