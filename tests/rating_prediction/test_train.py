from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from movierec.errors import BadRequest, CheckpointDamaged, MovieRecError
from movierec.evaluation.rating_baselines import biases
from movierec.rating_prediction import train
from movierec.rating_prediction.model import RatingModel
from movierec.rating_prediction.settings import RatingModelSettings
from movierec.rating_prediction.train import checkpoint_for
from movierec.rating_prediction.train import train_rating_model as train_with_threads
from tests.rating_prediction.planted import parts, planted

SETTINGS = RatingModelSettings(
    embedding_size=8, feature_size=4, batch_size=300, epochs=60, learning_rate=0.02, ema_decay=0.9, seed=3
)


# Small tensors gain nothing by a second thread.
train_rating_model = partial(train_with_threads, threads=1)


def same(one: RatingModel, other: RatingModel) -> bool:
    return all((one.weights[name] == other.weights[name]).all() for name in one.weights)


def test_taste_is_found_that_biases_cannot_see() -> None:
    learnt, asked = parts(planted())
    model = train_rating_model(learnt, SETTINGS)
    given = asked.stars[asked.levels]
    by_biases = biases(learnt)(asked.users.astype(np.int64), asked.movies.astype(np.int64))
    assert np.sqrt(np.mean((by_biases - given) ** 2)) > 1.3
    assert model.rmse(asked) < 0.8
    assert model.losses[-1] < 0.8 * model.losses[0]


@pytest.mark.parametrize("change", [{"max_neighbours": 5}, {"features": False}, {"batch_size": 100}, {"bases": 1}])
def test_each_setting_still_learns(change: dict[str, Any]) -> None:
    learnt, asked = parts(planted())
    assert train_rating_model(learnt, replace(SETTINGS, **change)).rmse(asked) < 1.1


def test_same_seed_same_bytes_and_another_seed_others() -> None:
    learnt, _ = parts(planted())
    settings = replace(SETTINGS, epochs=2)
    assert same(train_rating_model(learnt, settings), train_rating_model(learnt, settings))
    assert not same(train_rating_model(learnt, settings), train_rating_model(learnt, replace(settings, seed=4)))


def test_epochs_are_chosen_on_a_part_and_all_ratings_are_trained_on_then() -> None:
    learnt, asked = parts(planted())
    chosen = train_rating_model(
        learnt, replace(SETTINGS, epochs=0, max_epochs=80, patience=20, validation_fraction=0.2)
    )
    best = int(np.argmin(chosen.validation_losses)) + 1
    assert len(chosen.losses) == best
    assert len(chosen.validation_losses) in (80, best + 20), "it stops when twenty epochs bring nothing"
    assert same(chosen, train_rating_model(learnt, replace(SETTINGS, epochs=best)))
    assert chosen.rmse(asked) < 0.8


class Killed(Exception):
    """Stands for the end of the process."""


@pytest.mark.parametrize("at", [3, 5, 17, 30, 31, 35, 43])
def test_interrupted_training_goes_on_to_the_same_bytes(
    tmp_path: Path, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of an epoch, while epochs are chosen and while all ratings are trained on."""
    monkeypatch.setattr(train, "CHECKPOINT_SECONDS", 0.0)
    learnt, _ = parts(planted(40, 30))
    changes: dict[str, Any] = {"epochs": 0, "max_epochs": 6, "patience": 6, "validation_fraction": 0.2}
    changes |= {"max_neighbours": 9, "learning_rate": 0.2}
    settings = replace(SETTINGS, **changes)
    whole = train_rating_model(learnt, settings)
    assert len(whole.losses) >= 3, "there are epochs after the choice"
    checkpoint = checkpoint_for(tmp_path, learnt, settings, 1)
    saves = 0
    save = type(checkpoint).save

    def save_and_die(self: object, *arguments: object) -> None:
        nonlocal saves
        save(self, *arguments)  # type: ignore[arg-type]
        saves += 1
        if saves == at:
            raise Killed

    monkeypatch.setattr(type(checkpoint), "save", save_and_die)
    with pytest.raises(Killed):
        train_rating_model(learnt, settings, checkpoint)
    monkeypatch.setattr(type(checkpoint), "save", save)
    starts = []

    @contextmanager
    def progress(name: str, total: int, unit: str, done: int = 0) -> Iterator[object]:
        starts.append((name, done))
        yield lambda n, note="": None

    resumed = train_rating_model(learnt, settings, checkpoint, progress)  # type: ignore[arg-type]
    assert same(resumed, whole)
    assert (resumed.losses, resumed.validation_losses) == (whole.losses, whole.validation_losses)
    assert starts[0] != ("choose epochs", 0) or at <= 5, "it did not begin anew"


def test_same_bytes_at_the_size_of_real_data() -> None:
    """PyTorch sums the gradients of large tensors by several threads, some of them in any order."""
    graph = planted(943, 1682, 0.02)
    settings = RatingModelSettings(epochs=1)
    first = train_rating_model(graph, settings, threads=2)
    assert graph.n_ratings > 30_000
    assert all(same(first, train_rating_model(graph, settings, threads=2)) for _ in range(2))


def test_other_ratings_and_settings_have_other_checkpoints(tmp_path: Path) -> None:
    learnt, asked = parts(planted())
    paths = {
        checkpoint_for(tmp_path, graph, settings, threads).path
        for graph in (learnt, asked)
        for settings in (SETTINGS, replace(SETTINGS, seed=9))
        for threads in (1, 2)
    }
    assert len(paths) == 8


def test_divergence_says_what_to_do() -> None:
    learnt, _ = parts(planted())
    with pytest.raises(MovieRecError, match=r"diverged in epoch 1.*Lower --learning-rate"):
        train_rating_model(learnt, replace(SETTINGS, learning_rate=1e30))


def test_ratings_that_teach_nothing_are_refused() -> None:
    learnt, _ = parts(planted())
    alike = replace(learnt, stars=np.array([4.0]), levels=np.zeros(learnt.n_ratings, dtype=np.int8))
    with pytest.raises(BadRequest, match="1 different numbers of stars; expected 2 or more"):
        train_rating_model(alike, SETTINGS)
    with pytest.raises(BadRequest, match="200 different numbers of stars; expected at most 50"):
        train_rating_model(replace(learnt, stars=np.arange(200.0)), SETTINGS)
    few = learnt.part(np.arange(learnt.n_ratings) < 4)
    with pytest.raises(BadRequest, match=r"4 ratings are too few.*--epochs"):
        train_rating_model(few, replace(SETTINGS, epochs=0))
    assert train_rating_model(few, replace(SETTINGS, epochs=1)).losses


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"embedding_size": 0}, "embedding_size is 0; expected at least 1"),
        ({"dropout": 1.0}, "dropout is 1.0; expected 0 or more, less than 1"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0; expected a positive number"),
        ({"validation_fraction": 0.9}, "validation_fraction is 0.9"),
        ({"max_neighbours": -1}, "max_neighbours is -1"),
        ({"bias_regularization": -1.0}, "bias_regularization is -1.0"),
        ({"device": "tpu"}, "device is 'tpu'"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_settings_out_of_range_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        RatingModelSettings(**change)  # type: ignore[arg-type]


def test_model_comes_back_from_its_file(tmp_path: Path) -> None:
    learnt, asked = parts(planted())
    model = train_rating_model(learnt, replace(SETTINGS, epochs=2))
    path = tmp_path / "model.pt"
    assert model.save(path) == model.save(path), "the same bytes"
    read = RatingModel.load(path)
    assert (read.settings, read.features, read.losses) == (model.settings, model.features, model.losses)
    users, movies = asked.users.astype(np.int64), asked.movies.astype(np.int64)
    assert (read.probabilities(users, movies) == model.probabilities(users, movies)).all()
    assert [file.name for file in tmp_path.iterdir()] == ["model.pt"]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(
        CheckpointDamaged, match=r'The model .*model.pt is damaged.*Run "movierec rating-model train" again'
    ):
        RatingModel.load(path)
    with pytest.raises(MovieRecError, match=r"Cannot write the model .*The last model stays"):
        model.save(path / "in" / "a" / "file.pt")


def test_user_of_the_training_is_predicted_alike_by_what_is_rated_now() -> None:
    learnt, _ = parts(planted())
    model = train_rating_model(learnt, SETTINGS)
    for user in (0, 7, 79):
        own = learnt.users == user
        row: dict[str, Any] = {
            "userId": int(learnt.user_ids[user]),
            "movieIds": [*learnt.movie_ids[learnt.movies[own]].tolist(), 10**9],
            "ratings": [*learnt.stars[learnt.levels[own]].tolist(), 5.0],
            "gender": "MF"[user % 5 % 2],
            "age": 20 + user % 50 if user else None,
            "occupation": None,
        }
        n = len(learnt.movie_ids)
        known = model.probabilities(np.full(n, user), np.arange(n))
        np.testing.assert_allclose(model.user_probabilities(row), known, atol=1e-6)
        assert np.allclose(known.sum(1), 1.0)
        other = model.user_probabilities(row | {"ratings": [6.0 - stars for stars in row["ratings"]]})
        assert np.abs(other - known).max() > 0.01, "other ratings, other predictions"
        stranger = model.user_probabilities(row | {"userId": 10**9, "movieIds": [], "ratings": []})
        assert np.isfinite(stranger).all()
