import contextlib
import math
import threading
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from movierec.database.connection import Database
from movierec.database.query_files import load_query, parse_query
from movierec.database.runs import consistent_read, latest_run
from movierec.database.settings import ConnectionSettings
from movierec.errors import BadRequest, MovieRecError, StageMissing
from movierec.graph.derive import derive_co_liked, preview_derive
from movierec.graph.load import load_ratings
from movierec.graph.pull import pull_movie_graph
from movierec.graph.settings import MEASURES, PRESETS, DeriveSettings
from movierec.graph.write import write_chunk
from movierec.ratings.validate import Chunk
from tests.graph.brute_force import edges_of
from tests.graph.content import NODES
from tests.killing import kill_at_commit
from tests.proxy import BoltProxy
from tests.servers import MOVIELENS, TestServer
from tests.small_ratings import write_small_ratings

EDGES = parse_query(
    "tests/edges",
    "// Edges.\n// Parameters: none.\n// Returns: rows.\n"
    "MATCH (a:Movie)-[c:CO_LIKED]->(b:Movie) "
    "RETURN a.movieId AS a, b.movieId AS b, c.count AS count, c.weight AS weight ORDER BY a, b;",
)
TOTAL = parse_query(
    "tests/total",
    "// Sums.\n// Parameters: none.\n// Returns: sums.\n"
    "MATCH (:Movie)-[c:CO_LIKED]->(:Movie) "
    "RETURN count(c) AS edges, sum(c.count) AS counts, round(sum(c.weight), 3) AS weight;",
)


RATINGS = pd.read_csv(MOVIELENS / "ratings.csv")


def found(database: Database) -> pd.DataFrame:
    return pd.DataFrame(database.read(EDGES), columns=["a", "b", "count", "weight"])


def assert_edges(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    assert len(found) == len(expected)
    names = ["a", "b", "count"]
    pd.testing.assert_frame_equal(found[names].astype("int64"), expected[names].astype("int64"))
    np.testing.assert_allclose(found["weight"].astype(float), expected["weight"], rtol=1e-9, atol=1e-9)


def load_small(database: Database, likes: dict[int, list[int]]) -> None:
    """Users who rate the given movies 5 stars."""
    database.run_batches(load_query("schema/constraints"))
    ids = np.array(sorted({movie for movies in likes.values() for movie in movies}))
    titles = [{"title": f"M{i}", "genres": []} for i in ids]
    pairs = [(user, movie) for user, movies in likes.items() for movie in movies]
    users, movies = (np.array(column) for column in zip(*pairs, strict=True))
    ratings = {"ratings": np.full(len(pairs), 5.0), "timestamps": np.ones(len(pairs), dtype=np.int64)}
    tables: dict[str, dict[str, Any]] = {
        "movies": {"movieIds": ids, "properties": titles},
        "ratings": {"userIds": users, "movieIds": movies, **ratings},
    }
    for kind, columns in tables.items():
        n_rows = len(columns["movieIds"])
        chunk = Chunk(kind=kind, first_row=0, end_row=n_rows, rows=np.arange(n_rows), columns=columns)
        database.in_transaction(partial(write_chunk, chunk=chunk, load_id=1))


@pytest.mark.both_versions
def test_weight_by_hand(empty_database: Database) -> None:
    # 4 users; movie 1 liked by 3, movie 2 by 2, both by 2; movie 3 by the one user who liked nothing else.
    load_small(empty_database, {1: [1, 2], 2: [1, 2], 3: [1], 4: [3]})
    derive_co_liked(empty_database, DeriveSettings(min_weight=0.1))
    (edge,) = empty_database.read(EDGES)
    assert (edge["a"], edge["b"], edge["count"]) == (1, 2, 2)
    assert edge["weight"] == pytest.approx(2 * math.log(2 * 4 / (3 * 2)))
    derive_co_liked(empty_database, DeriveSettings(min_weight=0.1, denominator="likes"))
    (edge,) = empty_database.read(EDGES)
    assert edge["weight"] == pytest.approx(2 * math.log(2 * 6 / (3 * 2)))


def test_keras_preset_gives_the_examples_figures(derived_database: Database) -> None:
    result = derive_co_liked(derived_database, DeriveSettings.from_preset("keras"))
    assert (result.users, result.likes) == (573, 13_211)
    assert (result.movies, result.edges) == (1405, 40_043)
    assert result.mean_degree == pytest.approx(57.0, abs=0.01)
    run = latest_run(derived_database, "derive")
    assert run is not None
    assert (run["runId"], run["edges"], run["minRating"]) == (result.run_id, 40_043, 5.0)
    assert derived_database.read_one(TOTAL)["weight"] == pytest.approx(680_250.167, abs=5e-4)


@pytest.mark.parametrize(
    "measure",
    [
        pytest.param(x, marks=() if x in ("xy_pmi", "llr") else (pytest.mark.one_version, pytest.mark.slow))
        for x in MEASURES
    ],
)
def test_every_measure_is_that_of_a_sparse_matrix_product(derived_database: Database, measure: str) -> None:
    settings = DeriveSettings(min_rating=5.0, measure=measure, sequential="off")
    derive_co_liked(derived_database, settings)
    assert_edges(found(derived_database), edges_of(RATINGS, settings))


THRESHOLDS: list[dict[str, Any]] = [
    {"denominator": "likes", "min_weight": 10.0},
    {"measure": "count", "min_weight": 10.0, "min_rating": 4.0},
    {"measure": "cosine", "top_k": 3},
    {"measure": "jaccard", "min_count": 2, "min_weight": 0.1, "top_k": 1},
    {"max_user_likes": 10, "min_weight": 1.0},
    {"half_life_days": 500.0, "min_weight": 0.5, "min_count": 3, "max_user_likes": 20},
    {"half_life_days": 5.0, "measure": "lift", "min_weight": 0.0, "min_count": 3, "max_user_likes": 20},
    {"half_life_days": 2000.0, "measure": "cosine", "min_count": 5, "max_user_likes": 20, "top_k": 2},
    {"half_life_days": 1000.0, "denominator": "likes", "measure": "lift", "max_user_likes": 15},
]


@pytest.mark.parametrize(
    "changes",
    [pytest.param(x, marks=() if i in (0, 2) else pytest.mark.slow) for i, x in enumerate(THRESHOLDS)],
    ids=str,
)
def test_every_threshold_is_that_of_a_sparse_matrix_product(
    derived_database: Database, changes: dict[str, Any]
) -> None:
    settings = DeriveSettings(**{"min_rating": 5.0, "sequential": "off", **changes})
    result = derive_co_liked(derived_database, settings)
    expected = edges_of(RATINGS, settings)
    assert result.edges == len(expected) > 100
    assert_edges(found(derived_database), expected)


@pytest.mark.one_version
@pytest.mark.parametrize("engine", ["cypher", "local"])
def test_every_measure_and_threshold_on_a_few_ratings(
    changed_small_database: Database, tmp_path: Path, engine: str
) -> None:
    ratings = pd.read_csv(write_small_ratings(tmp_path) / "ratings.csv")
    changes: dict[str, Any]
    for changes in [*({"measure": measure} for measure in MEASURES), *THRESHOLDS]:
        settings = DeriveSettings(**{"min_rating": 5.0, "min_weight": 0.2, "sequential": "off", **changes})
        expected = edges_of(ratings, settings)
        assert len(expected) > 20
        for one_transaction_paths in (10**9, 0):
            derive_co_liked(
                changed_small_database,
                settings,
                engine=engine,
                one_transaction_paths=one_transaction_paths,
                batch_paths=2_000,
            )
            assert_edges(found(changed_small_database), expected)


@pytest.mark.slow
@pytest.mark.one_version
def test_likes_of_four_stars_give_the_large_graph(derived_database: Database) -> None:
    settings = DeriveSettings(min_rating=4.0, denominator="likes", min_weight=10.0, sequential="off")
    result = derive_co_liked(derived_database, settings)
    expected = edges_of(RATINGS, settings)
    assert result.edges == 953_532 == len(expected)
    assert expected["weight"].sum() == pytest.approx(20_788_332.630, abs=5e-4)
    total = derived_database.read_one(TOTAL)
    assert total == {
        "edges": 953_532,
        "counts": expected["count"].sum(),
        "weight": pytest.approx(20_788_332.630, abs=5e-4),
    }


@pytest.mark.one_version
@pytest.mark.parametrize(("min_count", "movies", "edges"), [(10, 1041, 52_062), (20, 448, 11_266)])
def test_co_count_preset_gives_the_chapters_figures(
    derived_database: Database, min_count: int, movies: int, edges: int
) -> None:
    result = derive_co_liked(derived_database, DeriveSettings.from_preset("co-count", min_weight=min_count))
    assert (result.movies, result.edges) == (movies, edges)


@pytest.mark.slow
@pytest.mark.one_version
def test_co_count_preset_gives_the_chapters_figures_on_ml_100k(empty_database: Database, ml_100k: Path) -> None:
    load_ratings(empty_database, ml_100k)
    for min_count, movies, edges in ((10, 785, 81_616), (20, 563, 35_904)):
        result = derive_co_liked(empty_database, DeriveSettings.from_preset("co-count", min_weight=min_count))
        assert (result.movies, result.edges) == (movies, edges)


@pytest.mark.one_version
def test_preview_is_what_derive_writes_and_writes_nothing(derived_database: Database) -> None:
    database = derived_database
    for changes in ({}, {"measure": "cosine", "top_k": 3}):
        settings = DeriveSettings(min_rating=5.0, sequential="off", **changes)  # type: ignore[arg-type]
        before = database.read(NODES), database.read(EDGES)
        preview = preview_derive(database, settings)
        assert (database.read(NODES), database.read(EDGES)) == before
        result = derive_co_liked(database, settings)
        assert {name: getattr(preview, name) for name in ("movies", "edges", "mean_degree", "users", "likes")} == {
            name: getattr(result, name) for name in ("movies", "edges", "mean_degree", "users", "likes")
        }
        edges = found(database)
        degrees = pd.concat([edges.a, edges.b]).value_counts()
        assert (preview.degrees["min"], preview.degrees["max"]) == (degrees.min(), degrees.max())
        assert preview.degrees["median"] == degrees.quantile(0.5, interpolation="lower")
        for row in preview.weights:
            assert row.edges == edges.weight.between(row.from_, row.to, inclusive="left").sum()
        assert sum(row.edges for row in preview.weights) == len(edges)


def test_batches_and_one_transaction_write_the_same(derived_database: Database) -> None:
    settings = DeriveSettings.from_preset("keras")
    single_transaction = derive_co_liked(derived_database, settings)
    whole = found(derived_database)
    batches = derive_co_liked(derived_database, settings, one_transaction_paths=0, batch_paths=20_000)
    assert (single_transaction.single_transaction, batches.single_transaction) == (True, False)
    pd.testing.assert_frame_equal(found(derived_database), whole)


@pytest.mark.both_versions
def test_second_derive_replaces_the_first(empty_database: Database) -> None:
    load_small(empty_database, {1: [1, 2, 3], 2: [1, 2], 3: [3], 4: [4]})
    derive_co_liked(empty_database, DeriveSettings(min_weight=0.01))
    first = empty_database.read(EDGES)
    derive_co_liked(empty_database, DeriveSettings(measure="count", min_weight=2.0))
    assert empty_database.read(EDGES) == [{"a": 1, "b": 2, "count": 2, "weight": 2.0}]
    derive_co_liked(empty_database, DeriveSettings(min_weight=0.01))
    assert empty_database.read(EDGES) == first


@pytest.mark.one_version
def test_commands_read_the_old_graph_or_the_new_one(derived_database: Database) -> None:
    """While graphs are swapped at once, a reader asks as fast as it can; at the swap itself it is refused."""
    database = derived_database
    all_settings = [
        DeriveSettings.from_preset("keras"),
        DeriveSettings(min_rating=5.0, measure="count", min_weight=5.0, sequential="off"),
    ]
    totals = []
    for settings in all_settings:
        derive_co_liked(database, settings)
        totals.append(database.read_one(TOTAL))
    seen: list[Any] = []
    done = threading.Event()

    def watch() -> None:
        with Database(database.settings) as reader:
            while not done.is_set():
                with contextlib.suppress(StageMissing):
                    with consistent_read(reader, "derive"):
                        total = reader.read_one(TOTAL)
                    seen.append(total)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for settings in all_settings * 2:
        derive_co_liked(database, settings)
    done.set()
    watcher.join()
    assert len(seen) > 20
    assert [total for total in seen if total not in totals] == []


@pytest.mark.both_versions
def test_derive_that_fails_at_once_leaves_the_graph_as_it_was(empty_database: Database) -> None:
    load_small(empty_database, {1: [1, 2], 2: [1, 2], 3: [3]})
    derive_co_liked(empty_database, DeriveSettings(min_weight=0.1))
    before = found(empty_database)
    with pytest.raises(MovieRecError, match="No pair of movies reaches weight 1000"):
        derive_co_liked(empty_database, DeriveSettings(min_weight=1000.0))
    pd.testing.assert_frame_equal(found(empty_database), before)
    assert pull_movie_graph(empty_database).n_edges == 1


@pytest.mark.one_version
@pytest.mark.parametrize(
    ("engine", "at_commit"),
    [("cypher", 9), ("cypher", 12), ("cypher", 15), ("cypher", 18), ("local", 9), ("local", 12), ("local", 18)],
)
def test_batch_whose_commit_is_not_answered_is_written_once(
    derived_database: Database, neo4j_server: TestServer, engine: str, at_commit: int
) -> None:
    settings = DeriveSettings.from_preset("keras")
    server = neo4j_server.settings
    with BoltProxy(int(server.uri.rsplit(":", 1)[1].rstrip("/")), at_commit, "commit unanswered") as proxy:
        through = ConnectionSettings(f"bolt://127.0.0.1:{proxy.port}", server.username, server.password)
        with Database(through) as database:
            batch = {"cypher": 100_000, "local": 5_000}[engine]
            result = derive_co_liked(database, settings, engine=engine, one_transaction_paths=0, batch_paths=batch)
        assert proxy.n_cuts == 1
    assert result.edges == 40_043
    assert_edges(found(derived_database), edges_of(RATINGS, settings))


@pytest.mark.one_version
@pytest.mark.parametrize(("engine", "batch_paths"), [("cypher", 100_000), ("local", 5_000)])
def test_killed_after_any_batch_and_run_again(
    derived_database: Database, neo4j_server: TestServer, engine: str, batch_paths: int
) -> None:
    database = derived_database
    derive_co_liked(database, DeriveSettings.from_preset("keras"))
    expected = found(database)
    script = (
        "from movierec.database.connection import Database\n"
        "from movierec.database.settings import ConnectionSettings\n"
        "from movierec.graph.derive import derive_co_liked\n"
        "from movierec.graph.settings import DeriveSettings\n"
        "import os\n"
        "settings = ConnectionSettings(os.environ['URI'], os.environ['NAME'], os.environ['PASSWORD'])\n"
        "with Database(settings) as database:\n"
        "    derive_co_liked(database, DeriveSettings.from_preset('keras'),"
        f" engine={engine!r}, one_transaction_paths=0, batch_paths={batch_paths})\n"
    )
    for at_commit in (11, 14, 17, 21, 25):
        kill_at_commit(script, neo4j_server.settings, at_commit)
        with pytest.raises(StageMissing, match="not whole"):
            pull_movie_graph(database)
    derive_co_liked(database, DeriveSettings.from_preset("keras"), engine=engine, one_transaction_paths=0)
    pd.testing.assert_frame_equal(found(database), expected)


def test_unfinished_derive_is_not_read_from(empty_database: Database) -> None:
    load_small(empty_database, {1: [1, 2], 2: [1, 2], 3: [3]})
    derive_co_liked(empty_database, DeriveSettings(min_weight=0.1))
    empty_database.write(
        load_query("runs/start"), runId="derive-9", stage="derive", process="elsewhere:1:0", settings={}
    )
    with pytest.raises(StageMissing, match=r"derive-9.*not whole"):
        pull_movie_graph(empty_database)


def test_half_a_load_is_not_derived_from(empty_database: Database) -> None:
    load_small(empty_database, {1: [1, 2], 2: [1, 2], 3: [3]})
    empty_database.write(
        load_query("runs/start"), runId="load-9", stage="load", process="elsewhere:1:0", settings={}
    )
    with pytest.raises(StageMissing, match=r"load-9.*not whole"):
        derive_co_liked(empty_database, DeriveSettings(min_weight=0.1))


def test_likes_and_edges_of_other_labels_are_left_alone(empty_database: Database) -> None:
    load_small(empty_database, {1: [1, 2], 2: [1, 2], 3: [3]})
    strangers = parse_query(
        "tests/strangers",
        "// Somebody else's.\n// Parameters: none.\n// Returns: n.\n"
        "CREATE (a:UserProfile)-[:LIKED]->(b:Post), (a)-[:CO_LIKED]->(b) RETURN count(*) AS n;",
    )
    left = parse_query(
        "tests/left",
        "// What is left.\n// Parameters: none.\n// Returns: n.\n"
        "MATCH (:UserProfile)-[r]->(:Post) RETURN count(r) AS n;",
    )
    empty_database.write(strangers)
    derive_co_liked(empty_database, DeriveSettings(min_weight=0.1))
    assert empty_database.read_one(left)["n"] == 2


def test_derive_of_nothing_names_the_stage_before(empty_database: Database) -> None:
    with pytest.raises(StageMissing, match="movierec load"):
        derive_co_liked(empty_database, DeriveSettings())


@pytest.mark.parametrize(
    "wrong",
    [
        {"measure": "magic"},
        {"denominator": "x"},
        {"min_rating": 9.0},
        {"min_weight": -1.0},
        {"min_count": 0},
        {"top_k": -1},
        {"half_life_days": -1.0},
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadRequest, match=next(iter(wrong))):
        DeriveSettings(**wrong)  # type: ignore[arg-type]


def test_presets_are_valid_and_options_win_over_them() -> None:
    assert {name: DeriveSettings.from_preset(name) for name in PRESETS}.keys() == PRESETS.keys()
    assert DeriveSettings.from_preset("keras", min_weight=3.0).min_weight == 3.0
    assert DeriveSettings.from_preset("keras", min_weight=None).min_weight == 10.0
    # Thresholds of a preset belong to its measure.
    assert DeriveSettings.from_preset("keras", measure="cosine").min_weight == 0.0
    assert DeriveSettings.from_preset("co-count", measure="count").min_weight == 10.0
