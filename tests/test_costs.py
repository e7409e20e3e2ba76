"""`movierec estimate`: that its numbers hang together. How near they are is what benchmarks.scale prints."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable

import pytest

from movierec.cli.estimate import in_size, in_time
from movierec.costs import Sizes, estimate_costs
from movierec.database.connection import Database
from movierec.errors import BadRequest
from movierec.graph.workload import sizes_of
from movierec.machine import slowness_of_core
from tests.conftest import Answer


def test_sizes_of_a_number_of_ratings_are_those_of_movielens() -> None:
    small, large = Sizes.of(100_836), Sizes.of(25_000_095)
    assert (small.users, small.movies) == (610, 9_742)
    assert large.users == pytest.approx(162_541, rel=0.01)
    assert large.movies == pytest.approx(62_423, rel=0.01)
    assert small.wedges == pytest.approx(5_549_426, rel=0.5)  # counted by `movierec stats`


def test_users_and_movies_can_be_said() -> None:
    sizes = Sizes.of(1_000, users=10, movies=50)
    assert (sizes.users, sizes.movies, sizes.likes) == (10, 50, 480)
    assert sizes.wedges == round(1.85 * 480**2 / 10)
    with pytest.raises(BadRequest, match="0 ratings"):
        Sizes.of(0)


def test_more_ratings_take_longer_and_slow_machines_too() -> None:
    costs = [estimate_costs(Sizes.of(n)) for n in (10**4, 10**5, 10**6, 10**7, 10**8)]
    for less, more in itertools.pairwise(costs):
        assert less.seconds < more.seconds
        assert less.server_mb < more.server_mb
        assert less.stages[-1].store_mb < more.stages[-1].store_mb
    assert estimate_costs(Sizes.of(10**6), 2.0).seconds == pytest.approx(2 * costs[2].seconds, rel=0.01)
    assert costs[2].seconds == pytest.approx(sum(one.seconds for one in costs[2].stages), abs=0.1)


@pytest.mark.parametrize(
    ("ratings", "by"),
    [(10**5, ["batches", "cypher"]), (10**6, ["batches", "local"]), (10**7, ["importer", "local"])],
)
def test_what_does_the_work_is_what_the_stages_choose(ratings: int, by: list[str]) -> None:
    stages = {one.stage: one for one in estimate_costs(Sizes.of(ratings)).stages}
    assert [stages["load"].by, stages["derive"].by] == by


def test_too_much_for_one_machine_is_said_with_what_helps() -> None:
    found = estimate_costs(Sizes.of(20_000_000_000, users=10**8, movies=10**6))
    assert [one.by for one in found.stages][2] == "spark"
    assert any("--engine spark" in line and "cores" in line for line in found.advice)
    assert any("torchrun" in line for line in found.advice)
    assert not estimate_costs(Sizes.of(10**5)).advice


def test_machine_is_not_infinitely_fast() -> None:
    assert 0.05 < slowness_of_core() < 100


@pytest.mark.neo4j
@pytest.mark.one_version
def test_sizes_of_a_database_are_counted(movielens_database: Database) -> None:
    sizes = sizes_of(movielens_database)
    assert (sizes.ratings, sizes.users, sizes.movies) == (100_836, 610, 9_742)
    assert (sizes.likes, sizes.wedges) == (48_580, 5_549_426)


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
    assert [in_size(mb) for mb in (12, 1536, 3 * 2**20)] == ["12 MB", "1.5 GB", "3.0 TB"]
