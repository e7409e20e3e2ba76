"""How a training is cut into epochs, steps and bands: arithmetic that depends on sizes alone.

An epoch is `walks_per_node` walks from every movie; a step trains on a block of them. Within a step the true
pairs of short walks are computed for several walks in one matrix product (a band), and neighbouring walks share
their negatives (a group): about as many positions as make matrix products quick.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from movierec.arrays import LikeLists
from movierec.embedding.settings import PROFILE_EPOCHS, TrainSettings

__all__ = [
    "BAND_POSITIONS",
    "LEAST_LIKES",
    "SHARED_NEGATIVES",
    "Plan",
    "most_liked",
    "pairs_in",
    "places_among",
    "resolved_for_likes",
    "users_for",
    "users_to_learn_from",
]

STEP_POSITIONS = 5_120  # positions trained on in one step
MIN_STEPS = 100  # steps an epoch has at least, so that a small graph learns too
BAND_POSITIONS = 40
GROUP_POSITIONS = 80
SHARED_NEGATIVES = 32  # drawn for each group
CHUNK_POSITIONS = 131_072  # walked at once: many steps, so that starting the walker costs nothing
FULL_SOFTMAX = 2**25  # users * movies up to which profiles are trained on all movies, in less than a minute
PROFILE_STEPS = 5_000  # after which profiles are trained enough, in whole epochs
LEAST_LIKES = 3  # of a movie that predictions and the sequence encoder know


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The sizes of one training on a graph of `n_movies`."""

    n_movies: int
    walks: int  # in an epoch
    walk_length: int
    step_walks: int  # in a step; the last of an epoch may have fewer
    group_walks: int  # that share negatives
    chunk_walks: int  # walked at once, a multiple of step_walks
    steps: int  # in an epoch
    pairs_per_walk: int

    @classmethod
    def of(cls, n_movies: int, settings: TrainSettings) -> Plan:
        walks, length = n_movies * settings.walks_per_node, settings.walk_length
        group = max(1, GROUP_POSITIONS // length)
        step = max(1, min(STEP_POSITIONS // length, walks // MIN_STEPS))
        if step > group:
            step -= step % group
        return cls(
            n_movies=n_movies,
            walks=walks,
            walk_length=length,
            step_walks=step,
            group_walks=group,
            chunk_walks=step * max(1, CHUNK_POSITIONS // (step * length)),
            steps=-(-walks // step),
            pairs_per_walk=pairs_in(length, settings.window_size),
        )

    @property
    def pairs(self) -> int:
        """True (centre, context) pairs in an epoch."""
        return self.walks * self.pairs_per_walk


def pairs_in(walk_length: int, window: int) -> int:
    """True pairs in one walk: ordered pairs of positions at most `window` apart."""
    return 2 * sum(walk_length - distance for distance in range(1, min(window, walk_length - 1) + 1))


def users_to_learn_from(likes: LikeLists) -> NDArray[np.int64]:
    """Those with two likes or more: one to predict, from another."""
    return np.flatnonzero(np.diff(likes.indptr) >= 2)


def most_liked(like_counts: NDArray[np.int64], least: int, most: int) -> NDArray[np.int64]:
    """(R,) positions, ascending, of the `most` most-liked movies that have at least `least` likes."""
    order = np.argsort(-like_counts, kind="stable")[:most]
    return np.sort(order[like_counts[order] >= least])


def places_among(chosen: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """(n,) where each position is among the `chosen`; -1 where it is not."""
    places = np.full(n, -1, dtype=np.int64)
    places[chosen] = np.arange(len(chosen))
    return places


def users_for(
    sizes: NDArray[np.float64] | NDArray[np.int64], users: NDArray[np.int64], most: float, generator: Generator
) -> NDArray[np.int64]:
    """`users`, or where their `sizes` add up to more than `most` a random part of them that does not."""
    if sizes[users].sum() <= most:
        return users
    shuffled = generator.permutation(users)
    ends = np.cumsum(sizes[shuffled])
    return np.sort(shuffled[: max(1, int(np.searchsorted(ends, most)))])


def resolved_for_likes(settings: TrainSettings, likes: LikeLists) -> TrainSettings:
    """With the profiles' candidates and epochs decided, where they are not given, by how many users there are."""
    settings = settings.resolved(settings.sequential == "on")
    n_users = len(users_to_learn_from(likes))
    steps = -(-max(n_users, 1) // settings.profile_batch_size)  # in an epoch
    epochs, candidates = settings.profile_epochs, settings.profile_candidates
    if epochs is None:
        epochs = min(PROFILE_EPOCHS[settings.sequential], -(-PROFILE_STEPS // steps))
    if candidates == "auto":
        candidates = "all" if n_users * likes.n_movies <= FULL_SOFTMAX else "batch"
    return replace(settings, profile_epochs=epochs, profile_candidates=candidates)
