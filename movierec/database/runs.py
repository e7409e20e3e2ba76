"""The log of what was done to the graph: one `(:Run)` node for each load, split, derive and train.

A Run is written with status "running" before its stage changes anything, and closed as "done" or
"failed". A Run left at "running" by a process that no longer lives is marked "interrupted" when the
same stage, or one that may not run beside it, runs next. Settings and results are properties of the
node, in lowerCamelCase, so they can be read in Neo4j Browser.

A Run carries the version of its settings. One of another version is refused, not read with defaults in the place
of settings that were renamed.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psutil

from movierec.database.connection import Database, Row, Transaction
from movierec.database.query_files import load_query
from movierec.errors import MovieRecError, StageMissing
from movierec.records import camel_case

__all__ = [
    "SETTINGS_VERSION",
    "RunLog",
    "consistent_read",
    "earlier_runs",
    "last_done",
    "latest_run",
    "list_runs",
    "live_run",
    "record_run",
    "reject_unfinished",
    "require_finished",
    "require_live_run",
]

_log = logging.getLogger(__name__)

# One of these at a time: each reads or changes what the others change.
CHANGE_RATINGS = ("load", "split", "derive")

WAIT_SECONDS = 1.0  # between two looks whether another load has ended

SETTINGS_VERSION = 3  # to be raised when a setting or result that is read back is renamed or means something else


class RunLog:
    """An open Run. `results` gathers what the stage reports; it is written when the Run closes."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.results: dict[str, Any] = {}
        self._shows = False

    def mark_visible(self, database: Database) -> None:
        """From now on changes may be visible: until the stage is done the graph is not whole.

        Called before writing in batches, and also right before the commit of a single transaction: a query
        that runs at that moment reads some records as they were and some as they are.
        """
        if not self._shows:
            database.write(load_query("runs/mark_visible"), runId=self.run_id)
            self._shows = True


@contextmanager
def record_run(
    database: Database, stage: str, settings: Mapping[str, Any], single_transaction: bool = False
) -> Iterator[RunLog]:
    """Record `stage` around the block. An exception, Ctrl-C included, closes the Run as failed.

    A load waits for another to end, loads take turns; any other stage is refused beside a living one.
    With `single_transaction` no change is visible before the stage says so (`mark_visible`); until then the result
    of the Run before holds.
    """
    database.run_batches(load_query("schema/constraints"))
    log = RunLog(f"{stage}-{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}")

    waits = False

    def start(transaction: Transaction) -> None:
        transaction.run(load_query("runs/lock"))
        _settle_unfinished(transaction, CHANGE_RATINGS if stage in CHANGE_RATINGS else (stage,), log.run_id)
        transaction.run(
            load_query("runs/start"),
            runId=log.run_id,
            stage=stage,
            process=_this_process(),
            settings=_properties(settings)
            | {"singleTransaction": single_transaction, "settingsVersion": SETTINGS_VERSION},
        )

    while True:
        try:
            database.in_transaction(start)
            break
        except _StillRunning as error:
            if (stage, error.stage) != ("load", "load"):
                raise
            if not waits:
                _log.warning("%s is still loading; this load waits for it.", error.run_id)
            waits = True
            time.sleep(WAIT_SECONDS)
    started = time.monotonic()

    def seconds() -> float:
        return round(time.monotonic() - started, 3)

    try:
        yield log
    except BaseException as error:
        try:
            database.write(
                load_query("runs/finish"),
                runId=log.run_id,
                status="failed",
                results={"error": str(error) or type(error).__name__, "seconds": seconds()},
            )
        except MovieRecError:
            # The server is away; the Run stays "running" and the next one marks it interrupted.
            _log.warning("Could not record the failure of %s.", log.run_id)
        raise
    results = {"seconds": seconds()} | _properties(log.results)
    database.write(load_query("runs/finish"), runId=log.run_id, status="done", results=results)
    _log.info("%s done: %s", log.run_id, log.results)


class _StillRunning(MovieRecError):
    """A Run of another living process is in the way."""

    def __init__(self, run_id: str, stage: str, process: str) -> None:
        super().__init__(
            f"{run_id} is still running as {process} (host, process, start time). Wait for it, or end that "
            "process first."
        )
        self.run_id = run_id
        self.stage = stage


def latest_run(database: Database, stage: str) -> Row | None:
    """The newest Run of `stage` that is done or has changed anything, or None."""
    rows = database.read(load_query("runs/latest"), stage=stage)
    return rows[0]["run"] if rows else None


@contextmanager
def consistent_read(database: Database, stage: str) -> Iterator[Row]:
    """Around reading what `stage` made: its Run. StageMissing if that is not whole, or changes meanwhile."""
    run = require_finished(database, stage)
    yield run
    if require_finished(database, stage)["runId"] != run["runId"]:
        raise StageMissing(f'"movierec {stage}" changed the graph while it was read. Run the command again.')


def last_done(database: Database, stage: str) -> Row | None:
    """The newest Run of `stage` that is done, or None. StageMissing if it is of another settings version."""
    rows = database.read(load_query("runs/last_done"), stage=stage)
    run: Row | None = rows[0]["run"] if rows else None
    if run is not None:
        _require_version(run, stage)
    return run


def live_run(database: Database) -> Row | None:
    """The train Run whose vectors are on the movies, or None."""
    rows = database.read(load_query("runs/live"))
    return rows[0]["run"] if rows else None


def require_live_run(database: Database) -> Row:
    """The live Run; StageMissing when nothing was trained yet, or by another version."""
    run = live_run(database)
    if run is None:
        raise StageMissing('No movie has a vector. Run "movierec train" first.')
    _require_version(run, "train")
    return run


def earlier_runs(database: Database, run_id: str) -> list[str]:
    """The runIds of the Runs of the same stage that started before."""
    return [row["runId"] for row in database.read(load_query("runs/earlier"), runId=run_id)]


def list_runs(database: Database, limit: int) -> list[Row]:
    """The newest Runs first."""
    return [row["run"] for row in database.read(load_query("runs/list"), limit=limit)]


def require_finished(database: Database, stage: str) -> Row:
    """The newest Run of `stage` if it is done; StageMissing otherwise, naming the next command."""
    run = latest_run(database, stage)
    if run is None:
        raise StageMissing(f'The stage "{stage}" has not run in this database. Run "movierec {stage}" first.')
    _reject_if_unfinished(run, stage)
    _require_version(run, stage)
    return run


def reject_unfinished(database: Database, stage: str) -> None:
    """StageMissing if the newest Run of `stage` is not done; a stage that never ran is no hindrance."""
    run = latest_run(database, stage)
    if run is not None:
        _reject_if_unfinished(run, stage)


def _reject_if_unfinished(run: Row, stage: str) -> None:
    if run["status"] != "done":
        raise StageMissing(
            f'The last {stage} ({run["runId"]}) is "{run["status"]}", so its result is not whole. '
            f'Wait for it, or run "movierec {stage}" again.'
        )


def _require_version(run: Row, stage: str) -> None:
    version = run.get("settingsVersion", 1)
    if version != SETTINGS_VERSION:
        raise StageMissing(
            f"{run['runId']} was recorded by another version of movierec (settings version {version}; expected "
            f'{SETTINGS_VERSION}). Run "movierec {_command(stage)}" again.'
        )


def _command(stage: str) -> str:
    return f"{stage} train" if stage == "rating-model" else stage


def _settle_unfinished(transaction: Transaction, stages: Sequence[str], run_id: str) -> None:
    """Mark dead Runs of `stages` as interrupted; refuse to start beside a living one.

    `run_id` is the Run that is about to start, or has: its transaction may be a repeated one.
    """
    for row in transaction.run(load_query("runs/unfinished"), stages=list(stages)):
        if row["runId"] == run_id:
            continue
        if row["process"] != _this_process() and _is_alive(row["process"]):
            raise _StillRunning(row["runId"], row["stage"], row["process"])
        transaction.run(load_query("runs/finish"), runId=row["runId"], status="interrupted", results={})


def _this_process() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{psutil.Process().create_time():.0f}"


def _is_alive(process: str) -> bool:
    """Does "host:pid:start time" live on this machine? Of another host nothing is known, so: no."""
    host, pid, started = process.rsplit(":", 2)
    try:
        return host == socket.gethostname() and abs(psutil.Process(int(pid)).create_time() - float(started)) < 60
    except psutil.NoSuchProcess:
        return False


def _properties(values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings and results as properties; None is left out, Neo4j has no null property."""
    return {camel_case(name): value for name, value in values.items() if value is not None}
