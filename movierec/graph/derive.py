"""Derive: RATED -> LIKED -> CO_LIKED, counted, weighed and written by Cypher inside the server.

The old graph is deleted before the new one is written, so the two never mix. Between, the Run says
"running" (or "failed"), and every command that reads CO_LIKED refuses with that: `require_finished`.
All writing happens in the server's own bounded transactions; nothing passes through Python.
"""

from __future__ import annotations

import time
from typing import Any

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.database.runs import record_run, refuse_unfinished
from movierec.errors import MovieRecError, StageMissing
from movierec.graph.settings import DeriveSettings
from movierec.progress import Progress, silent

__all__ = ["derive_co_liked"]


def derive_co_liked(database: Database, settings: DeriveSettings, progress: Progress = silent) -> dict[str, Any]:
    """Replace the CO_LIKED graph; returns the settings and what came of them.

    Raises StageMissing when nothing is loaded, MovieRecError when no pair passes the thresholds.
    """
    started = time.monotonic()
    if not database.read_one(load_query("doctor/counts"))["ratings"]:
        raise StageMissing('No RATED relationships. Run "movierec load" first.')
    for stage in ("load", "split"):
        refuse_unfinished(database, stage)
    with record_run(database, "derive", settings.as_dict()) as run:
        with progress("derive", 5, "steps") as advance:
            database.run_batches(load_query("derive/clear_co_liked"))
            advance(1, "old edges cleared")
            database.run_batches(load_query("derive/clear_likes"))
            (likes,) = database.run_batches(load_query("derive/likes"), minRating=settings.min_rating)
            advance(1, f"{likes['likes']} likes")
            database.run_batches(load_query("derive/like_counts"))
            advance(1, "likes counted by movie")
            denominator = likes[settings.denominator]
            _write_edges(database, settings, denominator)
            advance(1, "edges written")
            summary = database.read_one(load_query("derive/summary"))
            advance(1, f"{summary['edges']} edges")
        if not summary["edges"]:
            raise MovieRecError(
                f"No pair of movies reaches weight {settings.min_weight} (min_rating {settings.min_rating}, "
                f"min_count {settings.min_count}): CO_LIKED is empty. Lower --min-weight or --min-rating."
            )
        result = {
            "users": likes["users"],
            "likes": likes["likes"],
            "denominator_value": denominator,
            "movies": summary["movies"],
            "edges": summary["edges"],
            "mean_degree": round(2 * summary["edges"] / summary["movies"], 3),
        }
        run.results |= result
    return {
        "run_id": run.run_id,
        **settings.as_dict(),
        **result,
        "seconds": round(time.monotonic() - started, 3),
    }


def _write_edges(database: Database, settings: DeriveSettings, denominator: int) -> None:
    thresholds = {"minWeight": settings.min_weight, "minCount": settings.min_count}
    if settings.measure == "count":
        database.run_batches(load_query("derive/co_liked_count"), **thresholds)
    else:
        database.run_batches(load_query("derive/co_liked_xy_pmi"), denominator=max(denominator, 1), **thresholds)
