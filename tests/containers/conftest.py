"""Neo4j in a container: run by `make test-containers`, which finds or makes an engine and an image.

These tests do not look for an engine and step aside when there is none; they fail.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from testcontainers.community.neo4j import Neo4jContainer

from movierec.database.connection import Database
from movierec.database.settings import ConnectionSettings

PASSWORD = "only-for-tests"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "containers" in item.path.parts:
            item.add_marker(pytest.mark.container)


@pytest.fixture(scope="session")
def container_settings() -> Iterator[ConnectionSettings]:
    container = (
        Neo4jContainer("neo4j:5.26-community", username="neo4j", password=PASSWORD)
        .with_env("NEO4J_server_memory_heap_max__size", "1g")
        .with_env("NEO4J_dbms_usage__report_enabled", "false")
    )
    with container:
        yield ConnectionSettings(container.get_connection_url(), "neo4j", PASSWORD)


@pytest.fixture(scope="session")
def container_database(container_settings: ConnectionSettings) -> Iterator[Database]:
    with Database(container_settings) as database:
        yield database
