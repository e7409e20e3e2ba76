import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from movierec.errors import CheckpointDamaged
from movierec.training.checkpoint import (
    ABANDONED_DAYS,
    Checkpoint,
    TrainingState,
    discard_abandoned,
)
from movierec.training.checksummed_file import HASH_BYTES

FIRST, SECOND = (
    TrainingState(epoch=1, step=2, loss_sum=3.0, loss_pairs=4, losses=(0.5,)),
    TrainingState(epoch=1, step=7, loss_sum=5.0, loss_pairs=9, losses=(0.5,), validation_losses=(0.7,)),
)

DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda whole: whole[: len(whole) // 2],
    "one bit of a tensor": lambda whole: whole[:-700] + bytes([whole[-700] ^ 1]) + whole[-699:],
    "not a checkpoint": lambda _: b"nonsense" * 100,
    "empty": lambda _: b"",
}


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    return Checkpoint(tmp_path / "deep" / "x.pt")


def save(checkpoint: Checkpoint, position: TrainingState) -> None:
    checkpoint.save(position, {"centre": torch.full((2, 2), float(position.step))})


def test_checkpoint_keeps_position_and_tensors(checkpoint: Checkpoint) -> None:
    assert checkpoint.load() is None
    save(checkpoint, SECOND)
    loaded = checkpoint.load()
    assert loaded is not None
    assert loaded[0] == SECOND
    assert torch.equal(loaded[1]["centre"], torch.full((2, 2), 7.0))
    checkpoint.discard()
    assert checkpoint.load() is None
    assert list(checkpoint.path.parent.iterdir()) == []


@pytest.mark.parametrize("how", DAMAGE)
def test_damaged_checkpoint_is_named_and_the_one_before_it_is_used(
    checkpoint: Checkpoint, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    save(checkpoint, FIRST)
    save(checkpoint, SECOND)
    checkpoint.path.write_bytes(DAMAGE[how](checkpoint.path.read_bytes()))
    loaded = checkpoint.load()
    assert loaded is not None
    assert loaded[0] == FIRST
    assert "x.pt is damaged" in caplog.text
    assert "the one before it" in caplog.text


@pytest.mark.parametrize("how", DAMAGE)
def test_damaged_checkpoint_without_one_before_it_is_refused_by_name(checkpoint: Checkpoint, how: str) -> None:
    save(checkpoint, FIRST)
    checkpoint.path.write_bytes(DAMAGE[how](checkpoint.path.read_bytes()))
    with pytest.raises(CheckpointDamaged, match=r"x\.pt is damaged.*--fresh"):
        checkpoint.load()


def test_kill_in_the_save_after_a_damaged_one_leaves_a_whole_one(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(checkpoint, FIRST)
    save(checkpoint, SECOND)
    checkpoint.path.write_bytes(b"damaged")
    assert checkpoint.load() is not None

    def killed(self: Path, target: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        save(checkpoint, SECOND)
    monkeypatch.undo()
    loaded = checkpoint.load()
    assert loaded is not None
    assert loaded[0] == FIRST


def test_only_checkpoints_that_nobody_came_back_to_are_deleted(checkpoint: Checkpoint) -> None:
    old = Checkpoint(checkpoint.path.with_name("old.pt"))
    for one in (checkpoint, old, old):
        save(one, FIRST)
    long_ago = time.time() - (ABANDONED_DAYS + 1) * 86_400
    for path in (old.path, old.previous):
        os.utime(path, (long_ago, long_ago))
    discard_abandoned(checkpoint.path.parent)
    assert list(checkpoint.path.parent.iterdir()) == [checkpoint.path]


def test_crash_between_the_two_renames_leaves_the_one_before(checkpoint: Checkpoint) -> None:
    save(checkpoint, FIRST)
    checkpoint.path.replace(checkpoint.previous)
    loaded = checkpoint.load()
    assert loaded is not None
    assert loaded[0] == FIRST


def test_checkpoint_of_another_version_is_refused(checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("movierec.training.checkpoint.FORMAT", 1)
    save(checkpoint, FIRST)
    monkeypatch.undo()
    with pytest.raises(CheckpointDamaged, match=r"another version.*--fresh"):
        checkpoint.load()


def test_code_in_a_checkpoint_is_not_run(checkpoint: Checkpoint, tmp_path: Path) -> None:
    import hashlib
    import io

    class Harmful:
        def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
            return Path.touch, (tmp_path / "was run",)

    buffer = io.BytesIO()
    torch.save(Harmful(), buffer)
    checkpoint.path.parent.mkdir()
    checkpoint.path.write_bytes(hashlib.sha256(buffer.getvalue()).digest() + buffer.getvalue())
    assert len(checkpoint.path.read_bytes()) > HASH_BYTES
    with pytest.raises(CheckpointDamaged, match="more than tensors"):
        checkpoint.load()
    assert not (tmp_path / "was run").exists()
