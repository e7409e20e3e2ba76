"""Which ratings speak to whom in a step, and how loudly. Pure: arrays in, arrays out.

A user of d ratings hears of each movie j that was rated at level r

    sqrt(d) * mean over the ratings heeded of  T_j W_r / sqrt(d_j)

which over all of them is the sum of T_j W_r / sqrt(d d_j): the symmetric normalisation of van den Berg, Kipf and
Welling (2017). Written as a mean it stays the same on average when some ratings are left out: those that are to be
predicted, and, with a `fanout`, all but so many drawn anew. Movies hear of users in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from movierec.rating_prediction.graph import Side

__all__ = ["Messages", "draw_messages"]


@dataclass(frozen=True)
class Messages:
    """K messages in Q bags: a bag is what one receiver hears at one level, and is never empty.

    senders    (K,) int64 positions on the other side, by bags
    weights    (K,) float32
    offsets    (Q,) int64: where each bag begins
    receivers  (Q,) int64: whose bag it is, 0..n-1 among those asked for; ascending within a level
    bounds     (R + 1,) int64: the bags of level r are bounds[r]:bounds[r + 1]
    """

    senders: NDArray[np.int64]
    weights: NDArray[np.float32]
    offsets: NDArray[np.int64]
    receivers: NDArray[np.int64]
    bounds: NDArray[np.int64]


def draw_messages(
    side: Side,
    sender_degrees: NDArray[np.int64],
    receivers: NDArray[np.int64],
    n_levels: int,
    left_out: NDArray[np.bool_] | None = None,
    fanout: int = 0,
    generator: np.random.Generator | None = None,
) -> Messages:
    """What n receivers hear. `left_out` (E,) marks ratings that say nothing; a `fanout` needs a `generator`.

    Of a receiver with more ratings than `fanout`, so many are drawn, with repetition, which takes no more memory
    than they do.
    """
    degrees = side.degrees[receivers]
    sizes = np.minimum(degrees, fanout) if fanout else degrees
    rows = np.repeat(np.arange(len(receivers)), sizes)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    if fanout and generator is not None:
        many = degrees > fanout
        drawn = (generator.random((np.count_nonzero(many), fanout)) * degrees[many, None]).astype(np.int64)
        place[many[rows]] = np.sort(drawn, axis=1).ravel()
    entries = side.indptr[receivers][rows] + place
    if left_out is not None:
        heeded = ~left_out[side.edges[entries]]
        rows, entries = rows[heeded], entries[heeded]
    order = np.argsort(side.levels[entries], kind="stable")  # by level; receivers are in order already
    rows, entries = rows[order], entries[order]
    senders = side.others[entries].astype(np.int64)
    n_heeded = np.bincount(rows, minlength=len(receivers))
    weights = np.sqrt(degrees[rows] / sender_degrees[senders]) / n_heeded[rows]
    bags, offsets = np.unique(side.levels[entries].astype(np.int64) * len(receivers) + rows, return_index=True)
    bounds = np.searchsorted(bags, np.arange(n_levels + 1) * len(receivers))
    return Messages(senders, weights.astype(np.float32), offsets, bags % max(len(receivers), 1), bounds)
