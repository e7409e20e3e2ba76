"""The compiled inner loops of walking: alias slots, neighbour bitmap, and the walk itself.

Walking allocates nothing that grows with the walks, does not hold the interpreter's lock, and draws from no shared
generator. Three tricks make it quick; each leaves the law exact.

1. A slot of Walker's alias method is one record of 12 bytes (threshold, own neighbour, other neighbour), so a
   draw by weight costs one visit to memory. One 64-bit random number gives the slot (upper half) and the coin
   (lower half).
2. 64 walks go forward together, a step of all before the next step of any. Where they are in memory does not
   depend on each other, so the processor waits for many of them at the same time instead of one after another.
3. Second order is rejection: x is drawn by weight and kept with probability bias / highest bias. A random level
   is drawn first; below the lowest bias x is kept and above the highest it is refused, whatever it is, so most
   trials need not ask whether x is a neighbour of t. A way back that is likelier than all other ways (1/p > 1
   and 1/q) would make the others be refused over and over; what it has more than they is drawn apart. A walk
   that is refused 64 times over draws from its whole row instead, which no p or q makes slower.

Random numbers: draw i of a walk is mix(key + i * GAMMA), SplitMix64 (Steele, Lea and Flood 2014). The i-th can
be had without those before it.

Shapes: N movies, 2E entries of the compressed sparse rows, W walks of L movies.
"""

from __future__ import annotations

import numpy as np
from numba import njit, uint64
from numpy.typing import NDArray

__all__ = ["alias_slots", "mix", "neighbour_bitmap", "walk_first_order", "walk_keys", "walk_second_order"]

GAMMA = uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio, odd
LOW_HALF = uint64(0xFFFFFFFF)
HALF = uint64(32)
TO_UNIT = 1.0 / 4294967296.0  # 2**-32
TOGETHER = 64  # walks that go forward together
MOST_TRIALS = 64  # of one step, before it is drawn from the whole row

NO_BITMAP: NDArray[np.uint64] = np.empty((0, 0), dtype=np.uint64)


@njit(inline="always")
def mix(z):  # type: ignore[no-untyped-def]
    """SplitMix64's finaliser: every input bit reaches every output bit."""
    z = (z ^ (z >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> uint64(27))) * uint64(0x94D049BB133111EB)
    return z ^ (z >> uint64(31))


@njit(nogil=True, cache=True)
def walk_keys(seed, epoch, first, n_walks):  # type: ignore[no-untyped-def]
    """(W,) uint64: where the random streams of the walks first, first + 1, ... of an epoch begin."""
    base = mix(mix(uint64(seed) + GAMMA) + uint64(epoch) * GAMMA)
    keys = np.empty(n_walks, dtype=np.uint64)
    for i in range(n_walks):
        keys[i] = mix(base ^ mix(uint64(first + i) + GAMMA))
    return keys


@njit(nogil=True, cache=True)
def alias_slots(indptr, neighbours, weights):  # type: ignore[no-untyped-def]
    """(2E, 3) uint32: threshold of the coin in 2**-32, own neighbour, other neighbour (Vose 1991).

    A row's slots are equally likely. With a coin below its threshold a slot gives its own neighbour, else the
    other, so that each neighbour comes as often as its share of the row's weight.
    """
    slots = np.empty((len(neighbours), 3), dtype=np.uint32)
    largest = 0
    for v in range(len(indptr) - 1):
        largest = max(largest, indptr[v + 1] - indptr[v])
    share = np.empty(largest, dtype=np.float64)  # of the row, in slots: mean 1
    little = np.empty(largest, dtype=np.int64)  # a stack of positions with a share below 1 from the left,
    for v in range(len(indptr) - 1):  # and one of the others from the right
        start, degree = indptr[v], indptr[v + 1] - indptr[v]
        total = 0.0
        for j in range(degree):
            total += weights[start + j]
        n_small, first_large = 0, degree
        for j in range(degree):
            share[j] = weights[start + j] * degree / total
            slots[start + j, 0] = LOW_HALF
            slots[start + j, 1] = neighbours[start + j]
            slots[start + j, 2] = neighbours[start + j]
            if share[j] < 1.0:
                little[n_small] = j
                n_small += 1
            else:
                first_large -= 1
                little[first_large] = j
        while n_small > 0 and first_large < degree:
            n_small -= 1
            small, large = little[n_small], little[first_large]
            slots[start + small, 0] = np.uint32(share[small] * 4294967295.0)
            slots[start + small, 2] = neighbours[start + large]
            share[large] -= 1.0 - share[small]
            if share[large] < 1.0:
                first_large += 1
                little[n_small] = large
                n_small += 1
    return slots


@njit(nogil=True, cache=True)
def neighbour_bitmap(indptr, neighbours):  # type: ignore[no-untyped-def]
    """(N, ceil(N / 64)) uint64: bit x of row v is set where x is a neighbour of v."""
    n = len(indptr) - 1
    bits = np.zeros((n, (n + 63) >> 6), dtype=np.uint64)
    for v in range(n):
        for j in range(indptr[v], indptr[v + 1]):
            bits[v, neighbours[j] >> 6] |= uint64(1) << uint64(neighbours[j] & 63)
    return bits


@njit(inline="always")
def _entry(indptr, slots, v, x):  # type: ignore[no-untyped-def]
    """Where x stands in the ascending row of v, or -1: binary search."""
    low, end = indptr[v], indptr[v + 1]
    high = end
    while low < high:
        middle = (low + high) >> 1
        if np.int64(slots[middle, 1]) < x:
            low = middle + 1
        else:
            high = middle
    if low < end and np.int64(slots[low, 1]) == x:
        return low
    return -1


@njit(inline="always")
def _are_neighbours(indptr, slots, bitmap, t, x):  # type: ignore[no-untyped-def]
    """By the bitmap, or without one by a search in the shorter of the two rows."""
    if len(bitmap) > 0:
        return (bitmap[t, x >> 6] >> uint64(x & 63)) & uint64(1) != uint64(0)
    if indptr[x + 1] - indptr[x] < indptr[t + 1] - indptr[t]:
        return _entry(indptr, slots, x, t) >= 0
    return _entry(indptr, slots, t, x) >= 0


@njit(inline="always")
def _node2vec_plus_bias(indptr, slots, weights, mean_weight, out, t, v, x):  # type: ignore[no-untyped-def]
    """node2vec+ (Liu, Hirn and Krishnan 2023, equation 4): how near x is to t, judged by the weights.

    An edge is tight at x if it weighs at least the mean of the edges at x. Tight to t: as a neighbour, 1. Loose
    to t and to v: noise, the smaller of 1 and 1/q. Loose to t only: between 1/q and 1, by weight(t, x).
    """
    at = _entry(indptr, slots, t, x)
    to_t = 0.0 if at < 0 else np.float64(weights[at])
    if to_t >= mean_weight[x]:
        return 1.0
    if weights[_entry(indptr, slots, v, x)] < mean_weight[v]:
        return min(1.0, out)
    return out + (1.0 - out) * to_t / mean_weight[x]


@njit(nogil=True, cache=True)
def _from_whole_row(  # type: ignore[no-untyped-def]
    indptr, slots, bitmap, weights, mean_weight, node2vec_plus, back, out, t, v, u
):
    """The movie after v, having come from t, by the law itself: where u in [0, 1) falls among the row's masses."""
    first, end = indptr[v], indptr[v + 1]
    reached = np.empty(end - first, dtype=np.float64)
    total = 0.0
    for j in range(first, end):
        x = np.int64(slots[j, 1])
        if x == t:
            bias = back
        elif node2vec_plus:
            bias = _node2vec_plus_bias(indptr, slots, weights, mean_weight, out, t, v, x)
        elif _are_neighbours(indptr, slots, bitmap, t, x):
            bias = 1.0
        else:
            bias = out
        total += weights[j] * bias
        reached[j - first] = total
    at = min(np.searchsorted(reached, u * total, side="right"), end - first - 1)
    return np.int64(slots[first + at, 1])


@njit(nogil=True, cache=True)
def walk_first_order(indptr, slots, keys, walks):  # type: ignore[no-untyped-def]
    """Fill walks[:, 1:] with steps by weight; walks[:, 0] holds the starts."""
    n_walks, walk_length = walks.shape
    here = np.empty(TOGETHER, dtype=np.int64)
    state = np.empty(TOGETHER, dtype=np.uint64)
    slot = np.empty(TOGETHER, dtype=np.int64)
    coin = np.empty(TOGETHER, dtype=np.uint64)
    for first in range(0, n_walks, TOGETHER):
        n = min(TOGETHER, n_walks - first)
        for w in range(n):
            here[w] = walks[first + w, 0]
            state[w] = keys[first + w]
        for i in range(1, walk_length):
            for w in range(n):
                start = indptr[here[w]]
                state[w] += GAMMA
                r = mix(state[w])
                slot[w] = start + np.int64(((r >> HALF) * uint64(indptr[here[w] + 1] - start)) >> HALF)
                coin[w] = r & LOW_HALF
            for w in range(n):
                at = slot[w]
                here[w] = slots[at, 1] if coin[w] < slots[at, 0] else slots[at, 2]
                walks[first + w, i] = here[w]


@njit(nogil=True, cache=True)
def walk_second_order(indptr, slots, bitmap, weights, mean_weight, node2vec_plus, back, out, keys, walks):  # type: ignore[no-untyped-def]
    """Fill walks[:, 1:] by node2vec's law with back = 1/p and out = 1/q; `node2vec_plus`: by node2vec+'s.

    weights (2E,) float32 and mean_weight (N,) float64 are read for node2vec+, where back > max(1, out), and for a
    step that is drawn from its whole row.
    """
    n_walks, walk_length = walks.shape
    lowest_other, highest_other = min(1.0, out), max(1.0, out)
    # What the way back has more than any other way is drawn apart, so that levels end at `highest_other`.
    excess = max(0.0, back - highest_other)
    unit = TO_UNIT * highest_other
    here = np.empty(TOGETHER, dtype=np.int64)
    before = np.empty(TOGETHER, dtype=np.int64)
    state = np.empty(TOGETHER, dtype=np.uint64)
    share_back = np.zeros(TOGETHER, dtype=np.float64)  # probability that a trial is the excess of the way back
    waiting = np.empty(TOGETHER, dtype=np.int64)  # the walks that have no next movie yet
    slot = np.empty(TOGETHER, dtype=np.int64)
    coin = np.empty(TOGETHER, dtype=np.uint64)
    second = np.empty(TOGETHER, dtype=np.uint64)  # the trial's other random number
    for first in range(0, n_walks, TOGETHER):
        n = min(TOGETHER, n_walks - first)
        for w in range(n):
            here[w] = walks[first + w, 0]
            before[w] = -1
            state[w] = keys[first + w]
        for i in range(1, walk_length):
            for w in range(n):
                waiting[w] = w
            if excess > 0.0 and i > 1:
                for w in range(n):
                    v = here[w]
                    to_t = weights[_entry(indptr, slots, v, before[w])]
                    apart = excess * to_t / (mean_weight[v] * (indptr[v + 1] - indptr[v]))
                    share_back[w] = apart / (apart + highest_other)
            n_waiting, trials = n, 0
            while n_waiting > 0:
                trials += 1
                if trials > MOST_TRIALS:
                    for k in range(n_waiting):
                        w = waiting[k]
                        state[w] += GAMMA
                        u = np.float64(mix(state[w]) >> HALF) * TO_UNIT
                        t, v = before[w], here[w]
                        x = _from_whole_row(
                            indptr, slots, bitmap, weights, mean_weight, node2vec_plus, back, out, t, v, u
                        )
                        before[w] = v
                        here[w] = x
                        walks[first + w, i] = x
                    break
                for k in range(n_waiting):
                    w = waiting[k]
                    start = indptr[here[w]]
                    state[w] += GAMMA
                    r = mix(state[w])
                    slot[k] = start + np.int64(((r >> HALF) * uint64(indptr[here[w] + 1] - start)) >> HALF)
                    coin[k] = r & LOW_HALF
                    state[w] += GAMMA
                    second[k] = mix(state[w])
                for k in range(n_waiting):
                    at = slot[k]
                    slot[k] = slots[at, 1] if coin[k] < slots[at, 0] else slots[at, 2]
                still_waiting = 0
                for k in range(n_waiting):
                    w = waiting[k]
                    t, v, x = before[w], here[w], slot[k]
                    level = np.float64(second[k] >> HALF) * unit
                    if i == 1:
                        keep = True
                    elif excess > 0.0 and np.float64(second[k] & LOW_HALF) * TO_UNIT < share_back[w]:
                        x = t
                        keep = True
                    elif x == t:
                        keep = level < back
                    elif level < lowest_other:
                        keep = True
                    elif level >= highest_other:
                        keep = False
                    elif node2vec_plus:
                        keep = level < _node2vec_plus_bias(indptr, slots, weights, mean_weight, out, t, v, x)
                    else:
                        # Between the two biases: kept by the one that is higher.
                        keep = _are_neighbours(indptr, slots, bitmap, t, x) == (out < 1.0)
                    if keep:
                        before[w] = v
                        here[w] = x
                        walks[first + w, i] = x
                    else:
                        waiting[still_waiting] = w
                        still_waiting += 1
                n_waiting = still_waiting
