"""A sparse matrix of few numbers in a row, and its products with tables. Pure.

PyTorch has no quick product of a transposed sparse matrix with a table on a CPU, so both products are sums of bags
of rows. The same numbers are always added up in the same order.

Shapes: B rows, C columns, E numbers that are not 0, D dimensions of a table.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import embedding_bag

__all__ = ["SparseRows"]


@dataclass(frozen=True, kw_only=True)
class SparseRows:
    """The numbers of each row together.

    starts   (B,) int64: where the numbers of each row begin
    rows     (E,) int64, ascending; a row has each column once at most
    columns  (E,) int64
    values   (E,)
    """

    starts: Tensor
    rows: Tensor
    columns: Tensor
    values: Tensor

    @classmethod
    def of(
        cls, n_rows: int, rows: NDArray[np.int64], columns: NDArray[np.int64], values: NDArray[np.floating]
    ) -> SparseRows:
        """Of entries by ascending row; the values become float32."""
        starts = np.searchsorted(rows, np.arange(n_rows))
        return cls(
            starts=torch.from_numpy(starts),
            rows=torch.from_numpy(rows.astype(np.int64)),
            columns=torch.from_numpy(columns.astype(np.int64)),
            values=torch.from_numpy(values.astype(np.float32)),
        )

    def __len__(self) -> int:
        return len(self.starts)

    def part(self, start: int, end: int) -> SparseRows:
        """The rows from `start` to before `end`."""
        first, last = (int(self.starts[i]) if i < len(self) else len(self.rows) for i in (start, end))
        own = slice(first, last)
        return SparseRows(
            starts=self.starts[start:end] - first,
            rows=self.rows[own] - start,
            columns=self.columns[own],
            values=self.values[own],
        )

    def to(self, device: str) -> SparseRows:
        """The same on a device."""
        return replace(self, **{name: one.to(device) for name, one in vars(self).items()})

    def times(self, table: Tensor) -> Tensor:
        """(B, D): the product with a (C, D) table."""
        return embedding_bag(self.columns, table, self.starts, mode="sum", per_sample_weights=self.values)

    def transposed_times(self, table: Tensor, n_columns: int) -> Tensor:
        """(C, D): the product of the transposed matrix with a (B, D) table."""
        columns, order = self.columns.sort(stable=True)
        starts = torch.searchsorted(columns, torch.arange(n_columns, device=columns.device))
        return embedding_bag(self.rows[order], table, starts, mode="sum", per_sample_weights=self.values[order])
