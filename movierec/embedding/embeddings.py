"""What training results in. Nothing heavy is imported here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Embeddings"]


@dataclass(frozen=True)
class Embeddings:
    """Vectors of movies, and how they were arrived at.

    movie_ids          (N,) int64, ascending
    vectors            (N, D) float32, rows in `movie_ids` order
    losses             mean a pair, by epoch
    validation_losses  mean an edge that was held out, by epoch; empty without early stopping
    """

    movie_ids: NDArray[np.int64]
    vectors: NDArray[np.float32]
    losses: tuple[float, ...] = ()
    validation_losses: tuple[float, ...] = ()

    def sha256(self) -> str:
        """Equal for equal movies and equal bytes of vectors."""
        digest = hashlib.sha256(self.movie_ids.tobytes())
        digest.update(self.vectors.tobytes())
        return digest.hexdigest()
