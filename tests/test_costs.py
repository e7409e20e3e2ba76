"""`movierec estimate`: that its numbers hang together. How near they are is what benchmarks.scale prints."""

from __future__ import annotations

import itertools

import pytest

from movierec.costs import Sizes, estimate_costs
from movierec.database.connection import Database
from movierec.errors import BadRequest
from movierec.graph.workload import sizes_of
from movierec.machine import slowness_of_core


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
