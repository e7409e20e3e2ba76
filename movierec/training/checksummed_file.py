"""Files of tensors that are replaced whole or not at all, with a checksum in front that detects damage."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
from pathlib import Path
from typing import Any

import torch

from movierec.errors import CheckpointDamaged

__all__ = ["load_with_checksum", "save_with_checksum"]

HASH_BYTES = 32


def save_with_checksum(path: Path, content: dict[str, Any]) -> str:
    """Write tensors, numbers and texts to `path`; returns the hash. What is there may be lost in a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    torch.save(content, buffer)
    digest = hashlib.sha256(buffer.getbuffer())
    with path.open("wb") as file:
        file.write(digest.digest())
        file.write(buffer.getbuffer())
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def load_with_checksum(path: Path, kind: str = "checkpoint") -> dict[str, Any]:
    """What was written. Raises CheckpointDamaged for a file that does not fit its hash, or holds anything else."""
    whole = memoryview(path.read_bytes())
    if len(whole) < HASH_BYTES or hashlib.sha256(whole[HASH_BYTES:]).digest() != whole[:HASH_BYTES]:
        raise CheckpointDamaged(f"The {kind} {path} is damaged: its content does not fit its hash.")
    try:
        content: dict[str, Any] = torch.load(io.BytesIO(whole[HASH_BYTES:]), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointDamaged(f"The {kind} {path} holds more than tensors and numbers.") from error
    return content
