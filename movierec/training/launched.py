"""What a launcher such as torchrun tells the processes that it starts."""

from __future__ import annotations

import os
from collections.abc import Mapping

__all__ = ["process_number"]


def process_number(env: Mapping[str, str] = os.environ) -> tuple[int, int]:
    """The number of this process, from 0, and of how many it is one; without a launcher 0 and 1."""
    return int(env.get("RANK", 0)), int(env.get("WORLD_SIZE", 1))
