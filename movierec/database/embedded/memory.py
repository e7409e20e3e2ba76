"""How much memory the embedded server may use: by the size of its store and what the machine has free.

A Neo4j server uses its heap for queries and transactions, and its page cache for the store. `neo4j-admin server
memory-recommendation` divides all memory of a machine that does nothing else between the operating system, the
heap (about a third on a laptop, never more than 31 GB, above which pointers grow) and the page cache, which gets
the rest; Neo4j's manual sizes the page cache by the store and its growth. Here other programs and a training run
beside the server, so it gets what its store needs, within half of the memory that is available:

    heap       = 2.5 GB + store / 2         at least 1 GB, up to half of that half, and 31 GB
    page cache = 1.5 * store, for growth    at least 256 MB, up to the rest of that half

Source: `MemoryRecommendationsCommand` of Neo4j 5, and "Memory configuration" in Neo4j's operations manual.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import psutil

from movierec.errors import BadRequest

__all__ = ["ServerMemory", "available_bytes", "check_size", "choose_memory", "in_bytes", "in_words", "store_bytes"]

MB, GB, TB = 2**20, 2**30, 2**40
SHARE = 0.5  # of the available memory
BASE_HEAP = 2.5 * GB  # all vectors are replaced in one transaction, whose memory grows with the movies
MIN_HEAP, MIN_PAGE_CACHE = 1 * GB, 256 * MB  # carry ml-latest-small from load to recommendations
MIN_HEAP_OF_SMALL_MACHINE = 512 * MB
SMALL_MACHINE = 2 * GB  # available
MAX_HEAP = 31 * GB
GROWTH = 1.5  # a derivation and vectors make the store of loaded ratings larger
STEP = 64 * MB
LUCENE = ("fulltext-", "text-", "vector-")  # folders of indexes that are not in the page cache
NO_LIMIT = 2**60  # cgroups of version 1 say "no limit" by a number near 2**63


@dataclass(frozen=True)
class ServerMemory:
    """Sizes as Neo4j's settings write them, such as "1g" or "1536m", and in words why they are what they are."""

    heap: str
    page_cache: str
    reason: str


def choose_memory(
    store: int, available: int, *, heap: str | None = None, page_cache: str | None = None
) -> ServerMemory:
    """The memory for a server with a store of `store` bytes, where `available` bytes are; sizes that are given
    stay as they are.
    """
    budget = SHARE * available
    least = MIN_HEAP if available >= SMALL_MACHINE else MIN_HEAP_OF_SMALL_MACHINE
    heap_bytes = in_bytes(heap) if heap else _within(BASE_HEAP + store / 2, least, min(budget / 2, MAX_HEAP))
    cache_bytes = _within(GROWTH * store, MIN_PAGE_CACHE, budget - heap_bytes)
    given = [name for name, size in (("heap", heap), ("page cache", page_cache)) if size]
    chosen = f"chosen for a store of {in_words(store)} and {in_words(available)} of available memory"
    reason = f"{' and '.join(given)} as given" if given else ""
    if len(given) < 2:
        reason = f"{reason}, the other {chosen}" if given else chosen
    return ServerMemory(heap or _setting(heap_bytes), page_cache or _setting(cache_bytes), reason)


def check_size(name: str, size: str) -> None:
    """Raise BadRequest for a text that is no size as Neo4j's settings have it."""
    if not re.fullmatch(r"[1-9]\d*[mgMG]", size):
        raise BadRequest(
            f"{name} is {size!r}; expected a number with m or g, such as 512m or 2g, or auto for what fits."
        )


def in_bytes(size: str) -> int:
    """The bytes of a size such as "512m" or "2g"."""
    return int(size[:-1]) * (GB if size[-1] in "gG" else MB)


def in_words(n: int) -> str:
    """A number of bytes for people: "24 MB", "1.8 GB", "3.0 TB"."""
    if n >= TB:
        return f"{n / TB:.1f} TB"
    return f"{n / GB:.1f} GB" if n >= GB else f"{n / MB:.0f} MB"


def store_bytes(data: Path) -> int:
    """The size of the stores and indexes below a server's data folder that belong into its page cache."""
    total = 0
    for folder, _, names in os.walk(data / "databases"):
        if not any(part.startswith(LUCENE) for part in Path(folder).relative_to(data).parts):
            total += sum(_size(Path(folder, name)) for name in names)
    return total


def available_bytes() -> int:
    """The memory that programs can take now without swapping: the machine's, or less where a cgroup says so."""
    return min(psutil.virtual_memory().available, *_available_in_cgroups(), NO_LIMIT)


def _available_in_cgroups(root: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> list[int]:
    """What is left in each memory cgroup of this process, of version 2 or 1, from its own up to the root."""
    try:
        lines = [line.split(":", 2) for line in own.read_text().splitlines()]
    except OSError:
        return []  # no Linux
    left = []
    for _, controllers, path in lines:
        if controllers == "":
            top, limit_name, used_name = root, "memory.max", "memory.current"
        elif "memory" in controllers.split(","):
            top, limit_name, used_name = root / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
        else:
            continue
        # Inside a container the path can be the host's, and only the top is there.
        folder = top / path.lstrip("/")
        for group in {folder, *(parent for parent in folder.parents if parent.is_relative_to(top))}:
            limit, used = _number(group / limit_name), _number(group / used_name)
            if limit is not None and used is not None and limit < NO_LIMIT:
                left.append(max(limit - used + _reclaimable(group / "memory.stat"), 0))
    return left


def _reclaimable(stat: Path) -> int:
    """The bytes of files that the kernel drops when programs need memory."""
    try:
        text = stat.read_text()
    except OSError:
        return 0
    return max(map(int, re.findall(r"^(?:total_)?inactive_file (\d+)$", text, re.MULTILINE)), default=0)


def _number(path: Path) -> int | None:
    """The number in a file; None where there is no file, or "max" in it."""
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None


def _within(wanted: float, least: int, most: float) -> int:
    """`wanted` in whole steps, at most `most`, but never below `least`."""
    return int(max(least, min(-(-wanted // STEP) * STEP, most // STEP * STEP)))


def _setting(n: int) -> str:
    return f"{n // GB}g" if n % GB == 0 else f"{n // MB}m"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # a running server deletes files
        return 0
