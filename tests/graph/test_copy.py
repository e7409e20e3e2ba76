"""A copy holds what its source holds, however often a batch is written."""

import os

import pytest

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.errors import StageMissing
from movierec.evaluation.scratch import scratch_database
from movierec.graph import copy
from movierec.graph.copy import chunks_of, copy_ratings
from movierec.graph.settings import SplitSettings
from movierec.graph.split import split_ratings


def content(database: Database) -> list[object]:
    return [database.read(load_query(f"pull/{kind}")) for kind in ("movies", "users", "ratings")]


@pytest.mark.one_version
def test_copy_has_every_rating_held_out_or_not(
    changed_small_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copy, "BATCH_ROWS", 200)
    expected = content(changed_small_database)
    split_ratings(changed_small_database, SplitSettings())
    sizes = [len(chunk) for chunk in chunks_of(changed_small_database) if chunk.kind == "ratings"]
    assert (len(sizes), sum(sizes)) == (8, 1500)
    with scratch_database(dict(os.environ)) as (scratch, _):
        for _ in range(2):  # as after a commit that nobody answered
            copy_ratings(changed_small_database, scratch)
            assert content(scratch) == expected


@pytest.mark.one_version
def test_nothing_to_copy_is_said(empty_database: Database) -> None:
    with pytest.raises(StageMissing, match="movierec load"):
        copy_ratings(empty_database, empty_database)
