"""Load: a MovieLens folder -> (:User)-[:RATED]->(:Movie).

Constraints first, then movies, then ratings with their users, in transactions of `batch_rows`. Every
write is a MERGE on ids, so a second load of the same files, or one after an interruption, ends in the
same graph.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pandas as pd

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.database.runs import record_run
from movierec.errors import BadRequest
from movierec.progress import Progress, silent
from movierec.ratings.movielens import read_links, read_movies, read_ratings

__all__ = ["load_ratings", "write_movies", "write_ratings"]

BATCH_ROWS = 10_000


def load_ratings(
    database: Database, folder: Path, batch_rows: int = BATCH_ROWS, progress: Progress = silent
) -> dict[str, Any]:
    """Load `folder`; returns {"users", "movies", "ratings", "seconds"}, the counts now in the database.

    Raises DataRejected for a wrong row, BadRequest while the database holds a test part.
    """
    started = time.monotonic()
    counts = database.read_one(load_query("doctor/counts"))
    if counts["heldOut"]:
        raise BadRequest(
            f"The database holds {counts['heldOut']} held-out ratings; loading now would put them back into "
            'training. Run "movierec split --undo" first.'
        )
    # Movies and links are read and checked before the first write.
    movies = read_movies(folder).merge(read_links(folder), on="movieId", how="left")
    n_rows = _count_lines(folder / "ratings.csv") - 1
    with record_run(database, "load", {"folder": folder.resolve().name, "batch_rows": batch_rows}) as run:
        with progress("load movies", len(movies), "rows") as advance:
            for start in range(0, len(movies), batch_rows):
                advance(write_movies(database, movies.iloc[start : start + batch_rows]))
        users: set[int] = set()
        with progress("load ratings", n_rows, "rows") as advance:
            for chunk in read_ratings(folder, movies["movieId"].to_numpy()):
                for start in range(0, len(chunk), batch_rows):
                    batch = chunk.iloc[start : start + batch_rows]
                    advance(write_ratings(database, batch, users))
        counts = database.read_one(load_query("doctor/counts"))
        result = {name: counts[name] for name in ("users", "movies", "ratings")}
        run.results |= result
    return result | {"seconds": round(time.monotonic() - started, 3)}


def write_movies(database: Database, movies: pd.DataFrame) -> int:
    """Write one batch; columns as `ratings.movielens` gives them, links joined on."""
    database.write(
        load_query("load/movies"),
        movieIds=movies["movieId"].tolist(),
        titles=movies["title"].tolist(),
        years=_optional(movies["year"]),
        genres=movies["genres"].tolist(),
        imdbIds=_optional(movies["imdbId"]),
        tmdbIds=_optional(movies["tmdbId"]),
    )
    return len(movies)


def write_ratings(database: Database, ratings: pd.DataFrame, known_users: set[int]) -> int:
    """Write one batch. `known_users` are in the database already; the new ones are added to it."""
    new_users = sorted(set(ratings["userId"].tolist()) - known_users)
    if new_users:
        database.write(load_query("load/users"), userIds=new_users)
        known_users.update(new_users)
    database.write(
        load_query("load/ratings"),
        userIds=ratings["userId"].to_numpy(),
        movieIds=ratings["movieId"].to_numpy(),
        ratings=ratings["rating"].to_numpy(),
        timestamps=ratings["timestamp"].to_numpy(),
    )
    return len(ratings)


def _optional(column: pd.Series[Any]) -> list[Any]:
    """Values with None where pandas has a missing one."""
    return [None if missing else value for value, missing in zip(column.tolist(), column.isna(), strict=True)]


def _count_lines(path: Path) -> int:
    """Lines in a file, for the progress bar; 0 when it does not exist (reading it then says so)."""
    if not path.is_file():
        return 0
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
