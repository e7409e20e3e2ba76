"""The Spark engine, on this machine, leaves the same graph as the Cypher engine, nodes and relationships."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import psutil
import pytest
from filelock import FileLock
from pyspark.sql import SparkSession

from movierec.database.connection import Database
from movierec.errors import BadRequest, MovieRecError, StageMissing
from movierec.graph.derive import choose_engine, derive_co_liked, preview_derive
from movierec.graph.load import load_ratings
from movierec.graph.pull import pull_movie_graph
from movierec.graph.settings import ALL, MOST_BY_LOCAL, DeriveSettings, SparkSettings, SplitSettings
from movierec.graph.spark.session import check_java, run_job
from movierec.graph.split import split_ratings, undo_split
from movierec.graph.workload import Workload
from movierec.progress import silent
from tests.graph.spark_sessions import spark
from tests.graph.test_local_engine import EDGES, NODES, derived, graph
from tests.killing import kill_at_commit
from tests.servers import TestServer
from tests.small_ratings import write_small_ratings

__all__ = ["spark"]

pytestmark = pytest.mark.one_version


@pytest.mark.parametrize(
    "settings",
    [
        DeriveSettings(min_weight=0.5, top_k=4, sequential="on", follow_top_k=3),
        DeriveSettings(measure="cosine", half_life_days=300.0, max_user_likes=6, min_count=2, denominator="likes"),
        pytest.param(DeriveSettings(min_weight=0.5), marks=pytest.mark.slow),
        pytest.param(
            DeriveSettings(measure="llr", min_weight=0.1, half_life_days=40.0, top_k=3), marks=pytest.mark.slow
        ),
    ],
    ids=["top-k", "decayed and capped", "default", "decayed top-k"],
)
def test_nodes_and_relationships_are_those_of_cypher(
    spark: SparkSession, changed_small_database: Database, settings: DeriveSettings
) -> None:
    by_cypher = derived(changed_small_database, settings, "cypher")
    assert len(by_cypher[1]) > 50
    assert derived(changed_small_database, settings, "spark") == by_cypher


@pytest.mark.slow
@pytest.mark.parametrize(("min_rating", "top_k"), [(4.0, ALL), (5.0, 50)])
def test_graph_of_the_sample_is_that_of_cypher_and_the_local_engine(
    spark: SparkSession, changed_movielens_database: Database, min_rating: float, top_k: int
) -> None:
    settings = DeriveSettings(min_rating=min_rating, top_k=top_k)
    by_cypher = derived(changed_movielens_database, settings, "cypher")
    assert derived(changed_movielens_database, settings, "local") == by_cypher
    assert derived(changed_movielens_database, settings, "spark") == by_cypher


@pytest.mark.slow
def test_text_ids(spark: SparkSession, empty_database: Database, tmp_path: Path) -> None:
    ratings = pd.read_csv(write_small_ratings(tmp_path) / "ratings.csv")
    ratings["userId"] = "u" + ratings["userId"].astype(str)
    ratings["movieId"] = "m" + ratings["movieId"].astype(str)
    ratings.to_csv(tmp_path / "texts.csv", index=False)
    load_ratings(empty_database, tmp_path / "texts.csv")
    settings = DeriveSettings(min_weight=0.5, sequential="on", top_k=5)
    by_cypher = derived(empty_database, settings, "cypher")
    assert derived(empty_database, settings, "spark") == by_cypher


@pytest.mark.slow
@pytest.mark.parametrize("top_k", [ALL, 5])
def test_incremental_derivation(spark: SparkSession, changed_small_database: Database, top_k: int) -> None:
    database = changed_small_database
    settings = DeriveSettings(min_weight=0.5, sequential="on", top_k=top_k)
    graphs = []
    for engine in ("cypher", "spark"):
        derive_co_liked(database, settings, engine=engine)
        split_ratings(database, SplitSettings(min_likes=9))
        assert derive_co_liked(database, settings, incremental=True, engine=engine).changed_users
        graphs.append(graph(database)[1])
        undo_split(database)
    assert graphs[0] == graphs[1] != []


@pytest.mark.slow
def test_preview_is_what_is_written(spark: SparkSession, changed_small_database: Database) -> None:
    settings = DeriveSettings(min_weight=0.5, top_k=3, sequential="on")
    before = changed_small_database.read(NODES), changed_small_database.read(EDGES)
    preview = preview_derive(changed_small_database, settings, engine="spark")
    assert (changed_small_database.read(NODES), changed_small_database.read(EDGES)) == before
    result = derive_co_liked(changed_small_database, settings, engine="spark")
    for name in ("users", "likes", "movies", "edges", "mean_degree", "followed_by", "is_sequential"):
        assert getattr(preview, name) == getattr(result, name), name


def test_session_of_the_process_is_used_and_not_replaced(
    spark: SparkSession, changed_small_database: Database, tmp_path: Path
) -> None:
    where = SparkSettings(master="spark://127.0.0.1:1", folder=str(tmp_path))
    with pytest.raises(BadRequest, match=r"SparkSession of local\[2\].*spark://127.0.0.1:1"):
        derive_co_liked(changed_small_database, DeriveSettings(min_weight=0.5), engine="spark", spark=where)
    assert spark.range(3).count() == 3
    assert not list(tmp_path.iterdir())


def test_folder_of_a_killed_derivation_is_removed_and_that_of_a_living_one_is_not(
    spark: SparkSession, changed_small_database: Database, tmp_path: Path
) -> None:
    for name in ("movierec-spark-killed", "movierec-spark-alive", "somebody-else"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "lock").touch()
        os.utime(tmp_path / name, (0, 0))
    with FileLock(tmp_path / "movierec-spark-alive" / "lock"):
        where = SparkSettings(folder=str(tmp_path))
        preview_derive(changed_small_database, DeriveSettings(sequential="off"), engine="spark", spark=where)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["movierec-spark-alive", "somebody-else"]


def test_failure_of_spark_is_one_line(spark: SparkSession, tmp_path: Path) -> None:
    def fail() -> None:
        spark.sql("SELECT raise_error('the disk is full')").collect()

    with pytest.raises(MovieRecError, match=r"Spark failed: .*the disk is full") as caught:
        run_job(spark, fail, "count pairs", silent)
    assert len(str(caught.value).splitlines()) == 1


def test_java_that_is_too_old_or_missing_is_named(tmp_path: Path) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    java.chmod(0o755)
    with pytest.raises(MovieRecError, match=r"Spark needs Java 17 or 21, but .* \(from JAVA_HOME\) is Java 11\."):
        check_java({"JAVA_HOME": str(tmp_path)})
    java.write_text("#!/bin/sh\necho 'openjdk version \"21.0.2\"' >&2\n")
    check_java({"JAVA_HOME": str(tmp_path)})


def test_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="spark_folder"):
        SparkSettings(folder=str(tmp_path / "nowhere"))


def test_auto_names_spark_where_one_machine_takes_hours() -> None:
    def chosen(paths: int, *, has_numba: bool = True) -> tuple[str, str]:
        return choose_engine(Workload(users=1, likes=0, paths=paths, is_exact=False), 200, has_numba=has_numba)

    assert chosen(1_000) == ("cypher", "")
    engine, said = chosen(MOST_BY_LOCAL)
    assert (engine, "spark" in said) == ("local", False)
    engine, said = chosen(MOST_BY_LOCAL + 2)
    assert engine == "local"
    assert said.startswith("about 500,000,000,001 wedges")
    assert "--engine spark" in said
    engine, said = chosen(MOST_BY_LOCAL, has_numba=False)
    assert engine == "cypher"
    assert 'pip install "movierec[train]"' in said


SCRIPT = """
import os
from movierec.database.connection import Database
from movierec.database.settings import ConnectionSettings
from movierec.graph.derive import derive_co_liked
from movierec.graph.settings import DeriveSettings, SparkSettings

settings = ConnectionSettings(os.environ["URI"], os.environ["NAME"], os.environ["PASSWORD"])
with Database(settings) as database:
    derive_co_liked(
        database,
        DeriveSettings.from_preset("keras"),
        engine="spark",
        spark=SparkSettings(master="local[2]"),
        one_transaction_paths=0,
        batch_paths=5_000,
    )
"""


@pytest.mark.slow
def test_killed_while_edges_are_written_and_run_again(
    derived_database: Database, neo4j_server: TestServer
) -> None:
    database = derived_database
    keras = DeriveSettings.from_preset("keras")
    derive_co_liked(database, keras)
    expected = graph(database)[1]
    others: list[psutil.Process] = []

    def note_children(pid: int) -> None:
        others.extend(psutil.Process(pid).children(recursive=True))

    kill_at_commit(SCRIPT, neo4j_server.settings, 31, within=300, before=note_children)
    _, alive = psutil.wait_procs(others, timeout=30)
    assert others
    assert not alive, "Java ends with the process that started it"
    with pytest.raises(StageMissing, match="not whole"):
        pull_movie_graph(database)
    derive_co_liked(database, keras, engine="spark", one_transaction_paths=0)
    assert graph(database)[1] == expected
