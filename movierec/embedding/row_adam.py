"""Adam (Kingma and Ba 2015) that visits only the rows with a gradient.

    m = .9 m + .1 g        v = .999 v + .001 g**2
    row -= rate * (m / (1 - .9**n)) / (sqrt(v / (1 - .999**n)) + 1e-8)        n: how often the row was visited

Every row counts its own visits, so that the first step on one is as long as any, however late it comes. PyTorch's
SparseAdam counts steps for all rows together, and makes a late first step three times as long. Where every row is
visited at every step, this is `torch.optim.Adam`, byte for byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from movierec.training.threads import RunTasks, run_sequentially

__all__ = ["RowAdam"]

BETA, SQUARE_BETA, EPSILON = 0.9, 0.999, 1e-8


class RowAdam:
    """Tables of N rows each, which `step` changes, and what Adam remembers of them.

    tables  (N, D) or (N,) float32 each
    first   the mean m of their gradients, of the same shapes; `second` the mean v of the squares
    visits  (N,) float32, how often each row was visited
    """

    def __init__(self, tables: Sequence[Tensor]) -> None:
        self.tables = list(tables)
        self.first = [torch.zeros_like(table) for table in tables]
        self.second = [torch.zeros_like(table) for table in tables]
        self.visits = torch.zeros(len(tables[0]), device=tables[0].device)

    def state(self) -> dict[str, Tensor]:
        """The tensors to save; `load_state` puts them back."""
        kinds = {"table": self.tables, "first": self.first, "second": self.second, "visits": [self.visits]}
        return {f"{kind} {i}": tensor for kind, tensors in kinds.items() for i, tensor in enumerate(tensors)}

    def load_state(self, state: dict[str, Tensor]) -> None:
        for name, tensor in self.state().items():
            tensor.copy_(state[name])

    @torch.no_grad()
    def step(
        self, rows: Tensor | None, gradients: Sequence[Tensor], rate: float, run: RunTasks = run_sequentially
    ) -> None:
        """One step on `rows` (R,), none twice, by gradients (R, D) or (R,); None: on all, now and in every step.

        `run` runs the updates of the tables in turn or at the same time.
        """
        if rows is None:
            visits = float(self.visits.add_(1.0)[0])
            run([partial(self._update_all, i, one, rate, visits) for i, one in enumerate(gradients)])
            return
        counts = self.visits.index_select(0, rows).add_(1.0)
        self.visits.index_copy_(0, rows, counts)
        length = rate / (1.0 - BETA**counts)  # (R,)
        scale = (1.0 - SQUARE_BETA**counts).sqrt_()  # (R,)
        run([partial(self._update_rows, i, rows, one, length, scale) for i, one in enumerate(gradients)])

    def _update_all(self, i: int, gradient: Tensor, rate: float, visits: float) -> float:
        first = self.first[i].lerp_(gradient, 1.0 - BETA)
        second = self.second[i].mul_(SQUARE_BETA).addcmul_(gradient, gradient, value=1.0 - SQUARE_BETA)
        denominator = second.sqrt().div_((1.0 - SQUARE_BETA**visits) ** 0.5).add_(EPSILON)
        self.tables[i].addcdiv_(first, denominator, value=-rate / (1.0 - BETA**visits))
        return 0.0

    @torch.no_grad()
    def _update_rows(self, i: int, rows: Tensor, gradient: Tensor, length: Tensor, scale: Tensor) -> float:
        if gradient.dim() > 1:
            length, scale = length[:, None], scale[:, None]
        first = self.first[i].index_select(0, rows).lerp_(gradient, 1.0 - BETA)
        second = self.second[i].index_select(0, rows).mul_(SQUARE_BETA)
        second.addcmul_(gradient, gradient, value=1.0 - SQUARE_BETA)
        self.first[i].index_copy_(0, rows, first)
        self.second[i].index_copy_(0, rows, second)
        change = first.div_(second.sqrt_().div_(scale).add_(EPSILON)).mul_(length)
        self.tables[i].index_add_(0, rows, change, alpha=-1.0)
        return 0.0
