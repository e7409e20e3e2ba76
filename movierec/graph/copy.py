"""Copy: movies, users and ratings of one database into another, for an evaluation that leaves the first alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.database.runs import reject_unfinished
from movierec.errors import StageMissing
from movierec.graph.load import BATCH_ROWS
from movierec.graph.write import write_chunk
from movierec.ids import id_array
from movierec.progress import Progress, silent
from movierec.ratings.validate import Chunk

__all__ = ["copy_ratings", "require_ratings"]

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
    movies = source.read(load_query("pull/movies"))
    for start in range(0, len(movies), BATCH_ROWS):
        batch = movies[start : start + BATCH_ROWS]
        ids = [movie.pop("movieId") for movie in batch]
        _write(target, "movies", {"movieIds": ids, "properties": batch})
    users = [row["user"] for row in source.read(load_query("pull/users"))]
    for start in range(0, len(users), BATCH_ROWS):
        described = users[start : start + BATCH_ROWS]
        ids = [user.pop("userId") for user in described]
        _write(target, "users", {"userIds": ids, "properties": described})
    counts = source.read_one(load_query("doctor/counts"))
    with progress("copy ratings", counts["ratings"] + counts["heldOut"], "rows") as advance:
        waiting = _Ratings()
        for row in source.stream(load_query("pull/ratings")):
            waiting.add(row)
            if waiting.n_rows >= BATCH_ROWS:
                advance(_write(target, "ratings", waiting.columns()))
                waiting = _Ratings()
        if waiting.n_rows:
            advance(_write(target, "ratings", waiting.columns()))


class _Ratings:
    """Ratings of whole users, gathered until there are enough for a batch."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []
        self.n_rows = 0

    def add(self, row: dict[str, Any]) -> None:
        self._rows.append(row)
        self.n_rows += len(row["movieIds"])

    def columns(self) -> dict[str, Any]:
        sizes = [len(row["movieIds"]) for row in self._rows]
        return {
            "userIds": np.repeat(id_array(row["userId"] for row in self._rows), sizes),
            "movieIds": id_array(movie for row in self._rows for movie in row["movieIds"]),
            "ratings": np.concatenate([np.array(row["ratings"], dtype=np.float64) for row in self._rows]),
            "timestamps": np.concatenate([np.array(row["timestamps"], dtype=np.int64) for row in self._rows]),
        }


def _write(target: Database, kind: str, columns: dict[str, Any]) -> int:
    n_rows = len(next(iter(columns.values())))
    chunk = Chunk(kind=kind, first_row=0, end_row=n_rows, rows=np.arange(n_rows), columns=columns)
    target.in_transaction(lambda transaction: write_chunk(transaction, chunk, COPIED))
    return n_rows
