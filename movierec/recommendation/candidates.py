"""Answers of a large database from a few candidates: what an index of vectors and the graph put forward.

A query `..._by_index` takes the movies that are best by the one and by the other, scores them exactly, and says
with every row which score no other movie can exceed: that of one just behind the last of both kinds. While the
last of k rows does not reach it, more candidates are asked for, and at last the query that compares every movie.
So a list has k movies whenever there are so many (Fagin, Lotem and Naor 2003, "Optimal aggregation algorithms for
middleware": the threshold algorithm). It may differ from that of a scan only where the index, which is
approximate, misses a movie.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from movierec.database.connection import Database, Row
from movierec.database.query_files import Query, load_query
from movierec.errors import DatabaseFailed, StageMissing

__all__ = ["Answer", "answer_by_index", "answer_by_scan"]

CANDIDATES = (400, 2_000)  # of each kind, tried one after the other
CANDIDATES_PER_ROW = 2  # with fewer no list of k is certain


@dataclass(frozen=True)
class Answer:
    """The rows of a query, and what was asked."""

    query: Query
    parameters: Mapping[str, Any]
    rows: list[Row]


def answer_by_scan(database: Database, name: str, parameters: Mapping[str, Any]) -> Answer:
    """The rows of the query `name`, which compares every movie."""
    query = load_query(name)
    return Answer(query, parameters, database.read(query, **parameters))


def answer_by_index(
    database: Database,
    name: str,
    scan: str,
    parameters: Mapping[str, Any],
    *,
    n_rated: int = 0,
    sizes: Sequence[int] = CANDIDATES,
) -> Answer:
    """The rows of the query `name` as soon as they are certain, else those of the query `scan`.

    `sizes`: how many candidates of each kind are tried, one after the other, and half of `n_rated` more, as movies
    that the user has rated are among the best and are not listed. Raises StageMissing where the
    index that the query asks is missing.
    """
    k = parameters["k"]
    query = load_query(name)
    for n in sizes:
        if n < CANDIDATES_PER_ROW * k:
            continue
        asked = {**parameters, "candidates": n + n_rated // 2}
        try:
            rows = database.read(query, **asked)
        except DatabaseFailed as error:
            if "vector schema index" not in str(error):
                raise
            raise StageMissing(f'{error} Run "movierec train" again: it makes the index.') from error
        if rows and _is_certain(rows, k):
            return Answer(query, asked, [{c: row[c] for c in row if c != "bound"} for row in rows])
    return answer_by_scan(database, scan, parameters)


def _is_certain(rows: list[Row], k: int) -> bool:
    """Is no other movie missing among these rows?"""
    last = rows[-1]
    return len(rows) == k and (last["bound"] is None or last["score"] >= last["bound"])
