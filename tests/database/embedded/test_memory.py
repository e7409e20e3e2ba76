"""How much memory a server gets: by cases, and read back from real servers."""

import os
from pathlib import Path

import pytest

from movierec.database.connection import Database
from movierec.database.embedded.memory import _available_in_cgroups, available_bytes, choose_memory, store_bytes
from movierec.database.embedded.server import EmbeddedServer
from movierec.database.query_files import load_query
from movierec.doctor import examine
from movierec.errors import BadRequest
from movierec.home import Home

MB, GB = 2**20, 2**30


@pytest.mark.parametrize(
    ("store", "available", "heap", "page_cache"),
    [
        (0, 22 * GB, "2560m", "256m"),  # small data take little, however much there is
        (24 * MB, 22 * GB, "2624m", "256m"),
        (2 * GB, 22 * GB, "3584m", "3g"),  # 25 million ratings
        (6 * GB, 22 * GB, "5632m", "5632m"),  # the page cache may not take more than is left of half of the memory
        (6 * GB, 4 * GB, "1g", "1g"),
        (6 * GB, 2 * GB, "1g", "256m"),
        (24 * MB, 1 * GB, "512m", "256m"),
        (200 * GB, 512 * GB, "31g", "225g"),  # pointers grow above 31 GB of heap
    ],
)
def test_memory_follows_the_store_within_half_of_what_is_available(
    store: int, available: int, heap: str, page_cache: str
) -> None:
    memory = choose_memory(store, available)
    assert (memory.heap, memory.page_cache) == (heap, page_cache)


def test_what_is_given_stays_and_the_other_fits_beside_it() -> None:
    memory = choose_memory(6 * GB, 22 * GB, heap="8g")
    assert (memory.heap, memory.page_cache) == ("8g", "3g")
    assert memory.reason == "heap as given, the other chosen for a store of 6.0 GB and 22.0 GB of available memory"
    assert choose_memory(6 * GB, 2 * GB, heap="8g", page_cache="1g").reason == "heap and page cache as given"


def test_store_is_what_goes_through_the_page_cache(tmp_path: Path) -> None:
    for name, size in [
        ("databases/neo4j/neostore.nodestore.db", 1000),
        ("databases/neo4j/schema/index/range-1.0/3/index-3", 200),
        ("databases/neo4j/schema/index/vector-2.0/17/1/_0.cfs", 50_000),
        ("databases/neo4j/schema/index/fulltext-1.0/4/1/_0.cfs", 50_000),
        ("transactions/neo4j/neostore.transaction.db.0", 50_000),
    ]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(bytes(size))
    assert store_bytes(tmp_path) == 1200
    assert store_bytes(tmp_path / "none yet") == 0


@pytest.mark.parametrize(
    ("own", "folder", "limit", "used"),
    [
        ("0::/session/job\n", "session/job", "memory.max", "memory.current"),
        ("4:cpu,memory:/job\n0::/\n", "memory/job", "memory.limit_in_bytes", "memory.usage_in_bytes"),
        ("0::/of/the/host\n", ".", "memory.max", "memory.current"),  # as a container shows it
    ],
)
def test_cgroup_leaves_less_than_the_machine(tmp_path: Path, own: str, folder: str, limit: str, used: str) -> None:
    group = tmp_path / "fs" / folder
    group.mkdir(parents=True)
    (group / limit).write_text(f"{4 * GB}\n")
    (group / used).write_text(f"{3 * GB}\n")
    (group / "memory.stat").write_text(f"anon 5\ninactive_file {512 * MB}\n")
    (tmp_path / "own").write_text(own)
    assert _available_in_cgroups(tmp_path / "fs", tmp_path / "own") == [GB + 512 * MB]
    (group / limit).write_text("max\n" if limit == "memory.max" else f"{2**63 - 4096}\n")
    assert _available_in_cgroups(tmp_path / "fs", tmp_path / "own") == []


def settings_of(server: EmbeddedServer) -> dict[str, str]:
    """What the server itself says."""
    with Database(server.settings()) as database:
        return {row["name"].split(".")[2]: row["value"] for row in database.read(load_query("doctor/memory"))}


@pytest.mark.embedded
@pytest.mark.neo4j
def test_memory_grows_with_the_store_and_what_was_given_is_kept(tmp_path: Path) -> None:
    server = EmbeddedServer(Home(tmp_path / "home"), dict(os.environ))
    try:
        first = server.start()
        assert settings_of(server) == {"heap": "2.50GiB", "pagecache": "256.00MiB"}
        assert server.outgrown_memory() == ""

        large = server.home.data / "databases" / "neo4j" / "made-large"
        with large.open("wb") as file:
            file.truncate(GB)  # takes no room on the disk
        assert "The store has grown to 1.0 GB" in server.outgrown_memory()
        with Database(server.settings()) as database:
            (memory,) = [finding for finding in examine(database) if finding.check == "memory"]
        assert memory.value == first.memory_reason
        assert "movierec server stop" in memory.remedy
        with pytest.raises(BadRequest, match=r"a page cache of 256m, not 300m.*movierec server stop"):
            server.start(page_cache="300m")

        server.stop()
        chosen = server.start()
        assert chosen.memory_reason.startswith("chosen for a store of 1.0 GB and ")
        assert chosen.page_cache == choose_memory(store_bytes(server.home.data), available_bytes()).page_cache
        assert settings_of(server)["pagecache"] != "256.00MiB"

        server.stop()
        server.start(heap="768m", page_cache="300m")
        server.stop()
        kept = server.start()
        assert settings_of(server) == {"heap": "768.00MiB", "pagecache": "300.00MiB"}
        assert kept.memory_reason == "heap and page cache as given"
        with pytest.raises(BadRequest, match="a heap of 768m, not auto"):
            server.start(heap="auto")

        server.stop()
        assert server.start(heap="auto").given_heap is None
        assert settings_of(server)["pagecache"] == "300.00MiB"
    finally:
        server.discard()
