import torch

from movierec.embedding.row_adam import RowAdam

N, SIZE = 30, 5


def random_tables(seed: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(N, SIZE, generator=generator), torch.randn(N, generator=generator)]


def test_step_on_all_rows_is_that_of_pytorch_to_the_bit() -> None:
    tables, theirs = random_tables(1), [table.requires_grad_(True) for table in random_tables(1)]
    ours, adam = RowAdam(tables), torch.optim.Adam(theirs)
    for number in range(50):
        gradients, rate = random_tables(100 + number), 0.01 / (1 + number)
        for leaf, gradient in zip(theirs, gradients, strict=True):
            leaf.grad = gradient.clone()
        adam.param_groups[0]["lr"] = rate
        adam.step()
        ours.step(None, gradients, rate)
    for table, leaf in zip(tables, theirs, strict=True):
        assert torch.equal(table, leaf.detach())


def test_row_moves_as_if_it_were_trained_alone_at_the_steps_that_visit_it() -> None:
    """Here row i has an optimiser of its own, PyTorch's, which sees only the steps that visit it."""
    tables, generator = random_tables(1), torch.Generator().manual_seed(2)
    alone = [[table[i : i + 1].clone().requires_grad_(True) for table in tables] for i in range(N)]
    adams = [torch.optim.Adam(leaves, lr=0.01) for leaves in alone]
    ours = RowAdam(tables)
    for number in range(60):
        rows = torch.randperm(N, generator=generator)[: 1 + number % 7]
        gradients = [gradient[rows] for gradient in random_tables(100 + number)]
        ours.step(rows, gradients, 0.01)
        for place, row in enumerate(rows.tolist()):
            for leaf, gradient in zip(alone[row], gradients, strict=True):
                leaf.grad = gradient[place : place + 1].clone()
            adams[row].step()
    for i in range(N):
        for table, leaf in zip(tables, alone[i], strict=True):
            torch.testing.assert_close(table[i : i + 1], leaf.detach(), rtol=1e-4, atol=1e-6)


def test_rows_that_are_not_visited_stay_as_they_are() -> None:
    tables, before = random_tables(1), random_tables(1)
    ours, rows = RowAdam(tables), torch.tensor([3, 7])
    others = [i for i in range(N) if i not in (3, 7)]
    for number in range(5):
        ours.step(rows, [gradient[rows] for gradient in random_tables(100 + number)], 0.01)
    for table, start in zip(tables, before, strict=True):
        assert torch.equal(table[others], start[others])
        assert (table[rows] != start[rows]).all()
    assert ours.visits.nonzero().ravel().tolist() == [3, 7]


def test_training_goes_on_from_a_saved_state() -> None:
    rows = torch.tensor([1, 4, 9])

    def trained(optimiser: RowAdam, numbers: range) -> RowAdam:
        for number in numbers:
            optimiser.step(rows, [gradient[rows] for gradient in random_tables(number)], 0.01)
        return optimiser

    first = trained(RowAdam(random_tables(1)), range(5))
    saved = {name: tensor.clone() for name, tensor in first.state().items()}
    resumed = RowAdam(random_tables(2))
    resumed.load_state(saved)
    for one, other in zip(trained(first, range(5, 9)).tables, trained(resumed, range(5, 9)).tables, strict=True):
        assert torch.equal(one, other)
