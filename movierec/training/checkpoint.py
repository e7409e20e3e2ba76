"""The state of an unfinished training, on disk, from which the same training resumes.

A checkpoint belongs to one graph and one set of settings: its file is named after their fingerprint, so another
graph or other settings never find it. A new one replaces it whole or not at all, the one before is kept, and a
checksum detects a damaged file.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from movierec.errors import CheckpointDamaged
from movierec.training.checksummed_file import load_with_checksum, save_with_checksum

__all__ = ["Checkpoint", "TrainingState", "discard_abandoned"]

_log = logging.getLogger(__name__)

FORMAT = 3  # to be raised when a checkpoint would no longer lead to the same bytes
ABANDONED_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class TrainingState:
    """How far a training is: the next step, and the losses so far."""

    epoch: int = 0
    step: int = 0
    loss_sum: float = 0.0  # of the epoch's pairs whose loss was asked for
    loss_pairs: int = 0
    losses: tuple[float, ...] = ()  # mean a pair, of the epochs that are done
    validation_losses: tuple[float, ...] = ()

    @property
    def loss(self) -> float:
        """Mean a pair, of this epoch so far."""
        return self.loss_sum / max(self.loss_pairs, 1)

    def after_step(self, loss_sum: float, loss_pairs: int) -> TrainingState:
        return replace(
            self,
            step=self.step + 1,
            loss_sum=self.loss_sum + loss_sum,
            loss_pairs=self.loss_pairs + loss_pairs,
        )

    def after_epoch(self, validation_loss: float | None) -> TrainingState:
        added = () if validation_loss is None else (validation_loss,)
        return TrainingState(
            epoch=self.epoch + 1,
            losses=(*self.losses, self.loss),
            validation_losses=(*self.validation_losses, *added),
        )

    def has_plateaued(self, patience: int) -> bool:
        """Did none of the last `patience` epochs improve the best validation loss before them?"""
        losses = self.validation_losses
        return len(losses) > patience and min(losses[-patience:]) >= min(losses[:-patience])


@dataclass(frozen=True)
class Checkpoint:
    """The newest checkpoint file of a training, and the one before it."""

    path: Path

    @classmethod
    def for_key(cls, folder: Path, key: Sequence[object], processes: int = 1) -> Checkpoint:
        """The checkpoint of one training and no other: `key`, as JSON, is all that it depends on, and by how many
        processes it is made."""
        text = json.dumps([*key, processes] if processes > 1 else key, sort_keys=True)
        return cls(folder / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.pt")

    @property
    def previous(self) -> Path:
        return self.path.with_suffix(".previous" + self.path.suffix)

    def save(self, state: TrainingState, tensors: dict[str, Tensor]) -> None:
        """Write the file; a crash at any moment leaves a whole one, this or the one before."""
        save_with_checksum(self._draft, {"format": FORMAT, "state": vars(state), "tensors": tensors})
        if self.path.exists():
            self.path.replace(self.previous)
        self._draft.replace(self.path)

    def try_save(self, state: TrainingState, tensors: dict[str, Tensor]) -> Checkpoint | None:
        """Save, and return this; None where it cannot be saved, which is no reason to lose the training itself."""
        try:
            self.save(state, tensors)
        except OSError as error:
            _log.warning("Cannot write the checkpoint %s (%s). Training continues without one.", self.path, error)
            return None
        return self

    def load(self) -> tuple[TrainingState, dict[str, Tensor]] | None:
        """What was saved last, or None if nothing was.

        A damaged file is named in a warning and the one before it is used. Raises CheckpointDamaged if that is
        damaged as well, or gone.
        """
        damage: CheckpointDamaged | None = None
        for path in (self.path, self.previous):
            if not path.exists():
                continue
            try:
                content = _read(path)
            except CheckpointDamaged as error:
                damage = error
                continue
            if damage is not None:
                _log.warning("%s Resuming from the one before it.", damage)
                self.path.unlink()  # or the next save would put it in the place of the whole one
            state = TrainingState(**content["state"])
            return state, content["tensors"]
        if damage is not None:
            raise CheckpointDamaged(f"{damage} Run with --fresh to train from scratch.")
        return None

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self.previous.unlink(missing_ok=True)
        self._draft.unlink(missing_ok=True)

    @property
    def _draft(self) -> Path:
        return self.path.with_suffix(".new" + self.path.suffix)


def discard_abandoned(folder: Path) -> None:
    """Delete checkpoints that nobody came back to: another graph or other settings never find them."""
    for path in folder.glob("*.pt"):
        if time.time() - path.stat().st_mtime > ABANDONED_DAYS * 86_400:
            path.unlink(missing_ok=True)
            _log.info("deleted the abandoned checkpoint %s", path)


def _read(path: Path) -> dict[str, Any]:
    """The content of a whole file of this version."""
    content = load_with_checksum(path)
    if content["format"] != FORMAT:
        raise CheckpointDamaged(f"The checkpoint {path} is of another version of movierec.")
    return content
