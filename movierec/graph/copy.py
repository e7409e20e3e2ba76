"""Copy: movies, users and ratings of one database into another, for an evaluation that leaves the first alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from movierec.database.connection import Database, Row
from movierec.database.query_files import load_query
from movierec.database.runs import reject_unfinished
from movierec.errors import StageMissing
from movierec.graph.load import BATCH_ROWS
from movierec.graph.write import write_chunk
from movierec.ids import id_array
from movierec.progress import Progress, silent
from movierec.ratings.validate import Chunk

__all__ = ["chunks_of", "copy_ratings", "require_ratings"]

COPIED = 0  # the loadId of what came from another database


def require_ratings(source: Database) -> None:
    """Raise StageMissing where there is nothing to copy, or a load did not finish."""
    reject_unfinished(source, "load")
    if not source.read_one(load_query("doctor/counts"))["movies"]:
        raise StageMissing('No movies to evaluate on. Run "movierec load" first.')


def copy_ratings(source: Database, target: Database, progress: Progress = silent) -> None:
    """Copy movies, users and all ratings, held out or not, into an empty database.

    Raises StageMissing where there are none, or a load did not finish.
    """
    require_ratings(source)
    target.run_batches(load_query("schema/constraints"))
    counts = source.read_one(load_query("doctor/counts"))
    with progress("copy ratings", counts["ratings"] + counts["heldOut"], "rows") as advance:
        for chunk in chunks_of(source):
            target.in_transaction(partial(write_chunk, chunk=chunk, load_id=COPIED))
            if chunk.kind == "ratings":
                advance(len(chunk))


def chunks_of(source: Database) -> Iterator[Chunk]:
    """All movies, then users of whom more is known than ratings, then all ratings by user, in batches; for
    whatever writes them.
    """
    for kind, rows, key in (
        ("movies", source.read(load_query("pull/movies")), "movieId"),
        ("users", [row["user"] for row in source.read(load_query("pull/users"))], "userId"),
    ):
        for start in range(0, len(rows), BATCH_ROWS):
            batch = rows[start : start + BATCH_ROWS]
            ids = [row.pop(key) for row in batch]
            yield _chunk(kind, {f"{key}s": ids, "properties": batch})
    waiting: list[Row] = []
    n_rows = 0
    for row in source.stream(load_query("pull/ratings")):
        waiting.append(row)
        n_rows += len(row["movieIds"])
        if n_rows >= BATCH_ROWS:
            yield _chunk("ratings", _columns(waiting))
            waiting, n_rows = [], 0
    if n_rows:
        yield _chunk("ratings", _columns(waiting))


def _columns(rows: Sequence[Row]) -> dict[str, Any]:
    """Ratings of whole users, a row each."""
    sizes = [len(row["movieIds"]) for row in rows]
    return {
        "userIds": np.repeat(id_array(row["userId"] for row in rows), sizes),
        "movieIds": id_array(movie for row in rows for movie in row["movieIds"]),
        "ratings": np.concatenate([np.array(row["ratings"], dtype=np.float64) for row in rows]),
        "timestamps": np.concatenate([np.array(row["timestamps"], dtype=np.int64) for row in rows]),
    }


def _chunk(kind: str, columns: dict[str, Any]) -> Chunk:
    n_rows = len(next(iter(columns.values())))
    return Chunk(kind=kind, first_row=0, end_row=n_rows, rows=np.arange(n_rows), columns=columns)
