"""The fixtures of all tests, and which tests run, in which order, on which worker.

A test asks for the state of the database that it needs: `empty_database`, `small_database` (a small data set
with a model), `movielens_database` (ml-latest-small loaded), `keras_database` (that, with the graph and the
vectors of the "keras" preset), `ordered_database` (with the order of likes). All but the first are shared, and
a test that changes one fails. A test that has to write asks for `changed_small_database`,
`changed_movielens_database` and so on; the next test finds the state made anew. `tests/servers.py` makes them.

Without `--all` a test of the database runs on the first Neo4j version only, unless it is marked
`both_versions`, and tests marked `slow` are left out. With it, all run, and on every version but for those
that are marked `one_version`.

Tests are sorted by server and state, and each such group stays on one worker of pytest-xdist. Within a group
the order is free: `-p randomly` shuffles it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    # Before NumPy and PyTorch are loaded: threads that wait for work by spinning take the other worker's core.
    # What a test asks two threads of, it still gets.
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}

from benchmarks.datasets import ml_100k as fetch_ml_100k
from movierec.database.connection import Database
from tests.servers import STATES, Servers, TestServer, server_kinds

# Parameters of load/users.
THREE_USERS: dict[str, Any] = {"userIds": [1, 2, 3], "properties": [{}, {}, {}], "loadId": 1}

LEFT_TO_ALL = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="every test, the slow ones too, on every Neo4j version")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    first, *_ = server_kinds()
    kept, left_out, left_to_all = [], [], []
    for item in items:
        kind = _server_kind(item)
        if kind is not None:
            item.add_marker(pytest.mark.neo4j)
        is_first = kind in (None, first)
        if not is_first and item.get_closest_marker("one_version"):
            left_out.append(item)
        elif config.getoption("--all"):
            kept.append(item)
        elif item.get_closest_marker("slow") or not (is_first or item.get_closest_marker("both_versions")):
            left_to_all.append(item)
        else:
            kept.append(item)
    config.stash[LEFT_TO_ALL] = len(left_to_all)
    config.hook.pytest_deselected(items=left_out + left_to_all)
    kept.sort(key=lambda item: (_group(item), _state(item), _changes_its_state(item)))
    for item in kept:
        item.add_marker(pytest.mark.xdist_group(" ".join(map(str, _group(item)))))
    items[:] = kept


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    n = config.stash.get(LEFT_TO_ALL, 0)
    return [f"{n} tests are left to --all (make test-all)"] if n else []


def _server_kind(item: pytest.Item) -> str | None:
    """The server that a test runs on; None for a test that needs none, or starts its own."""
    if "neo4j_server" not in getattr(item, "fixturenames", ()):
        return None
    kind: str = item.callspec.params["neo4j_server"]  # type: ignore[attr-defined]
    return kind


def _group(item: pytest.Item) -> tuple[int, str, str]:
    """What a test is run together with. Groups that start servers of their own come first, as they take
    longest; then those of one server, all tests on loaded data in one; then those without a database.
    """
    kind, module = _server_kind(item), item.path.stem
    if kind is not None:
        # Every test of an empty database makes it anew, so these need not stay together.
        return (1, kind, "loaded") if _state(item) else (2, kind, module)
    if item.get_closest_marker("embedded"):
        return 0, module, "" if "running" in _names(item) else item.name
    return 3, module, ""


def _state(item: pytest.Item) -> int:
    return max(
        (i for i, state in enumerate(STATES) if any(f"{state}_database" in n for n in _names(item))), default=0
    )


def _changes_its_state(item: pytest.Item) -> bool:
    return any(name.startswith("changed_") for name in _names(item))


def _names(item: pytest.Item) -> list[str]:
    """The fixtures of a test, and that of the state which a parameter names."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return [*getattr(item, "fixturenames", ()), f"{parameters.get('state')}_database"]


@pytest.fixture(autouse=True)
def _quick_java(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that lives for one short test spends most of its time being compiled: Java's first compiler alone
    is cheaper. The servers that many tests share are started without this (tests/servers.py).
    """
    if not request.node.get_closest_marker("slow"):
        monkeypatch.setenv("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with Servers(tmp_path_factory.mktemp) as servers:
        yield servers


@pytest.fixture(params=server_kinds())
def neo4j_server(request: pytest.FixtureRequest, servers: Servers) -> TestServer:
    return servers.of(request.param)


def _shared(server: TestServer, state: str) -> Iterator[Database]:
    """`state`, for many tests: none may change it, by whatever way."""
    yield server.bring_to(state)
    if not server.is_as_it_was():
        pytest.fail(f"This test changed {state}_database, which others share; ask for one to be changed.")


@pytest.fixture
def empty_database(neo4j_server: TestServer) -> Database:
    return neo4j_server.bring_to("empty")


@pytest.fixture
def small_database(neo4j_server: TestServer) -> Iterator[Database]:
    """The small data set (tests/small_ratings.py) with both graphs and vectors."""
    yield from _shared(neo4j_server, "small")


@pytest.fixture
def changed_small_database(neo4j_server: TestServer) -> Database:
    """The same, for a test that changes it."""
    return neo4j_server.bring_to("small")


@pytest.fixture
def movielens_database(neo4j_server: TestServer) -> Iterator[Database]:
    yield from _shared(neo4j_server, "movielens")


@pytest.fixture
def changed_movielens_database(neo4j_server: TestServer) -> Database:
    """MovieLens, for a test that changes it."""
    return neo4j_server.bring_to("movielens")


@pytest.fixture
def derived_database(neo4j_server: TestServer) -> Iterator[Database]:
    """The ratings of MovieLens, for tests that do nothing but derive; from what was derived last, or nothing."""
    yield neo4j_server.bring_to("derived")
    neo4j_server.remember("derived")


@pytest.fixture
def keras_database(neo4j_server: TestServer) -> Iterator[Database]:
    yield from _shared(neo4j_server, "keras")


@pytest.fixture
def changed_keras_database(neo4j_server: TestServer) -> Database:
    """MovieLens with the model of the "keras" preset, for a test that changes it."""
    return neo4j_server.bring_to("keras")


@pytest.fixture
def ordered_database(neo4j_server: TestServer) -> Iterator[Database]:
    """MovieLens with both graphs, and profiles that were trained a little, sequentially."""
    yield from _shared(neo4j_server, "ordered")


@pytest.fixture(scope="session")
def ml_100k(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MovieLens 100K as RecBole's wheel holds it; the wheel is fetched, read and thrown away."""
    return fetch_ml_100k(tmp_path_factory.mktemp("recbole"))


@dataclass(frozen=True)
class Answer:
    """What one call of the command line did."""

    exit_code: int
    out: str
    err: str


@pytest.fixture
def movierec(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., Answer]:
    """Calls the command line in this process, in an empty folder, with no server named."""
    from movierec.cli.main import main

    for name in ("NEO4J_URI", "NEO4J_USERNAME", "NEO4J_PASSWORD", "NEO4J_DATABASE", "MOVIEREC_NEO4J_VERSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MOVIEREC_HOME", str(tmp_path / "movierec-home"))
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object, **env: str) -> Answer:
        with monkeypatch.context() as patch:
            for name, value in env.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Answer(int(ended.value.code or 0), captured.out, captured.err)

    return call


@pytest.fixture
def connected(movierec: Callable[..., Answer], neo4j_server: TestServer) -> Callable[..., Answer]:
    """The command line, connected to the server under test."""

    def call(*arguments: object, **more: str) -> Answer:
        return movierec(*arguments, **(neo4j_server.env | more))

    return call
