"""A training that is killed at any moment and run again ends in the bytes of an undisturbed one."""

import random
from pathlib import Path

import pytest

from movierec.embedding.settings import TrainSettings
from movierec.embedding.train import checkpoint_for, train_embeddings
from movierec.training.checkpoint import TrainingState
from tests.embedding.test_train import two_cliques
from tests.killing import kill_while_it_saves, last_line

SETTINGS = TrainSettings(walks_per_node=40, walk_length=10, embedding_size=8, epochs=12, patience=12, seed=4)

TRAINING = """
from tests.embedding.test_kill import SETTINGS, two_cliques

graph = two_cliques()
checkpoint = train.checkpoint_for(FOLDER, graph, SETTINGS)
print(train.train_embeddings(graph, SETTINGS, checkpoint=checkpoint).sha256(), flush=True)
"""


@pytest.mark.parametrize("attempt", range(2))
def test_killed_training_goes_on_to_the_same_bytes(tmp_path: Path, attempt: int) -> None:
    moments = random.Random(attempt)
    kill_while_it_saves(TRAINING, tmp_path, [moments.randint(2, 300) for _ in range(3)])  # of 1,212
    saved = checkpoint_for(tmp_path, two_cliques(), SETTINGS).load()
    assert saved is not None
    assert saved[0] != TrainingState()
    assert last_line(TRAINING, tmp_path) == train_embeddings(two_cliques(), SETTINGS).sha256()
