"""MovieLens-like ratings of any size, written as MovieLens' files are; and how like MovieLens they are.

    python -m benchmarks.generate FOLDER --ratings 1e6 [--users N] [--movies N] [--seed 1] [--format csv|parquet]
    python -m benchmarks.generate likeness    a table beside ml-latest-small; writes docs/scale.md

`FOLDER` gets movies.csv, and ratings.csv or ratings.parquet, sorted by userId and movieId. The same numbers give
the same bytes, with the same versions of NumPy and PyArrow. The model is in benchmarks/generated_ratings.py.
"""

from __future__ import annotations

import argparse
import csv
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as parquet

from benchmarks.generated_ratings import GENRES, Block, Ratings, Shape

__all__ = ["Format", "blocks", "generate"]

Format = Literal["csv", "parquet"]
SCHEMA = pa.schema({"userId": pa.int64(), "movieId": pa.int64(), "rating": pa.float64(), "timestamp": pa.int64()})
TEXT_SCHEMA = SCHEMA.set(2, pa.field("rating", pa.string()))  # 4.0, as MovieLens writes it, and not 4
TEXTS = pa.array([f"{level / 2:.1f}" for level in range(11)])
GROUP_BLOCKS = 8  # blocks in one group of rows of a Parquet file: about a million ratings


def blocks(
    n_ratings: int, *, n_users: int | None = None, n_movies: int | None = None, seed: int = 1
) -> Iterator[Block]:
    """The ratings as arrays, those of 1,000 users at a time. Raises ValueError for numbers that cannot be."""
    return iter(Ratings(Shape.of(n_ratings, n_users, n_movies), seed))


def generate(
    folder: Path,
    n_ratings: int,
    *,
    n_users: int | None = None,
    n_movies: int | None = None,
    seed: int = 1,
    format: Format = "csv",
) -> Path:
    """`folder`, made if need be, with movies.csv and ratings.csv or ratings.parquet. Raises ValueError."""
    ratings = Ratings(Shape.of(n_ratings, n_users, n_movies), seed)
    folder.mkdir(parents=True, exist_ok=True)
    _write_movies(ratings, folder / "movies.csv")
    with _writer(folder / f"ratings.{format}", format) as write:
        group: list[pa.RecordBatch] = []
        for number, block in enumerate(ratings, 1):
            group.append(_batch(block, format))
            if len(group) == GROUP_BLOCKS or number == ratings.n_blocks:
                write(pa.Table.from_batches(group))
                group = []
    return folder


@contextmanager
def _writer(path: Path, format: Format) -> Iterator[Callable[[pa.Table], None]]:
    if format == "parquet":
        with parquet.ParquetWriter(path, SCHEMA) as file:
            yield file.write_table
    else:
        options = pyarrow.csv.WriteOptions(quoting_style="none", quoting_header="none")
        with pyarrow.csv.CSVWriter(str(path), TEXT_SCHEMA, write_options=options) as file:
            yield file.write_table


def _batch(block: Block, format: Format) -> pa.RecordBatch:
    stars = (
        pa.array(block.stars.astype(np.float64))
        if format == "parquet"
        else TEXTS.take(pa.array((2 * block.stars).astype(np.int8)))
    )
    columns = [pa.array(block.users), pa.array(block.movies), stars, pa.array(block.timestamps)]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA if format == "parquet" else TEXT_SCHEMA)


def _write_movies(ratings: Ratings, path: Path) -> None:
    names = np.array(list(GENRES))
    with path.open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file, lineterminator="\n")
        write.writerow(["movieId", "title", "genres"])
        for place in np.argsort(ratings.movie_ids).tolist():
            movie = ratings.movie_ids[place]
            genres = "|".join(names[ratings.genres[place]].tolist())
            write.writerow([movie, f"Film {movie} ({ratings.years[place]})", genres])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generate", description=__doc__.split("\n")[0])
    parser.add_argument("folder", help='where to write; or "likeness", the table beside ml-latest-small')
    parser.add_argument("--ratings", type=float, default=1e6, metavar="N", help="such as 1e6 (default)")
    parser.add_argument("--users", type=float, metavar="N", help="MovieLens' for so many ratings by default")
    parser.add_argument("--movies", type=float, metavar="N", help="the same")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--format", choices=get_args(Format), default="csv")
    asked = parser.parse_args()
    if asked.folder == "likeness":
        from benchmarks.likeness import likeness

        likeness()
        return
    try:
        generate(
            Path(asked.folder),
            int(asked.ratings),
            n_users=None if asked.users is None else int(asked.users),
            n_movies=None if asked.movies is None else int(asked.movies),
            seed=asked.seed,
            format=asked.format,
        )
    except ValueError as error:
        sys.exit(str(error))
    seconds = time.process_time()
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # Linux counts kilobytes
    print(f"{int(asked.ratings):,} ratings; {seconds:.0f} s of CPU, at most {megabytes:.0f} MB of memory")


if __name__ == "__main__":
    main()
