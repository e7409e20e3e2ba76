import numpy as np
import pytest
import torch

from movierec.arrays import LikeLists
from movierec.embedding.embeddings import Embeddings
from movierec.embedding.profiles import (
    _step,
    draw_input_and_targets,
    profile_weights,
    softmax_gradients,
    starting_tables,
    train_profiles,
)
from movierec.embedding.settings import TrainSettings
from movierec.errors import MovieRecError

# Two users: 0 likes movies 0, 1, 2, 3, the last two at one time; 1 likes 4 and 0. Movie 5 has no walks.
LIKES = LikeLists(
    movie_ids=np.array([10, 20, 30, 40, 50, 60]),
    like_counts=np.array([2, 1, 1, 1, 1, 1]),
    indptr=np.array([0, 4, 6, 7]),
    movies=np.array([0, 1, 2, 3, 4, 0, 5], dtype=np.int32),
    ages=np.array([3, 2, 0.5, 0.5, 1, 0, 0], dtype=np.float32),
)
USERS = np.array([0, 1])


def two_crowds(n_users: int = 200, n_movies: int = 40) -> LikeLists:
    """Half of the users like the first half of the movies, in the order of their numbers, the others the rest."""
    generator = np.random.default_rng(1)
    lists = []
    for user in range(n_users):
        first = 0 if user % 2 else n_movies // 2
        lists.append(np.sort(first + generator.permutation(n_movies // 2)[:10]).astype(np.int32))
    movies = np.concatenate(lists)
    steps = np.tile(np.arange(9, -1, -1, dtype=np.float32), n_users)
    counts = np.bincount(movies, minlength=n_movies)
    return LikeLists(
        movie_ids=np.arange(n_movies),
        like_counts=counts,
        indptr=np.arange(n_users + 1) * 10,
        movies=movies,
        ages=steps,
    )


def random_start(n_movies: int) -> Embeddings:
    generator = np.random.default_rng(2)
    tables = [generator.normal(0, 0.1, (n_movies, 8)).astype(np.float32) for _ in range(2)]
    return Embeddings(movie_ids=np.arange(n_movies), vectors=tables[0], contexts=tables[1])


def test_weights_of_a_profile_by_hand() -> None:
    rows = np.array([0, 0, 1])
    assert profile_weights(None, rows, 2, 3.0).tolist() == [0.5, 0.5, 1.0]
    assert profile_weights(np.array([3.0, 0.0, 0.0]), rows, 2, 3.0) == pytest.approx(
        [0.25 + 0.5 / 3, 0.25 + 0.5 * 2 / 3, 1.0]
    )


def test_task_in_order_cuts_each_history_in_two() -> None:
    cuts = set()
    for seed in range(40):
        given, predicted = draw_input_and_targets(LIKES, USERS, True, 3.0, np.random.default_rng(seed))
        assert given.sum(1) == pytest.approx([1, 1])
        assert predicted.sum(1) == pytest.approx([1, 1])
        assert not ((given > 0) & (predicted > 0)).any()
        n_given = int((given[0] > 0).sum())
        cuts.add(n_given)
        assert set(np.flatnonzero(given[0])) == set(range(n_given)), "what came before predicts what came after"
        assert given[1].nonzero()[0].tolist() == [4]
        if n_given == 2:
            # The newest given is movie 1, one like after movie 0; movies 2 and 3 come at one time.
            recent = np.array([2 ** (-1 / 3), 1.0])
            assert given[0, :2] == pytest.approx(0.25 + 0.5 * recent / recent.sum())
            assert predicted[0, 2:4] == pytest.approx([0.5, 0.5])
        if n_given == 1:
            wanted = np.array([1.0, 2 ** (-1.5 / 10), 2 ** (-1.5 / 10)])
            assert predicted[0, 1:4] == pytest.approx(wanted / wanted.sum())
    assert cuts == {1, 2, 3}


def test_task_in_no_order_predicts_a_random_fifth() -> None:
    likes = two_crowds(20)
    users = np.arange(20)
    seen = np.zeros(likes.n_movies)
    for seed in range(30):
        given, predicted = draw_input_and_targets(likes, users, False, 3.0, np.random.default_rng(seed))
        assert ((given > 0).sum(1) == 8).all()
        assert ((predicted > 0).sum(1) == 2).all()
        assert given[given > 0] == pytest.approx(1 / 8)
        assert predicted[predicted > 0] == pytest.approx(1 / 2)
        seen += predicted.sum(0) > 0
    assert (seen > 0).all(), "every like is predicted now and then"


def test_gradients_are_those_of_autograd() -> None:
    generator = torch.Generator().manual_seed(1)
    tables = [torch.randn(6, 3, generator=generator), torch.randn(6, 3, generator=generator), torch.randn(6)]
    given, predicted = map(
        torch.from_numpy, draw_input_and_targets(LIKES, USERS, True, 3.0, np.random.default_rng(1))
    )
    loss, gradients = softmax_gradients(tables, given, predicted)
    leaves = [table.clone().requires_grad_(True) for table in tables]
    logits = (given @ leaves[0]) @ leaves[1].T + leaves[2]
    logits = logits.masked_fill(given > 0, -1e9)
    expected = -(predicted * torch.log_softmax(logits, 1)).sum()
    expected.backward()
    assert loss == pytest.approx(float(expected.detach()), rel=1e-5)
    for found, leaf in zip(gradients, leaves, strict=True):
        torch.testing.assert_close(found, leaf.grad, rtol=1e-4, atol=1e-5)


def test_step_follows_the_mean_gradient_of_all_its_users() -> None:
    """They are taken in two halves, here of three users and of two."""
    generator = torch.Generator().manual_seed(2)
    likes = two_crowds(5)
    tables = [torch.randn(likes.n_movies, 3, generator=generator) for _ in range(2)]
    tables.append(torch.randn(likes.n_movies, generator=generator))
    task = draw_input_and_targets(likes, np.arange(5), True, 3.0, np.random.default_rng(1))
    given, predicted = map(torch.from_numpy, task)
    loss, gradients = softmax_gradients(tables, given, predicted)
    assert _step(tables, torch.optim.Adam(tables, lr=1e-3), given, predicted) == pytest.approx(loss, rel=1e-5)
    for table, gradient in zip(tables, gradients, strict=True):
        torch.testing.assert_close(table.grad, gradient / 5, rtol=1e-4, atol=1e-5)


def test_tables_start_from_the_walks_and_the_bias_from_popularity() -> None:
    walked = Embeddings(
        movie_ids=np.array([20, 40]), vectors=np.eye(2, dtype=np.float32), contexts=2 * np.eye(2, dtype=np.float32)
    )
    profiles, contexts, bias = starting_tables(LIKES, walked)
    assert profiles.tolist() == [[0, 0], [1, 0], [0, 0], [0, 1], [0, 0], [0, 0]]
    assert contexts.tolist() == (2 * profiles).tolist()
    assert np.exp(bias) == pytest.approx(LIKES.like_counts / 7)


@pytest.mark.parametrize("sequential", ["on", "off"])
def test_tuning_learns_who_likes_what(sequential: str) -> None:
    likes = two_crowds()
    settings = TrainSettings(sequential=sequential, profile_epochs=30, profile_learning_rate=0.02)
    found = train_profiles(likes, random_start(likes.n_movies), settings)
    # At best a user's own crowd is known: one in eight to nineteen movies that are left, not one in forty.
    assert found.losses[-1] < found.losses[0] - 0.5
    logits = found.profiles @ found.contexts.T + found.bias
    assert logits[:20, :20].mean() > logits[:20, 20:].mean() + 1
    assert logits[20:, 20:].mean() > logits[20:, :20].mean() + 1


@pytest.mark.parametrize("sequential", ["on", "off"])
def test_same_bytes_with_one_thread_and_two_and_others_with_another_seed(sequential: str) -> None:
    likes, start = two_crowds(), random_start(40)
    settings = TrainSettings(sequential=sequential, profile_epochs=3, profile_batch_size=64)
    found = [train_profiles(likes, start, settings, threads=threads).sha256() for threads in (1, 2, 2)]
    assert len(set(found)) == 1
    other = train_profiles(
        likes, start, TrainSettings(sequential=sequential, profile_epochs=3, profile_batch_size=64, seed=2)
    )
    assert other.sha256() != found[0]
    assert np.array_equal(start.vectors, random_start(40).vectors), "the walk embeddings stay as they are"


def test_tuning_that_diverges_says_so() -> None:
    likes = two_crowds()
    with pytest.raises(MovieRecError, match=r"profiles diverged in epoch \d.*--profile-learning-rate"):
        train_profiles(
            likes, random_start(40), TrainSettings(sequential="off", profile_epochs=5, profile_learning_rate=1e30)
        )


def test_users_with_one_like_teach_nothing() -> None:
    alone = LikeLists(
        movie_ids=np.array([1, 2]),
        like_counts=np.array([1, 1]),
        indptr=np.array([0, 1, 2]),
        movies=np.array([0, 1], dtype=np.int32),
        ages=np.zeros(2, dtype=np.float32),
    )
    start = Embeddings(
        movie_ids=np.array([1, 2]), vectors=np.eye(2, dtype=np.float32), contexts=np.eye(2, dtype=np.float32)
    )
    found = train_profiles(alone, start, TrainSettings(sequential="on"))
    assert found.losses == ()
    assert np.array_equal(found.profiles, start.vectors)
