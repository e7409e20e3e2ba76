import pytest

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from tests.conftest import THREE_USERS

pytestmark = pytest.mark.both_versions


def test_transaction_that_raises_leaves_nothing(empty_database: Database) -> None:
    def write_and_fail() -> None:
        with empty_database.transaction() as transaction:
            transaction.run(load_query("load/users"), **THREE_USERS)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert empty_database.read_one(load_query("doctor/counts"))["users"] == 0


def test_server_tells_version_and_edition(empty_database: Database) -> None:
    assert int(empty_database.server.version.split(".")[0]) >= 5
    assert empty_database.server.edition in ("community", "enterprise")
