"""What the benchmarks share."""

from __future__ import annotations

import platform
import re
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from movierec.database.query_files import Query, parse_query

HERE = Path(__file__).parent
MOVIELENS = HERE.parent / "data" / "ml-latest-small"
DOCS = HERE.parent / "docs"
T = TypeVar("T")


def query(name: str) -> Query:
    """One of the benchmarks' own query files."""
    return parse_query(f"benchmarks/{name}", (HERE / "cypher" / f"{name}.cypher").read_text())


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What `work` gives, and the seconds it took."""
    started = time.perf_counter()
    return work(), time.perf_counter() - started


def in_turns(
    ways: Mapping[str, Callable[[], Any]],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
    before: Mapping[str, Callable[[], Any]] | None = None,
) -> dict[str, float]:
    """Median seconds of each way by `clock`, taken in turns after a round that warms up.

    `before` a way is done what is named so, and not counted.
    """
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, work in ways.items():
            (before or {}).get(name, bool)()
            started = clock()
            work()
            if number:
                times[name].append(clock() - started)
    return {name: statistics.median(values) for name, values in times.items()}


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; the first column to the left, the others to the right."""
    cells = [list(columns), *[[str(cell) for cell in row] for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    rule = ["-" * widths[0], *["-" * (width - 1) + ":" for width in widths[1:]]]

    def line(row: Sequence[str]) -> str:
        padded = [row[0].ljust(widths[0]), *[c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)]]
        return f"| {' | '.join(padded)} |"

    return "\n".join(line(row) for row in [cells[0], rule, *cells[1:]])


def publish(section: str, text: str, document: str = "performance", **versions: str) -> None:
    """Print a result and put it into its section of a document in docs, with where and when it was measured."""
    said = ", ".join(f"{name} {version}" for name, version in versions.items())
    text = f"{text}\n\n{datetime.now(UTC):%Y-%m-%d}, {_processor()}{', ' + said if said else ''}."
    print(text, flush=True)
    path = DOCS / f"{document}.md"
    whole = path.read_text(encoding="utf-8")
    pattern = re.compile(rf"(<!-- {section} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not pattern.search(whole):
        raise SystemExit(f"docs/{document}.md has no section {section!r}.")
    path.write_text(pattern.sub(lambda m: f"{m[1]}\n{text}\n\n{m[2]}", whole, count=1), encoding="utf-8")


def parts(module: str, known: Mapping[str, Callable[[], None]], asked: Sequence[str]) -> None:
    """Run the parts of a benchmark that are asked for, or all."""
    unknown = set(asked) - set(known)
    if unknown:
        raise SystemExit(f"{module} has no part {', '.join(sorted(unknown))}; expected {', '.join(known)}.")
    for part in asked or known:
        known[part]()


def _processor() -> str:
    """The processor's name, where the system says it."""
    try:
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    import os

    name = found[1] if found else platform.machine()
    return f"{os.cpu_count()} cores of {name}, Python {platform.python_version()}"
