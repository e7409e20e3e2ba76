"""Pull: CO_LIKED -> compressed sparse rows, one row of neighbour lists per source movie."""

from __future__ import annotations

import logging

import numpy as np

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.database.runs import unchanged
from movierec.graph.arrays import MovieGraph, graph_from_edges
from movierec.progress import Progress, silent

__all__ = ["pull_movie_graph"]

_log = logging.getLogger(__name__)


def pull_movie_graph(database: Database, progress: Progress = silent) -> MovieGraph:
    """The whole CO_LIKED graph. Raises StageMissing unless the last derive is done."""
    sources, targets, weights = [], [], []
    with unchanged(database, "derive") as derived, progress("pull edges", derived["edges"], "edges") as advance:
        for row in database.stream(load_query("pull/neighbours")):
            n = len(row["neighbours"])
            sources.append(np.full(n, row["movieId"], dtype=np.int64))
            targets.append(np.array(row["neighbours"], dtype=np.int64))
            weights.append(np.array(row["weights"], dtype=np.float64))
            advance(n)
    graph = graph_from_edges(np.concatenate(sources), np.concatenate(targets), np.concatenate(weights))
    _log.info("pulled %d movies, %d edges", graph.n_movies, graph.n_edges)
    return graph
