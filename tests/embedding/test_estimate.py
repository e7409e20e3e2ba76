import contextlib
import dataclasses
from collections.abc import Iterator

import pytest

from movierec.embedding.estimate import estimate_training
from movierec.embedding.settings import TrainSettings
from movierec.embedding.train import train_embeddings
from movierec.progress import Advance
from tests.embedding.test_train import SMALL, two_cliques


def test_estimate_counts_what_training_does() -> None:
    steps = 0

    @contextlib.contextmanager
    def count(title: str, total: int | None, unit: str, done: int = 0) -> Iterator[Advance]:
        def advance(n: int, note: str = "") -> None:
            nonlocal steps
            steps += 1

        yield advance

    estimate = estimate_training(two_cliques(), SMALL, threads=1)
    train_embeddings(two_cliques(), SMALL, progress=count)
    assert estimate["steps"] == steps
    assert (estimate["movies"], estimate["edges"]) == (24, 133)
    assert estimate["walks"] == 24 * SMALL.walks_per_node * SMALL.epochs
    assert estimate["pairs"] == estimate["walks"] * 2 * (9 + 8)  # walks of 10, window 2


def test_expected_time_grows_with_the_epochs_and_memory_does_not() -> None:
    estimate_training(two_cliques(), SMALL, threads=2)  # compiles
    few, many = (
        estimate_training(two_cliques(), dataclasses.replace(SMALL, epochs=epochs), threads=2)
        for epochs in (10, 1000)
    )
    assert many["expected_seconds"] > 10 * few["expected_seconds"] > 0
    assert many["memory_mb"] == few["memory_mb"]


@pytest.mark.parametrize(
    "changes", [{"walks_per_node": 1, "walk_length": 2}, {"patience": 2}, {"tied_embeddings": True}]
)
def test_smallest_trainings_can_be_estimated(changes: dict[str, int]) -> None:
    estimate = estimate_training(two_cliques(), TrainSettings(**changes), threads=2)  # type: ignore[arg-type]
    assert estimate["steps"] >= 3
    assert estimate["expected_seconds"] >= 0
