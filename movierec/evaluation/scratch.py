"""A scratch server: an embedded Neo4j of its own for one evaluation, removed afterwards.

The connected database is only read from, so its model of all ratings stays as it is.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from movierec.database.connection import Database
from movierec.database.embedded.server import EmbeddedServer
from movierec.graph.copy import copy_ratings, require_ratings
from movierec.home import Home
from movierec.progress import Progress, silent

__all__ = ["scratch_copy", "scratch_database"]

_log = logging.getLogger(__name__)


@contextmanager
def scratch_database(
    env: Mapping[str, str], keep: bool = False, progress: Progress = silent
) -> Iterator[tuple[Database, Home]]:
    """A connection to an empty server in a temporary home. With `keep`, server and home are left."""
    home = Home(Path(tempfile.mkdtemp(prefix="movierec-scratch-")))
    server = EmbeddedServer(home, env)
    try:
        server.start(progress=progress)
        with Database(server.settings()) as database:
            yield database, home
    finally:
        if keep:
            _log.info("the scratch server is kept in %s", home.folder)
        else:
            server.discard()


@contextmanager
def scratch_copy(
    source: Database, env: Mapping[str, str], keep: bool = False, progress: Progress = silent
) -> Iterator[tuple[Database, Home]]:
    """The same with a copy of the ratings of `source`. No server is started where there are none: StageMissing."""
    require_ratings(source)
    with scratch_database(env, keep, progress) as (database, home):
        copy_ratings(source, database, progress)
        yield database, home
