"""One open connection to Neo4j, over which query files are run.

`Database` gives ways to run a query, by what it needs:

    read, write     one transaction, repeated after a deadlock, a leader switch or a lost answer
    in_transaction  the same for several queries
    run_batches     for `CALL { ... } IN TRANSACTIONS`, which the server itself splits and commits
    transaction     several queries that become visible together or not at all

Rows come back as plain dictionaries, keyed by the query's column names.
"""

from __future__ import annotations

import logging
import math
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from types import TracebackType
from typing import Any, LiteralString, TypeVar, cast

import neo4j
from neo4j import GraphDatabase, NotificationDisabledClassification, NotificationMinimumSeverity

from movierec.database.faults import driver_errors_mapped, mapped
from movierec.database.interrupt import has_hung_up, register
from movierec.database.query_files import Query
from movierec.database.settings import ConnectionSettings
from movierec.errors import CommitUnanswered, NoConnection, ServerOutOfMemory

__all__ = ["Database", "Row", "ServerVersion", "Transaction", "Write"]

_log = logging.getLogger(__name__)

Row = dict[str, Any]
Write = Callable[..., list[Row]]  # `Transaction.run`, or `Database.write`: a query and its parameters
T = TypeVar("T")

REPEAT_SECONDS = 30.0  # from the first failure, as long as the driver's managed transactions
FIRST_PAUSE = 0.2  # seconds; doubled each time, up to the longest
LONGEST_PAUSE = 2.0  # a server that comes back is not kept waiting
CONNECT_SECONDS = 5.0  # a server on loopback answers in milliseconds, one on another continent in one second


@dataclass(frozen=True)
class ServerVersion:
    """What `dbms.components()` says: the version, such as 5.26.31 or 2026.09.0, and the edition."""

    version: str
    edition: str


class Transaction:
    """One explicit transaction; the queries run in it commit together."""

    def __init__(self, transaction: neo4j.Transaction) -> None:
        self._transaction = transaction

    def run(self, query: Query, **parameters: Any) -> list[Row]:
        """All rows of a query."""
        query.check(parameters)
        return [_row(record) for record in self._transaction.run(_literal(query.text), parameters)]

    def run_one(self, query: Query, **parameters: Any) -> Row:
        """The only row of a query that always has exactly one."""
        (row,) = self.run(query, **parameters)
        return row


class Database:
    """A connection, open between `__enter__` and `__exit__`; entering checks that the server answers."""

    def __init__(
        self,
        settings: ConnectionSettings,
        *,
        repeat_seconds: float = REPEAT_SECONDS,
        query_seconds: float | None = None,
    ) -> None:
        """`repeat_seconds`: how long what may pass is tried again; `query_seconds`: after which the server ends a
        transaction of `read`, `write` or `in_transaction`.
        """
        self.settings = settings
        self._repeat_seconds, self._query_seconds = repeat_seconds, query_seconds
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

    def reopen(self, settings: ConnectionSettings) -> None:
        """Connect anew, to a server that was started again; where that fails, all stays as it is."""
        fresh = Database(settings).__enter__()
        old, self._driver = self._driver, fresh._driver
        self.settings = settings
        self.__dict__.pop("server", None)
        if old is not None:
            old.close()

    @cached_property
    def server(self) -> ServerVersion:
        """Version and edition of the server's kernel."""
        from movierec.database.query_files import load_query

        row = self.read(load_query("doctor/server_version"))[0]
        return ServerVersion(row["version"], row["edition"])

    def read(self, query: Query, **parameters: Any) -> list[Row]:
        """All rows of a read query."""
        return self._repeated(lambda transaction: transaction.run(query, **parameters), neo4j.READ_ACCESS)

    def read_one(self, query: Query, **parameters: Any) -> Row:
        """The only row of a query that always has exactly one."""
        (row,) = self.read(query, **parameters)
        return row

    def stream(self, query: Query, **parameters: Any) -> Iterator[Row]:
        """Rows of a read query as they arrive, for results too large to hold."""
        query.check(parameters)
        with self._mapped(), self._session(neo4j.READ_ACCESS) as session:
            for record in session.run(_literal(query.text), parameters):
                yield _row(record)

    def write(self, query: Query, **parameters: Any) -> list[Row]:
        """Run a write query in one transaction. It must be safe to repeat."""
        return self.in_transaction(lambda transaction: transaction.run(query, **parameters))

    def in_transaction(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in one transaction, repeated as a whole after a deadlock, a leader switch or a lost
        connection. It must be safe to repeat even after it was committed: when the connection breaks
        during a commit, nobody can tell. Raises ServerOutOfMemory when the transaction is too large.
        """
        return self._repeated(work, neo4j.WRITE_ACCESS)

    def run_batches(self, query: Query, **parameters: Any) -> list[Row]:
        """Run a query that commits by itself in batches, or changes the schema, statement by statement.

        Returns the rows of the last statement. A statement is repeated as `in_transaction` repeats its work, so it
        must be safe to repeat. What earlier batches committed stays after an error.
        """
        query.check(parameters)
        rows: list[Row] = []
        for statement in query.statements:
            rows = self._until_it_passes(partial(self._run_by_itself, statement, parameters))
        return rows

    def _run_by_itself(self, statement: str, parameters: dict[str, Any]) -> list[Row]:
        with self._session() as session:
            return session.run(_literal(statement), parameters).data()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        with self._mapped(), self._session() as session, session.begin_transaction() as transaction:
            yield Transaction(transaction)
            transaction.commit()

    @contextmanager
    def rolled_back(self) -> Iterator[Transaction]:
        """One transaction to try something in; nothing of it stays."""
        with self._mapped(), self._session() as session, session.begin_transaction() as transaction:
            yield Transaction(transaction)
            transaction.rollback()

    def explain(self, query: Query, **parameters: Any) -> list[dict[str, Any]]:
        """The server's plan of each statement, which is not run; raises DatabaseFailed if there is none."""
        with self._mapped(), self._session() as session:
            return [
                session.run(_literal("EXPLAIN " + statement), parameters).consume().plan or {}
                for statement in query.statements
            ]

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
            register(self._driver)
            self._driver.verify_connectivity()
        except BaseException:
            self._driver.close()
            self._driver = None
            raise

    def _repeated(self, work: Callable[[Transaction], T], access: str) -> T:
        """The result of `work` in a transaction that was committed.

        The driver's own managed transactions do not fit: they give up on a commit that was not answered,
        and send a batch that is too large for the server again, just as large, for half a minute.
        """

        def once() -> T:
            with (
                self._session(access) as session,
                session.begin_transaction(timeout=self._query_seconds) as transaction,
            ):
                result = work(Transaction(transaction))
                transaction.commit()
            return result

        return self._until_it_passes(once)

    def _until_it_passes(self, attempt: Callable[[], T]) -> T:
        """The result of `attempt`, repeated for some seconds after errors that may pass."""
        handled = sys.exception()
        first_failure = math.inf
        pause = FIRST_PAUSE
        while True:
            try:
                return attempt()
            except (neo4j.exceptions.Neo4jError, neo4j.exceptions.DriverError) as error:
                problem = mapped(error, self.settings.uri, handled)
                if has_hung_up() and threading.current_thread() is not threading.main_thread():
                    raise problem from error
                may_pass = error.is_retryable() or isinstance(problem, CommitUnanswered) or _is_schema_race(error)
                first_failure = min(first_failure, time.monotonic())
                gives_up = time.monotonic() > first_failure + self._repeat_seconds
                if not may_pass or isinstance(problem, ServerOutOfMemory) or gives_up:
                    raise problem from error
                _log.info("a transaction failed and is repeated: %s", problem)
            time.sleep(pause * random.uniform(0.8, 1.2))  # two that were in each other's way part
            pause = min(2 * pause, LONGEST_PAUSE)

    def _session(self, access: str = neo4j.WRITE_ACCESS) -> neo4j.Session:
        if self._driver is None:
            raise RuntimeError("The connection is not open: use `with Database(settings) as database:`.")
        return self._driver.session(database=self.settings.database, default_access_mode=access)

    def _mapped(self) -> AbstractContextManager[None]:
        return driver_errors_mapped(self.settings.uri)


def _row(record: neo4j.Record) -> Row:
    # Not record.data(): it visits every number of every list, which takes longer than sending them.
    return dict(zip(record.keys(), record.values(), strict=True))


def _is_schema_race(error: Exception) -> bool:
    """Has another made the same index or constraint meanwhile? IF NOT EXISTS looks before it has the lock."""
    code = error.code if isinstance(error, neo4j.exceptions.Neo4jError) else None
    return bool(code and code.startswith("Neo.ClientError.Schema.") and code.endswith("AlreadyExists"))


def _literal(text: str) -> LiteralString:
    """The driver's types want query text to be a literal; ours comes from a checked-in file."""
    return cast(LiteralString, text)  # type: ignore[redundant-cast]  # mypy takes it for str
