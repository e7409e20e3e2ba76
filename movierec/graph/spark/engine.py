"""The Spark engine: the steps of a derivation with the counting on Spark, for what one machine cannot count.

    lists of likes (pulled as by the local engine) -> Parquet -> pairs.py on Spark -> edges in Parquet -> the graph

The likes are written to a folder that the driver and all workers see, and the edges come back the same way; the
folder is removed at the end. What writes the graph is the local engine's, in batches that can be repeated: no
worker talks to the database. An incremental derivation that recounts some movies only is the local engine's.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
from filelock import FileLock, Timeout
from pyspark.sql import SparkSession

from movierec.graph.derive_steps import DeriveConstants, Likes
from movierec.graph.local_engine import Block, LocalCoLikes
from movierec.graph.settings import SparkSettings
from movierec.graph.spark import pairs
from movierec.graph.spark.session import run_job, spark_session
from movierec.graph.user_likes import UserLikes

__all__ = ["RunningSpark", "SparkCoLikes", "read_block", "running_spark", "write_likes"]

PREFIX = "movierec-spark-"
JUST_MADE = 60.0  # seconds; a younger folder may not be locked yet
GROUP_LIKES = 1_000_000  # in a group of rows; Spark reads groups side by side
BLOCK_EDGES = 1_000_000  # read at a time by a writer; a file is not divided


@dataclass(frozen=True)
class RunningSpark:
    """A session, and the folder that it shares with this process."""

    session: SparkSession
    folder: Path


@contextmanager
def running_spark(settings: SparkSettings) -> Iterator[RunningSpark]:
    """Spark, ready to count: what can be wrong with it is raised here, before the graph is touched."""
    parent = Path(settings.folder or gettempdir())
    with (
        _folder_in(parent, is_shared=settings.folder is not None) as folder,
        spark_session(settings.master, folder) as session,
    ):
        yield RunningSpark(session, folder)


class SparkCoLikes(LocalCoLikes):
    """The steps, counted by Spark."""

    def __init__(self, *arguments: Any, spark: RunningSpark, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.spark = spark

    def keep_likes(self, constants: DeriveConstants | None = None) -> Likes:
        total = super().keep_likes(constants)
        write_likes(self.likes, self.spark.folder / "likes.parquet")
        return total

    def link(self, indexes: Sequence[int], paths: Sequence[int], constants: DeriveConstants) -> None:
        def count() -> None:
            likes, edges = self._path("likes.parquet"), self._path("co_liked")
            pairs.co_liked(self.spark.session, likes, edges, self.settings, denominator=constants.denominator)

        run_job(self.spark.session, count, "count pairs", self.progress)
        before, query = "derive/clear_co_liked_from_movies", "derive/write_co_liked"
        self._write_edges("co_liked", {"counts": "count", "weights": "weight"}, before, query)

    def link_best(self, indexes: Sequence[int], paths: Sequence[int], constants: DeriveConstants) -> None:
        self.link(indexes, paths, constants)

    def follow(self, indexes: Sequence[int], paths: Sequence[int]) -> int:
        def count() -> None:
            likes, edges = self._path("likes.parquet"), self._path("followed_by")
            pairs.followed_by(self.spark.session, likes, edges, self.settings)

        run_job(self.spark.session, count, "count what follows", self.progress)
        return self._write_edges(
            "followed_by",
            {"weights": "weight"},
            "derive/clear_followed_by_from_movies",
            "derive/write_followed_by",
        )

    def _path(self, name: str) -> str:
        return (self.spark.folder / name).as_uri()

    def _write_edges(self, name: str, columns: Mapping[str, str], before: str, query: str) -> int:
        """Write the edges of all files, the `columns` of blocks from those of files; returns how many."""
        files = sorted((self.spark.folder / name).glob("*.parquet"))
        sizes = [parquet.read_metadata(file).num_rows for file in files]

        def write(first: int, last: int) -> None:
            for file in files[first : last + 1]:
                block = read_block(file, columns)
                if not self.dry_run:
                    self.write_block(block, before, query)
                elif self.on_rows is not None and name == "co_liked":
                    self.on_rows(block.rows())

        self._in_blocks(f"write {name.upper()}", write, sizes, BLOCK_EDGES, unit="edges")
        return sum(sizes)


@contextmanager
def _folder_in(parent: Path, is_shared: bool) -> Iterator[Path]:
    """A folder for one derivation; what killed ones have left in `parent` is removed.

    It is this user's alone, or where workers share it as open to others as `parent`.
    """
    for left in parent.glob(f"{PREFIX}*"):
        with suppress(OSError, Timeout):
            if time.time() - left.stat().st_mtime > JUST_MADE:
                with FileLock(left / "lock", timeout=0):
                    shutil.rmtree(left, ignore_errors=True)
    with TemporaryDirectory(prefix=PREFIX, dir=parent, ignore_cleanup_errors=True) as name:
        folder = Path(name).absolute()
        if is_shared:
            folder.chmod(parent.stat().st_mode & 0o777)
        with FileLock(folder / "lock"):
            yield folder


def write_likes(likes: UserLikes, path: Path) -> None:
    """The lists as a table of one row per like: user, by position, movie; decay and age where there are any."""
    users = np.repeat(np.arange(likes.n_users, dtype=np.int32), np.diff(likes.indptr))
    columns = {"user": users, "movie": likes.indexes, "decay": likes.decays, "age": likes.ages}
    table = pa.table({name: values for name, values in columns.items() if values is not None})
    parquet.write_table(table, path, row_group_size=GROUP_LIKES)


def read_block(file: Path, columns: Mapping[str, str]) -> Block:
    """A file of edges, each movie's together, with `columns` named anew."""
    table = parquet.read_table(file)
    sources = table["source"].to_numpy()
    starts = np.flatnonzero(np.append(np.ones(min(len(sources), 1), bool), sources[1:] != sources[:-1]))
    return Block(
        sources[starts].astype(np.int64),
        np.append(starts, len(sources)),
        table["target"].to_numpy(),
        {name: table[column].to_numpy() for name, column in columns.items()},
    )
