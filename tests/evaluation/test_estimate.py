from dataclasses import replace

import pytest

from movierec.database.connection import Database
from movierec.errors import StageMissing
from movierec.evaluation.estimate import Sizes, left_out, memory_of, seconds_of_parts, slowness
from movierec.evaluation.run import estimate

LARGE = Sizes(
    ratings=25_000_000, users=160_000, asked=160_000, movies=60_000, likes=12_000_000, paths=3_000_000_000
)


def test_a_number_for_every_pair_of_movies_is_eight_bytes() -> None:
    assert memory_of(LARGE)["ease"] == 28_800_000_000
    assert memory_of(LARGE)["rp3beta"] == 12 * 3_000_000_000
    assert memory_of(replace(LARGE, paths=10**12))["rp3beta"] == 12 * 60_000**2, "or for movies liked together"


def test_methods_that_do_not_fit_are_left_out_and_the_reason_names_both_numbers() -> None:
    assert left_out(LARGE, 16e9) == {
        "rp3beta": "for 60,000 movies it needs 36.0 GB of memory, and may use 16.0 GB",
        "ease": "for 60,000 movies it needs 28.8 GB of memory, and may use 16.0 GB",
        "slist": "for 60,000 movies it needs 86.4 GB of memory, and may use 16.0 GB",
    }
    assert list(left_out(LARGE, 30e9)) == ["rp3beta", "slist"]
    assert left_out(LARGE, 1e12) == {}
    assert left_out(replace(LARGE, movies=100)) == {}


def test_a_sample_of_users_takes_less_and_so_do_fewer_methods() -> None:
    whole = seconds_of_parts(LARGE, {})
    sample = seconds_of_parts(replace(LARGE, asked=16_000), {})
    assert sample["rank by baselines"] == pytest.approx(whole["rank by baselines"] / 10)
    assert sample["fit baselines"] == whole["fit baselines"], "baselines learn from everybody"
    without = seconds_of_parts(LARGE, left_out(LARGE, 16e9))
    assert without["fit baselines"] < 0.2 * whole["fit baselines"], "EASE takes movies cubed"
    assert seconds_of_parts(LARGE, {}, 2.0)["pull"] == 2 * whole["pull"]


def test_machine_is_neither_at_rest_nor_infinitely_fast() -> None:
    assert 0.05 < slowness() < 100


@pytest.mark.one_version
def test_estimate_is_of_the_users_that_an_evaluation_asks(small_database: Database) -> None:
    found = estimate(small_database)
    assert (found.users, found.sampled_from, found.movies) == (60, 60, 40)
    assert found.expected_seconds == pytest.approx(sum(found.seconds.values()), abs=0.5)
    assert estimate(small_database, n_users=7).users == 7


@pytest.mark.one_version
def test_estimate_of_nothing_names_the_stage(empty_database: Database) -> None:
    with pytest.raises(StageMissing, match="movierec load"):
        estimate(empty_database)
