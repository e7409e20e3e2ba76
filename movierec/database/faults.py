"""The driver's errors, mapped once to movierec's own.

Every error class of the `neo4j` driver has an entry here or a parent that has; a test fails when the
driver grows one that has neither.
"""

from __future__ import annotations

import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from neo4j import exceptions as driver

from movierec.database.interrupt import raised_from
from movierec.errors import (
    BadRequest,
    CommitUnanswered,
    DatabaseFailed,
    MovieRecError,
    NoConnection,
    ServerOutOfMemory,
    WrongPassword,
)

__all__ = ["driver_errors_mapped", "mapped"]

MEMORY_CODES = frozenset(
    {
        "Neo.TransientError.General.MemoryPoolOutOfMemoryError",
        "Neo.TransientError.General.OutOfMemoryError",
        "Neo.ClientError.General.TransactionOutOfMemoryError",
        "Neo.TransientError.General.TransactionMemoryLimit",
        "Neo.TransientError.General.StackOverFlowError",
    }
)


@contextmanager
def driver_errors_mapped(uri: str) -> Iterator[None]:
    """Inside this block, whatever the driver raises leaves as a MovieRecError."""
    handled = sys.exception()
    try:
        yield
    except (driver.Neo4jError, driver.DriverError) as error:
        raise mapped(error, uri, handled) from error


def mapped(error: Exception, uri: str, handled: BaseException | None = None) -> MovieRecError:
    """The MovieRecError that says what `error` means to the user of `uri`.

    Raises KeyboardInterrupt if one is what `error` was raised from, because leaving a query may fail in many ways;
    not for one that was being `handled` already when the query began.
    """
    if raised_from(error, KeyboardInterrupt, handled):
        raise KeyboardInterrupt from error
    text = (error.message if isinstance(error, driver.Neo4jError) else None) or str(error)
    first_line = text.splitlines()[0] if text else type(error).__name__
    if isinstance(error, driver.Neo4jError) and error.code == "Neo.ClientError.Security.CredentialsExpired":
        return WrongPassword(
            f"The password for {uri} has to be changed before it can be used. In Neo4j Browser or cypher-shell, "
            "on the database system: ALTER CURRENT USER SET PASSWORD FROM 'old' TO 'new'"
        )
    if isinstance(error, (driver.AuthError, driver.TokenExpired)):
        return WrongPassword(
            f"The server at {uri} refused the user name or password. "
            "Check NEO4J_USERNAME and NEO4J_PASSWORD; after three wrong tries it waits 5 seconds."
        )
    if isinstance(error, driver.Neo4jError):
        code = error.code or ""
        if code in MEMORY_CODES:
            return ServerOutOfMemory(
                "The server ran out of memory for a transaction. Give it more heap "
                "(movierec server stop; movierec server start --heap 2g) or fewer rows a batch.",
                code,
            )
        if code == "Neo.ClientError.Database.DatabaseNotFound":
            return BadRequest(f"The server at {uri} has no such database. Check NEO4J_DATABASE or --database.")
        if code == "Neo.ClientError.Statement.ParameterMissing":
            return DatabaseFailed(f"A parameter is missing: {first_line}", code)
        return DatabaseFailed(f"The server at {uri} answered {code}: {first_line}", code)
    if isinstance(error, driver.IncompleteCommit):
        return CommitUnanswered(
            f"The connection to {uri} broke while a commit was under way. Run the same command again; "
            "what was committed is not done twice."
        )
    if isinstance(error, (driver.ServiceUnavailable, driver.SessionExpired, driver.ConnectionPoolError)):
        if raised_from(error, ssl.SSLError):
            return NoConnection(
                f"The server at {uri} does not speak TLS, or its certificate is not trusted. Use the scheme bolt "
                "or neo4j for a server without TLS, bolt+ssc or neo4j+ssc for a certificate of its own."
            )
        if "looks like HTTP" in text:
            return NoConnection(f"A web server answers at {uri}. Give the port of Bolt, usually 7687.")
        return NoConnection(
            f'No Neo4j server answers at {uri}. Start it ("movierec server start" if it is the embedded one), or '
            "correct NEO4J_URI; unset NEO4J_URI to use the embedded server."
        )
    if isinstance(error, driver.ConfigurationError):
        return BadRequest(f"The connection to {uri} is misconfigured: {first_line}.")
    return DatabaseFailed(f"The driver failed on {uri}: {first_line}")
