"""What the benchmarks share."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from movierec.database.query_files import Query, parse_query

HERE = Path(__file__).parent
MOVIELENS = HERE.parent / "data" / "ml-latest-small"
T = TypeVar("T")


def query(name: str) -> Query:
    """One of the benchmarks' own query files."""
    return parse_query(f"benchmarks/{name}", (HERE / "cypher" / f"{name}.cypher").read_text())


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What `work` gives, and the seconds it took."""
    started = time.perf_counter()
    return work(), time.perf_counter() - started
