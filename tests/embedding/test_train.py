import contextlib
import dataclasses
import itertools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from movierec.arrays import MovieGraph, graph_from_edges
from movierec.embedding.batches import Batch
from movierec.embedding.settings import PRESETS, TrainSettings
from movierec.embedding.skipgram import SkipGram
from movierec.embedding.train import checkpoint_for, train_embeddings
from movierec.errors import BadRequest, MovieRecError
from movierec.progress import Advance

SMALL = TrainSettings(
    walks_per_node=20,
    walk_length=10,
    embedding_size=8,
    epochs=3,
    resample_each_epoch=False,
    final_learning_rate_fraction=1.0,
    seed=4,
)


def two_cliques(size: int = 12) -> MovieGraph:
    """Two cliques joined by one edge."""
    edges = [*itertools.combinations(range(size), 2), *itertools.combinations(range(size, 2 * size), 2), (0, size)]
    pairs = np.array(edges)
    return graph_from_edges(pairs[:, 0], pairs[:, 1], np.ones(len(edges)))


def test_loss_falls_and_two_cliques_separate() -> None:
    embeddings = train_embeddings(two_cliques(), SMALL)
    assert embeddings.vectors.shape == (24, 8)
    assert embeddings.vectors.dtype == np.float32
    assert list(embeddings.losses) == sorted(embeddings.losses, reverse=True)
    unit = embeddings.vectors / np.linalg.norm(embeddings.vectors, axis=1, keepdims=True)
    cosine = unit @ unit.T
    within = np.concatenate([cosine[1:12, 1:12].ravel(), cosine[13:, 13:].ravel()])
    assert cosine[1:12, 13:].max() < within.min()


def test_same_seed_same_bytes_over_two_processes() -> None:
    script = (
        "from tests.embedding.test_train import two_cliques, SMALL\n"
        "from movierec.embedding.train import train_embeddings\n"
        "print(train_embeddings(two_cliques(), SMALL).sha256())"
    )
    root = Path(__file__).parents[2]
    answer = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == train_embeddings(two_cliques(), SMALL).sha256()


def test_another_seed_gives_other_vectors() -> None:
    other = TrainSettings.from_preset("default", **(SMALL.as_dict() | {"seed": 5}))
    assert train_embeddings(two_cliques(), SMALL).sha256() != train_embeddings(two_cliques(), other).sha256()


class Stopped(Exception):
    """The training is interrupted, as by Ctrl-C."""


def stopping_after(n_blocks: int):  # type: ignore[no-untyped-def]
    @contextlib.contextmanager
    def progress(title: str, total: int | None, unit: str, done: int = 0) -> Iterator[Advance]:
        calls = itertools.count()

        def advance(n: int, note: str = "") -> None:
            if next(calls) == n_blocks:
                raise Stopped

        yield advance

    return progress


@pytest.mark.parametrize("n_blocks", [1, 30, 99, 100, 130, 250])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"tied_embeddings": True, "subsample": 0.01},
        {"patience": 2, "epochs": 30, "learning_rate": 1.0},
        {"warm_start": True},
    ],
    ids=lambda changes: ",".join(changes) or "default",
)
def test_interrupted_training_goes_on_to_the_same_bytes(
    tmp_path: Path, changes: dict[str, Any], n_blocks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("movierec.embedding.train.CHECKPOINT_SECONDS", 0.0)  # a checkpoint after every block
    graph, settings = two_cliques(), dataclasses.replace(SMALL, **changes)
    initial = np.full((24, 8), 0.25, dtype=np.float32) if settings.warm_start else None
    checkpoint = checkpoint_for(tmp_path, graph, settings, initial)
    with pytest.raises(Stopped):
        train_embeddings(
            graph, settings, checkpoint=checkpoint, progress=stopping_after(n_blocks), initial=initial
        )
    assert checkpoint.load() is not None
    resumed = train_embeddings(graph, settings, checkpoint=checkpoint, initial=initial)
    undisturbed = train_embeddings(graph, settings, initial=initial)
    assert resumed.sha256() == undisturbed.sha256()
    assert resumed.losses == undisturbed.losses
    assert resumed.validation_losses == undisturbed.validation_losses


def test_checkpoint_belongs_to_its_graph_and_settings(tmp_path: Path) -> None:
    graph = two_cliques()
    paths = {
        checkpoint_for(tmp_path, graph, SMALL).path,
        checkpoint_for(tmp_path, two_cliques(11), SMALL).path,
        checkpoint_for(tmp_path, graph, TrainSettings()).path,
    }
    assert len(paths) == 3


def test_error_in_the_walking_thread_reaches_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    from movierec.embedding import walks
    from movierec.embedding.walk_kernel import walk_first_order

    calls = itertools.count()

    def failing(*arguments: object) -> None:
        if next(calls) == 2:
            raise MemoryError("no memory for a block")
        walk_first_order(*arguments)

    monkeypatch.setattr(walks, "walk_first_order", failing)
    with pytest.raises(MemoryError, match="no memory for a block"):
        train_embeddings(two_cliques(), SMALL)


@pytest.mark.parametrize(
    "wrong",
    [
        {"p": 0.0},
        {"q": -1.0},
        {"walk_length": 1},
        {"walk_length": 5000},
        {"epochs": 0},
        {"embedding_size": 0},
        {"seed": -1},
        {"p": float("nan")},
    ],
)
def test_settings_out_of_range_are_refused_by_name(wrong: dict[str, object]) -> None:
    with pytest.raises(BadRequest, match=f"{next(iter(wrong))} is"):
        TrainSettings(**wrong)  # type: ignore[arg-type]


def test_presets_are_valid_and_options_win_over_them() -> None:
    assert all(TrainSettings.from_preset(name) for name in PRESETS)
    assert TrainSettings.from_preset("keras", epochs=2, seed=None).epochs == 2
    assert (TrainSettings.from_preset("case-study").p, TrainSettings.from_preset("case-study").q) == (2.0, 1.5)


@pytest.mark.parametrize("patience", [0, 2])
def test_training_that_diverges_says_so_and_is_not_gone_on_with(tmp_path: Path, patience: int) -> None:
    settings = dataclasses.replace(SMALL, learning_rate=1e38, patience=patience)
    checkpoint = checkpoint_for(tmp_path, two_cliques(), settings)
    with pytest.raises(MovieRecError, match=r"diverged in epoch 1.*--learning-rate"):
        train_embeddings(two_cliques(), settings, checkpoint=checkpoint)
    assert checkpoint.load() is None


def test_checkpoint_that_cannot_be_written_costs_no_training(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    checkpoint = checkpoint_for(tmp_path / "file", two_cliques(), SMALL)
    found = train_embeddings(two_cliques(), SMALL, checkpoint=checkpoint)
    assert found.sha256() == train_embeddings(two_cliques(), SMALL).sha256()
    assert "Cannot write the checkpoint" in caplog.text
    assert caplog.text.count("Training continues without one") == 1


def test_learning_rate_falls_linearly_over_all_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    rates = []
    step = SkipGram.step

    def recorded(self: SkipGram, batch: Batch, rate: float, *more: Any) -> float:
        rates.append(rate)
        return step(self, batch, rate, *more)

    monkeypatch.setattr(SkipGram, "step", recorded)
    settings = dataclasses.replace(SMALL, learning_rate=0.5, final_learning_rate_fraction=0.2, epochs=4)
    train_embeddings(two_cliques(), settings)
    n = len(rates)
    assert n >= 4
    assert n % 4 == 0
    # What would come after the last step is the final rate.
    assert rates == pytest.approx([0.5 * (1 - 0.8 * i / n) for i in range(n)])
