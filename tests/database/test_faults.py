import inspect
import socket
from dataclasses import replace

import pytest
from neo4j import GraphDatabase
from neo4j import exceptions as driver

from movierec.database.connection import Database
from movierec.database.faults import MEMORY_CODES, mapped
from movierec.database.query_files import load_query
from movierec.database.settings import ConnectionSettings
from movierec.errors import BadRequest, DatabaseFailed, MovieRecError, NoConnection, WrongPassword
from tests.servers import TestServer

DRIVER_ERRORS = [
    kind
    for _, kind in inspect.getmembers(driver, inspect.isclass)
    if issubclass(kind, (driver.Neo4jError, driver.DriverError)) and kind.__module__ == driver.__name__
]


@pytest.mark.parametrize("kind", DRIVER_ERRORS, ids=lambda kind: kind.__name__)
def test_every_driver_error_is_mapped_to_one_line(kind: type[Exception]) -> None:
    if issubclass(kind, driver.Neo4jError):
        error: Exception = driver.Neo4jError._hydrate_neo4j(code="Neo.X.Y.Z", message="something\nsecond line")
        error.__class__ = kind
    else:
        error = kind.__new__(kind)
        Exception.__init__(error, "something\nsecond line")
    result = mapped(error, "bolt://localhost:7687")
    assert isinstance(result, MovieRecError)
    assert "\n" not in str(result)
    assert "bolt://localhost:7687" in str(result) or isinstance(result, DatabaseFailed)


def test_driver_has_no_family_of_errors_that_nobody_thought_about() -> None:
    bases = {
        kind
        for _, kind in inspect.getmembers(driver, inspect.isclass)
        if issubclass(kind, Exception) and kind.__module__ == driver.__name__ and kind.__base__ is Exception
    }
    # GqlError is the abstract parent of both families.
    known = {"GqlError", "DriverError", "Neo4jError"}
    assert {kind.__name__ for kind in bases} <= known


@pytest.mark.parametrize("code", sorted(MEMORY_CODES))
def test_running_out_of_memory_names_the_heap(code: str) -> None:
    error = driver.Neo4jError._hydrate_neo4j(
        code=code, message="The allocation of an extra 2.0 MiB would use more"
    )
    assert "heap" in str(mapped(error, "bolt://x"))


def connect(settings: ConnectionSettings) -> None:
    with Database(settings) as database:
        database.read(load_query("doctor/counts"))


@pytest.mark.one_version
def test_tls_for_a_server_without_it_is_named(neo4j_server: TestServer) -> None:
    uri = neo4j_server.settings.uri.replace("bolt://", "bolt+s://")
    with pytest.raises(NoConnection, match="does not speak TLS"):
        connect(replace(neo4j_server.settings, uri=uri))


@pytest.mark.one_version
def test_database_that_does_not_exist_is_named(neo4j_server: TestServer) -> None:
    with pytest.raises(BadRequest, match="no such database"):
        connect(replace(neo4j_server.settings, database="nothere"))


@pytest.mark.one_version
def test_password_that_has_to_be_changed_names_the_statement(neo4j_server: TestServer) -> None:
    settings = replace(neo4j_server.settings, username="expired", password="first-password")
    with (
        GraphDatabase.driver(
            settings.uri, auth=(neo4j_server.settings.username, neo4j_server.settings.password)
        ) as driver_of_admin,
        driver_of_admin.session(database="system") as system,
    ):
        create = "CREATE USER expired IF NOT EXISTS SET PASSWORD 'first-password' CHANGE REQUIRED"
        system.run(create).consume()
        try:
            with pytest.raises(WrongPassword, match="ALTER CURRENT USER SET PASSWORD"):
                connect(settings)
        finally:
            system.run("DROP USER expired").consume()


def test_nobody_listening_is_no_connection() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        uri = f"bolt://127.0.0.1:{probe.getsockname()[1]}"
        with pytest.raises(NoConnection, match="No Neo4j server answers"), Database(ConnectionSettings(uri)):
            pass


def test_error_while_a_ctrl_c_is_handled_is_that_error() -> None:
    with pytest.raises(KeyboardInterrupt):
        mapped_from_interrupt(handled=False)
    assert isinstance(mapped_from_interrupt(handled=True), NoConnection)


def mapped_from_interrupt(handled: bool) -> MovieRecError:
    """What is made of a connection that breaks while a KeyboardInterrupt passes."""
    try:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as interrupt:
            earlier = interrupt if handled else None
            raise driver.ServiceUnavailable("gone") from interrupt
    except driver.ServiceUnavailable as error:
        return mapped(error, "bolt://x", earlier)


def test_unknown_host_is_no_connection() -> None:
    settings = ConnectionSettings("bolt://no-such-host.invalid:7687")
    with pytest.raises(NoConnection), Database(settings):
        pass


def test_wrong_password_is_told_apart(neo4j_server: TestServer) -> None:
    settings = ConnectionSettings(neo4j_server.settings.uri, "neo4j", "not-the-password")
    with pytest.raises(WrongPassword, match="NEO4J_PASSWORD"), Database(settings):
        pass


def test_unknown_database_is_a_bad_request(neo4j_server: TestServer) -> None:
    good = neo4j_server.settings
    settings = ConnectionSettings(good.uri, good.username, good.password, "nosuchdatabase")
    with Database(settings) as database, pytest.raises(BadRequest, match="NEO4J_DATABASE"):
        _ = database.server
