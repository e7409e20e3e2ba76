"""A training that is killed at any moment and run again ends in the bytes of an undisturbed one."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from movierec.embedding.checkpoint import Position
from movierec.embedding.settings import TrainSettings
from movierec.embedding.train import checkpoint_for, train_embeddings
from tests.embedding.test_train import two_cliques

ROOT = Path(__file__).parents[2]
SETTINGS = TrainSettings(walks_per_movie=40, walk_length=10, embedding_size=8, epochs=12, patience=12, seed=4)

TRAINING = """
import sys
from pathlib import Path
from movierec.embedding import train
from movierec.embedding.checkpoint import Checkpoint
from tests.embedding.test_kill import SETTINGS, two_cliques

save = Checkpoint.save

def save_and_say(*arguments):
    print("saving", flush=True)
    save(*arguments)

Checkpoint.save = save_and_say
train.CHECKPOINT_SECONDS = 0.0  # after every step, so that kills meet it being written
graph = two_cliques()
checkpoint = train.checkpoint_for(Path(sys.argv[1]), graph, SETTINGS)
print(train.train_embeddings(graph, SETTINGS, checkpoint).sha256(), flush=True)
"""


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", TRAINING, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("attempt", range(2))
def test_killed_training_goes_on_to_the_same_bytes(tmp_path: Path, attempt: int) -> None:
    moments = random.Random(attempt)
    for _ in range(3):  # of 1,212 checkpoints at most 900 are written before the last kill
        process = start(tmp_path)
        assert process.stdout is not None
        for _ in range(moments.randint(2, 300)):
            assert process.stdout.readline() == "saving\n"
        time.sleep(moments.uniform(0.0, 0.005))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    saved = checkpoint_for(tmp_path, two_cliques(), SETTINGS).load()
    assert saved is not None
    assert saved[0] != Position()
    answer, _ = start(tmp_path).communicate()
    assert answer.splitlines()[-1] == train_embeddings(two_cliques(), SETTINGS).sha256()
