"""A user encoder: what a user likes -> one vector, which is compared with those of movies. Pure, without PyTorch.

    logit_j = u . V_j + c_j        u: the user's vector, V: those of movies, c: their biases

There are two kinds, one for each use of the order of likes:

    gru    a gated recurrent unit reads the newest likes from the oldest on (GRU4Rec, Hidasi and others 2016; the
           formulas are those of `torch.nn.GRU`), and a linear layer makes u of its last state
    ials   u is what least squares give for these likes, with the movies' vectors as they are (implicit matrix
           factorisation, `ials`); c is 0

A user is encoded when a list is asked for, so a new like, or a new user, needs no training.

Shapes: B users, T likes of all of them, L likes of one, K movies, D dimensions of a vector, H units.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import Lists
from movierec.ids import Ids
from movierec.thread_pool import one_blas_thread

__all__ = ["EncodedMovies", "Encoder", "FactorEncoder", "GruEncoder", "encoder_from_bytes"]

MOST_READ = 100  # likes, the newest, that the GRU reads
MOST_LEFT_OUT = 20  # likes, the newest, that are tried to do without
SYSTEMS_AT_ONCE = 256


@dataclass(frozen=True, kw_only=True)
class _OfArrays:
    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """Everything that it consists of."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


@dataclass(frozen=True, kw_only=True)
class GruEncoder(_OfArrays):
    """A trained GRU of H units, as `torch.nn.GRU` and `torch.nn.Linear` keep its weights, all float32.

    input_weights  (3 H, D), of the reset, the update and the new gate; state_weights (3 H, H); biases (3 H,) each
    output_weights (D, H); output_bias (D,)
    """

    input_weights: NDArray[np.float32]
    state_weights: NDArray[np.float32]
    input_bias: NDArray[np.float32]
    state_bias: NDArray[np.float32]
    output_weights: NDArray[np.float32]
    output_bias: NDArray[np.float32]

    kind: ClassVar[str] = "gru"

    @one_blas_thread()
    def encode(self, likes: Lists, ages: NDArray[np.float64]) -> NDArray[np.float64]:
        """(B, D) vectors of users; zeros for those without likes.

        `likes` has the movies' vectors (T, D) in its values, `ages` (T,) how many likes came after each; likes of
        the same age are read in the order given.
        """
        oldest_first = np.lexsort((np.arange(len(ages)), -ages, likes.rows))
        lengths = np.minimum(likes.sizes, MOST_READ)
        longest_first = np.argsort(-lengths, kind="stable")
        lengths, ends = lengths[longest_first], likes.indptr[1:][longest_first]
        given = self._given(likes.values[oldest_first])
        states = np.zeros((len(lengths), self.state_weights.shape[1]))
        for step in range(lengths.max(initial=0)):
            n = int(np.searchsorted(-lengths, -step))  # users who have more likes than that
            states[:n] = self._next(states[:n], given[ends[:n] - lengths[:n] + step])
        found = np.zeros((len(lengths), self.input_weights.shape[1]))
        found[longest_first] = self._users(states)
        found[likes.sizes == 0] = 0.0
        return found

    @one_blas_thread()
    def shares(
        self, vectors: NDArray[np.float32], ages: NDArray[np.float64], movies: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """(L, K) by how much the logits of K movies, of vectors (K, D), fall without each like of one user.

        Of the newest 20; older ones have no share.
        """
        read = np.lexsort((np.arange(len(vectors)), -ages))[-MOST_READ:]
        tried = read[-MOST_LEFT_OUT:]
        given = self._given(vectors[read])
        state = np.zeros((1, self.state_weights.shape[1]))
        for one in given[: len(read) - len(tried)]:
            state = self._next(state, one)
        states = np.repeat(state, len(tried) + 1, axis=0)  # row j is without like j, the last one with all
        for j, one in enumerate(given[len(read) - len(tried) :]):
            others = np.arange(len(states)) != j
            states[others] = self._next(states[others], one)
        users = self._users(states)
        found = np.zeros((len(vectors), len(movies)))
        found[tried] = (users[-1] - users[:-1]) @ np.asarray(movies, np.float64).T
        return found

    def _given(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """(L, 3 H) what movies of vectors (L, D) give to the gates."""
        # A movie's vector has a length of about 1; the GRU reads numbers of about 1.
        scale = np.sqrt(self.input_weights.shape[1])
        return np.asarray(scale * vectors @ self._wide[0] + self.input_bias)

    def _next(self, states: NDArray[np.float64], given: NDArray[np.float64]) -> NDArray[np.float64]:
        """(B, H) states after those of (B, H), by what was given to the gates, (B, 3 H) or (3 H,)."""
        n = states.shape[1]
        kept = states @ self._wide[1] + self.state_bias
        gates = _sigmoid(given[..., : 2 * n] + kept[:, : 2 * n])
        new = np.tanh(given[..., 2 * n :] + gates[:, :n] * kept[:, 2 * n :])
        return np.asarray(new + gates[:, n:] * (states - new))

    def _users(self, states: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(states @ self._wide[2] + self.output_bias)

    @cached_property
    def _wide(self) -> tuple[NDArray[np.float64], ...]:
        """The three weights in float64, transposed."""
        weights = (self.input_weights, self.state_weights, self.output_weights)
        return tuple(np.ascontiguousarray(one.T, dtype=np.float64) for one in weights)


@dataclass(frozen=True, kw_only=True)
class FactorEncoder(_OfArrays):
    """What is needed to solve for a user's factors.

    gram        (D, D) float32: unobserved weight * V'V, V being the factors of all movies
    ridge       (2,) float32: of the regularisation, what every like adds, and what all movies together add
    """

    gram: NDArray[np.float32]
    ridge: NDArray[np.float32]

    kind: ClassVar[str] = "ials"

    @one_blas_thread()
    def encode(self, likes: Lists, ages: NDArray[np.float64]) -> NDArray[np.float64]:
        """(B, D) vectors of users, as `GruEncoder.encode`, whatever the ages are."""
        found = np.zeros((len(likes), len(self.gram)))
        for start in range(0, len(likes), SYSTEMS_AT_ONCE):
            part = likes.part(start, start + SYSTEMS_AT_ONCE)
            systems = np.stack([self._system(own) for own in part])
            found[start : start + len(part)] = np.linalg.solve(systems, part.sums(part.values)[..., None])[..., 0]
        return found

    @one_blas_thread()
    def shares(
        self, vectors: NDArray[np.float32], ages: NDArray[np.float64], movies: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """(L, K) what each like of one user adds to the logits of K movies, of vectors (K, D); exact."""
        solved = np.linalg.solve(self._system(vectors), np.asarray(movies, np.float64).T)  # (D, K)
        return np.asarray(vectors @ solved)

    def _system(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """(D, D) the matrix that the vectors (L, D) of a user's likes give."""
        wide = vectors.astype(np.float64)
        system: NDArray[np.float64] = self.gram + wide.T @ wide
        system[np.diag_indices(len(system))] += self.ridge[0] * len(vectors) + self.ridge[1]
        return system


Encoder = GruEncoder | FactorEncoder


@dataclass(frozen=True, kw_only=True)
class EncodedMovies:
    """An encoder, and the vectors of the M movies that it knows.

    movie_ids  (M,) int64 or str, ascending
    vectors    (M, D) float32: V, of a like and of a movie that is compared with a user
    bias       (M,) float32: c
    losses     mean loss of a like that was to be predicted, by epoch; nats; empty where none is computed
    """

    encoder: Encoder
    movie_ids: Ids
    vectors: NDArray[np.float32]
    bias: NDArray[np.float32]
    losses: tuple[float, ...] = ()

    def sha256(self) -> str:
        """Equal for equal movies and equal bytes of vectors and weights."""
        digest = hashlib.sha256(self.movie_ids.tobytes())
        for array in (self.vectors, self.bias, *self.encoder.arrays().values()):
            digest.update(array.tobytes())
        return digest.hexdigest()

    def is_finite(self) -> bool:
        return all(np.isfinite(one).all() for one in (self.vectors, self.bias, *self.encoder.arrays().values()))


def encoder_from_bytes(kind: str, content: Mapping[str, bytes], dimensions: int) -> Encoder:
    """The encoder whose arrays were kept as bytes, little-endian float32, by name."""
    flat = {name: np.frombuffer(one, dtype="<f4").astype(np.float32) for name, one in content.items()}
    if kind == "ials":
        return FactorEncoder(gram=flat["gram"].reshape(dimensions, dimensions), ridge=flat["ridge"])
    units = len(flat["input_bias"]) // 3
    shapes = {
        "input_weights": (3 * units, dimensions),
        "state_weights": (3 * units, units),
        "output_weights": (dimensions, units),
    }
    return GruEncoder(**{name: one.reshape(shapes.get(name, one.shape)) for name, one in flat.items()})


def _sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = 0.5 * (1.0 + np.tanh(0.5 * x))
    return found
