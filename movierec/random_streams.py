"""Random numbers by counter (Philox): each use has a stream of its own, so no draw depends on an earlier one.

A generator is a function of stream, seed and counters alone. What is drawn in an epoch or a step is therefore
the same in an interrupted and resumed run, with any number of threads, and in any order.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from movierec.ids import Id, id_number

__all__ = ["Stream", "generator_state", "random_generator", "restore_generator", "user_generator"]


class Stream(Enum):
    """What random numbers are for: the model, and a number of its own among that model's streams."""

    INITIAL_VECTORS = ("embedding", 1)
    WALK_STARTS = ("embedding", 3)
    WEIGHTED_WALK_STARTS = ("embedding", 4)
    VALIDATION_EDGES = ("embedding", 5)
    PROFILES = ("embedding", 6)
    PREDICTIONS = ("embedding", 7)
    ENCODER = ("embedding", 8)
    FACTORS = ("embedding", 9)
    VALIDATION_RATINGS = ("rating", 0)
    EPOCH_SELECTION = ("rating", 1)
    FINAL_FIT = ("rating", 2)


def random_generator(stream: Stream, seed: int, epoch: int = 0, step: int = 0) -> np.random.Generator:
    """The generator of one stream at one epoch and step."""
    model, number = stream.value
    # The order of stream and seed is part of each model's results: another gives other bytes.
    first = (number, seed) if model == "embedding" else (seed, number)
    return np.random.Generator(np.random.Philox([*first, epoch, step]))


def user_generator(seed: int, user_id: Id) -> np.random.Generator:
    """The generator of one user, for a random split: it does not depend on which other users there are."""
    return np.random.Generator(np.random.Philox(key=np.array([seed, id_number(user_id)], dtype=np.uint64)))


def generator_state(generator: np.random.Generator) -> NDArray[np.int64]:
    """(13,) all that the next draws depend on."""
    state: Any = generator.bit_generator.state
    words = [*state["state"]["counter"], *state["state"]["key"], *state["buffer"]]
    rest = [state["buffer_pos"], state["has_uint32"], state["uinteger"]]
    return np.array([*words, *rest], dtype=np.uint64).view(np.int64)


def restore_generator(generator: np.random.Generator, words: NDArray[np.int64]) -> None:
    """Go on where `generator_state` was asked for."""
    unsigned = words.view(np.uint64)
    position, has_half, half = map(int, unsigned[10:])
    generator.bit_generator.state = {
        "bit_generator": "Philox",
        "state": {"counter": unsigned[:4], "key": unsigned[4:6]},
        "buffer": unsigned[6:10],
        "buffer_pos": position,
        "has_uint32": has_half,
        "uinteger": half,
    }
