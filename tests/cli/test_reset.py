"""`movierec reset` empties the database, and says beforehand what it would delete."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from movierec.database.connection import Database
from movierec.database.query_files import load_query, parse_query
from movierec.graph.reset import reset_database
from movierec.progress import Advance
from tests.conftest import Answer

OTHERS = parse_query(
    "tests/others",
    "// Somebody else's node.\n// Parameters: none.\n// Returns: n.\n"
    "MERGE (other:Other {name: 'mine'}) RETURN count(other) AS n;",
)
LEFT = parse_query(
    "tests/left",
    "// What is left.\n// Parameters: none.\n// Returns: label STRING; n INTEGER.\n"
    "MATCH (node) RETURN labels(node)[0] AS label, count(*) AS n ORDER BY label;",
)


@pytest.mark.both_versions
def test_reset_deletes_all_of_ours_and_nothing_else(
    changed_small_database: Database, connected: Callable[..., Answer]
) -> None:
    changed_small_database.write(OTHERS)
    answer = connected("reset", "--dry-run", "--format", "json")
    assert json.loads(answer.out)["ratings"] == 1500
    answer = connected("reset")
    assert answer.exit_code == 2
    assert "Give --yes." in answer.err
    assert changed_small_database.read_one(load_query("doctor/counts"))["ratings"] == 1500
    answer = connected("reset", "--yes", "--format", "json")
    assert answer.exit_code == 0, answer.err
    deleted = json.loads(answer.out)
    assert (deleted["users"], deleted["movies"], deleted["ratings"], deleted["runs"]) == (60, 40, 1500, 3)
    left = {row["label"]: row["n"] for row in changed_small_database.read(LEFT)}
    assert left == {"Other": 1, "Run": 1, "RunLock": 1}, "the Run of the reset itself"
    assert connected("derive").exit_code == 5


def test_reset_that_was_interrupted_is_an_unfinished_load(
    changed_small_database: Database, connected: Callable[..., Answer]
) -> None:
    @contextmanager
    def interrupted(title: str, total: int | None, unit: str, done: int = 0) -> Iterator[Advance]:
        def advance(n: int, note: str = "") -> None:
            raise KeyboardInterrupt

        yield advance

    with pytest.raises(KeyboardInterrupt):
        reset_database(changed_small_database, interrupted)
    answer = connected("derive")
    assert answer.exit_code == 5, answer.err
    assert connected("reset", "--yes").exit_code == 0
    assert changed_small_database.read_one(load_query("doctor/counts"))["users"] == 0
