"""Loads that are killed, cut off, squeezed and crowded: one re-run later, the graph of an undisturbed load."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from movierec.database.connection import Database
from movierec.database.embedded.server import EmbeddedServer
from movierec.database.query_files import load_query
from movierec.database.settings import ConnectionSettings
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.results import TableCounts
from movierec.graph.settings import DeriveSettings
from movierec.home import Home
from tests.graph.content import content
from tests.proxy import BoltProxy
from tests.servers import CLEAR, MOVIELENS, TestServer
from tests.squeezed import SqueezedServer

pytestmark = pytest.mark.one_version

N_RATINGS = 1500
BATCH_ROWS = 250
EXIT_KILLED = -signal.SIGKILL
TABLES = {"movies": 0, "links": 0, "tags": 1, "ratings": 1}  # and the column of the movieId


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first ratings of the real sample, with their movies and links, and tags on them."""
    path = tmp_path_factory.mktemp("part")
    lines = {name: (MOVIELENS / f"{name}.csv").read_text(encoding="utf-8").splitlines() for name in TABLES}
    lines["ratings"] = lines["ratings"][: N_RATINGS + 1]
    rated = {line.split(",")[1] for line in lines["ratings"]}
    for name, column in TABLES.items():
        kept = [line for line in lines[name] if line.split(",")[column] in rated]
        (path / f"{name}.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    return path


def start_load(settings: ConnectionSettings, port: int, folder: Path, *more: str) -> subprocess.Popen[str]:
    """`movierec load` as a process of its own, through `port`."""
    env = os.environ | {
        "NEO4J_URI": f"bolt://127.0.0.1:{port}",
        "NEO4J_USERNAME": settings.username,
        "NEO4J_PASSWORD": settings.password,
    }
    command = [sys.executable, "-m", "movierec", "load", str(folder), "--batch-size", str(BATCH_ROWS), *more]
    return subprocess.Popen(command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, err = process.communicate(timeout=300)
    return process.returncode, err


def port_of(settings: ConnectionSettings) -> int:
    return int(settings.uri.rsplit(":", 1)[1].rstrip("/"))


def undisturbed(database: Database, server: TestServer, folder: Path) -> dict[str, object]:
    load_ratings(database, folder, BATCH_ROWS)
    expected = content(database)
    server.bring_to("empty")
    return expected


def test_killed_after_every_fifth_batch(empty_database: Database, neo4j_server: TestServer, folder: Path) -> None:
    expected = undisturbed(empty_database, neo4j_server, folder)
    settings = neo4j_server.settings
    kills = 0
    for moment in ["commit unanswered", "before commit", "during commit", "mid-batch"] * 10:
        started: list[subprocess.Popen[str]] = []

        def kill(started: list[subprocess.Popen[str]] = started) -> None:
            started[0].kill()

        # Four commits begin the Run and the ledger; the fifth after them is the last thing the process does.
        with BoltProxy(port_of(settings), 9, moment, kill) as proxy:
            started.append(start_load(settings, proxy.port, folder))
            exit_code, err = ended(started[0])
        if exit_code != EXIT_KILLED:
            assert exit_code == 0, err
            break
        kills += 1
    assert kills >= 5
    assert content(empty_database) == expected


@pytest.mark.parametrize(
    ("at_commit", "moment"),
    [
        (1, "commit unanswered"),  # of the first read
        (4, "before commit"),  # of the Run
        (4, "commit unanswered"),
        (6, "before commit"),  # of the ledger
        (6, "commit unanswered"),
        (17, "before commit"),  # of a batch
        (17, "commit unanswered"),
        (17, "during commit"),
        (17, "mid-batch"),
    ],
)
def test_connection_is_cut(
    empty_database: Database,
    neo4j_server: TestServer,
    folder: Path,
    moment: str,
    at_commit: int,
    expected_of: dict[str, dict[str, object]],
) -> None:
    uri = neo4j_server.settings.uri
    if uri not in expected_of:
        expected_of[uri] = undisturbed(empty_database, neo4j_server, folder)
    expected = expected_of[uri]
    with BoltProxy(port_of(neo4j_server.settings), at_commit, moment) as proxy:
        through = ConnectionSettings(
            f"bolt://127.0.0.1:{proxy.port}", neo4j_server.settings.username, neo4j_server.settings.password
        )
        with Database(through) as database:
            result = load_ratings(database, folder, BATCH_ROWS)
        assert proxy.n_cuts == 1
    # A cut is no failure at all: the driver or the ledger settles it, and the counts are right.
    assert content(empty_database) == expected
    assert result.tables["ratings.csv"] == TableCounts(read=N_RATINGS, written=N_RATINGS, unchanged=0, rejected=0)


@pytest.fixture(scope="module")
def expected_of() -> dict[str, dict[str, object]]:
    """The content of an undisturbed load, by server."""
    return {}


def test_two_processes_load_the_same_at_the_same_time(
    empty_database: Database, neo4j_server: TestServer, folder: Path
) -> None:
    expected = undisturbed(empty_database, neo4j_server, folder)
    settings = neo4j_server.settings
    processes = [start_load(settings, port_of(settings), folder) for _ in range(2)]
    answers = [ended(process) for process in processes]
    assert [code for code, _ in answers] == [0, 0], "they take turns"
    assert ended(start_load(settings, port_of(settings), folder))[0] == 0
    assert content(empty_database) == expected


def test_two_threads_load_the_same_at_the_same_time(
    empty_database: Database, neo4j_server: TestServer, folder: Path
) -> None:
    """Within a process nothing keeps two loads apart but the ledger."""
    expected = undisturbed(empty_database, neo4j_server, folder)
    written = []

    def load() -> None:
        with Database(neo4j_server.settings) as database:
            written.append(load_ratings(database, folder, BATCH_ROWS).tables["ratings.csv"].written)

    in_threads(load, load)
    assert sum(written) == N_RATINGS
    assert content(empty_database) == expected


def test_two_threads_load_overlapping_files_at_the_same_time(
    empty_database: Database, neo4j_server: TestServer, tmp_path: Path
) -> None:
    rows = [f"{user},{movie}" for user in range(1, 41) for movie in range(1, 26)]
    for name, later in (("a", 0), ("b", 1)):
        # Each file has the newer rating of every other pair.
        lines = [f"{row},{1 + i % 2},{100 + (i + later) % 2}" for i, row in enumerate(rows)]
        (tmp_path / f"{name}.csv").write_text("user,movie,rating,timestamp\n" + "\n".join(lines) + "\n")

    def load(name: str) -> None:
        with Database(neo4j_server.settings) as database:
            load_ratings(database, tmp_path / f"{name}.csv", 100)

    in_threads(lambda: load("a"), lambda: load("b"))
    found = empty_database.read(load_query("pull/ratings"))
    assert sum(len(row["movieIds"]) for row in found) == len(rows), "no pair twice"
    assert {t for row in found for t in row["timestamps"]} == {101}


def in_threads(*work: object) -> None:
    errors: list[BaseException] = []

    def guarded(task: object) -> None:
        try:
            task()  # type: ignore[operator]
        except BaseException as error:  # noqa: BLE001  # it is raised again in the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(task,)) for task in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_disk_is_full_for_the_rejects(
    empty_database: Database, neo4j_server: TestServer, folder: Path, tmp_path: Path
) -> None:
    spoilt = tmp_path / "spoilt"
    spoilt.mkdir()
    for path in folder.iterdir():
        (spoilt / path.name).write_bytes(path.read_bytes())
    lines = (folder / "ratings.csv").read_text().splitlines()
    lines[1000] = "5,oh dear,4.0,100"
    (spoilt / "ratings.csv").write_text("\n".join(lines) + "\n")
    settings = neo4j_server.settings

    rejects = tmp_path / "rejects.jsonl"
    more = ("--max-bad-rows", "5", "--rejects")
    assert ended(start_load(settings, port_of(settings), spoilt, *more, str(rejects)))[0] == 0
    expected = content(empty_database)
    (entry,) = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert (entry["line"], entry["column"], entry["value"]) == (1001, "movieId", "oh dear")

    neo4j_server.bring_to("empty")
    code, err = ended(start_load(settings, port_of(settings), spoilt, *more, "/dev/full"))
    assert code == 1
    assert "Cannot write the rejected rows to /dev/full: No space left on device" in err
    counts = empty_database.read_one(load_query("doctor/counts"))
    assert counts["ratings"] == 750, "nothing of the chunk with the bad row, which is the fourth"
    assert ended(start_load(settings, port_of(settings), spoilt, *more, str(rejects)))[0] == 0
    assert content(empty_database) == expected


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(Home(tmp_path / "home"), dict(os.environ))
    server.start()
    yield server
    server.discard()


@pytest.mark.embedded
def test_server_is_killed_and_started_again_on_its_data(own_server: EmbeddedServer, folder: Path) -> None:
    with Database(own_server.settings()) as database:
        load_ratings(database, folder, BATCH_ROWS)
        expected = content(database)
        database.run_batches(CLEAR)
    state = own_server.running()
    assert state is not None

    def kill_and_start() -> None:
        os.kill(state.pid, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(state.pid)] if psutil.pid_exists(state.pid) else [], timeout=30)
        own_server.start()
        again = own_server.running()
        assert again is not None
        proxy.upstream_port = again.bolt_port
        is_back.set()

    is_back = threading.Event()
    settings = own_server.settings()
    with BoltProxy(state.bolt_port, 15, "commit unanswered", kill_and_start) as proxy:
        ended(start_load(settings, proxy.port, folder))
        assert proxy.n_cuts == 1
        assert is_back.wait(120)
    assert ended(start_load(own_server.settings(), port_of(own_server.settings()), folder))[0] == 0
    with Database(own_server.settings()) as database:
        assert content(database) == expected


@pytest.mark.slow
@pytest.mark.embedded
def test_batches_shrink_to_the_memory_a_transaction_may_use(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    everything = DeriveSettings(measure="count", min_weight=1.0, sequential="off")
    home = Home(tmp_path / "home")
    server: EmbeddedServer = SqueezedServer(home, "4m")
    server.start()
    try:
        port = port_of(server.settings())
        code, err = ended(start_load(server.settings(), port, folder, "--batch-size", "10000"))
        assert code == 0, err
        assert "The server has too little memory for a batch; continuing with" in err
        with Database(server.settings()) as database:
            squeezed = content(database)
            derived = derive_co_liked(database, everything)
            assert "The server has too little memory for a batch; continuing with" in caplog.text
        server.stop()
        server = EmbeddedServer(home, dict(os.environ))
        server.start()
        with Database(server.settings()) as database:
            database.run_batches(CLEAR)
            load_ratings(database, folder)
            assert content(database) == squeezed
            assert derive_co_liked(database, everything).edges == derived.edges
    finally:
        server.discard()
