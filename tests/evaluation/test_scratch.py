import os

import pytest

from movierec.database.embedded.server import EmbeddedServer
from movierec.database.query_files import load_query
from movierec.evaluation.scratch import scratch_database

pytestmark = [pytest.mark.embedded, pytest.mark.neo4j]


def test_scratch_server_is_removed_also_after_a_failure() -> None:
    home = None

    def fail() -> None:
        nonlocal home
        with scratch_database(dict(os.environ)) as (database, home):
            assert database.read_one(load_query("doctor/counts"))["movies"] == 0
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert home is not None
    assert not home.folder.exists()


def test_kept_scratch_server_runs_on() -> None:
    with scratch_database(dict(os.environ), keep=True) as (_, home):
        pass
    server = EmbeddedServer(home, dict(os.environ))
    try:
        assert server.running() is not None
        assert server.settings().password == home.password()
    finally:
        server.discard()
