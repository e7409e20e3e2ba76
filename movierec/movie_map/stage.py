"""From the database to a map: the vectors of the live model, and the strongest links of each movie."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import Lists, places_of, unit_vectors, vector_table
from movierec.database.connection import Database, Row
from movierec.database.query_files import load_query
from movierec.database.runs import consistent_read, require_live_run
from movierec.errors import StageMissing
from movierec.ids import id_array
from movierec.movie_map.layout import places_of_vectors
from movierec.movie_map.movies import MapMovies
from movierec.progress import Progress, silent

__all__ = ["map_of_movies", "most_similar"]

LINKS = 30  # of each movie, the strongest, from which its neighbours are chosen
NEIGHBOURS = 8


def map_of_movies(
    database: Database, *, seed: int = 1, most: int | None = None, threads: int = 2, progress: Progress = silent
) -> tuple[MapMovies, str]:
    """The movies of the live model that have a vector, or the `most` liked of them, and its runId.

    Raises StageMissing before `train` is done, MissingExtra without openTSNE.
    """
    with consistent_read(database, "derive"), consistent_read(database, "train"):
        run = require_live_run(database)
        rows = list(database.stream(load_query("embedding/read")))
        if most is not None and most < len(rows):
            order = np.argsort([-(row["likeCount"] or 0) for row in rows], kind="stable")[:most]
            rows = [rows[i] for i in np.sort(order)]
        linked = list(database.stream(load_query("map/strongest_links"), limit=LINKS))
    vectors = vector_table([row["embedding"] for row in rows])
    if vectors is None:
        raise StageMissing('No movie has a vector. Run "movierec train" first.')
    neighbours, counts, distances = most_similar(rows, vectors, linked)
    movies = MapMovies(
        movie_ids=id_array(row["movieId"] for row in rows),
        titles=[row["title"] or str(row["movieId"]) for row in rows],
        years=[row["year"] for row in rows],
        genres=[row["genres"] or [] for row in rows],
        like_counts=np.array([row["likeCount"] or 0 for row in rows], np.int64),
        places=places_of_vectors(vectors, seed, threads, progress),
        neighbours=neighbours,
        counts=counts,
        distances=distances,
    )
    return movies, run["runId"]


def most_similar(
    rows: Sequence[Row], vectors: NDArray[np.float32], linked: Sequence[Row]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """(M, K) positions of the most similar of the strongest links, by the score of `similar`, how many people like
    both, and 1 - the cosine; -1, 0 and 0 where there are fewer.
    """
    ids = id_array(row["movieId"] for row in rows)
    unit = unit_vectors(vectors)
    neighbours = np.full((len(rows), NEIGHBOURS), -1, np.int32)
    counts = np.zeros((len(rows), NEIGHBOURS), np.int32)
    distances = np.zeros((len(rows), NEIGHBOURS), np.float32)
    places: Lists = places_of(ids, [row["others"] for row in linked])
    own = places_of(ids, [[row["movieId"] for row in linked]]).values
    for position, others, row in zip(own, places, linked, strict=True):
        known = others >= 0
        if position < 0 or not known.any():
            continue
        weights = np.array(row["weights"])[known]
        cosines = unit[others[known]] @ unit[position]
        scores = cosines + np.sqrt(weights / weights.max())
        best = np.argsort(-scores, kind="stable")[:NEIGHBOURS]
        neighbours[position, : len(best)] = others[known][best]
        counts[position, : len(best)] = np.array(row["counts"])[known][best]
        distances[position, : len(best)] = 1.0 - cosines[best]
    return neighbours, counts, distances
