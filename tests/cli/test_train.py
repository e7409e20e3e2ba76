"""`movierec train` with its options, run as a user runs it."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.database.runs import live_run
from tests.conftest import Answer

pytestmark = pytest.mark.one_version

Connected = Callable[..., Answer]


def train(connected: Connected, *options: object) -> dict[str, Any]:
    answer = connected("train", "--preset", "keras", "--format", "json", *options)
    assert answer.exit_code == 0, answer.err
    result: dict[str, Any] = json.loads(answer.out)
    return result


def test_dry_run_says_what_it_takes_and_writes_nothing(connected: Connected, keras_database: Database) -> None:
    before = keras_database.read(load_query("runs/list"), limit=100)
    estimate = train(connected, "--dry-run", "--epochs", 20)
    assert (estimate["movies"], estimate["edges"]) == (1405, 40_043)
    assert estimate["walks"] == 7025 * 20
    assert estimate["pairs"] == 7025 * 20 * 90  # walks of 10, in which everything is in the window of all
    assert estimate["memoryMb"] > 0
    assert 0 < estimate["expectedSeconds"] < 600
    assert keras_database.read(load_query("runs/list"), limit=100) == before


def test_number_of_threads_changes_no_byte(connected: Connected, changed_small_database: Database) -> None:
    one, two = (train(connected, "--threads", threads)["vectorsSha256"] for threads in (1, 2))
    assert one == two


def test_warm_start_begins_with_the_live_vectors(connected: Connected, changed_keras_database: Database) -> None:
    def vectors() -> np.ndarray:
        return np.array([row["embedding"] for row in changed_keras_database.read(load_query("embedding/read"))])

    before = vectors()
    warm = train(connected, "--warm-start", "--epochs", 1, "--seed", 5)
    moved = np.linalg.norm(vectors() - before)
    cold = train(connected, "--epochs", 1, "--seed", 5)
    assert moved < np.linalg.norm(vectors() - before) / 2
    assert warm["losses"][0] < cold["losses"][0]


def test_early_stopping_reports_the_validation(connected: Connected, changed_small_database: Database) -> None:
    stopped = train(connected, "--patience", 1, "--epochs", 60, "--learning-rate", 1)
    losses = stopped["validationLosses"]
    assert isinstance(losses, list)
    assert 2 <= len(losses) < 60
    assert losses[-1] >= min(losses[:-1])
    run = live_run(changed_small_database)
    assert run is not None
    assert run["validationLosses"] == losses


def test_missing_cuda_device_is_named_with_the_way_out(
    connected: Connected, keras_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")  # on a machine that has one
    answer = connected("train", "--device", "cuda")
    assert answer.exit_code == 2
    assert "finds no CUDA device" in answer.err
    assert "--device cpu" in answer.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--final-learning-rate-fraction", 2), "final_learning_rate_fraction is 2.0; expected 0 to 1"),
        (("--subsample", -1), "subsample is -1.0"),
        (("--patience", -1), "patience is -1"),
        (("--validation-fraction", 0), "validation_fraction is 0.0"),
        (("--threads", 3), "1<=x<=2"),
        (("--warm-start", "--embedding-size", 3), "have 50 numbers"),
    ],
)
def test_values_out_of_range_are_refused_by_name(
    connected: Connected, keras_database: Database, options: tuple[object, ...], said: str
) -> None:
    answer = connected("train", *options)
    assert answer.exit_code == 2
    assert said in answer.err
