"""Reset: everything that movierec has put into a database goes, for another data set or a fresh start.

The order makes an interrupted reset safe: without Runs no stage has been done, the reset itself counts as an
unfinished load, and running it again ends it. Other nodes, the schema, and the saved rating models stay.
"""

from __future__ import annotations

import time

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.database.runs import record_run
from movierec.graph.results import ResetResult
from movierec.progress import Progress, silent

__all__ = ["reset_database"]


def reset_database(database: Database, progress: Progress = silent) -> ResetResult:
    """Delete all users, movies, ratings, tags, loads, vectors and Runs; one Run stays, which says so."""
    started = time.monotonic()
    counts = database.read_one(load_query("doctor/counts"))
    with record_run(database, "load", {"reset": True}) as run, progress("reset", 3, "steps") as advance:
        (runs,) = database.write(load_query("reset/runs"), runId=run.run_id)
        advance(1, f"{runs['runs']:,} Runs deleted")
        (row,) = database.run_batches(load_query("reset/relationships"))
        advance(1, f"{row['relationships']:,} relationships deleted")
        (row,) = database.run_batches(load_query("reset/nodes"))
        advance(1, f"{row['nodes']:,} nodes deleted")
    return ResetResult(
        users=counts["users"],
        movies=counts["movies"],
        ratings=counts["ratings"] + counts["heldOut"],
        runs=runs["runs"],
        seconds=round(time.monotonic() - started, 3),
    )
