"""Pull: CO_LIKED and FOLLOWED_BY -> compressed sparse rows, and the users' lists of likes -> arrays."""

from __future__ import annotations

import logging
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import LikeLists, MovieGraph, graph_from_edges, symmetric_pmi
from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.database.runs import consistent_read, require_finished
from movierec.errors import MovieRecError, StageMissing
from movierec.ids import Ids, id_array
from movierec.progress import Advance, Progress, silent
from movierec.thread_pool import thread_pool

__all__ = [
    "Edges",
    "derived_graphs",
    "pull_edges",
    "pull_followed_graph",
    "pull_genres",
    "pull_likes",
    "pull_movie_graph",
]

_log = logging.getLogger(__name__)

FOLLOWED_MIN_WEIGHT = 0.5  # of an edge that is walked, as s * pmi; what is below comes by chance
STREAMS = 2  # at the same time: the server reads each on one of its threads

# Relationship -> the query that pulls it, and where the Run of the derivation says how many there are.
EDGES = {"CO_LIKED": ("pull/co_liked", "edges"), "FOLLOWED_BY": ("pull/followed_by", "followedBy")}

Edges = tuple[Ids, Ids, NDArray[np.float64]]  # sources, targets, weights; (E,) each


def pull_movie_graph(database: Database, progress: Progress = silent) -> MovieGraph:
    """The whole CO_LIKED graph. Raises StageMissing unless it is that of a derivation that is done."""
    graph = graph_from_edges(*pull_edges(database, "CO_LIKED", progress))
    _log.info("pulled %d movies, %d edges", graph.n_movies, graph.n_edges)
    return graph


def pull_followed_graph(database: Database, progress: Progress = silent) -> MovieGraph:
    """FOLLOWED_BY without its directions, weighted by `symmetric_pmi`.

    Raises StageMissing where there is none, MovieRecError where none is strong enough to walk on.
    """
    graph = symmetric_pmi(*pull_edges(database, "FOLLOWED_BY", progress), FOLLOWED_MIN_WEIGHT)
    if not graph.n_edges:
        raise MovieRecError(
            f"No pair of movies follows each other often enough to walk on FOLLOWED_BY (weight * pmi >= "
            f"{FOLLOWED_MIN_WEIGHT}); there may be too few users. Run: movierec train --sequential off"
        )
    _log.info("pulled %d movies, %d edges of FOLLOWED_BY", graph.n_movies, graph.n_edges)
    return graph


def derived_graphs(database: Database) -> tuple[str, ...]:
    """The kinds of relationships that the last derivation made. Raises StageMissing unless it is done."""
    return tuple(EDGES) if require_finished(database, "derive")["isSequential"] else ("CO_LIKED",)


def pull_edges(database: Database, kind: str, progress: Progress = silent) -> Edges:
    """All relationships of `kind`, CO_LIKED or FOLLOWED_BY: movieIds of both ends, and weights; (E,) each.

    Raises StageMissing unless they are those of a derivation that is done.
    """
    query, counted_as = EDGES[kind]
    with (
        consistent_read(database, "derive") as derived,
        progress("pull edges", derived.get(counted_as, 0), "edges") as advance,
        thread_pool(STREAMS, "pull") as pool,
    ):
        expected = derived.get(counted_as, 0)
        one_at_a_time = Lock()

        def counted(n: int, note: str = "") -> None:
            with one_at_a_time:
                advance(n, note)

        parts = list(pool.map(lambda part: _part(database, query, part, counted), range(STREAMS)))
    n_edges = sum(len(sources) for sources, _, _ in parts)
    if n_edges != expected:
        raise StageMissing(
            f"The graph has {n_edges} {kind} relationships; expected the {expected} of "
            f'{derived["runId"]}. Something else took or made some. Run "movierec derive" again.'
        )
    if not n_edges:
        raise StageMissing(
            f"There are no {kind} relationships: timestamps do not order the likes, or {derived['runId']} was "
            'told not to use them. Train with --sequential off, or run "movierec derive --sequential on".'
        )
    sources, targets, weights = zip(*parts, strict=True)
    return _joined(list(sources)), _joined(list(targets)), np.concatenate(weights)


def pull_likes(database: Database, progress: Progress = silent) -> LikeLists:
    """What every user likes, as the last derivation kept it. Raises StageMissing unless that is done."""
    with (
        consistent_read(database, "derive") as derived,
        progress("pull likes", derived.get("likes"), "likes") as advance,
    ):
        movies = database.read(load_query("pull/liked_movies"))
        indexes = np.array([row["likeIndex"] for row in movies], dtype=np.int64)
        ids = id_array(row["movieId"] for row in movies)
        counts = np.array([row["likeCount"] for row in movies], dtype=np.int64)
        by_id = np.argsort(ids)
        place = np.full(indexes.max(initial=-1) + 1, -1, dtype=np.int32)  # likeIndex -> position
        place[indexes[by_id]] = np.arange(len(ids))
        lists: list[NDArray[np.int32]] = []
        ages: list[NDArray[np.float32]] = []
        sequential = True
        for row in database.stream(load_query("pull/likes")):
            lists.append(place[np.array(row["indexes"][::-1], dtype=np.int64)])
            sequential = sequential and row["ages"] is not None
            if sequential:
                ages.append(np.array(row["ages"][::-1], dtype=np.float32))
            advance(len(lists[-1]))
    indptr = np.concatenate([[0], np.cumsum([len(one) for one in lists])]).astype(np.int64)
    joined = np.concatenate([np.empty(0, np.int32), *lists])
    return LikeLists(
        movie_ids=ids[by_id],
        like_counts=counts[by_id],
        indptr=indptr,
        movies=joined,
        ages=np.concatenate(ages) if sequential and ages else None,
    )


def pull_genres(database: Database, movie_ids: Ids) -> list[list[str]]:
    """The genres of each of `movie_ids`, movies that somebody likes; none for a movie that is not there."""
    genres = {row["movieId"]: row["genres"] for row in database.stream(load_query("pull/genres"))}
    return [genres.get(movie_id, []) for movie_id in movie_ids.tolist()]


def _part(database: Database, query: str, part: int, advance: Advance) -> Edges:
    """The edges of every STREAMS-th source movie."""
    sources: list[Ids] = []
    targets: list[Ids] = []
    weights = [np.empty(0, np.float64)]
    for row in database.stream(load_query(query), part=part, parts=STREAMS):
        n = len(row["neighbours"])
        sources.append(np.repeat(id_array([row["movieId"]]), n))
        targets.append(id_array(row["neighbours"]))
        weights.append(np.array(row["weights"], dtype=np.float64))
        advance(n)
    return _joined(sources), _joined(targets), np.concatenate(weights)


def _joined(parts: list[Ids]) -> Ids:
    # What is empty has no kind of ids.
    return np.concatenate([part for part in parts if len(part)] or [id_array([])])
