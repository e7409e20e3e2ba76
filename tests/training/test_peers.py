"""Several processes that train together, started by torchrun as a user starts them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.embedding.profiles import train_profiles
from movierec.embedding.settings import TrainSettings
from movierec.embedding.train import train_embeddings
from movierec.training.peers import Peers
from tests.embedding.test_profiles import random_start, two_crowds
from tests.embedding.test_train import SMALL, two_cliques
from tests.servers import TestServer

ROOT = Path(__file__).parents[2]
PROFILES = TrainSettings(sequential="on", embedding_size=8, profile_batch_size=5, profile_epochs=40, seed=3)

MERGING = """
import torch
# Of four rows the first is visited by both processes, the next by one each, the last by none.
first = peers.is_first
tables = [torch.zeros(4, 2), torch.zeros(4)]
visits = torch.zeros(4)
merged = Merged(peers, [tables[0]], visits, means=[tables[1], visits])
tables[0][0] += 1.0 if first else 2.0
tables[0][1 if first else 2] += 4.0
tables[1][0] += 6.0 if first else 2.0
tables[1][1 if first else 2] += 5.0
visits += torch.tensor([3.0, 1.0, 0.0, 0.0] if first else [1.0, 0.0, 2.0, 0.0])
merged.merge()
merged.merge()
said = [tables[0].tolist(), tables[1].tolist(), visits.tolist()]
"""

TRAINING = """
from movierec.embedding import profiles as training_of_profiles, train
from movierec.embedding.profiles import train_profiles
from movierec.embedding.train import train_embeddings
from tests.embedding.test_profiles import random_start, two_crowds
from tests.embedding.test_train import SMALL, two_cliques
from tests.training.test_peers import PROFILES

train.MERGE_STEPS = training_of_profiles.MERGE_STEPS = 4  # of the few there are
embeddings = train_embeddings(two_cliques(), SMALL, threads=1, peers=peers)
profiles = [
    train_profiles(two_crowds(53), random_start(40), settings, threads=1, peers=peers)
    for settings in (replace(PROFILES, profile_candidates=one) for one in ("all", "batch"))
]
said = [embeddings.sha256(), *(one.sha256() for one in profiles), embeddings.losses, *(p.losses for p in profiles)]
"""

# A checkpoint wherever there may be one; the processes end in the middle, the first time.
INTERRUPTED = """
from movierec.embedding import profiles, train
from tests.embedding.test_profiles import random_start, two_crowds
from tests.embedding.test_train import SMALL, two_cliques
from tests.training.test_peers import PROFILES

train.CHECKPOINT_SECONDS = profiles.CHECKPOINT_SECONDS = 0.0
train.MERGE_STEPS = profiles.MERGE_STEPS = 3
folder, stop_after = Path(sys.argv[1]), int(sys.argv[2])

@contextmanager
def stopping(title, total, unit, done=0):
    steps = iter(range(stop_after))
    yield lambda n, note="": next(steps) if stop_after else None

saved = None
if peers.is_first:
    saved = train.checkpoint_for(folder, two_cliques(), SMALL, None, 2)
walks = train.train_embeddings(two_cliques(), SMALL, checkpoint=saved, threads=1, peers=peers,
                               progress=stopping if sys.argv[3] == "walks" else silent)
settings = replace(PROFILES, profile_candidates="batch")
if peers.is_first:
    saved = profiles.profile_checkpoint(folder, two_crowds(53), random_start(40), settings, 2)
found = profiles.train_profiles(two_crowds(53), random_start(40), settings, checkpoint=saved, threads=1,
                                peers=peers, progress=stopping if sys.argv[3] == "profiles" else silent)
said = [walks.sha256(), found.sha256(), [round(loss, 5) for loss in (*walks.losses, *found.losses)]]
"""

AROUND = """
import json, sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from movierec.progress import silent
from movierec.training.peers import Merged, process_peers
with process_peers("cpu") as peers:
    {work}
    Path(__file__).with_name(f"said.{{peers.rank}}").write_text(json.dumps(said))
"""


def run_together(work: str, folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run `work` in two processes, which know `peers` and leave in a file what they have in `said`."""
    script = folder / "work.py"
    script.write_text(AROUND.format(work=work.strip().replace("\n", "\n    ")))
    launch = ["torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(script)]
    return subprocess.run(
        [sys.executable, "-m", *launch, *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def said_by_both(work: str, folder: Path, *arguments: object) -> list[Any]:
    """What both have in `said`, which is the same."""
    answer = run_together(work, folder, *arguments)
    assert answer.returncode == 0, answer.stderr
    one, other = (json.loads((folder / f"said.{rank}").read_text()) for rank in range(2))
    assert one == other
    return list(one)


@pytest.mark.parametrize(("steps", "size"), [(7, 1), (7, 2), (8, 2), (2, 3), (1, 3)])
def test_steps_are_divided_without_rest(steps: int, size: int) -> None:
    parts = [Peers(rank, size).part(steps) for rank in range(size)]
    assert [step for first, end in parts for step in range(first, end)] == list(range(steps))
    assert max(end - first for first, end in parts) == parts[0][1]


def test_changes_of_both_are_added_and_means_are_weighed_by_visits(tmp_path: Path) -> None:
    table, mean, visits = said_by_both(MERGING, tmp_path)
    assert table == [[3.0, 3.0], [4.0, 4.0], [4.0, 4.0], [0.0, 0.0]]
    assert mean == [(3 * 6.0 + 1 * 2.0) / 4, 5.0, 5.0, 0.0]
    assert visits == [(3 * 3 + 1 * 1) / 4, 1.0, 2.0, 0.0]


def test_two_processes_have_the_same_model_and_about_the_losses_of_one(tmp_path: Path) -> None:
    once, again = (said_by_both(TRAINING, tmp_path) for _ in range(2))
    assert once == again
    losses = [train_embeddings(two_cliques(), SMALL).losses]
    for candidates in ("all", "batch"):
        settings = TrainSettings(**vars(PROFILES) | {"profile_candidates": candidates})
        losses.append(train_profiles(two_crowds(53), random_start(40), settings).losses)
    for found, expected in zip(once[3:], losses, strict=True):
        assert found[-1] == pytest.approx(expected[-1], rel=0.15)
        assert found[-1] < expected[0]


@pytest.mark.parametrize(("part", "steps"), [("walks", 70), ("profiles", 17)])
def test_processes_that_end_midway_go_on_to_the_same_bytes(tmp_path: Path, part: str, steps: int) -> None:
    undisturbed, folder = tmp_path / "undisturbed", tmp_path / "disturbed"
    for one in (undisturbed, folder):
        one.mkdir()
    expected = said_by_both(INTERRUPTED, tmp_path, undisturbed, 0, part)
    answer = run_together(INTERRUPTED, tmp_path, folder, steps, part)
    assert "StopIteration" in answer.stderr
    assert list(folder.iterdir())
    assert said_by_both(INTERRUPTED, tmp_path, folder, 0, part) == expected


@pytest.mark.one_version
def test_torchrun_trains_and_the_first_process_writes(
    neo4j_server: TestServer, changed_small_database: Database, tmp_path: Path
) -> None:
    command = ["torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "movierec", "train"]
    small = ["--epochs", "2", "--profile-epochs", "5", "--embedding-size", "8", "--threads", "1"]
    env = os.environ | neo4j_server.env | {"OMP_NUM_THREADS": "1", "MOVIEREC_HOME": str(tmp_path)}
    answer = subprocess.run(
        [sys.executable, "-m", *command, *small, "--format", "json"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert answer.returncode == 0, answer.stderr
    result = json.loads(answer.stdout)
    assert result["processes"] == 2
    run = changed_small_database.read_one(load_query("runs/live"))["run"]
    assert run["runId"] == result["runId"]
    rows = changed_small_database.read(load_query("embedding/read"))
    assert np.isfinite([row["embedding"] for row in rows]).all()
    assert len(rows) == result["movies"]
    assert not list((tmp_path / "checkpoints").glob("*.pt"))


@pytest.mark.one_version
def test_refusal_of_the_first_process_ends_them_all(
    neo4j_server: TestServer, empty_database: Database, tmp_path: Path
) -> None:
    command = ["torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "movierec", "train"]
    env = os.environ | neo4j_server.env | {"OMP_NUM_THREADS": "1", "MOVIEREC_HOME": str(tmp_path)}
    answer = subprocess.run(
        [sys.executable, "-m", *command], env=env, capture_output=True, text=True, check=False, timeout=120
    )
    assert answer.returncode == 1
    assert 'Run "movierec derive" first.' in answer.stderr
