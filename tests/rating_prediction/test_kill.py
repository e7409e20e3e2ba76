"""A training that is killed at any moment and run again ends in the bytes of an undisturbed one."""

from dataclasses import replace
from pathlib import Path

import pytest

from movierec.rating_prediction.settings import RatingModelSettings
from movierec.rating_prediction.train import CHOSEN, checkpoint_for, train_rating_model
from movierec.training.checkpoint import TrainingState
from tests.killing import kill_while_it_saves, last_line
from tests.rating_prediction.planted import planted

GRAPH = planted(40, 30)
SETTINGS = RatingModelSettings(
    embedding_size=8,
    feature_size=4,
    batch_size=60,
    learning_rate=0.02,
    ema_decay=0.9,
    max_epochs=40,
    patience=40,
    validation_fraction=0.2,
    max_neighbours=9,
    seed=3,
)

TRAINING = """
from dataclasses import replace
from tests.rating_prediction.test_kill import GRAPH, SETTINGS

settings = replace(SETTINGS, epochs=EPOCHS)
checkpoint = train_of_stars.checkpoint_for(FOLDER, GRAPH, settings, 1)
model = train_of_stars.train_rating_model(GRAPH, settings, checkpoint, threads=1)
print(model.save(FOLDER / "model"), flush=True)
"""


# 240 checkpoints choose the epochs; after them all ratings are trained on.
@pytest.mark.parametrize(("epochs", "saves"), [(0, [13, 100, 145]), (60, [7, 110])], ids=["chosen", "given"])
def test_killed_training_goes_on_to_the_same_bytes(tmp_path: Path, epochs: int, saves: list[int]) -> None:
    training = TRAINING.replace("EPOCHS", str(epochs))
    settings = replace(SETTINGS, epochs=epochs)
    kill_while_it_saves(training, tmp_path, saves)
    saved = checkpoint_for(tmp_path, GRAPH, settings, 1).load()
    assert saved is not None
    assert saved[0] != TrainingState()
    assert CHOSEN in saved[1], "the last kill came after the choice"
    undisturbed = train_rating_model(GRAPH, settings, threads=1)
    assert len(undisturbed.losses) > 5
    assert last_line(training, tmp_path) == undisturbed.save(tmp_path / "undisturbed")
