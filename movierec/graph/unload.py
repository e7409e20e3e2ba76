"""Unload: take one load back out of the graph.

Its ratings go, or become again what they were before it wrote over them; users and movies that it created
and that nothing else refers to go too. Titles and other properties that it changed stay as they are. Every
step can be repeated, so a removal that was killed is ended by running it again.
"""

from __future__ import annotations

import time
from typing import Any

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.database.runs import record_run
from movierec.errors import BadRequest, NotFound
from movierec.graph.load import list_loads
from movierec.graph.results import RemovedLoad
from movierec.progress import Progress, silent

__all__ = ["remove_load"]

# In this order: users and movies go when nothing is left that refers to them.
_REMOVALS = {
    "ratings": "load/remove_ratings",
    "tags": "load/remove_tags",
    "users": "load/remove_users",
    "relationships": "load/remove_movie_links",
    "movies": "load/remove_movies",
}


def remove_load(database: Database, load_id: int, progress: Progress = silent) -> RemovedLoad:
    """Undo a load.

    Raises NotFound when there is no such load, BadRequest while the database holds a test part.
    """
    started = time.monotonic()
    if database.read_one(load_query("split/is_split"))["isSplit"]:
        raise BadRequest('The database holds held-out ratings. Run "movierec split --undo" first.')
    loads = {load["loadId"]: load for load in list_loads(database)}
    if load_id not in loads or loads[load_id]["status"] == "removed":
        present = [str(number) for number, load in loads.items() if load["status"] != "removed"]
        raise NotFound(
            f'No load {load_id}; there are {", ".join(present) or "none"}. See "movierec load --list".', present
        )
    with record_run(database, "load", {"removed_load": load_id}) as run:
        database.write(load_query("load/remove_begin"), loadId=load_id)
        result: dict[str, Any] = {}
        with progress("remove", 7, "steps") as advance:
            database.run_batches(load_query("load/remove_from_history"), loadId=load_id)
            advance(1)
            (row,) = database.run_batches(load_query("load/restore_ratings"), loadId=load_id)
            result["restored"] = row["ratings"]
            advance(1, f"{row['ratings']} ratings restored")
            for what, query in _REMOVALS.items():
                (row,) = database.run_batches(load_query(query), loadId=load_id)
                result[what] = row[what]
                advance(1, f"{row[what]} {what}")
        database.run_batches(load_query("load/release_ownership"), loadId=load_id)
        (row,) = database.write(load_query("load/remove_finish"), loadId=load_id)
        run.results |= result
    return RemovedLoad(
        removed=load_id,
        run_again=tuple(sorted(row["loadIds"])),
        seconds=round(time.monotonic() - started, 3),
        **result,
    )
