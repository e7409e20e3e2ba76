"""The local engine leaves the same graph as the Cypher engine, nodes and relationships."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from movierec.database.connection import Database, Row
from movierec.database.query_files import parse_query
from movierec.errors import BadRequest
from movierec.graph.derive import derive_co_liked, preview_derive
from movierec.graph.load import load_ratings
from movierec.graph.settings import ALL, LARGE_TOP_K, MOST_BY_CYPHER, DeriveSettings
from movierec.graph.user_likes import PulledLikes
from movierec.graph.workload import sample_by_size, sample_users, workload_of
from tests.servers import MOVIELENS
from tests.small_ratings import write_small_ratings

NODES = parse_query(
    "tests/derived",
    "// What a derivation puts on nodes.\n// Parameters: none.\n// Returns: rows.\n"
    "MATCH (n:User|Movie) RETURN n.userId AS userId, n.movieId AS movieId, n.likeIndex AS likeIndex, "
    "n.likeCount AS likeCount, n.decayedLikeCount AS decayedLikeCount, n.likedIndexes AS likedIndexes, "
    "n.likeDecays AS likeDecays, n.likeAges AS likeAges, labels(n) AS labels ORDER BY labels[0], movieId, userId;",
)
EDGES = parse_query(
    "tests/derived_edges",
    "// Relationships.\n// Parameters: none.\n// Returns: rows.\n"
    "MATCH (a:Movie)-[c:CO_LIKED|FOLLOWED_BY]->(b:Movie) RETURN type(c) AS type, a.movieId AS a, b.movieId AS b, "
    "c.count AS count, c.weight AS weight ORDER BY type, a, b;",
)


def derived(database: Database, settings: DeriveSettings, engine: str) -> tuple[Any, ...]:
    """Numbers with 9 digits: the last ones depend on the order of additions, and on whose logarithm it is."""
    result = derive_co_liked(database, settings, engine=engine)
    assert result.engine == engine
    numbers = (result.users, result.likes, result.capped_users, result.edges, result.followed_by)
    return (
        *graph(database),
        numbers,
        rounded(result.denominator_value),
        result.reference_time,
        result.is_sequential,
    )


def graph(database: Database) -> tuple[list[Row], list[Row]]:
    """What is derived on the nodes, and the relationships."""
    nodes, edges = database.read(NODES), database.read(EDGES)
    return [rounded_row(row) for row in nodes], [rounded_row(row) for row in edges]


def rounded_row(row: Row) -> Row:
    return {name: rounded(value) for name, value in row.items()}


def rounded(value: Any) -> Any:
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


@pytest.mark.one_version
@pytest.mark.parametrize(
    "settings",
    [
        DeriveSettings(min_weight=0.5),
        DeriveSettings(min_weight=0.5, top_k=4, sequential="on", follow_top_k=3),
        DeriveSettings(measure="cosine", half_life_days=300.0, max_user_likes=6, min_count=2, denominator="likes"),
        DeriveSettings(measure="llr", min_weight=0.1, half_life_days=40.0, top_k=3),
    ],
    ids=["default", "top-k", "decayed and capped", "decayed top-k"],
)
def test_nodes_and_relationships_are_those_of_cypher(
    changed_small_database: Database, settings: DeriveSettings
) -> None:
    by_cypher = derived(changed_small_database, settings, "cypher")
    assert len(by_cypher[1]) > 50
    assert derived(changed_small_database, settings, "local") == by_cypher


@pytest.mark.one_version
def test_text_ids(empty_database: Database, tmp_path: Path) -> None:
    ratings = pd.read_csv(write_small_ratings(tmp_path) / "ratings.csv")
    path = tmp_path / "texts.csv"
    ratings["userId"] = "u" + ratings["userId"].astype(str)
    ratings["movieId"] = "m" + ratings["movieId"].astype(str)
    ratings.to_csv(path, index=False)
    load_ratings(empty_database, path)
    settings = DeriveSettings(min_weight=0.5, sequential="on", top_k=5)
    by_cypher = derived(empty_database, settings, "cypher")
    assert derived(empty_database, settings, "local") == by_cypher


@pytest.mark.one_version
def test_preview_is_what_is_written(changed_small_database: Database) -> None:
    for settings in (DeriveSettings(min_weight=0.5), DeriveSettings(min_weight=0.5, top_k=3, sequential="on")):
        before = changed_small_database.read(NODES), changed_small_database.read(EDGES)
        preview = preview_derive(changed_small_database, settings, engine="local")
        assert (changed_small_database.read(NODES), changed_small_database.read(EDGES)) == before
        result = derive_co_liked(changed_small_database, settings, engine="local")
        for name in ("users", "likes", "movies", "edges", "mean_degree", "followed_by", "is_sequential"):
            assert getattr(preview, name) == getattr(result, name), name


@pytest.mark.one_version
def test_unknown_engine_names_those_there_are(small_database: Database) -> None:
    with pytest.raises(BadRequest, match="'fast'; expected one of auto, cypher, local"):
        derive_co_liked(small_database, DeriveSettings(), engine="fast")


@pytest.mark.one_version
def test_few_wedges_are_counted_by_cypher_and_every_edge_is_kept(changed_small_database: Database) -> None:
    result = derive_co_liked(changed_small_database, DeriveSettings(min_weight=0.5))
    assert (result.engine, result.settings.top_k) == ("cypher", ALL)


def test_more_wedges_keep_the_strongest_of_each_movie() -> None:
    assert DeriveSettings().resolved(MOST_BY_CYPHER + 1).top_k == LARGE_TOP_K
    assert DeriveSettings().resolved(MOST_BY_CYPHER).top_k == ALL
    assert DeriveSettings(top_k=7).resolved(10**12).top_k == 7
    assert replace(DeriveSettings(), top_k=ALL).resolved(10**12).top_k == ALL


@pytest.mark.one_version
def test_workload_is_exact_where_ratings_are_few_and_near_from_a_sample(movielens_database: Database) -> None:
    exact = workload_of(movielens_database, 4.0)
    likes = pd.read_csv(MOVIELENS / "ratings.csv").query("rating >= 4").groupby("userId").size()
    assert (exact.users, exact.likes, exact.wedges) == (609, 48_580, 5_549_426)
    assert (exact.paths, exact.is_exact) == (int((likes**2).sum()), True)
    capped = workload_of(movielens_database, 4.0, 20)
    assert capped.paths == int((likes.clip(upper=20) ** 2).sum())
    near = sample_users(movielens_database, most_counted=0, n=100).workload(4.0)
    assert not near.is_exact
    assert near.likes == pytest.approx(exact.likes, rel=0.15)
    assert near.paths == pytest.approx(exact.paths, rel=0.15)


def test_sample_stands_for_all_users_their_ratings_and_pairs_of_ratings() -> None:
    sizes = np.random.default_rng(1).zipf(1.7, 50_000)
    chosen, (users, ratings, pairs) = sample_by_size(sizes, 2_000)
    assert 1_000 < len(chosen) <= 2_000
    assert (np.diff(chosen) > 0).all()
    assert users.sum() == pytest.approx(len(sizes))
    assert (sizes[chosen] * ratings).sum() == pytest.approx(sizes.sum())
    assert (sizes[chosen].astype(float) ** 2 * pairs).sum() == pytest.approx((sizes.astype(float) ** 2).sum())


def pulled(times: list[list[int]]) -> PulledLikes:
    """Each user's likes of movies 0, 1, ... at the given times."""
    sizes = np.array([len(one) for one in times], dtype=np.int64)
    indexes = np.concatenate([np.arange(n, dtype=np.int32) for n in sizes])
    return PulledLikes.of(np.arange(len(times)), sizes, indexes, np.concatenate(times).astype(np.int64))


def test_lists_are_newest_first_with_ages_by_hand() -> None:
    likes = pulled([[10, 30, 20], [5, 5, 1, 5]]).kept(None, None, 30, with_ages=True)
    assert likes.indexes.tolist() == [1, 2, 0, 0, 1, 3, 2]
    assert likes.ages is not None
    assert likes.ages.tolist() == [0, 1, 2, 1, 1, 1, 3]


def test_cap_keeps_the_newest_and_decays_halve_by_hand() -> None:
    likes = pulled([[10, 30, 20], [7]]).kept(2, 10.0, 30, with_ages=True)
    assert (likes.indptr.tolist(), likes.indexes.tolist()) == ([0, 2, 3], [1, 2, 0])
    assert likes.decays is not None
    assert likes.decays.tolist() == pytest.approx([1.0, 0.5, 0.5**2.3])


def test_times_of_a_sitting_are_told_apart_within_a_user_only() -> None:
    # 100 seconds, none, more than an hour; between the users nothing counts.
    found = pulled([[0, 100, 100, 90_000], [90_000]]).resolution()
    assert (found.distinct, found.tied, found.tells_order) == (1, 1, True)
    assert not pulled([[4, 4], [1]]).resolution().tells_order
