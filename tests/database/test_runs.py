import os
import socket
import threading
from collections.abc import Callable
from datetime import datetime

import psutil
import pytest

from movierec.database.connection import Database
from movierec.database.query_files import load_query, parse_query
from movierec.database.runs import (
    SETTINGS_VERSION,
    last_done,
    latest_run,
    list_runs,
    record_run,
    require_finished,
    require_live_run,
)
from movierec.errors import MovieRecError, StageMissing

pytestmark = pytest.mark.both_versions


def test_run_records_settings_results_and_duration(empty_database: Database) -> None:
    with record_run(empty_database, "derive", {"min_rating": 4.0, "left_out": None}) as run:
        run.results["n_edges"] = 7
    recorded = latest_run(empty_database, "derive")
    assert recorded is not None
    assert recorded["status"] == "done"
    assert recorded["minRating"] == 4.0
    assert recorded["nEdges"] == 7
    assert recorded["seconds"] >= 0
    assert "leftOut" not in recorded


def test_run_waits_for_the_lock_of_one_that_is_being_opened(empty_database: Database) -> None:
    with record_run(empty_database, "derive", {}):
        pass  # the schema is there, so that nothing but the lock is waited for

    def open_one() -> None:
        with Database(empty_database.settings) as database, record_run(database, "derive", {}):
            pass

    thread = threading.Thread(target=open_one)
    with empty_database.transaction() as transaction:
        transaction.run(load_query("runs/lock"))
        thread.start()
        thread.join(3.0)
        assert thread.is_alive()
    thread.join(60.0)
    assert not thread.is_alive()
    assert [run["status"] for run in list_runs(empty_database, 3)] == ["done", "done"]


def test_clock_that_was_set_back_does_not_put_a_run_before_an_earlier_one(empty_database: Database) -> None:
    with record_run(empty_database, "derive", {}) as first:
        pass
    an_hour_later = parse_query(
        "tests/later",
        "// Later.\n// Parameters: none.\n// Returns: n.\n"
        "MATCH (run:Run) SET run.startedAt = run.startedAt + duration('PT1H'), "
        "run.finishedAt = run.finishedAt + duration('PT1H') RETURN count(run) AS n;",
    )
    empty_database.write(an_hour_later)
    with record_run(empty_database, "derive", {}) as second:
        pass
    assert [run["runId"] for run in list_runs(empty_database, 2)] == [second.run_id, first.run_id]
    newest, before = list_runs(empty_database, 2)
    started, finished, finished_before = (
        datetime.fromisoformat(time) for time in (newest["startedAt"], newest["finishedAt"], before["finishedAt"])
    )
    assert finished >= started > finished_before


def test_runs_are_ordered_by_time_where_their_written_times_are_not(empty_database: Database) -> None:
    # toString() drops the zeros at the end: as strings '12:00:00.12Z' comes after '12:00:00.121Z'.
    for second in ("12:00:00.12", "12:00:00.121"):
        with record_run(empty_database, "derive", {}) as run:
            pass
        set_time = parse_query(
            "tests/set_time",
            "// Set when a Run started.\n// Parameters: none.\n// Returns: n.\n"
            f"MATCH (run:Run {{runId: '{run.run_id}'}}) SET run.startedAt = datetime('2026-01-01T{second}Z') "
            "RETURN count(run) AS n;",
        )
        empty_database.write(set_time)
    assert list_runs(empty_database, 1)[0]["runId"] == run.run_id
    newest, done = latest_run(empty_database, "derive"), last_done(empty_database, "derive")
    assert newest is not None
    assert newest["runId"] == run.run_id
    assert done is not None
    assert done["runId"] == run.run_id


def test_failure_is_recorded_and_raised(empty_database: Database) -> None:
    with pytest.raises(ZeroDivisionError), record_run(empty_database, "train", {}):
        _ = 1 / 0
    recorded = latest_run(empty_database, "train")
    assert recorded is not None
    assert recorded["status"] == "failed"
    assert recorded["error"] == "division by zero"


def test_run_of_a_dead_process_is_marked_interrupted_by_the_next(empty_database: Database) -> None:
    empty_database.write(
        load_query("runs/start"), runId="derive-dead", stage="derive", process="another-host:1:0", settings={}
    )
    with record_run(empty_database, "derive", {}):
        pass
    statuses = {run["runId"]: run["status"] for run in list_runs(empty_database, 10)}
    assert statuses.pop("derive-dead") == "interrupted"
    assert list(statuses.values()) == ["done"]


def test_second_run_of_a_stage_beside_a_living_one_is_refused(empty_database: Database) -> None:
    parent = os.getppid()
    alive = f"{socket.gethostname()}:{parent}:{psutil.Process(parent).create_time():.0f}"
    empty_database.write(load_query("runs/start"), runId="derive-a", stage="derive", process=alive, settings={})
    with pytest.raises(MovieRecError, match="still running"), record_run(empty_database, "derive", {}):
        pass


def test_run_that_is_closed_stays_as_it_was_closed(empty_database: Database) -> None:
    def fail_after_the_commit() -> None:
        with record_run(empty_database, "train", {}) as run:
            empty_database.write(load_query("runs/finish"), runId=run.run_id, status="done", results={})
            raise ConnectionResetError("the answer was lost")

    with pytest.raises(ConnectionResetError):
        fail_after_the_commit()
    recorded = latest_run(empty_database, "train")
    assert recorded is not None
    assert recorded["status"] == "done"


def test_stage_that_did_not_finish_is_no_base_for_the_next(empty_database: Database) -> None:
    with pytest.raises(StageMissing, match='Run "movierec derive" first'):
        require_finished(empty_database, "derive")
    with pytest.raises(ZeroDivisionError), record_run(empty_database, "derive", {}):
        _ = 1 / 0
    with pytest.raises(StageMissing, match='"failed"'):
        require_finished(empty_database, "derive")


OLD_RUN = parse_query(
    "tests/old",
    "// As an earlier version recorded it.\n// Parameters: runId STRING.\n// Returns: n.\n"
    "MATCH (run:Run {runId: $runId}) REMOVE run.settingsVersion RETURN count(run) AS n;",
)


@pytest.mark.parametrize(
    ("stage", "read", "remedy"),
    [
        ("derive", lambda database: require_finished(database, "derive"), "movierec derive"),
        ("derive", lambda database: last_done(database, "derive"), "movierec derive"),
        ("train", require_live_run, "movierec train"),
        ("rating-model", lambda database: last_done(database, "rating-model"), "movierec rating-model train"),
    ],
)
def test_run_with_settings_of_another_version_is_refused_with_the_remedy(
    empty_database: Database, stage: str, read: Callable[[Database], object], remedy: str
) -> None:
    with record_run(empty_database, stage, {"min_rating": 4.0}) as run:
        pass
    nothing = {"genreDimensions": 0, "generation": None, "unorderedGeneration": None}
    empty_database.write(load_query("runs/make_live"), runId=run.run_id, **nothing)
    read(empty_database)
    empty_database.write(OLD_RUN, runId=run.run_id)
    with pytest.raises(StageMissing, match=rf'settings version 1; expected {SETTINGS_VERSION}.*"{remedy}" again'):
        read(empty_database)
    assert list_runs(empty_database, 1)[0]["runId"] == run.run_id, "it can still be listed"
