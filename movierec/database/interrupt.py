"""Ctrl-C while the server works: hang up, so that nothing waits for the answer and the server ends the query.

A query of a minute cannot be left by an exception alone: while one passes through the driver, the driver asks
the server to roll back, and the server answers when the query is done. A connection that is shut down is
noticed by both sides at once.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

if TYPE_CHECKING:
    import neo4j

__all__ = ["hang_up", "has_hung_up", "raised_from", "register"]

_drivers: WeakSet[neo4j.Driver] = WeakSet()
_state = {"hung_up": False}


def register(driver: neo4j.Driver) -> None:
    """Remember an open driver, for `hang_up`."""
    _drivers.add(driver)


def hang_up() -> None:
    """Shut down the sockets of all open connections; new ones can be made. For a process that is about to end."""
    _state["hung_up"] = True
    for driver in list(_drivers):
        for connection in _connections(driver):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def has_hung_up() -> bool:
    """Whether this process is about to end; work in other threads is then not repeated."""
    return _state["hung_up"]


def raised_from(error: BaseException, kind: type[BaseException], handled: BaseException | None = None) -> bool:
    """Whether `error`, or an exception in its chain (`__cause__`, `__context__`), is of this kind.

    The chain ends at `handled`, what was being handled already (`sys.exception()`) when the failing work began.
    """
    seen: BaseException | None = error
    while seen is not None and seen is not handled:
        if isinstance(seen, kind):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _connections(driver: neo4j.Driver) -> list[socket.socket]:
    # The driver has no public way to its sockets; a test fails when these names change.
    pool: Any = driver._pool
    bolts = [bolt for bolts in list(pool.connections.values()) for bolt in list(bolts)]
    return [bolt.socket._socket for bolt in bolts]
