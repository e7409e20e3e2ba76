import pytest

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.doctor import examine

pytestmark = pytest.mark.one_version


def test_whole_model_has_nothing_to_remedy(keras_database: Database) -> None:
    findings = {finding.check: finding for finding in examine(keras_database)}
    assert [finding for finding in findings.values() if finding.remedy] == []
    assert findings["ratings"].value == "100,836"
    assert findings["CO_LIKED"].value.startswith("40,043 by derive-")
    assert findings["vectors"].value.startswith("1,405 by train-")
    assert findings["index movie_embedding"].value == "VECTOR ONLINE"
    assert "GiB" in findings["heap.max_size"].value or "MiB" in findings["heap.max_size"].value


def test_empty_database_is_told_the_way(empty_database: Database) -> None:
    remedies = {finding.check: finding.remedy for finding in examine(empty_database)}
    assert "movierec load" in remedies["ratings"]
    assert "movierec derive" in remedies["CO_LIKED"]
    assert "movierec train" in remedies["vectors"]


def test_graph_older_than_the_ratings_is_noticed(changed_small_database: Database) -> None:
    changed_small_database.write(
        load_query("runs/start"), runId="load-new", stage="load", process="elsewhere:1:0", settings={}
    )
    remedies = {finding.check: finding.remedy for finding in examine(changed_small_database)}
    assert "load-new came after it" in remedies["CO_LIKED"]


def test_unfinished_derive_is_noticed(changed_small_database: Database) -> None:
    changed_small_database.write(
        load_query("runs/start"), runId="derive-new", stage="derive", process="elsewhere:1:0", settings={}
    )
    findings = {finding.check: finding for finding in examine(changed_small_database)}
    assert "not whole" in findings["CO_LIKED"].value
    assert findings["CO_LIKED"].remedy
