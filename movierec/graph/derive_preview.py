"""Preview: what a derivation would write, from the pairs that it counted."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from movierec.database.connection import Row
from movierec.graph.derive_steps import WRITERS
from movierec.graph.results import WeightBin
from movierec.graph.stats import QUANTILES

__all__ = ["Preview"]

# What writing takes, on the two cores of the first machine it was measured on: `python -m benchmarks.derive`.
WRITTEN_A_SECOND = 100_000
DELETED_A_SECOND = 120_000
STORE_BYTES = 75  # of an edge: a relationship record of 34 and a property record of 41
HEAP_BYTES = 800  # of an edge in a transaction, by the server's own account (SHOW TRANSACTIONS)
HEAP_SHARE = 0.7  # of the heap, that all transactions together may use (dbms.memory.transaction.total.max)


class Preview:
    """Gathers edges as likeIndexes and weights, 16 bytes each.

    `batch_edges` is the most that is written in one transaction, where that is less than what is counted in one.
    """

    def __init__(self, batch_edges: float = math.inf) -> None:
        self._batch_edges = batch_edges
        self._pairs: list[np.ndarray] = [np.empty(0, dtype=np.int64)]
        self._weights: list[np.ndarray] = [np.empty(0)]
        self._largest_batch: float = 0

    def add(self, rows: list[Row]) -> None:
        """Rows of derive/co_liked and its variants: likeIndex, neighbours, weights; of one batch."""
        counted = sum(row["edges"] for row in rows)
        self._largest_batch = max(self._largest_batch, min(counted, self._batch_edges))
        for row in rows:
            one, others = row["likeIndex"], np.array(row["neighbours"], dtype=np.int64)
            # Smaller index first: some variants meet a pair from both of its ends.
            self._pairs.append((np.minimum(one, others) << 32) | np.maximum(one, others))
            self._weights.append(np.array(row["weights"], dtype=np.float64))

    def summary(
        self, n_followed: int, n_old_edges: int, seconds: float, single_transaction: bool
    ) -> dict[str, Any]:
        """Sizes, quantiles of degrees, a histogram of weights, and what writing them would take.

        `n_followed` is the number of FOLLOWED_BY relationships, `n_old_edges` that of both kinds to be deleted,
        `seconds` what counting took; with `single_transaction` all would be written in one. The bounds of the
        histogram are 1, 2 and 5 times powers of ten.
        """
        pairs, first = np.unique(np.concatenate(self._pairs), return_index=True)
        weights = np.concatenate(self._weights)[first]
        _, degrees = np.unique(np.concatenate([pairs >> 32, pairs & 0xFFFFFFFF]), return_counts=True)
        n_edges = len(pairs)
        n_written = n_edges + n_followed
        in_memory = n_written + n_old_edges if single_transaction else WRITERS * self._largest_batch
        quantiles = np.quantile(degrees if n_edges else [0], list(QUANTILES.values()), method="inverted_cdf")
        return {
            "movies": len(degrees),
            "edges": n_edges,
            "mean_degree": round(2 * n_edges / max(len(degrees), 1), 3),
            "degrees": {name: int(value) for name, value in zip(QUANTILES, quantiles, strict=True)},
            "weights": _histogram(weights),
            "estimated_seconds": round(seconds + n_written / WRITTEN_A_SECOND + n_old_edges / DELETED_A_SECOND, 1),
            "estimated_heap_mb": round(in_memory * HEAP_BYTES / HEAP_SHARE / 2**20, 1),
            "estimated_store_mb": round(n_written * STORE_BYTES / 2**20, 1),
        }


def _histogram(weights: np.ndarray) -> tuple[WeightBin, ...]:
    if not len(weights):
        return ()
    exponents = np.floor(np.log10([weights.min(), weights.max()])).astype(int)
    bounds = np.array([step * 10.0**k for k in range(exponents[0], exponents[1] + 1) for step in (1, 2, 5)])
    bounds = np.append(bounds, 10.0 ** (exponents[1] + 1))
    edges, _ = np.histogram(weights, bounds)
    shown = np.flatnonzero(edges)
    return tuple(
        WeightBin(from_=float(f"{bounds[i]:.6g}"), to=float(f"{bounds[i + 1]:.6g}"), edges=int(edges[i]))
        for i in range(shown[0], shown[-1] + 1)
    )
