"""Lists that go to a file: the rows that anybody gets, whole or not there, in bounded memory."""

import json
import os
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from movierec.database.connection import Database
from movierec.errors import BadRequest
from movierec.ids import Id
from movierec.lookup.users import every_user
from movierec.recommendation.in_memory import Recommender
from movierec.recommendation.list_files import COLUMNS, GROUP_ROWS, write_lists
from movierec.recommendation.request import RecommendationRequest
from movierec.recommendation.results import Recommendation
from movierec.records import to_record
from tests.killing import ROOT

KINDS = pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])


def a_list(user: int, k: int = 10, as_text: bool = False) -> list[Recommendation]:
    return [
        Recommendation(
            rank=rank,
            movie_id=f"m-{rank}" if as_text else rank,
            title="Léon (1994)",
            year=None if rank == 1 else 1994,
            genres=("Crime", "Drama") if rank % 2 else (),
            like_count=rank,
            score=1.0 / rank,
            profile_score=0.5 / rank,
            graph_score=0.5 / rank,
            run_id="train-1",
        )
        for rank in range(1, k + 1)
    ]


def many_lists(n: int) -> Iterator[tuple[Id, list[Recommendation]]]:
    return ((user, a_list(user)) for user in range(n))


def rows_in(path: Path) -> list[dict[str, object]]:
    if path.suffix == ".parquet":
        rows: list[dict[str, object]] = parquet.read_table(path).to_pylist()
        return rows
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@KINDS
@pytest.mark.parametrize("as_text", [False, True])
def test_file_holds_the_records_of_the_lists(tmp_path: Path, suffix: str, as_text: bool) -> None:
    users: list[Id] = ["ann", "bob", "cy"] if as_text else [7, 8, 9]
    lists = [(user, a_list(1, k, as_text)) for user, k in zip(users, (2, 0, 3), strict=True)]
    path = tmp_path / f"lists{suffix}"
    written = write_lists(path, 3, lists)
    assert (written.path, written.users, written.rows) == (path, 3, 5)
    expected = [{"userId": user, **to_record(row)} for user, rows in lists for row in rows]
    for row in expected:
        del row["because"]
    assert rows_in(path) == expected
    assert [*rows_in(path)[0]] == list(COLUMNS)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@KINDS
def test_nobody_with_a_list_is_a_file_without_rows(tmp_path: Path, suffix: str) -> None:
    assert write_lists(tmp_path / f"lists{suffix}", 1, [(1, [])]).rows == 0
    assert rows_in(tmp_path / f"lists{suffix}") == []
    if suffix == ".parquet":
        assert parquet.read_schema(tmp_path / "lists.parquet").names == list(COLUMNS)


@KINDS
def test_memory_does_not_grow_with_users(tmp_path: Path, suffix: str) -> None:
    most = []
    for n in (2 * GROUP_ROWS // 10, 6 * GROUP_ROWS // 10):
        tracemalloc.start()
        write_lists(tmp_path / f"lists{suffix}", n, many_lists(n))
        most.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert most[1] < 1.2 * most[0]


@KINDS
@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_error_leaves_the_file_that_was_there(tmp_path: Path, suffix: str, error: type[BaseException]) -> None:
    path = tmp_path / f"lists{suffix}"
    write_lists(path, 2, many_lists(2))
    before = path.read_bytes()

    def failing() -> Iterator[tuple[Id, list[Recommendation]]]:
        yield from many_lists(20_000)
        raise error

    with pytest.raises(error):
        write_lists(path, 20_000, failing())
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


WRITING = """
import sys
from pathlib import Path
from movierec.recommendation.list_files import write_lists
from tests.recommendation.test_list_files import many_lists

def saying():
    for i, one in enumerate(many_lists(10**9)):
        if i % 10_000 == 0:
            print(i, flush=True)
        yield one

write_lists(Path(sys.argv[1]), 10**9, saying())
"""


@KINDS
@pytest.mark.parametrize("there", [True, False])
def test_killed_process_leaves_no_part_under_the_name(tmp_path: Path, suffix: str, there: bool) -> None:
    path = tmp_path / f"lists{suffix}"
    if there:
        write_lists(path, 2, many_lists(2))
    before = path.read_bytes() if there else b""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITING, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for _ in range(3):
        process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert path.exists() == there
    assert not there or path.read_bytes() == before
    (draft,) = (one for one in tmp_path.iterdir() if one != path)
    assert draft.name == f"{path.name}.{process.pid}.unfinished"
    assert write_lists(path, 3, many_lists(3)).rows == len(rows_in(path)) == 30


def test_other_kinds_of_files_and_places_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"lists.xlsx is no kind of file for lists.*\.jsonl or \.parquet"):
        write_lists(tmp_path / "lists.xlsx", 1, [])
    with pytest.raises(BadRequest, match="There is no folder"):
        write_lists(tmp_path / "none" / "lists.jsonl", 1, [])
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(BadRequest, match="Cannot write"):
        write_lists(tmp_path / "folder.jsonl", 1, many_lists(1))


@pytest.mark.one_version
def test_every_user_of_the_database_gets_a_list(small_database: Database, tmp_path: Path) -> None:
    users = every_user(small_database)
    request = RecommendationRequest(1, k=5)
    recommender = Recommender(small_database)
    write_lists(tmp_path / "lists.parquet", len(users), recommender.recommend_many(users, request))
    rows = rows_in(tmp_path / "lists.parquet")
    expected = [
        (user, row.movie_id)
        for user in range(1, 61)
        for row in recommender.recommend(RecommendationRequest(user, k=5))
    ]
    assert [(row["userId"], row["movieId"]) for row in rows] == expected
