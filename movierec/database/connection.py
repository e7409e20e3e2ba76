"""One open connection to Neo4j, over which query files are run.

`Database` gives ways to run a query, by what it needs:

    read, write     one managed transaction; the driver repeats it after a deadlock or a leader switch
    in_transaction  the same for several queries
    run_batches     for `CALL { ... } IN TRANSACTIONS`, which the server itself splits and commits
    transaction     several queries that become visible together or not at all

Rows come back as plain dictionaries, keyed by the query's column names.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Any, LiteralString, TypeVar, cast

import neo4j
from neo4j import GraphDatabase, NotificationDisabledClassification, NotificationMinimumSeverity

from movierec.database.faults import driver_errors_mapped, out_of_memory_mapped
from movierec.database.query_files import Query
from movierec.database.settings import ConnectionSettings
from movierec.errors import CommitUnanswered, NoConnection

__all__ = ["Database", "Row", "ServerVersion", "Transaction"]

_log = logging.getLogger(__name__)

Row = dict[str, Any]
T = TypeVar("T")

N_COMMITS_UNANSWERED = 5  # in a row, before giving up
CONNECT_SECONDS = 5.0  # a server on loopback answers in milliseconds, one on another continent in one second


@dataclass(frozen=True)
class ServerVersion:
    """What `dbms.components()` says: the version, such as 5.26.28 or 2026.09.0, and the edition."""

    version: str
    edition: str


class Transaction:
    """One explicit transaction; the queries run in it commit together."""

    def __init__(self, transaction: neo4j.Transaction | neo4j.ManagedTransaction, uri: str) -> None:
        self._transaction = transaction
        self._uri = uri

    def run(self, query: Query, **parameters: Any) -> list[Row]:
        """All rows of a query. Raises ServerOutOfMemory at once when the transaction is too large."""
        query.check(parameters)
        with out_of_memory_mapped(self._uri):
            return self._transaction.run(_literal(query.text), parameters).data()

    def run_one(self, query: Query, **parameters: Any) -> Row:
        """The only row of a query that always has exactly one."""
        (row,) = self.run(query, **parameters)
        return row


class Database:
    """A connection, open between `__enter__` and `__exit__`; entering checks that the server answers."""

    def __init__(self, settings: ConnectionSettings) -> None:
        self.settings = settings
        self._driver: neo4j.Driver | None = None

    def __enter__(self) -> Database:
        if self.settings.is_unencrypted_to_another_host:
            _log.warning(
                "%s is not encrypted and not on this machine; prefer a +s scheme such as neo4j+s://.",
                self.settings.uri,
            )
        try:
            with self._mapped():
                self._open()
        except (OSError, ValueError) as error:
            # The driver raises these for a host that cannot be looked up and for a malformed address.
            raise NoConnection(f"Cannot reach {self.settings.uri}: {error}. Check NEO4J_URI.") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._driver is not None:
            self._driver.close()
            self._driver = None

    @cached_property
    def server(self) -> ServerVersion:
        """Version and edition of the server's kernel."""
        from movierec.database.query_files import load_query

        row = self.read(load_query("doctor/server_version"))[0]
        return ServerVersion(row["version"], row["edition"])

    def read(self, query: Query, **parameters: Any) -> list[Row]:
        """All rows of a read query."""
        query.check(parameters)
        return self._answered(
            lambda session: session.execute_read(lambda tx: tx.run(_literal(query.text), parameters).data())
        )

    def read_one(self, query: Query, **parameters: Any) -> Row:
        """The only row of a query that always has exactly one."""
        (row,) = self.read(query, **parameters)
        return row

    def stream(self, query: Query, **parameters: Any) -> Iterator[Row]:
        """Rows of a read query as they arrive, for results too large to hold."""
        query.check(parameters)
        with self._mapped(), self._session() as session:
            for record in session.run(_literal(query.text), parameters):
                yield record.data()

    def write(self, query: Query, **parameters: Any) -> list[Row]:
        """Run a write query in one managed transaction. It must be safe to repeat."""
        return self.in_transaction(lambda transaction: transaction.run(query, **parameters))

    def in_transaction(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in one managed transaction, repeated as a whole after a deadlock, a leader switch or a
        lost connection. It must be safe to repeat even after it was committed: when the connection breaks
        during a commit, nobody can tell. Raises ServerOutOfMemory when the transaction is too large.
        """
        return self._answered(
            lambda session: session.execute_write(lambda tx: work(Transaction(tx, self.settings.uri)))
        )

    def run_batches(self, query: Query, **parameters: Any) -> list[Row]:
        """Run a query that commits by itself in batches, or changes the schema, statement by statement.

        Returns the rows of the last statement. What earlier batches committed stays after an error.
        """
        query.check(parameters)
        rows: list[Row] = []
        with self._mapped(), self._session() as session:
            for statement in query.statements:
                rows = session.run(_literal(statement), parameters).data()
        return rows

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        with self._mapped(), self._session() as session, session.begin_transaction() as transaction:
            yield Transaction(transaction, self.settings.uri)
            transaction.commit()

    def explain(self, query: Query, **parameters: Any) -> None:
        """Let the server compile a query without running it; raises DatabaseFailed if it cannot."""
        with self._mapped(), self._session() as session:
            for statement in query.statements:
                session.run(_literal("EXPLAIN " + statement), parameters).consume()

    def _open(self) -> None:
        self._driver = GraphDatabase.driver(
            self.settings.uri,
            auth=(self.settings.username, self.settings.password),
            connection_timeout=CONNECT_SECONDS,
            notifications_min_severity=NotificationMinimumSeverity.WARNING,
            # Before the first load no label exists yet; a warning for each would drown the rest.
            notifications_disabled_classifications=[NotificationDisabledClassification.UNRECOGNIZED],
        )
        try:
            self._driver.verify_connectivity()
        except BaseException:
            self._driver.close()
            self._driver = None
            raise

    def _answered(self, work: Callable[[neo4j.Session], T]) -> T:
        """Managed work, also repeated when a commit was not answered, which the driver leaves to its user."""
        for _ in range(N_COMMITS_UNANSWERED):
            try:
                with self._mapped(), self._session() as session:
                    return work(session)
            except CommitUnanswered as error:
                _log.info("a commit was not answered; it is repeated")
                unanswered = error
        raise unanswered

    def _session(self) -> neo4j.Session:
        if self._driver is None:
            raise RuntimeError("The connection is not open: use `with Database(settings) as database:`.")
        return self._driver.session(database=self.settings.database)

    def _mapped(self) -> AbstractContextManager[None]:
        return driver_errors_mapped(self.settings.uri)


def _literal(text: str) -> LiteralString:
    """The driver's types want query text to be a literal; ours comes from a checked-in file."""
    return cast(LiteralString, text)  # type: ignore[redundant-cast]  # mypy takes it for str
