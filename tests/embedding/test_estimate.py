import contextlib
import dataclasses
from collections.abc import Iterator

import pytest

from movierec.embedding.estimate import estimate_training
from movierec.embedding.profiles import train_profiles
from movierec.embedding.settings import TrainSettings
from movierec.embedding.train import train_embeddings
from movierec.progress import Advance
from tests.embedding.test_profiles import random_start, two_crowds
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


@pytest.mark.parametrize("candidates", ["all", "batch"])
def test_estimate_counts_the_steps_of_the_profiles(candidates: str) -> None:
    likes, steps = two_crowds(), 0
    settings = dataclasses.replace(
        SMALL, sequential="on", profile_epochs=3, profile_batch_size=60, profile_candidates=candidates
    )

    @contextlib.contextmanager
    def count(title: str, total: int | None, unit: str, done: int = 0) -> Iterator[Advance]:
        def advance(n: int, note: str = "") -> None:
            nonlocal steps
            steps += 1

        yield advance

    without, estimate = (estimate_training(two_cliques(), settings, 1, asked) for asked in (None, likes))
    for one in settings.of_questions():
        train_profiles(likes, random_start(likes.n_movies), one, count)
    assert estimate["profile_steps"] == steps == 2 * 3 * 4, "of both questions"
    assert (estimate["profile_epochs"], estimate["profile_candidates"]) == (3, candidates)
    assert estimate["expected_seconds"] >= estimate["profile_seconds"] >= 0
    assert "profile_steps" not in without


@pytest.mark.parametrize(("sequential", "epochs"), [("on", 3), ("off", 16)])
def test_estimate_counts_the_encoder(sequential: str, epochs: int) -> None:
    settings = dataclasses.replace(SMALL, sequential=sequential, encoder_epochs=3, profile_epochs=1)
    estimate = estimate_training(two_cliques(), settings, 1, two_crowds())
    assert estimate["encoder_epochs"] == epochs
    assert estimate["expected_seconds"] >= estimate["encoder_seconds"] + estimate["profile_seconds"] >= 0
    without = estimate_training(two_cliques(), dataclasses.replace(settings, encoder_weight=0.0), 1, two_crowds())
    assert "encoder_seconds" not in without


def test_expected_time_of_profiles_grows_with_their_epochs() -> None:
    few, many = (
        estimate_training(
            two_cliques(), dataclasses.replace(SMALL, sequential="on", profile_epochs=n), 1, two_crowds()
        )
        for n in (1_000, 100_000)
    )
    assert many["profile_seconds"] > 10 * few["profile_seconds"] > 0


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
