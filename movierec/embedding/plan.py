"""How a training is cut into epochs, steps and bands: arithmetic that depends on sizes alone.

An epoch is `walks_per_node` walks from every movie; a step trains on a block of them. Within a step the true
pairs of short walks are computed for several walks in one matrix product (a band), and neighbouring walks share
their negatives (a group): about as many positions as make matrix products quick.
"""

from __future__ import annotations

from dataclasses import dataclass

from movierec.embedding.settings import TrainSettings

__all__ = ["BAND_POSITIONS", "SHARED_NEGATIVES", "Plan", "pairs_in"]

STEP_POSITIONS = 5_120  # positions trained on in one step
MIN_STEPS = 100  # steps an epoch has at least, so that a small graph learns too
BAND_POSITIONS = 40
GROUP_POSITIONS = 80
SHARED_NEGATIVES = 32  # drawn for each group
CHUNK_POSITIONS = 131_072  # walked at once: many steps, so that starting the walker costs nothing


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
