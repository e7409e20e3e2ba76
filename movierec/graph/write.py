"""Write: one checked chunk into the graph, inside a transaction that somebody else commits.

    movies, links  ->  (:Movie)                    users  ->  (:User)
    ratings        ->  (:User)-[:RATED]->(:Movie)  tags   ->  (:User)-[:TAGGED]->(:Movie)

Users whose ratings change get the label Changed, for the incremental derivation. Ratings of users who have
none are created without looking for older ones, which makes a first load faster; the users'
locks, taken before, keep a second load from doing the same at the same moment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from movierec.database.connection import Transaction
from movierec.database.query_files import load_query
from movierec.ids import Ids, id_array
from movierec.ratings.validate import Chunk

__all__ = ["Counts", "keep_newest", "write_chunk"]


@dataclass
class Counts:
    """Rows that were new or changed something; that were there; that their own load had brought before."""

    written: int = 0
    unchanged: int = 0
    repeated: int = 0

    def add(self, other: Counts) -> None:
        self.written += other.written
        self.unchanged += other.unchanged
        self.repeated += other.repeated


def write_chunk(transaction: Transaction, chunk: Chunk, load_id: int, brings_movies: bool = False) -> Counts:
    """Write a chunk. With `brings_movies`, a rating's movie is created where it is not there yet."""
    if not len(chunk):
        return Counts()
    if chunk.kind == "ratings":
        return _write_ratings(transaction, chunk, load_id, brings_movies)
    query, parameters = {
        "movies": ("load/movies", chunk.columns),
        "links": ("load/movies", chunk.columns),
        "users": ("load/users", chunk.columns),
        "tags": ("load/tags", chunk.columns),
    }[chunk.kind]
    row = transaction.run_one(load_query(query), loadId=load_id, **parameters)
    return Counts(row["written"], len(chunk) - row["written"])


def keep_newest(user_ids: Ids, movie_ids: Ids, timestamps: NDArray[np.int64]) -> NDArray[np.int64]:
    """Positions of one row for each (user, movie): the newest, of equally new ones the last in the file.

    Ordered by user and movie, which is also the order in which a transaction should take its locks.
    """
    order = np.lexsort((np.arange(len(user_ids)), timestamps, movie_ids, user_ids))
    users, movies = user_ids[order], movie_ids[order]
    is_last = np.ones(len(order), dtype=bool)
    is_last[:-1] = (users[1:] != users[:-1]) | (movies[1:] != movies[:-1])
    return order[is_last]


def _write_ratings(transaction: Transaction, chunk: Chunk, load_id: int, brings_movies: bool) -> Counts:
    columns = chunk.columns
    newest = keep_newest(columns["userIds"], columns["movieIds"], columns["timestamps"])
    counts = Counts(repeated=len(chunk) - len(newest))
    if brings_movies:
        movies = np.unique(columns["movieIds"])
        transaction.run(load_query("load/rated_movies"), loadId=load_id, movieIds=movies)
    row = transaction.run_one(load_query("load/raters"), loadId=load_id, userIds=np.unique(columns["userIds"]))
    is_first = np.isin(columns["userIds"][newest], id_array(row["firstTime"]))
    for query, rows in (("load/first_ratings", newest[is_first]), ("load/ratings", newest[~is_first])):
        if len(rows):
            values = {name: columns[name][rows] for name in ("userIds", "movieIds", "ratings", "timestamps")}
            done = transaction.run_one(load_query(query), loadId=load_id, **values)
            repeated = done.get("repeated", 0)
            counts.add(Counts(done["written"], len(rows) - done["written"] - repeated, repeated))
    return counts
