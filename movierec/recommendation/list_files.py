"""Lists of recommendations for many users, written to a file while they are made.

    .jsonl     a JSON object for each row of a list
    .parquet   the same rows and keys as a table, in groups of 65,536 rows

A row is a user and one movie of their list: `userId`, and the keys of a `Recommendation` but for its reasons.
Memory does not grow with the number of users.

Until it is whole the file has another name, in the same folder, so whoever reads under the name that was asked for
never sees a part of it. An error or Ctrl-C removes what was written; a process that is killed leaves it, as
`<name>.<process id>.unfinished`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from operator import attrgetter
from pathlib import Path
from typing import IO, Any

from movierec.errors import BadRequest, MissingExtra
from movierec.ids import Id
from movierec.progress import Progress, silent
from movierec.recommendation.results import Recommendation, WrittenLists
from movierec.records import record_fields, snake_case
from movierec.whole_file import whole_file

__all__ = ["COLUMNS", "require_list_file", "write_lists"]

COLUMNS = ("userId", *(name for name in record_fields(Recommendation) if name != "because"))
GROUP_ROWS = 65_536  # of a row group of Parquet; waiting rows take some 300 bytes each

Row = tuple[Any, ...]  # in the order of COLUMNS
Write = Callable[[list[Row]], None]
_FIELDS = attrgetter(*map(snake_case, COLUMNS[1:]))


def require_list_file(path: Path) -> None:
    """Raise BadRequest for a file that lists cannot be written to, MissingExtra without what writes Parquet."""
    if path.suffix not in _WRITERS:
        raise BadRequest(f"{path.name} is no kind of file for lists; expected a name with .jsonl or .parquet.")
    if not path.parent.is_dir():
        raise BadRequest(f"There is no folder {path.parent} to write {path.name} into.")
    if path.suffix == ".parquet" and not find_spec("pyarrow"):
        raise MissingExtra("Writing Parquet", "parquet")


def write_lists(
    path: Path, n_users: int, lists: Iterable[tuple[Id, list[Recommendation]]], progress: Progress = silent
) -> WrittenLists:
    """Write the lists of `n_users` users to `path`, which then replaces a file of that name.

    Raises as `require_list_file`, and BadRequest where the file cannot be written.
    """
    require_list_file(path)
    started, users, rows = time.monotonic(), 0, 0
    try:
        with (
            progress("recommend", n_users, "users") as advance,
            whole_file(path) as file,
            _WRITERS[path.suffix](file) as write,
        ):
            for user_id, recommended in lists:
                write([(user_id, *_FIELDS(one)) for one in recommended])
                users, rows = users + 1, rows + len(recommended)
                advance(1)
    except OSError as error:
        raise BadRequest(f"Cannot write {path}: {error.strerror or error}.") from error
    return WrittenLists(path=path, users=users, rows=rows, seconds=round(time.monotonic() - started, 3))


@contextmanager
def _jsonl(file: IO[bytes]) -> Iterator[Write]:
    def write(rows: list[Row]) -> None:
        lines = (json.dumps(dict(zip(COLUMNS, row, strict=True)), ensure_ascii=False) + "\n" for row in rows)
        file.write("".join(lines).encode())

    yield write


@contextmanager
def _parquet(file: IO[bytes]) -> Iterator[Write]:
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    kinds = {"title": pa.string(), "genres": pa.list_(pa.string()), "basis": pa.string(), "runId": pa.string()}
    kinds |= {"rank": pa.int32(), "year": pa.int32(), "likeCount": pa.int64(), "sequential": pa.bool_()}
    writer: Any = None
    waiting: list[Row] = []

    def write_group(rows: list[Row]) -> None:
        nonlocal writer
        if writer is None:
            ids = {"userId": _kind_of_ids(rows, 0), "movieId": _kind_of_ids(rows, COLUMNS.index("movieId"))}
            schema = pa.schema([(name, (kinds | ids).get(name, pa.float64())) for name in COLUMNS])
            writer = ParquetWriter(file, schema)
        columns = [*zip(*rows, strict=True)] or [()] * len(COLUMNS)
        writer.write_table(pa.table([*map(list, columns)], schema=writer.schema))

    def write(rows: list[Row]) -> None:
        waiting.extend(rows)
        while len(waiting) >= GROUP_ROWS:
            write_group(waiting[:GROUP_ROWS])
            del waiting[:GROUP_ROWS]

    def _kind_of_ids(rows: list[Row], column: int) -> Any:
        return pa.string() if rows and isinstance(rows[0][column], str) else pa.int64()

    try:
        yield write
        if waiting or writer is None:  # a table without rows has columns too
            write_group(waiting)
    finally:
        if writer is not None:
            writer.close()


_WRITERS: dict[str, Callable[[IO[bytes]], AbstractContextManager[Write]]] = {
    ".jsonl": _jsonl,
    ".parquet": _parquet,
}
