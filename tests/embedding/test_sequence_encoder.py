from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from movierec.arrays import LikeLists, Lists
from movierec.embedding import sequence_encoder as module
from movierec.embedding.embeddings import Embeddings
from movierec.embedding.sequence_encoder import (
    _draw_task,
    draw_windows,
    encoder_checkpoint,
    encoder_plan,
    train_encoder,
)
from movierec.embedding.settings import TrainSettings
from movierec.embedding.user_encoder import EncodedMovies
from movierec.errors import MovieRecError
from movierec.training.checkpoint import Checkpoint
from tests.embedding.test_profiles import random_start
from tests.embedding.test_train import Stopped, stopping_after

SETTINGS = TrainSettings(sequential="on", encoder_epochs=3)
N_MOVIES = 24


def rounds(n_users: int = 120, length: int = 12) -> LikeLists:
    """Every user likes some movies one after the other, in the order of their numbers, from 23 on to 0."""
    generator = np.random.default_rng(6)
    starts = generator.integers(0, N_MOVIES, n_users)
    movies = (starts[:, None] + np.arange(length)) % N_MOVIES
    return LikeLists(
        movie_ids=np.arange(N_MOVIES),
        like_counts=np.bincount(movies.ravel(), minlength=N_MOVIES),
        indptr=np.arange(n_users + 1) * length,
        movies=movies.ravel().astype(np.int32),
        ages=np.tile(np.arange(length - 1, -1, -1, dtype=np.float32), n_users),
    )


def best_next(encoded: EncodedMovies, liked: list[int]) -> int:
    """The movie of the largest logit, of those that are not liked."""
    read = Lists.of_sizes([len(liked)], encoded.vectors[liked])
    user = encoded.encoder.encode(read, np.arange(len(liked), dtype=np.float64)[::-1])[0]
    logits = encoded.vectors @ user + encoded.bias
    logits[liked] = -np.inf
    return int(np.argmax(logits))


@pytest.mark.parametrize("full_softmax", [module.FULL_SOFTMAX, 0])
def test_what_comes_next_is_learnt(full_softmax: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FULL_SOFTMAX", full_softmax)
    encoded = train_encoder(rounds(), random_start(N_MOVIES), replace(SETTINGS, encoder_epochs=40))
    assert encoded.losses[-1] < 0.5 * encoded.losses[0]
    right = [best_next(encoded, [(i + j) % N_MOVIES for j in range(4)]) == (i + 4) % N_MOVIES for i in range(24)]
    assert np.mean(right) > 0.9
    backwards = [best_next(encoded, [(i - j) % N_MOVIES for j in range(4)]) for i in range(24)]
    assert backwards != [(i + 4) % N_MOVIES for i in range(24)], "the order of the likes counts"


def test_bytes_depend_on_the_seed_and_not_on_threads() -> None:
    one, two = (train_encoder(rounds(), random_start(N_MOVIES), SETTINGS, threads=n) for n in (1, 2))
    assert one.sha256() == two.sha256()
    assert one.sha256() != train_encoder(rounds(), random_start(N_MOVIES), replace(SETTINGS, seed=2)).sha256()
    torch.manual_seed(99)
    assert one.sha256() == train_encoder(rounds(), random_start(N_MOVIES), SETTINGS).sha256()


@pytest.mark.parametrize("stop", [1, 25, 40])
def test_interrupted_training_goes_on_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    monkeypatch.setattr(module, "CHECKPOINT_SECONDS", 0.0)
    likes, start = rounds(), random_start(N_MOVIES)
    checkpoint = encoder_checkpoint(tmp_path, likes, start, SETTINGS)
    with pytest.raises(Stopped):
        train_encoder(likes, start, SETTINGS, stopping_after(stop), checkpoint=checkpoint)
    saved = checkpoint.load()
    assert saved is not None
    assert saved[0].epoch * 20 + saved[0].step == stop, "20 steps an epoch"
    found = train_encoder(likes, start, SETTINGS, checkpoint=checkpoint)
    assert found.sha256() == train_encoder(likes, start, SETTINGS).sha256()


def test_other_likes_or_settings_have_another_checkpoint(tmp_path: Path) -> None:
    likes, start = rounds(), random_start(N_MOVIES)
    paths = {
        encoder_checkpoint(tmp_path, *one).path
        for one in (
            (likes, start, SETTINGS),
            (rounds(119), start, SETTINGS),
            (likes, start, replace(SETTINGS, encoder_epochs=4)),
        )
    }
    assert len(paths) == 3


def test_loss_that_is_not_finite_ends_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEARNING_RATE", 1e30)
    checkpoint = Checkpoint(tmp_path / "a.pt")
    with pytest.raises(MovieRecError, match=r"encoder diverged in epoch 1.*--encoder-weight 0"):
        train_encoder(rounds(), random_start(N_MOVIES), SETTINGS, checkpoint=checkpoint)


def histories(sizes: list[int]) -> LikeLists:
    """Users with so many likes, each of movies 0, 1, 2, ..., the two oldest at one time."""
    ages = [np.maximum.accumulate(np.arange(n, dtype=np.float32))[::-1].copy() for n in sizes]
    for one in ages:
        one[:2] = one[:2].mean() if len(one) > 1 else one[:2]
    movies = np.concatenate([np.arange(n) for n in sizes]).astype(np.int32)
    return LikeLists(
        movie_ids=np.arange(max(sizes)),
        like_counts=np.bincount(movies),
        indptr=np.concatenate([[0], np.cumsum(sizes)]),
        movies=movies,
        ages=np.concatenate(ages),
    )


def test_movies_that_fewer_than_three_like_are_neither_read_nor_asked_for() -> None:
    likes = histories([1, 2, 101, 100, 350, 60])  # users like the first so many movies
    plan = encoder_plan(likes, SETTINGS)
    assert plan.movies.tolist() == list(range(100))
    assert plan.users.tolist() == [1, 2, 3, 4, 5]
    windows = draw_windows(likes, plan, np.random.default_rng(1))
    assert sum(len(one) - 1 for one in windows) == plan.likes == 1 + 99 + 99 + 99 + 59
    assert len(encoder_plan(histories([5, 5]), SETTINGS).users) == 0


def test_windows_ask_for_every_like_but_the_first_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAST_LIKES", 1)
    likes, starts, firsts = histories([1, 2, 101, 100, 350]), set(), set()
    plan = encoder_plan(likes, SETTINGS)
    assert plan.users.tolist() == [1, 2, 3, 4]
    for epoch in range(20):
        windows = draw_windows(likes, plan, np.random.default_rng(epoch))
        asked = np.concatenate([one[1:] for one in windows])
        assert len(asked) == plan.likes == 1 + 100 + 99 + 349
        # Of every user all but their first, which is one of the two that tie.
        counts = np.bincount(asked, minlength=350)
        assert counts[:2].sum() == 4
        assert counts[2:100].tolist() == [3] * 98
        assert counts[101:].tolist() == [1] * 249
        assert windows.sizes.max() <= 101
        assert all((np.diff(one)[2:] == 1).all() for one in windows)
        starts.add(tuple(sorted(int(one[0]) for one in windows if one[0] > 1)))
        firsts.add(tuple(windows[int(np.argmax(windows.sizes))][:2].tolist()))
    assert len(starts) > 10, "cut somewhere else in every epoch"
    assert len(firsts) > 3, "ties are shuffled"


def test_task_asks_for_the_next_like_and_takes_a_sample_of_movies() -> None:
    windows = Lists.of([[4, 2, 7], [9, 4], [1, 3, 5, 2]])
    for chances in (None, np.linspace(-2, 0, 12).astype(np.float32)):
        task = _draw_task(windows, chances, (3, 5), np.random.default_rng(1))
        names = np.arange(12) if task.candidates is None else task.candidates.numpy()
        pairs = [
            (int(read), int(names[asked]))
            for half in task.halves
            for read, asked in zip(half.read, half.asked, strict=True)
        ]
        assert sorted(pairs) == [(1, 3), (2, 7), (3, 5), (4, 2), (5, 2), (9, 4)]
        assert task.n_predicted == 6
        assert [half.batch_sizes.tolist() for half in task.halves] == [[2, 1], [1, 1, 1]]
        if chances is None:
            assert task.candidates is None
        else:
            assert names.tolist() == [1, 2, 3, 4, 5, 7, 9]
            assert task.log_chances is not None
            assert task.log_chances.tolist() == chances[names].tolist()
            own = task.halves[1].is_own
            assert own is not None
            assert names[own.numpy()[0]].tolist() == [1, 2, 3, 5]


def test_chances_are_those_of_the_windows_that_are_learnt_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PREDICTED", 500)  # a part of the users
    likes = rounds()
    plan = encoder_plan(likes, SETTINGS)
    windows = draw_windows(likes, plan, np.random.default_rng(1))
    found = module._chances_by_size(windows, replace(plan, step_windows=9))
    assert set(found) == {9, len(windows) % 9}
    having = np.bincount(windows.values, minlength=N_MOVIES)
    n = len(windows)
    # Of the other 8, drawn from the other n - 1, none has it: a hypergeometric distribution.
    none = [np.prod([(n - 1 - h - i) / (n - 1 - i) for i in range(8)]) for h in having]
    assert np.exp(found[9]) == pytest.approx(1 - np.array(none), rel=1e-5)


def test_many_likes_are_learnt_from_in_fewer_epochs_and_at_last_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    likes = rounds()  # 1,320 to be predicted
    assert encoder_plan(likes, TrainSettings()).epochs == 12
    monkeypatch.setattr(module, "MOST_PREDICTED", 4_500)
    assert encoder_plan(likes, TrainSettings()).epochs == 3
    monkeypatch.setattr(module, "MOST_PREDICTED", 500)
    plan = encoder_plan(likes, TrainSettings())
    assert plan.epochs == 1
    assert 400 < plan.likes + len(plan.users) <= 500
    monkeypatch.setattr(module, "MOST_MOVIES", 7)
    plan = encoder_plan(likes, TrainSettings())
    assert set(likes.like_counts[plan.movies]) <= set(np.sort(likes.like_counts)[-7:])
    encoded = train_encoder(likes, random_start(N_MOVIES), SETTINGS)
    assert encoded.movie_ids.tolist() == likes.movie_ids[plan.movies].tolist()


def test_start_is_the_walk_embeddings_and_popularity(monkeypatch: pytest.MonkeyPatch) -> None:
    likes, start = rounds(), random_start(N_MOVIES)
    without = Embeddings(movie_ids=start.movie_ids[1:], vectors=start.vectors[1:])
    network = module._starting_network(likes, without, encoder_plan(likes, SETTINGS), 1)
    encoded = network.encoded(likes.movie_ids, ())
    ratios = encoded.vectors[1:] / without.vectors
    assert np.ptp(ratios) < 1e-4
    assert np.linalg.norm(encoded.vectors, axis=1).mean() == pytest.approx(1, rel=0.1)
    assert encoded.vectors[0].any(), "small random numbers where there is no vector"
    assert encoded.bias == pytest.approx(0.75 * np.log1p(likes.like_counts))
