"""Pull: CO_LIKED -> compressed sparse rows, one row of neighbour lists per source movie."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.database.runs import unchanged
from movierec.errors import StageMissing
from movierec.graph.arrays import MovieGraph, graph_from_edges
from movierec.progress import Advance, Progress, silent

__all__ = ["pull_movie_graph"]

_log = logging.getLogger(__name__)

STREAMS = 2  # at the same time: the server reads each on one of its threads

Edges = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]  # sources, targets, weights; (E,) each


def pull_movie_graph(database: Database, progress: Progress = silent) -> MovieGraph:
    """The whole CO_LIKED graph. Raises StageMissing unless it is that of a derive that is done."""
    with (
        unchanged(database, "derive") as derived,
        progress("pull edges", derived["edges"], "edges") as advance,
        ThreadPoolExecutor(STREAMS, "pull") as pool,
    ):
        one_at_a_time = Lock()

        def counted(n: int, note: str = "") -> None:
            with one_at_a_time:
                advance(n, note)

        parts = list(pool.map(lambda part: _part(database, part, counted), range(STREAMS)))
    n_edges = sum(len(sources) for sources, _, _ in parts)
    if n_edges != derived["edges"]:
        raise StageMissing(
            f"The graph has {n_edges} CO_LIKED relationships; expected the {derived['edges']} of "
            f'{derived["runId"]}. Something else took or made some. Run "movierec derive" again.'
        )
    graph = graph_from_edges(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    _log.info("pulled %d movies, %d edges", graph.n_movies, graph.n_edges)
    return graph


def _part(database: Database, part: int, advance: Advance) -> Edges:
    """The edges of every STREAMS-th source movie."""
    sources, targets, weights = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0, np.float64)]
    for row in database.stream(load_query("pull/neighbours"), part=part, parts=STREAMS):
        n = len(row["neighbours"])
        sources.append(np.full(n, row["movieId"], dtype=np.int64))
        targets.append(np.array(row["neighbours"], dtype=np.int64))
        weights.append(np.array(row["weights"], dtype=np.float64))
        advance(n)
    return np.concatenate(sources), np.concatenate(targets), np.concatenate(weights)
