"""Split: the newest likes of each user, RATED -> HELD_OUT, for an honest evaluation.

Happens before anything is derived; from then on only the evaluation reads HELD_OUT. Whatever was
derived from all ratings before stays in the graph, so derive and train must run again; the commands
that answer from it say so.
"""

from __future__ import annotations

from typing import Any

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.database.runs import latest_run, property_name, record_run, refuse_unfinished
from movierec.errors import BadRequest, StageMissing
from movierec.graph.settings import SplitSettings

__all__ = ["split_ratings", "undo_split"]


def split_ratings(database: Database, settings: SplitSettings) -> dict[str, Any]:
    """Hold out; returns {"users", "held_out", "ratings"}. Repeating it with the same settings changes nothing.

    Raises StageMissing without ratings, BadRequest when the database is split with other settings.
    """
    counts = database.read_one(load_query("doctor/counts"))
    if not counts["ratings"]:
        raise StageMissing('No RATED relationships. Run "movierec load" first.')
    refuse_unfinished(database, "load")
    if counts["heldOut"]:
        last = latest_run(database, "split") or {}
        if last.get("undo"):
            raise BadRequest('A "movierec split --undo" did not finish. Run it again first.')
        used = {name: last.get(property_name(name)) for name in settings.as_dict()}
        if used != settings.as_dict():
            raise BadRequest(f'The database is split already, with {used}. Run "movierec split --undo" first.')
    with record_run(database, "split", settings.as_dict()) as run:
        (row,) = database.run_batches(
            load_query("split/hold_out_newest"),
            **{property_name(name): value for name, value in settings.as_dict().items()},
        )
        counts = database.read_one(load_query("doctor/counts"))
        result = {"users": row["users"], "held_out": counts["heldOut"], "ratings": counts["ratings"]}
        run.results |= result
    return result


def undo_split(database: Database) -> dict[str, Any]:
    """Put every held-out rating back; returns {"restored", "ratings"}."""
    with record_run(database, "split", {"undo": True}) as run:
        (row,) = database.run_batches(load_query("split/undo"))
        counts = database.read_one(load_query("doctor/counts"))
        result = {"restored": row["ratings"], "ratings": counts["ratings"]}
        run.results |= result
    return result
