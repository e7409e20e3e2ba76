"""The map as a table for Embedding Atlas, Apple's viewer of many points.

    embedding-atlas map.parquet --x x --y y --neighbors neighbors --text title

A row a movie: movieId, title, year, genres (text, with | between them), likeCount, x, y and neighbors, which has
the positions of the most similar rows in `ids` and in `distances` 1 - their cosine.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from movierec.errors import BadRequest, MissingExtra
from movierec.movie_map.movies import MapMovies
from movierec.whole_file import whole_file

__all__ = ["require_pyarrow", "write_atlas"]


def require_pyarrow() -> None:
    """Raise MissingExtra where it is not there, before any work is done."""
    if not find_spec("pyarrow"):
        raise MissingExtra("Writing Parquet", "parquet")


def write_atlas(movies: MapMovies, path: Path) -> None:
    """Write the Parquet file, whole or not at all. Raises MissingExtra without pyarrow."""
    require_pyarrow()
    import pyarrow as pa
    from pyarrow import parquet

    neighbours = []
    for positions, distances in zip(movies.neighbours, movies.distances, strict=True):
        known = positions >= 0
        neighbours.append({"ids": positions[known].tolist(), "distances": distances[known].tolist()})
    table = pa.table(
        {
            "movieId": movies.movie_ids.tolist(),
            "title": list(movies.titles),
            "year": pa.array(movies.years, pa.int32()),
            "genres": ["|".join(one) for one in movies.genres],
            "likeCount": movies.like_counts,
            "x": movies.places[:, 0],
            "y": movies.places[:, 1],
            "neighbors": pa.array(
                neighbours, pa.struct({"ids": pa.list_(pa.int32()), "distances": pa.list_(pa.float32())})
            ),
        }
    )
    try:
        with whole_file(path) as file:
            parquet.write_table(table, file)
    except OSError as error:
        raise BadRequest(f"Cannot write {path}: {error.strerror}.") from error
