"""The Spark engine on a standalone cluster: a master and workers of their own, some of which are killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from movierec.database.connection import Database
from movierec.database.runs import require_finished
from movierec.errors import MovieRecError, StageMissing
from movierec.graph.derive import derive_co_liked
from movierec.graph.pull import pull_movie_graph
from movierec.graph.settings import DeriveSettings, SparkSettings
from movierec.graph.spark import pairs, session
from scripts.spark_cluster import SparkCluster, spark_cluster
from tests.graph.test_local_engine import derived, graph
from tests.servers import TestServer

pytestmark = [pytest.mark.one_version, pytest.mark.slow]

SETTINGS = DeriveSettings(min_rating=4.0, min_weight=10.0, sequential="off")
WEDGES = 5_549_426


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[SparkCluster]:
    with spark_cluster(tmp_path / "cluster") as cluster:
        yield cluster


def kill_at_work(cluster: SparkCluster, numbers: list[int]) -> threading.Thread:
    """Kill workers with all that they have started, as soon as the first of them has done some tasks."""

    def kill() -> None:
        folder = cluster.folder / f"worker-{numbers[0]}"
        while sum(log.read_text().count("Finished task") for log in folder.glob("app-*/*/stderr")) < 20:
            time.sleep(0.05)
        for number in numbers:
            worker = psutil.Process(cluster.workers[number].pid)
            for process in [worker, *worker.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess):
                    process.kill()

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    return thread


def test_worker_that_is_killed_is_done_without(
    changed_movielens_database: Database, cluster: SparkCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = changed_movielens_database
    expected = derived(database, SETTINGS, "local")
    monkeypatch.setattr(pairs, "TASK_WEDGES", WEDGES // 60)
    killer = kill_at_work(cluster, [0])
    where = SparkSettings(master=cluster.master, folder=str(tmp_path))
    result = derive_co_liked(database, SETTINGS, engine="spark", spark=where)
    killer.join(0)
    assert not killer.is_alive(), "it was killed while it worked"
    assert graph(database) == expected[:2]
    assert result.edges == expected[2][3]
    assert [path.name for path in tmp_path.iterdir()] == ["cluster"]


def test_cluster_without_workers_fails_cleanly_and_can_be_tried_again(
    changed_movielens_database: Database, cluster: SparkCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = changed_movielens_database
    expected = derived(database, SETTINGS, "local")
    monkeypatch.setattr(pairs, "TASK_WEDGES", WEDGES // 60)
    where = SparkSettings(master=cluster.master, folder=str(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(session, "WITHOUT_WORKERS", 15.0)
        kill_at_work(cluster, [0, 1])
        with pytest.raises(MovieRecError, match=r"spark://.* has had no worker for this job for 15 seconds"):
            derive_co_liked(database, SETTINGS, engine="spark", spark=where, one_transaction_paths=0)
    with pytest.raises(StageMissing, match="not whole"):
        pull_movie_graph(database)
    cluster.start_worker()
    derive_co_liked(database, SETTINGS, engine="spark", spark=where, one_transaction_paths=0)
    assert graph(database) == expected[:2]


def test_master_that_is_not_there_is_named(
    changed_movielens_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    derive_co_liked(changed_movielens_database, DeriveSettings.from_preset("keras"))
    before = graph(changed_movielens_database)
    where = SparkSettings(master="spark://127.0.0.1:1", folder=str(tmp_path))
    with pytest.raises(MovieRecError, match=r"master spark://127\.0\.0\.1:1: ") as caught:
        derive_co_liked(changed_movielens_database, SETTINGS, engine="spark", spark=where)
    assert len(str(caught.value).splitlines()) == 1
    assert graph(changed_movielens_database) == before, "nothing was deleted before Spark was there"
    require_finished(changed_movielens_database, "derive")
    assert not list(tmp_path.iterdir())


def test_script_runs_a_command_on_a_cluster(
    neo4j_server: TestServer, changed_movielens_database: Database, tmp_path: Path
) -> None:
    derive = [sys.executable, "-m", "movierec", "derive", "--engine", "spark", "--preset", "keras"]
    command = [sys.executable, "-m", "scripts.spark_cluster", "--", *derive, "--format", "json"]
    env = os.environ | neo4j_server.env | {"MOVIEREC_HOME": str(tmp_path)}
    answer = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=400)
    assert answer.returncode == 0, answer.stderr
    result = json.loads(answer.stdout)
    assert (result["engine"], result["edges"]) == ("spark", 40_043)
