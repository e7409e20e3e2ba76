import dataclasses
import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch._subclasses.fake_tensor import FakeTensorMode

from movierec.arrays import LikeLists
from movierec.embedding.embeddings import Embeddings
from movierec.embedding.plan import FULL_SOFTMAX, PROFILE_STEPS, resolved_for_likes
from movierec.embedding.profile_tasks import (
    ProfileTask,
    chances_by_size,
    draw_task,
    log_chances,
    profile_weights,
)
from movierec.embedding.profiles import (
    _step,
    profile_checkpoint,
    softmax_gradients,
    starting_tables,
    train_profiles,
)
from movierec.embedding.row_adam import RowAdam
from movierec.embedding.settings import TrainSettings
from movierec.embedding.sparse_rows import SparseRows
from movierec.errors import BadRequest, MovieRecError
from tests.embedding.test_train import Stopped, stopping_after

# Two users: 0 likes movies 0, 1, 2, 3, the last two at one time; 1 likes 4 and 0. Movie 5 has no walks.
LIKES = LikeLists(
    movie_ids=np.array([10, 20, 30, 40, 50, 60]),
    like_counts=np.array([2, 1, 1, 1, 1, 1]),
    indptr=np.array([0, 4, 6, 7]),
    movies=np.array([0, 1, 2, 3, 4, 0, 5], dtype=np.int32),
    ages=np.array([3, 2, 0.5, 0.5, 1, 0, 0], dtype=np.float32),
)
USERS = np.array([0, 1])
IN_ORDER, UNORDERED = TrainSettings(sequential="on"), TrainSettings(sequential="off")


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


def random_tables(n_movies: int, dtype: torch.dtype = torch.float32) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(2)
    sizes = [(n_movies, 3), (n_movies, 3), (n_movies,)]
    return [torch.randn(*size, generator=generator).to(dtype) for size in sizes]


def drawn(
    likes: LikeLists, users: NDArray[np.int64], settings: TrainSettings, seed: int = 1
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(B, M) inputs and targets, over all movies."""
    task = draw_task(likes, users, settings, np.random.default_rng(seed))
    assert task.candidates is None
    return dense(task.inputs, likes.n_movies).numpy(), dense(task.targets, likes.n_movies).numpy()


def dense(sparse: SparseRows, n_columns: int) -> torch.Tensor:
    found = torch.zeros(len(sparse), n_columns, dtype=sparse.values.dtype)
    found[sparse.rows, sparse.columns] = sparse.values
    return found


def among(sparse: SparseRows, columns: torch.Tensor) -> SparseRows:
    """The same with these of its columns, ascending, which are all that it has."""
    return dataclasses.replace(sparse, columns=torch.searchsorted(columns, sparse.columns))


def in_double(task: ProfileTask) -> ProfileTask:
    chances = None if task.log_chances is None else task.log_chances.double()
    inputs, targets = (dataclasses.replace(one, values=one.values.double()) for one in (task.inputs, task.targets))
    return dataclasses.replace(task, inputs=inputs, targets=targets, log_chances=chances)


def test_sparse_products_are_those_of_the_dense_matrix() -> None:
    generator = np.random.default_rng(4)
    matrix = np.where(generator.random((9, 30)) < 0.2, generator.normal(size=(9, 30)), 0.0).astype(np.float32)
    matrix[[0, 4, 8]] = 0.0  # rows without numbers, the first and the last too
    rows, columns = np.nonzero(matrix)
    sparse = SparseRows.of(9, rows, columns, matrix[rows, columns])
    here, there = (torch.from_numpy(generator.normal(size=(n, 5)).astype(np.float32)) for n in (30, 9))
    torch.testing.assert_close(sparse.times(here), torch.from_numpy(matrix) @ here)
    torch.testing.assert_close(sparse.transposed_times(there, 30), torch.from_numpy(matrix).T @ there)
    for start, end in ((0, 4), (4, 9), (0, 9), (3, 3)):
        part = sparse.part(start, end)
        assert len(part) == end - start
        assert torch.equal(dense(part, 30), torch.from_numpy(matrix[start:end]))


def test_weights_of_a_profile_by_hand() -> None:
    rows = np.array([0, 0, 1])
    assert profile_weights(None, rows, 2, 3.0).tolist() == [0.5, 0.5, 1.0]
    assert profile_weights(np.array([3.0, 0.0, 0.0]), rows, 2, 3.0) == pytest.approx(
        [0.25 + 0.5 / 3, 0.25 + 0.5 * 2 / 3, 1.0]
    )


def test_task_in_order_cuts_each_history_in_two() -> None:
    cuts = set()
    for seed in range(40):
        given, predicted = drawn(LIKES, USERS, IN_ORDER, seed)
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
        given, predicted = drawn(likes, users, UNORDERED, seed)
        assert ((given > 0).sum(1) == 8).all()
        assert ((predicted > 0).sum(1) == 2).all()
        assert given[given > 0] == pytest.approx(1 / 8)
        assert predicted[predicted > 0] == pytest.approx(1 / 2)
        seen += predicted.sum(0) > 0
    assert (seen > 0).all(), "every like is predicted now and then"


def test_gradients_are_those_of_autograd() -> None:
    tables, task = random_tables(6), draw_task(LIKES, USERS, IN_ORDER, np.random.default_rng(1))
    loss, gradients = softmax_gradients(tables, task)
    leaves = [table.clone().requires_grad_(True) for table in tables]
    inputs, targets = dense(task.inputs, 6), dense(task.targets, 6)
    logits = (inputs @ leaves[0]) @ leaves[1].T + leaves[2]
    logits = logits.masked_fill(inputs > 0, -1e9)
    expected = -(targets * torch.log_softmax(logits, 1)).sum()
    expected.backward()
    assert float(loss) == pytest.approx(float(expected.detach()), rel=1e-5)
    for found, leaf in zip(gradients, leaves, strict=True):
        torch.testing.assert_close(found, leaf.grad, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("settings", [IN_ORDER, UNORDERED], ids=["in order", "unordered"])
def test_sampled_gradients_are_those_of_autograd_over_the_movies_of_the_batch(settings: TrainSettings) -> None:
    """By a loop over users and movies, from the formula, in double precision."""
    likes, users = two_crowds(30), np.array([3, 4, 10, 17])
    chances = log_chances(likes.like_counts, likes.n_users, len(users))
    task = in_double(draw_task(likes, users, settings, np.random.default_rng(1), chances))
    assert task.candidates is not None
    tables = random_tables(likes.n_movies, torch.float64)
    leaves = [table.clone().requires_grad_(True) for table in tables]
    given, predicted = drawn(likes, users, settings)
    expected = torch.zeros((), dtype=torch.float64)
    liked_here = {movie for u in users for movie in likes.movies[likes.indptr[u] : likes.indptr[u + 1]].tolist()}
    assert task.candidates.tolist() == sorted(liked_here)
    for user in range(len(users)):
        profile = torch.from_numpy(given[user]).double() @ leaves[0]
        logit = {}
        for movie in liked_here - set(np.flatnonzero(given[user]).tolist()):
            logit[movie] = profile @ leaves[1][movie] + leaves[2][movie]
            if not predicted[user, movie]:
                logit[movie] = logit[movie] - float(chances[movie])
        total = torch.stack(list(logit.values())).logsumexp(0)
        for movie in np.flatnonzero(predicted[user]).tolist():
            expected = expected - float(predicted[user, movie]) * (logit[movie] - total)
    expected.backward()
    loss, gradients = softmax_gradients([table[task.candidates] for table in tables], task)
    assert float(loss) == pytest.approx(float(expected.detach()), rel=1e-6)
    for found, leaf in zip(gradients, leaves, strict=True):
        assert leaf.grad is not None
        torch.testing.assert_close(found, leaf.grad[task.candidates], rtol=1e-6, atol=1e-8)
        untouched = np.setdiff1d(np.arange(likes.n_movies), task.candidates)
        assert not leaf.grad[untouched].any()


def test_chance_of_a_candidate_is_that_counted_over_all_batches() -> None:
    """Seven users, of whom 1, 2, 5 and nobody like a movie; the last of them, 6, likes none and asks."""
    fans = [{0}, {1, 2}, {0, 1, 2, 3, 4}, set[int]()]
    for batch_size in (1, 2, 4, 7):
        batches = list(itertools.combinations(range(6), batch_size - 1))
        counted = [np.mean([bool(of & set(others)) for others in batches]) for of in fans]
        found = log_chances(np.array([len(of) for of in fans]), 7, batch_size)
        assert np.exp(found) == pytest.approx(counted, rel=1e-5)


def sampled_gradients(likes: LikeLists, batch_size: int, n_batches: int) -> tuple[float, float]:
    """How far the mean of user 0's sampled gradients, by every table, is from the full one, in parts of it.

    And how far the mean denominator of the softmax over what user 0 does not like is from the full one.
    """
    generator = np.random.default_rng(3)
    tables = random_tables(likes.n_movies, torch.float64)
    task = in_double(draw_task(likes, np.array([0]), IN_ORDER, np.random.default_rng(1)))
    _, full = softmax_gradients(tables, task)
    inputs = dense(task.inputs, likes.n_movies)
    own = ((inputs > 0) | (dense(task.targets, likes.n_movies) > 0))[0]
    exponentials = torch.exp((inputs @ tables[0] @ tables[1].T + tables[2])[0]).masked_fill(own, 0.0)
    chances = torch.from_numpy(log_chances(likes.like_counts, likes.n_users, batch_size)).double()
    sums = [torch.zeros_like(table) for table in tables]
    denominator = 0.0
    for _ in range(n_batches):
        others = generator.choice(np.arange(1, likes.n_users), batch_size - 1, replace=False)
        batch = [0, *others.tolist()]
        there = np.unique(np.concatenate([likes.movies[likes.indptr[u] : likes.indptr[u + 1]] for u in batch]))
        here = torch.from_numpy(there.astype(np.int64))
        part = ProfileTask(
            inputs=among(task.inputs, here),
            targets=among(task.targets, here),
            candidates=here,
            log_chances=chances[here],
        )
        for total, gradient in zip(sums, softmax_gradients([t[here] for t in tables], part)[1], strict=True):
            total.index_add_(0, here, gradient)
        denominator += float((exponentials / chances.exp())[here].sum())
    errors = [float((total / n_batches - one).norm() / one.norm()) for total, one in zip(sums, full, strict=True)]
    return max(errors), abs(denominator / n_batches / float(exponentials.sum()) - 1)


def uneven_crowd(n_users: int = 60, n_movies: int = 50) -> LikeLists:
    """Users who like six movies each, some of which are far more popular than others; somebody likes each."""
    generator = np.random.default_rng(1)
    popularity = 1.0 / np.arange(1, n_movies + 1)
    lists = []
    for user in range(n_users):
        others = np.delete(np.arange(n_movies), user % n_movies)
        part = popularity[others] / popularity[others].sum()
        lists.append([user % n_movies, *generator.choice(others, 5, replace=False, p=part)])
    movies = np.array(lists, dtype=np.int32).ravel()
    return LikeLists(
        movie_ids=np.arange(n_movies),
        like_counts=np.bincount(movies, minlength=n_movies),
        indptr=np.arange(n_users + 1) * 6,
        movies=movies,
        ages=np.tile(np.arange(5, -1, -1, dtype=np.float32), n_users),
    )


def test_sampled_gradient_approaches_the_full_one_as_batches_grow() -> None:
    likes = uneven_crowd()
    assert (likes.like_counts > 0).all()
    errors, denominators = zip(
        *(sampled_gradients(likes, batch_size, 2_000) for batch_size in (4, 16, 40)), strict=True
    )
    assert max(denominators) < 0.03, "the denominator is right on average, however small the batch"
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.05


def test_batch_of_all_users_has_the_gradient_over_all_movies() -> None:
    likes, users = two_crowds(20), np.arange(20)
    chances = log_chances(likes.like_counts, 20, 20)
    assert (likes.like_counts > 0).all()
    sampled = in_double(draw_task(likes, users, IN_ORDER, np.random.default_rng(1), chances))
    full = in_double(draw_task(likes, users, IN_ORDER, np.random.default_rng(1)))
    tables = random_tables(likes.n_movies, torch.float64)
    for one, other in zip(softmax_gradients(tables, sampled)[1], softmax_gradients(tables, full)[1], strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("candidates", ["all", "batch"])
def test_step_follows_the_mean_gradient_of_all_its_users(candidates: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are taken in two halves, here of three users and of two."""
    likes = two_crowds(50)
    settings = TrainSettings(sequential="on", profile_candidates=candidates, profile_batch_size=5)
    chances = chances_by_size(likes, 50, 50, settings).get(5)
    task = draw_task(likes, np.arange(5), settings, np.random.default_rng(1), chances)
    tables = random_tables(likes.n_movies)
    here = slice(None) if task.candidates is None else task.candidates
    loss, gradients = softmax_gradients([table[here] for table in tables], task)
    followed: list[torch.Tensor] = []
    step = RowAdam.step

    def recorded(self: RowAdam, rows: object, found: list[torch.Tensor], *more: object) -> None:
        followed.extend(one.clone() for one in found)
        step(self, rows, found, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(RowAdam, "step", recorded)
    assert _step(RowAdam(tables), task, 1e-3) == pytest.approx(float(loss), rel=1e-5)
    for found, gradient in zip(followed, gradients, strict=True):
        torch.testing.assert_close(found, gradient / 5, rtol=1e-4, atol=1e-5)


def test_step_leaves_movies_that_none_of_its_users_likes_as_they_are() -> None:
    likes, users = two_crowds(50), np.array([1, 3, 5])
    chances = log_chances(likes.like_counts, 50, 3)
    task = draw_task(likes, users, UNORDERED, np.random.default_rng(1), chances)
    tables, before = random_tables(likes.n_movies), random_tables(likes.n_movies)
    _step(RowAdam(tables), task, 0.1)
    liked = np.unique(np.concatenate([likes.movies[likes.indptr[u] : likes.indptr[u + 1]] for u in users]))
    others = np.setdiff1d(np.arange(likes.n_movies), liked)
    assert len(others) >= 20, "the other crowd's movies"
    for table, start in zip(tables, before, strict=True):
        assert torch.equal(table[others], start[others])
        assert not torch.equal(table[liked], start[liked])


def test_sampled_step_on_a_gpu_mixes_no_devices() -> None:
    """By PyTorch's own bookkeeping of shapes and devices, which needs no GPU: it raises where two meet."""
    likes = two_crowds(50)
    chances = log_chances(likes.like_counts, 50, 5)
    task = draw_task(likes, np.arange(5), IN_ORDER, np.random.default_rng(1), chances)
    with FakeTensorMode(allow_non_fake_inputs=True):
        optimiser, moved = RowAdam([table.to("cuda") for table in random_tables(40)]), task.to("cuda")
        assert moved.candidates is not None
        tables = [table.index_select(0, moved.candidates) for table in optimiser.tables]
        loss, gradients = softmax_gradients(tables, moved)
        optimiser.step(moved.candidates, gradients, 0.1)
        devices = {tensor.device.type for tensor in [loss, *gradients, *optimiser.state().values()]}
        assert devices == {"cuda"}


def test_tables_start_from_the_walks_and_the_bias_from_popularity() -> None:
    walked = Embeddings(
        movie_ids=np.array([20, 40]), vectors=np.eye(2, dtype=np.float32), contexts=2 * np.eye(2, dtype=np.float32)
    )
    profiles, contexts, bias = starting_tables(LIKES, walked)
    assert profiles.tolist() == [[0, 0], [1, 0], [0, 0], [0, 1], [0, 0], [0, 0]]
    assert contexts.tolist() == (2 * profiles).tolist()
    assert np.exp(bias) == pytest.approx(LIKES.like_counts / 7)


@pytest.mark.parametrize("candidates", ["all", "batch"])
@pytest.mark.parametrize("sequential", ["on", "off"])
def test_tuning_learns_who_likes_what(sequential: str, candidates: str) -> None:
    likes = two_crowds()
    settings = TrainSettings(
        sequential=sequential, profile_epochs=30, profile_learning_rate=0.02, profile_candidates=candidates
    )
    found = train_profiles(likes, random_start(likes.n_movies), settings)
    # At best a user's own crowd is known: one in eight to nineteen movies that are left, not one in forty.
    assert found.losses[-1] < found.losses[0] - 0.5
    logits = found.profiles @ found.contexts.T + found.bias
    assert logits[:20, :20].mean() > logits[:20, 20:].mean() + 1
    assert logits[20:, 20:].mean() > logits[20:, :20].mean() + 1


@pytest.mark.parametrize("candidates", ["all", "batch"])
@pytest.mark.parametrize("sequential", ["on", "off"])
def test_same_bytes_with_one_thread_and_two_and_others_with_another_seed(sequential: str, candidates: str) -> None:
    likes, start = two_crowds(), random_start(40)
    settings = TrainSettings(
        sequential=sequential, profile_epochs=3, profile_batch_size=64, profile_candidates=candidates
    )
    found = [train_profiles(likes, start, settings, threads=threads).sha256() for threads in (1, 2, 2)]
    assert len(set(found)) == 1
    other = train_profiles(likes, start, dataclasses.replace(settings, seed=2))
    assert other.sha256() != found[0]
    assert np.array_equal(start.vectors, random_start(40).vectors), "the walk embeddings stay as they are"


@pytest.mark.parametrize("n_steps", [0, 3, 10, 14])
@pytest.mark.parametrize("candidates", ["all", "batch"])
@pytest.mark.parametrize("sequential", ["on", "off"])
def test_interrupted_tuning_goes_on_to_the_same_bytes(
    tmp_path: Path, sequential: str, candidates: str, n_steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four steps in each of four epochs; the last has fewer users."""
    monkeypatch.setattr("movierec.embedding.profiles.CHECKPOINT_SECONDS", 0.0)  # a checkpoint after every step
    likes, start = two_crowds(), random_start(40)
    settings = TrainSettings(
        sequential=sequential, profile_epochs=4, profile_batch_size=60, profile_candidates=candidates
    )
    checkpoint = profile_checkpoint(tmp_path, likes, start, settings)
    with pytest.raises(Stopped):
        train_profiles(likes, start, settings, stopping_after(n_steps), checkpoint=checkpoint)
    assert (checkpoint.load() is None) == (n_steps == 0)
    resumed = train_profiles(likes, start, settings, checkpoint=checkpoint)
    undisturbed = train_profiles(likes, start, settings)
    assert resumed.sha256() == undisturbed.sha256()
    assert resumed.losses == undisturbed.losses


def test_checkpoint_of_profiles_belongs_to_likes_start_and_settings(tmp_path: Path) -> None:
    likes, start = two_crowds(), random_start(40)
    other_start = dataclasses.replace(start, vectors=start.vectors + 1)
    paths = {
        profile_checkpoint(tmp_path, likes, start, IN_ORDER).path,
        profile_checkpoint(tmp_path, two_crowds(100), start, IN_ORDER).path,
        profile_checkpoint(tmp_path, likes, other_start, IN_ORDER).path,
        profile_checkpoint(tmp_path, likes, start, UNORDERED).path,
    }
    assert len(paths) == 4


def crowd_of(n_users: int, n_movies: int) -> LikeLists:
    """Users with two likes each; only how many they are matters."""
    return LikeLists(
        movie_ids=np.arange(n_movies),
        like_counts=np.zeros(n_movies, dtype=np.int64),
        indptr=np.arange(n_users + 1) * 2,
        movies=np.zeros(2 * n_users, dtype=np.int32),
        ages=None,
    )


def test_few_users_have_all_movies_as_candidates_and_many_those_of_the_batch() -> None:
    few, many = crowd_of(FULL_SOFTMAX // 2**12, 2**12), crowd_of(FULL_SOFTMAX // 2**12 + 1, 2**12)
    assert resolved_for_likes(IN_ORDER, few).profile_candidates == "all"
    assert resolved_for_likes(IN_ORDER, many).profile_candidates == "batch"
    asked = TrainSettings(sequential="on", profile_candidates="batch")
    assert resolved_for_likes(asked, few).profile_candidates == "batch"
    with pytest.raises(BadRequest, match=r"profile_candidates is 'some'; expected one of auto, all, batch"):
        TrainSettings(profile_candidates="some")


def test_epochs_fall_as_users_grow_so_that_steps_do_not() -> None:
    def epochs(n_users: int, **changes: object) -> int | None:
        settings = dataclasses.replace(IN_ORDER, **changes)  # type: ignore[arg-type]
        return resolved_for_likes(settings, crowd_of(n_users, 10)).profile_epochs

    assert epochs(600) == 100
    assert epochs(600, sequential="off") == 200
    assert epochs(128 * PROFILE_STEPS // 10) == epochs(128 * PROFILE_STEPS // 10, sequential="off") == 10
    assert epochs(128 * PROFILE_STEPS // 10, profile_batch_size=256) == 20
    assert epochs(256 * PROFILE_STEPS) == 1, "every user is seen"
    assert epochs(256 * PROFILE_STEPS, profile_epochs=7) == 7, "what is asked for stays"


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
