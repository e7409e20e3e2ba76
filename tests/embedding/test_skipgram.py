import dataclasses

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn.functional import logsigmoid

from movierec.embedding.batches import Batch, Batches
from movierec.embedding.plan import Plan, pairs_in
from movierec.embedding.settings import TrainSettings
from movierec.embedding.skipgram import EPSILON, SkipGram, _contexts, band
from movierec.embedding.walks import Walker
from movierec.training.threads import training_threads
from tests.embedding.test_walks import hub_graph

SETTINGS = TrainSettings(
    walks_per_node=2, walk_length=8, embedding_size=5, window_size=2, negative_samples=4, seed=3
)
N = 30  # movies of the graph


def test_band_by_hand() -> None:
    assert band(4, 1).tolist() == [[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]]
    assert band(3, 10).tolist() == [[0, 1, 1], [1, 0, 1], [1, 1, 0]]
    two_walks = [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]
    assert band(2, 5, walks=2).tolist() == two_walks


def test_true_pairs_are_the_ones_in_the_band() -> None:
    for length, window in ((4, 1), (3, 10), (40, 5), (2, 1), (10, 9)):
        assert pairs_in(length, window) == band(length, window).sum()


def batch_of(settings: TrainSettings, n_walks: int = 12) -> Batch:
    """One step on walks of the hub graph: movies recur, within a walk and between them."""
    walker = Walker.prepare(hub_graph(), settings.p, settings.q, settings.seed)
    batches = Batches(walker, Plan.of(N, settings), settings, np.arange(1.0, N + 1))
    (walks,) = walker.blocks(0, 1, settings.walk_length, block_walks=30)
    return batches.batch(walks[:n_walks], epoch=0, step=0)


def model_of(settings: TrainSettings) -> SkipGram:
    model = SkipGram(N, settings)
    if not settings.tied_embeddings:
        model.context.copy_(torch.randn(N, settings.embedding_size, generator=torch.Generator().manual_seed(1)))
    return model


def loss_by_pairs(
    centre: torch.Tensor, context: torch.Tensor, batch: Batch, settings: TrainSettings
) -> torch.Tensor:
    """The loss of the module's docstring, one pair at a time."""
    total = torch.zeros(())
    for w, whole in enumerate(batch.walks.tolist()):
        walk = whole if batch.lengths is None else whole[: batch.lengths[w]]
        shared = batch.negatives[w // batch.group].tolist()
        for i, a in enumerate(walk):
            contexts = [b for j, b in enumerate(walk) if j != i and abs(i - j) <= settings.window_size]
            for b in contexts:
                total = total - logsigmoid(centre[a] @ context[b])
            allowed = [n for n in shared if not settings.reject_true_pairs or n not in [a, *contexts]]
            for n in allowed:
                share = len(contexts) * settings.negative_samples / len(allowed)
                total = total - share * logsigmoid(-centre[a] @ context[n])
    return total


VARIANTS = [
    {},
    {"walk_length": 40, "window_size": 5},
    {"walk_length": 3, "window_size": 9},
    {"subsample": 0.005},
    {"reject_true_pairs": True},
    {"reject_true_pairs": True, "subsample": 0.01, "negative_exponent": 0.0},
    {"tied_embeddings": True},
]


@pytest.mark.parametrize("n_walks", [1, 7, 20, 30])
@pytest.mark.parametrize("changes", VARIANTS, ids=lambda changes: ",".join(changes) or "default")
def test_step_is_adagrad_on_the_gradient_that_autograd_finds(changes: dict[str, float], n_walks: int) -> None:
    settings = dataclasses.replace(SETTINGS, **changes)  # type: ignore[arg-type]
    batch, model = batch_of(settings, n_walks), model_of(settings)
    centre = model.centre.clone().requires_grad_()
    context = centre if settings.tied_embeddings else model.context.clone().requires_grad_()
    loss = loss_by_pairs(centre, context, batch, settings)
    loss.backward()

    said = model.step(batch, rate=0.5)

    assert said == pytest.approx(float(loss.detach()), rel=1e-5)
    for before, after, scale in (
        (centre, model.centre, model.centre_scale),
        (context, model.context, model.context_scale),
    ):
        assert before.grad is not None
        squares = before.grad.square().mean(1)
        expected = before.detach() - 0.5 * before.grad / (squares.sqrt() + EPSILON)[:, None]
        # AdaGrad's first step has full length however small the gradient: rounding shows where that is tiny.
        seen = squares > 1e-10
        torch.testing.assert_close(after[seen], expected[seen], rtol=1e-3, atol=1e-5)
        torch.testing.assert_close(scale, squares, rtol=1e-4, atol=1e-8)


def test_pairs_of_a_subsampled_step_are_counted() -> None:
    settings = dataclasses.replace(SETTINGS, subsample=0.005)
    batch = batch_of(settings)
    assert batch.lengths is not None
    assert 0 < batch.lengths.float().mean() < settings.walk_length
    assert batch.pairs == sum(pairs_in(length, settings.window_size) for length in batch.lengths.tolist())


def test_rows_that_do_not_occur_are_not_touched() -> None:
    batch, model = batch_of(SETTINGS, n_walks=2), model_of(SETTINGS)
    before = model.centre.clone(), model.context.clone()
    model.step(batch, rate=0.5)
    walked = set(batch.walks.ravel().tolist())
    drawn = walked | set(batch.negatives.ravel().tolist())
    assert len(walked) < len(drawn) < N
    for v in range(N):
        assert torch.equal(model.centre[v], before[0][v]) == (v not in walked)
        assert torch.equal(model.context[v], before[1][v]) == (v not in drawn)


def test_centres_that_do_not_move_accumulate() -> None:
    batch, model = batch_of(SETTINGS), model_of(SETTINGS)
    centre, context = model.centre.clone(), model.context.clone()
    model.step(batch, rate=0.5, centres_move=False)
    assert torch.equal(model.centre, centre)
    assert not torch.equal(model.context, context)
    assert (model.centre_scale[batch.walks.ravel()] > 0).all()


@pytest.mark.parametrize("changes", VARIANTS, ids=lambda changes: ",".join(changes) or "default")
def test_two_threads_give_the_bytes_of_one(changes: dict[str, float]) -> None:
    settings = dataclasses.replace(SETTINGS, **changes)  # type: ignore[arg-type]
    tables = []
    for threads in (1, 2):
        model = model_of(settings)
        with training_threads(threads) as run:
            for n_walks in (30, 20, 7):
                model.step(batch_of(settings, n_walks), rate=0.1, run=run)
        tables.append((model.centre, model.context))
    assert torch.equal(tables[0][0], tables[1][0])
    assert torch.equal(tables[0][1], tables[1][1])


def test_mixed_precision_stays_near_full_precision() -> None:
    full, mixed = (model_of(dataclasses.replace(SETTINGS, mixed_precision=mixed)) for mixed in (False, True))
    for _ in range(20):
        losses = [model.step(batch_of(model.settings), rate=0.05) for model in (full, mixed)]
    assert mixed.centre.dtype == torch.float32
    assert losses[1] == pytest.approx(losses[0], rel=0.02)
    assert not torch.equal(full.centre, mixed.centre)


def test_loss_is_that_of_both_halves_and_costs_nothing_unasked() -> None:
    batch, model = batch_of(SETTINGS, 20), model_of(SETTINGS)
    assert batch.group == 10, "20 walks are two groups, one for each half"
    loss = float(loss_by_pairs(model.centre, model.context, batch, SETTINGS))
    assert model_of(SETTINGS).step(batch, rate=0.5) == pytest.approx(loss, rel=1e-5)
    assert model_of(SETTINGS).step(batch, rate=0.5, with_loss=False) == 0.0


@pytest.mark.parametrize("changes", [*VARIANTS, {"mixed_precision": True}], ids=str)
def test_step_on_a_gpu_mixes_no_devices(changes: dict[str, float]) -> None:
    """By PyTorch's own bookkeeping of shapes and devices, which needs no GPU: it raises where two meet."""
    settings = dataclasses.replace(SETTINGS, device="cuda", **changes)  # type: ignore[arg-type]
    batch = batch_of(settings, 20)
    band.cache_clear()
    _contexts.cache_clear()
    with FakeTensorMode(allow_non_fake_inputs=True):
        model = SkipGram(N, settings)
        model.step(batch.to("cuda"), rate=0.5, with_loss=False)
        assert {tensor.device.type for tensor in model.state().values()} == {"cuda"}
    band.cache_clear()
    _contexts.cache_clear()
