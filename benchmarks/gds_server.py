"""An embedded server with the Graph Data Science library, the peer inside the database.

The library is GPL, fetched for a measurement and never shipped.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from movierec.database.connection import Database
from movierec.database.embedded.artifacts import fetch_jars, load_lock
from movierec.database.embedded.memory import ServerMemory
from movierec.database.embedded.server import DEFAULT_VERSION, EmbeddedServer
from movierec.home import Home

__all__ = ["GDS_VERSION", "gds_database"]

GDS_VERSION = "2.13.9"
GDS_ARTIFACTS = ("proc", "opengds-extension", "open-model-catalog", "open-write-services")


@contextmanager
def gds_database() -> Iterator[Database]:
    """An embedded server with the library, which is GPL and fetched for this measurement only."""
    home = Home(Path(tempfile.mkdtemp(prefix="movierec-gds-")))
    server = GdsServer(home, dict(os.environ))

    def with_library(*arguments: Any) -> list[Path]:
        return [*fetch_jars(*arguments), *server.library()]

    try:
        # A plugin that extends the kernel has to be on the class path as well.
        with patch("movierec.database.embedded.server.fetch_jars", with_library):
            server.start()
        with Database(server.settings()) as database:
            yield database
    finally:
        server.discard()


class GdsServer(EmbeddedServer):
    """The embedded server with the library's jars among its plugins."""

    def _configure(self, bolt_port: int, http_port: int, memory: ServerMemory, authenticates: bool = True) -> None:
        super()._configure(bolt_port, http_port, memory, authenticates)
        plugins = self.home.server / "plugins"
        plugins.mkdir(parents=True, exist_ok=True)
        for jar in self.library():
            (plugins / jar.name).write_bytes(jar.read_bytes())
        with self.home.configuration.open("a") as file:
            file.write("dbms.security.procedures.unrestricted=gds.*\n")
            file.write(f"server.directories.plugins={plugins}\n")

    @cache  # noqa: B019  # one server a process
    def library(self) -> list[Path]:
        """The library's jars, but for those that the server has already."""
        present = {(a.group, a.artifact) for a in load_lock(DEFAULT_VERSION).artifacts}
        return [a.resolve() for a in gds_artifacts() if (a.groupId, a.artifactId) not in present]


def gds_artifacts() -> list[Any]:
    import truststore
    from jgo.maven import Dependency, MavenContext, PythonResolver

    from movierec.home import cache_folder

    truststore.inject_into_ssl()
    context = MavenContext(resolver=PythonResolver(), repo_cache=cache_folder(dict(os.environ)) / "gds")
    roots = [context.project("org.neo4j.gds", name).at_version(GDS_VERSION).artifact() for name in GDS_ARTIFACTS]
    inputs, transitive = context.resolver.resolve([Dependency(artifact) for artifact in roots])
    return [
        d.artifact for d in [*inputs, *transitive] if d.type == "jar" and d.scope in (None, "compile", "runtime")
    ]
