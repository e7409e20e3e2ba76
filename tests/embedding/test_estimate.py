import dataclasses

import pytest

from movierec.embedding.estimate import estimate_training
from movierec.embedding.settings import TrainSettings
from movierec.embedding.train import train_embeddings
from tests.embedding.test_train import SMALL, two_cliques


def test_estimate_counts_what_training_does() -> None:
    steps = 0

    def count(n: int, note: str = "") -> None:
        nonlocal steps
        steps += bool(note)

    import contextlib

    @contextlib.contextmanager
    def progress(title: str, total: int | None, unit: str):  # type: ignore[no-untyped-def]
        yield count

    estimate = estimate_training(two_cliques(), SMALL, threads=1)
    train_embeddings(two_cliques(), SMALL, progress=progress)
    assert estimate["steps"] == steps
    assert (estimate["movies"], estimate["edges"]) == (24, 133)
    assert estimate["walks"] == 24 * SMALL.walks_per_movie * SMALL.epochs
    assert estimate["pairs"] == estimate["walks"] * 2 * (9 + 8)  # walks of 10, window 2


def test_expected_time_grows_with_the_epochs_and_memory_does_not() -> None:
    few, many = (
        estimate_training(two_cliques(), dataclasses.replace(SMALL, epochs=epochs), threads=2)
        for epochs in (10, 1000)
    )
    assert 20 < many["expected_seconds"] / few["expected_seconds"] < 500
    assert many["memory_mb"] == few["memory_mb"]


@pytest.mark.parametrize("changes", [{"walks_per_movie": 1, "walk_length": 2}, {"patience": 2}])
def test_graph_of_one_step_an_epoch_can_be_estimated(changes: dict[str, int]) -> None:
    estimate = estimate_training(two_cliques(), TrainSettings(**changes), threads=2)  # type: ignore[arg-type]
    assert estimate["steps"] >= 3
    assert estimate["expected_seconds"] >= 0
