import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import PackedSequence, pack_sequence

from movierec.embedding import gru_loss as module
from movierec.embedding.gru_loss import packed_gru, softmax_loss, weights_of

SIZE, UNITS, CLASSES = 5, 7, 11


def sequences(*lengths: int) -> PackedSequence:
    """Of random vectors, the longest first."""
    generator = torch.Generator().manual_seed(1)
    drawn = [torch.randn(length, SIZE, generator=generator, dtype=torch.float64) for length in lengths]
    return pack_sequence(drawn)


def gradients(value: Tensor, *by: Tensor) -> list[Tensor]:
    """Of a sum of `value` with random weights."""
    generator = torch.Generator().manual_seed(2)
    weights = torch.randn(value.shape, generator=generator, dtype=value.dtype)
    return list(torch.autograd.grad((value * weights).sum(), by))


@pytest.mark.parametrize("lengths", [(1,), (4,), (6, 6, 3, 1), (9, 2, 2, 2)])
def test_states_and_gradients_are_those_of_pytorchs_unit(lengths: tuple[int, ...]) -> None:
    packed = sequences(*lengths)
    torch.manual_seed(3)
    unit = nn.GRU(SIZE, UNITS, batch_first=True, dtype=torch.float64)
    weights = weights_of(unit)
    read = packed.data.requires_grad_()
    theirs = unit(PackedSequence(read, packed.batch_sizes))[0].data
    ours = packed_gru(read, packed.batch_sizes, weights)
    torch.testing.assert_close(ours, theirs)
    for one, other in zip(gradients(ours, read, *weights), gradients(theirs, read, *weights), strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("rows_at_once", [1, 4, 100])
@pytest.mark.parametrize("with_lowered", [False, True])
def test_loss_and_gradients_are_those_of_pytorchs_cross_entropy(
    rows_at_once: int, with_lowered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROWS_AT_ONCE", rows_at_once)
    generator = torch.Generator().manual_seed(4)
    users, table, bias, lowering = (
        torch.randn(*shape, generator=generator, dtype=torch.float64)
        for shape in ((9, SIZE), (CLASSES, SIZE), (CLASSES,), (3, CLASSES))
    )
    numbers = np.random.default_rng(5)
    asked, rows = torch.from_numpy(numbers.integers(0, CLASSES, 9)), torch.from_numpy(numbers.integers(0, 3, 9))
    parameters = [one.requires_grad_() for one in (users, table, bias)]
    logits = 0.7 * users @ table.T + bias
    if with_lowered:
        logits = logits - lowering[rows]
    theirs = functional.cross_entropy(logits, asked, reduction="sum")
    ours = softmax_loss(users, (table, bias), asked, scale=0.7, lowered=(lowering, rows) if with_lowered else None)
    torch.testing.assert_close(ours, theirs)
    for one, other in zip(gradients(ours, *parameters), gradients(theirs, *parameters), strict=True):
        torch.testing.assert_close(one, other)


def test_large_logits_lose_nothing() -> None:
    users, table = torch.full((1, 1), 1e4), torch.tensor([[1.0], [0.0]])
    loss = softmax_loss(users, (table, torch.zeros(2)), torch.tensor([1]))
    assert float(loss) == 1e4
