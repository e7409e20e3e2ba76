"""The state of an unfinished training, on disk, so that a killed one goes on where it was.

A checkpoint belongs to one graph and one set of settings: its file is named after their fingerprint, so
another graph or other settings never find it. It is replaced whole or not at all.
"""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import torch
from torch import Tensor

from movierec.errors import CheckpointDamaged

__all__ = ["Checkpoint", "Position"]

FORMAT = 1  # to be raised when a checkpoint would no longer lead to the same bytes


@dataclass(frozen=True)
class Position:
    """Where a training stands: the next block to train on, and the losses so far."""

    epoch: int = 0
    block: int = 0
    epoch_loss: float = 0.0  # summed over the epoch's pairs so far
    losses: tuple[float, ...] = ()  # mean loss a pair, of the epochs that are done


@dataclass(frozen=True)
class Checkpoint:
    """One checkpoint file."""

    path: Path

    def save(self, position: Position, tensors: dict[str, Tensor]) -> None:
        """Write the file; after a crash in the middle, the one before it is still there."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(self.path.name + ".new")
        content = {
            "format": FORMAT,
            "epoch": position.epoch,
            "block": position.block,
            "epoch_loss": position.epoch_loss,
            "losses": list(position.losses),
            "tensors": tensors,
        }
        with draft.open("wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)

    def load(self) -> tuple[Position, dict[str, Tensor]] | None:
        """What was saved, or None if nothing was. Raises CheckpointDamaged for a file that is not whole."""
        if not self.path.exists():
            return None
        try:
            content = torch.load(self.path, weights_only=True)
            if content["format"] != FORMAT:
                raise CheckpointDamaged(
                    f"The checkpoint {self.path} is of another version of movierec. "
                    "Run with --fresh to start this training over."
                )
            position = Position(
                content["epoch"], content["block"], content["epoch_loss"], tuple(content["losses"])
            )
            return position, content["tensors"]
        except (OSError, RuntimeError, EOFError, KeyError, TypeError, BadZipFile, pickle.UnpicklingError) as error:
            raise CheckpointDamaged(
                f"The checkpoint {self.path} cannot be read ({type(error).__name__}). "
                "Run with --fresh to start this training over."
            ) from error

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
