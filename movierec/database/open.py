"""The server to use: the one that arguments or the environment name, else the embedded one, started if need be."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from movierec.database.settings import ConnectionSettings, connection_settings, environment
from movierec.home import Home, home_folder
from movierec.progress import Progress, silent

if TYPE_CHECKING:
    from movierec.database.embedded.server import EmbeddedServer

__all__ = ["embedded_server", "server_settings"]

_log = logging.getLogger(__name__)


def server_settings(
    env: Mapping[str, str],
    *,
    uri: str | None = None,
    username: str | None = None,
    password: str | None = None,
    database: str | None = None,
    progress: Progress = silent,
    announce: Callable[[str], object] = _log.info,
) -> ConnectionSettings:
    """How to connect. `announce` gets a sentence before an embedded server is started.

    Raises BadRequest for an address that cannot be used or has no password, EmbeddedServerFailed when the embedded
    server does not start.
    """
    settings = connection_settings(env, uri, username, password, database)
    if settings is not None:
        return settings
    from movierec.database.embedded.server import EmbeddedServer

    server = EmbeddedServer(Home(home_folder(env)), env, env.get("MOVIEREC_NEO4J_VERSION") or None)
    if server.running() is None:
        ended = " (it had ended without being stopped)" if server.ended_unexpectedly() else ""
        announce(f"Starting the embedded Neo4j in {server.home.folder}{ended} ...")
    server.start(progress=progress)
    return server.settings()


def embedded_server(settings: ConnectionSettings) -> EmbeddedServer | None:
    """The embedded server that these settings lead to; None for any other server."""
    if settings.embedded_home is None:
        return None
    from movierec.database.embedded.server import EmbeddedServer

    return EmbeddedServer(Home(settings.embedded_home), environment())
