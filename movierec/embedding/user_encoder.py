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
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import Lists
from movierec.ids import Ids

__all__ = ["EncodedMovies", "Encoder", "FactorEncoder", "GruEncoder", "encoder_from_bytes"]

MOST_READ = 100  # likes, the newest, that the GRU reads
SYSTEMS_AT_ONCE = 256


@dataclass(frozen=True, kw_only=True)
class GruEncoder:
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

    def encode(self, likes: Lists, ages: NDArray[np.float64]) -> NDArray[np.float64]:
        """(B, D) vectors of users; zeros for those without likes.

        `likes` has the movies' vectors (T, D) in its values, `ages` (T,) how many likes came after each; likes of
        the same age are read in the order given.
        """
        size = self.input_weights.shape[1]
        oldest_first = np.lexsort((np.arange(len(ages)), -ages, likes.rows))
        lengths = np.minimum(likes.sizes, MOST_READ)
        longest_first = np.argsort(-lengths, kind="stable")
        lengths, ends = lengths[longest_first], likes.indptr[1:][longest_first]
        weights = [np.asarray(one, np.float64).T for one in (self.input_weights, self.state_weights)]
        # A movie's vector has a length of about 1; the GRU reads numbers of about 1.
        from_inputs = np.sqrt(size) * likes.values[oldest_first] @ weights[0] + self.input_bias  # (T, 3 H)
        units = self.state_weights.shape[1]
        state = np.zeros((len(lengths), units))
        for step in range(lengths.max(initial=0)):
            n = int(np.searchsorted(-lengths, -step))  # users who have more likes than that
            given = from_inputs[ends[:n] - lengths[:n] + step]
            kept = state[:n] @ weights[1] + self.state_bias
            gates = _sigmoid(given[:, : 2 * units] + kept[:, : 2 * units])
            reset, update = gates[:, :units], gates[:, units:]
            new = np.tanh(given[:, 2 * units :] + reset * kept[:, 2 * units :])
            state[:n] = new + update * (state[:n] - new)
        found = np.zeros((len(lengths), size))
        found[longest_first] = state @ np.asarray(self.output_weights, np.float64).T + self.output_bias
        found[likes.sizes == 0] = 0.0
        return found

    def shares(
        self, vectors: NDArray[np.float32], ages: NDArray[np.float64], movies: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """(L, K) by how much the logits of K movies, of vectors (K, D), fall without each like of one user."""
        n = len(vectors)
        read = np.sort(np.lexsort((np.arange(n), -ages))[-MOST_READ:])
        others = np.array([[j for j in read if j != i] for i in read], np.int64).reshape(len(read), -1)
        without = Lists.of_sizes(np.full(len(read), max(len(read) - 1, 0)), vectors[others.ravel()])
        with_all = self.encode(Lists.of_sizes([n], vectors), ages)
        found = np.zeros((n, len(movies)))
        found[read] = (with_all - self.encode(without, ages[others.ravel()])) @ np.asarray(movies, np.float64).T
        return found

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """Everything that it consists of."""
        return dict(vars(self))


@dataclass(frozen=True, kw_only=True)
class FactorEncoder:
    """What is needed to solve for a user's factors.

    gram        (D, D) float32: unobserved weight * V'V, V being the factors of all movies
    ridge       (2,) float32: of the regularisation, what every like adds, and what all movies together add
    """

    gram: NDArray[np.float32]
    ridge: NDArray[np.float32]

    kind: ClassVar[str] = "ials"

    def encode(self, likes: Lists, ages: NDArray[np.float64]) -> NDArray[np.float64]:
        """(B, D) vectors of users, as `GruEncoder.encode`, whatever the ages are."""
        found = np.zeros((len(likes), len(self.gram)))
        for start in range(0, len(likes), SYSTEMS_AT_ONCE):
            part = likes.part(start, start + SYSTEMS_AT_ONCE)
            systems = np.stack([self._system(own) for own in part])
            found[start : start + len(part)] = np.linalg.solve(systems, part.sums(part.values)[..., None])[..., 0]
        return found

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

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """Everything that it consists of."""
        return dict(vars(self))


Encoder = GruEncoder | FactorEncoder
KINDS: dict[str, type[GruEncoder] | type[FactorEncoder]] = {"gru": GruEncoder, "ials": FactorEncoder}


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
