"""Sampled messages of one step, with their normalisation weights. Pure: arrays in, arrays out.

A user with d ratings receives, from each movie j that the user rated at level r,

    sqrt(d) * mean over the ratings used of  T_j W_r / sqrt(d_j)

which over all ratings is the sum of T_j W_r / sqrt(d d_j): the symmetric normalisation of van den Berg, Kipf and
Welling (2017). Written as a mean it keeps its expected value when some ratings are left out: those to be
predicted in the step, and, with `max_neighbours`, all but a sample. Movies receive messages from users in the
same way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from movierec.rating_prediction.graph import Side

__all__ = ["Messages", "draw_messages"]


@dataclass(frozen=True, kw_only=True)
class Messages:
    """K messages in Q bags: a bag holds the messages of one receiver at one level, and is never empty.

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
    *,
    left_out: NDArray[np.bool_] | None = None,
    max_neighbours: int = 0,
    generator: np.random.Generator | None = None,
) -> Messages:
    """The messages to n receivers, but for the ratings that `left_out` (E,) marks.

    With `max_neighbours`, which needs a `generator`, of a receiver with more ratings so many are sampled, with
    repetition, which takes no more memory than they do.
    """
    degrees = side.degrees[receivers]
    sizes = np.minimum(degrees, max_neighbours) if max_neighbours else degrees
    rows = np.repeat(np.arange(len(receivers)), sizes)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    if max_neighbours and generator is not None:
        many = degrees > max_neighbours
        drawn = (generator.random((np.count_nonzero(many), max_neighbours)) * degrees[many, None]).astype(np.int64)
        place[many[rows]] = np.sort(drawn, axis=1).ravel()
    entries = side.indptr[receivers][rows] + place
    if left_out is not None:
        used = ~left_out[side.edges[entries]]
        rows, entries = rows[used], entries[used]
    order = np.argsort(side.levels[entries], kind="stable")  # by level; receivers are in order already
    rows, entries = rows[order], entries[order]
    senders = side.others[entries].astype(np.int64)
    n_used = np.bincount(rows, minlength=len(receivers))
    weights = np.sqrt(degrees[rows] / sender_degrees[senders]) / n_used[rows]
    bags, offsets = np.unique(side.levels[entries].astype(np.int64) * len(receivers) + rows, return_index=True)
    bounds = np.searchsorted(bags, np.arange(n_levels + 1) * len(receivers))
    return Messages(
        senders=senders,
        weights=weights.astype(np.float32),
        offsets=offsets,
        receivers=bags % max(len(receivers), 1),
        bounds=bounds,
    )
