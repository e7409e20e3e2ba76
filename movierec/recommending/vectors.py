"""Vectors as the database gives them, as arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["as_table", "of_length_one"]


def as_table(vectors: Sequence[list[float] | None]) -> NDArray[np.float32] | None:
    """(N, D), zeros where there is none; None where there is none at all."""
    size = next((len(vector) for vector in vectors if vector is not None), None)
    if size is None:
        return None
    return np.array([[0.0] * size if vector is None else vector for vector in vectors], dtype=np.float32)


def of_length_one(table: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, D) each vector by its length; zeros stay zeros."""
    unit: NDArray[np.float32] = table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-12)
    return unit
