"""The vectors that training makes. Imports nothing heavy."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from movierec.ids import Ids

__all__ = ["Embeddings", "Profiles"]


@dataclass(frozen=True, kw_only=True)
class Embeddings:
    """Vectors of movies, trained on walks, and the losses by epoch.

    movie_ids          (N,) int64 or str, ascending
    vectors            (N, D) float32, rows in `movie_ids` order
    losses             mean a pair, by epoch
    validation_losses  mean an edge that was held out, by epoch; empty without early stopping
    contexts           (N, D) float32: of each movie as a context of others; those of the last epoch
    """

    movie_ids: Ids
    vectors: NDArray[np.float32]
    losses: tuple[float, ...] = ()
    validation_losses: tuple[float, ...] = ()
    contexts: NDArray[np.float32] | None = None

    def sha256(self) -> str:
        """Equal for equal movies and equal bytes of vectors."""
        digest = hashlib.sha256(self.movie_ids.tobytes())
        digest.update(self.vectors.tobytes())
        return digest.hexdigest()


@dataclass(frozen=True, kw_only=True)
class Profiles:
    """Profile vectors: those whose mean is a user's profile, and those that a profile is compared with.

    movie_ids  (M,) int64 or str, ascending: every liked movie
    profiles   (M, D) float32: P, summed over what a user likes
    contexts   (M, D) float32: O, of a candidate
    bias       (M,) float32: b of a candidate; the logit of a candidate is p . O + b
    losses     mean a user, by epoch
    """

    movie_ids: Ids
    profiles: NDArray[np.float32]
    contexts: NDArray[np.float32]
    bias: NDArray[np.float32]
    losses: tuple[float, ...] = ()

    def sha256(self) -> str:
        """Equal for equal movies and equal bytes of tables."""
        digest = hashlib.sha256(self.movie_ids.tobytes())
        for table in (self.profiles, self.contexts, self.bias):
            digest.update(table.tobytes())
        return digest.hexdigest()

    def is_finite(self) -> bool:
        return all(np.isfinite(table).all() for table in (self.profiles, self.contexts, self.bias))
