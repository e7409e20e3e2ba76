"""How fast this machine is, compared with the one that costs were fitted on."""

from __future__ import annotations

import time

__all__ = ["slowness_of_core"]

SUMMANDS = 200_000
REFERENCE_SECONDS = 0.006  # that a core of the machine of `costs` takes for as many
TRIES = 7


def slowness_of_core() -> float:
    """How many times longer one core takes here: for a loop, the quickest of a few, in CPU time."""
    taken = []
    for _ in range(TRIES):
        started = time.thread_time()
        sum(number * number for number in range(SUMMANDS))
        taken.append(time.thread_time() - started)
    return min(taken) / REFERENCE_SECONDS
