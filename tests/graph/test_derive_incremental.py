"""After any change of ratings, an incremental derivation gives the edges of a full one with the same D."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from movierec.database.connection import Database
from movierec.database.query_files import load_query, parse_query
from movierec.errors import BadRequest, StageMissing
from movierec.graph.derive import derive_co_liked, preview_derive
from movierec.graph.derive_steps import CoLikes
from movierec.graph.load import load_ratings
from movierec.graph.results import DeriveResult
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.graph.split import split_ratings, undo_split
from movierec.graph.unload import remove_load
from tests.graph.brute_force import edges_of
from tests.graph.test_derive import assert_edges, found

N_USERS, N_MOVIES, N_RATINGS = 40, 30, 500
RATED = parse_query(
    "tests/rated",
    "// Ratings.\n// Parameters: none.\n// Returns: rows.\n"
    "MATCH (u:User)-[r:RATED]->(m:Movie) RETURN u.userId AS userId, m.movieId AS movieId, r.rating AS rating, "
    "r.timestamp AS timestamp ORDER BY userId, movieId;",
)
MARKED = parse_query(
    "tests/marked",
    "// Marks.\n// Parameters: none.\n// Returns: n.\nMATCH (n:Changed) RETURN count(n) AS n;",
)


def own_file(folder: Path, name: str, rows: pd.DataFrame) -> Path:
    path = folder / f"{name}.csv"
    rows.to_csv(path, index=False)
    return path


def some_ratings(generator: np.random.Generator, n: int, first_user: int = 1, day: int = 0) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "userId": generator.integers(first_user, first_user + N_USERS, n),
            "movieId": (generator.random(n) ** 2 * N_MOVIES).astype(int) + 1,
            "rating": generator.integers(1, 11, n) / 2,
            "timestamp": 10**9 + (day * 1000 + generator.integers(0, 900, n)) * 86_400,
        }
    )
    return rows.drop_duplicates(["userId", "movieId"])


def assert_as_in_full(database: Database, settings: DeriveSettings, result: DeriveResult) -> None:
    ratings = pd.DataFrame(database.read(RATED))
    expected = edges_of(ratings, settings, result.denominator_value, result.reference_time)
    assert_edges(found(database), expected)
    assert result.edges == len(expected)
    counts = ratings[ratings.rating >= settings.min_rating].groupby("userId").size()
    used = counts.clip(upper=settings.max_user_likes) if settings.max_user_likes else counts
    assert (result.users, result.likes) == (len(counts), used.sum())
    assert database.read_one(MARKED)["n"] == 0


@pytest.mark.parametrize(
    "settings",
    [
        DeriveSettings(min_weight=0.5),
        DeriveSettings(measure="cosine", min_count=2, denominator="likes", max_user_likes=5),
        DeriveSettings(measure="llr", min_weight=1.0, half_life_days=700.0),
        DeriveSettings(measure="jaccard", min_count=1, top_k=3),
    ],
    ids=lambda settings: settings.measure,
)
@pytest.mark.parametrize(
    ("seed", "engine"),
    [(1, "cypher"), pytest.param(2, "cypher", marks=pytest.mark.one_version), (1, "local")],
)
def test_random_changes_of_ratings(
    empty_database: Database, tmp_path: Path, settings: DeriveSettings, seed: int, engine: str
) -> None:
    database, generator = empty_database, np.random.default_rng(seed)
    load_ratings(database, own_file(tmp_path, "first", some_ratings(generator, N_RATINGS)))
    derive_co_liked(database, settings)
    loads: list[int] = []
    for step in range(1, 7):
        # New ratings of old users and of new ones, re-ratings, new movies; now and then a load is taken back.
        if step % 3 == 0:
            remove_load(database, loads.pop(int(generator.integers(len(loads)))))
        else:
            changed = some_ratings(generator, int(generator.integers(1, 60)), 1 + 5 * step, day=step)
            changed["movieId"] += int(generator.integers(0, 3)) * 10
            load_ratings(database, own_file(tmp_path, f"step{step}", changed))
            loads.append(step + 1 - step // 3)
        limit = [0, 10**9][step % 2]
        result = derive_co_liked(
            database,
            settings,
            incremental=True,
            engine=engine,
            one_transaction_paths=limit,
            batch_paths=2_000,
        )
        assert_as_in_full(database, settings, result)
        if step == 3:
            split_ratings(database, SplitSettings(strategy="last"))
            result = derive_co_liked(database, settings, incremental=True)
            assert_as_in_full(database, settings, result)
            undo_split(database)
            result = derive_co_liked(database, settings, incremental=True)
            assert_as_in_full(database, settings, result)


def test_nothing_changed_nothing_counted(empty_database: Database, tmp_path: Path) -> None:
    settings = DeriveSettings(min_weight=0.5)
    load_ratings(empty_database, own_file(tmp_path, "first", some_ratings(np.random.default_rng(1), N_RATINGS)))
    derive_co_liked(empty_database, settings)
    before = found(empty_database)
    result = derive_co_liked(empty_database, settings, incremental=True)
    assert (result.changed_users, result.changed_movies) == (0, 0)
    pd.testing.assert_frame_equal(found(empty_database), before)


def test_one_rating_recounts_one_movie(empty_database: Database, tmp_path: Path) -> None:
    settings = DeriveSettings(min_weight=0.5)
    load_ratings(empty_database, own_file(tmp_path, "first", some_ratings(np.random.default_rng(1), N_RATINGS)))
    derive_co_liked(empty_database, settings)
    one = pd.DataFrame({"userId": [77], "movieId": [3], "rating": [5.0], "timestamp": [10**9]})
    load_ratings(empty_database, own_file(tmp_path, "one", one))
    preview = preview_derive(empty_database, settings, incremental=True)
    result = derive_co_liked(empty_database, settings, incremental=True)
    assert (
        (result.changed_users, result.changed_movies)
        == (1, 1)
        == (
            preview.changed_users,
            preview.changed_movies,
        )
    )
    edges = found(empty_database)
    assert preview.edges == ((edges.a == 3) | (edges.b == 3)).sum()


def test_interrupted_one_is_gone_on_with(
    empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = DeriveSettings(min_weight=0.5)
    generator = np.random.default_rng(3)
    load_ratings(empty_database, own_file(tmp_path, "first", some_ratings(generator, N_RATINGS)))
    derive_co_liked(empty_database, settings)
    load_ratings(empty_database, own_file(tmp_path, "second", some_ratings(generator, 50, day=1)))
    with monkeypatch.context() as patch:
        # The power goes when all pairs but none of the marks are done, which is the worst moment.
        patch.setattr(CoLikes, "clear_changed", lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            derive_co_liked(empty_database, settings, incremental=True, one_transaction_paths=0, batch_paths=500)
    result = derive_co_liked(empty_database, settings, incremental=True)
    assert_as_in_full(empty_database, settings, result)


@pytest.mark.both_versions
@pytest.mark.parametrize("top_k", [None, 2])
def test_movie_that_was_removed_and_came_back(empty_database: Database, tmp_path: Path, top_k: int | None) -> None:
    """Its number is given again, and may stand in lists of users from before."""
    settings = DeriveSettings(measure="jaccard", min_count=1, top_k=top_k)
    load_ratings(empty_database, own_file(tmp_path, "first", some_ratings(np.random.default_rng(1), N_RATINGS)))
    more = [[1, 900, 5.0, 10**9], [2, 900, 5.0, 10**9], [3, 900, 5.0, 10**9]]
    path = own_file(tmp_path, "more", pd.DataFrame(more, columns=["userId", "movieId", "rating", "timestamp"]))
    load_ratings(empty_database, path)
    derive_co_liked(empty_database, settings)
    remove_load(empty_database, 2)
    load_ratings(empty_database, path)
    result = derive_co_liked(empty_database, settings, incremental=True)
    assert_as_in_full(empty_database, settings, result)
    remove_load(empty_database, 3)
    result = derive_co_liked(empty_database, settings, incremental=True)
    assert_as_in_full(empty_database, settings, result)


def test_other_settings_are_refused(empty_database: Database, tmp_path: Path) -> None:
    with pytest.raises(StageMissing, match="movierec load"):
        derive_co_liked(empty_database, DeriveSettings(), incremental=True)
    load_ratings(empty_database, own_file(tmp_path, "first", some_ratings(np.random.default_rng(1), N_RATINGS)))
    with pytest.raises(StageMissing, match="no derivation to start from"):
        derive_co_liked(empty_database, DeriveSettings(), incremental=True)
    derive_co_liked(empty_database, DeriveSettings(min_weight=0.5))
    with pytest.raises(BadRequest, match=r"another min_weight, top_k\. Run"):
        derive_co_liked(empty_database, DeriveSettings(min_weight=0.7, top_k=3), incremental=True)


def test_half_a_full_derive_is_not_gone_on_from(empty_database: Database, tmp_path: Path) -> None:
    load_ratings(empty_database, own_file(tmp_path, "first", some_ratings(np.random.default_rng(1), N_RATINGS)))
    settings = DeriveSettings(min_weight=0.5)
    derive_co_liked(empty_database, settings)
    empty_database.write(
        load_query("runs/start"), runId="derive-x", stage="derive", process="elsewhere:1:0", settings={}
    )
    with pytest.raises(StageMissing, match="without --incremental"):
        derive_co_liked(empty_database, settings, incremental=True)
