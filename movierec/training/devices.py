"""Where to train."""

from __future__ import annotations

from movierec.errors import BadRequest

__all__ = ["DEVICES", "require_device"]

DEVICES = ("cpu", "cuda")


def require_device(device: str) -> None:
    """Raises BadRequest where PyTorch finds no such device."""
    if device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise BadRequest("device is 'cuda', but PyTorch finds no CUDA device here. Use --device cpu.")
