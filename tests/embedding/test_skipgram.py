import numpy as np
import pytest
import torch
from torch.nn.functional import logsigmoid

from movierec.embedding.skipgram import EPSILON, SkipGram, band


def test_band_by_hand() -> None:
    assert band(4, 1).tolist() == [[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]]
    assert band(3, 10).tolist() == [[0, 1, 1], [1, 0, 1], [1, 1, 0]]


def model_with_both_tables(n: int = 9, size: int = 5) -> SkipGram:
    model = SkipGram(np.ones(n), size, learning_rate=0.5, seed=3)
    model.context.copy_(torch.randn(n, size, generator=torch.Generator().manual_seed(1)))
    return model


def loss_by_pairs(
    centre: torch.Tensor,
    context: torch.Tensor,
    walks: torch.Tensor,
    drawn: torch.Tensor,
    window: int,
    negatives: int,
) -> torch.Tensor:
    """The loss of the module's docstring, one pair at a time."""
    total = torch.zeros(())
    for walk, shared in zip(walks.tolist(), drawn.tolist(), strict=True):
        for i, a in enumerate(walk):
            contexts = [b for j, b in enumerate(walk) if j != i and abs(i - j) <= window]
            for b in contexts:
                total = total - logsigmoid(centre[a] @ context[b])
            for n in shared:
                share = len(contexts) * negatives / len(shared)
                total = total - share * logsigmoid(-centre[a] @ context[n])
    return total


def test_step_is_adagrad_on_the_gradient_that_autograd_finds() -> None:
    model = model_with_both_tables()
    walks = torch.tensor([[0, 1, 2, 1], [3, 4, 0, 5]])  # movies recur, within a walk and between them
    drawn = torch.tensor([[1, 6, 7], [0, 6, 6]])
    centre = model.centre.clone().requires_grad_()
    context = model.context.clone().requires_grad_()
    loss = loss_by_pairs(centre, context, walks, drawn, window=2, negatives=4)
    loss.backward()

    said = model.step(walks, drawn, band(4, 2), negatives_per_context=4)

    assert said == pytest.approx(float(loss.detach()), rel=1e-5)
    for before, after, scale in (
        (centre, model.centre, model.centre_scale),
        (context, model.context, model.context_scale),
    ):
        assert before.grad is not None
        squares = before.grad.square().mean(1)
        expected = before.detach() - 0.5 * before.grad / (squares.sqrt() + EPSILON)[:, None]
        torch.testing.assert_close(after, expected, rtol=1e-4, atol=1e-6)
        torch.testing.assert_close(scale, squares, rtol=1e-4, atol=1e-8)


def test_shared_table_sums_the_gradients_of_both_roles() -> None:
    model = SkipGram(np.ones(9), 5, learning_rate=0.5, seed=3, shared_table=True)
    assert model.centre is model.context
    walks, drawn = torch.tensor([[0, 1, 2, 1], [3, 4, 0, 5]]), torch.tensor([[1, 6, 7], [0, 6, 6]])
    table = model.centre.clone().requires_grad_()
    loss_by_pairs(table, table, walks, drawn, window=2, negatives=4).backward()
    model.step(walks, drawn, band(4, 2), negatives_per_context=4)
    assert table.grad is not None
    squares = table.grad.square().mean(1)
    expected = table.detach() - 0.5 * table.grad / (squares.sqrt() + EPSILON)[:, None]
    torch.testing.assert_close(model.centre, expected, rtol=1e-4, atol=1e-6)


def test_rows_that_do_not_occur_are_not_touched() -> None:
    model = model_with_both_tables()
    before = model.centre.clone(), model.context.clone()
    model.step(torch.tensor([[0, 1]]), torch.tensor([[2, 2]]), band(2, 1), 1)
    assert torch.equal(model.centre[2:], before[0][2:])
    assert torch.equal(model.context[3:], before[1][3:])


def test_negatives_are_drawn_by_their_weights_and_by_counter() -> None:
    model = SkipGram(np.array([1.0, 0.0, 3.0]), 2, 0.1, seed=1)
    drawn = model.draw_negatives(4000, epoch=0, block=0)
    shares = np.bincount(drawn.numpy().ravel(), minlength=3) / drawn.numel()
    np.testing.assert_allclose(shares, [0.25, 0.0, 0.75], atol=0.01)
    assert torch.equal(drawn, model.draw_negatives(4000, 0, 0))
    assert not torch.equal(drawn, model.draw_negatives(4000, 0, 1))
    assert not torch.equal(drawn, model.draw_negatives(4000, 1, 0))
