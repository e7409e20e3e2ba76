"""`movierec estimate`, of numbers and of a database."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from movierec.cli.estimate import in_time
from movierec.database.connection import Database
from movierec.database.embedded.memory import in_words
from tests.conftest import Answer


@pytest.mark.one_version
def test_without_a_number_it_is_of_the_database(
    connected: Callable[..., Answer], small_database: Database
) -> None:
    answer = connected("estimate", "--format", "json")
    assert answer.exit_code == 0, answer.err
    found = json.loads(answer.out)
    assert (found["users"], found["movies"]) == (60, 40)
    assert [one["by"] for one in found["stages"]][:3] == ["batches", "", "cypher"]


def test_command_needs_no_database_where_ratings_are_given(movierec: Callable[..., Answer]) -> None:
    answer = movierec("estimate", "--ratings", "25e6", "--users", 162_541, "--format", "json")
    assert answer.exit_code == 0, answer.err
    found = json.loads(answer.out)
    assert (found["ratings"], found["users"]) == (25_000_000, 162_541)
    assert [one["stage"] for one in found["stages"]] == [
        "load",
        "stats",
        "derive",
        "train",
        "recommend",
        "similar",
    ]
    shown = movierec("estimate", "--ratings", "25e6").out
    assert "load (importer)" in shown
    assert "on two cores" in shown


@pytest.mark.parametrize(
    "asked", [("--ratings", "many"), ("--ratings", "0.5"), ("--ratings", "inf"), ("--users", "3")]
)
def test_what_is_no_count_is_refused(movierec: Callable[..., Answer], asked: tuple[str, ...]) -> None:
    answer = movierec("estimate", *asked)
    assert answer.exit_code == 2
    assert asked[1] in answer.err or "--ratings" in answer.err


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.812, "0.81 s"), (89, "89 s"), (90, "1.5 min"), (6_000, "1.7 h"), (9e6, "104 days")]
)
def test_seconds_are_said_in_the_unit_that_fits(seconds: float, said: str) -> None:
    assert in_time(seconds) == said


def test_sizes_are_said_in_the_unit_that_fits() -> None:
    assert [in_words(mb * 2**20) for mb in (12, 1536, 3 * 2**20)] == ["12 MB", "1.5 GB", "3.0 TB"]
