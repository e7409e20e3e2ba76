"""Where arrays that grow with the ratings are: in memory, or in files that are mapped into it.

A mapped array is read and written like any other. Its pages are the system's to drop and to read again, so a graph
may be larger than the memory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from movierec.errors import MovieRecError

__all__ = ["ArrayStore", "slices", "whole_rows"]

LARGE = 2**26  # bytes
CHUNK_SIZE = 2**24  # elements that are worked on in memory


@dataclass(frozen=True)
class ArrayStore:
    """Makes arrays: in memory, and with a `folder`, those above `large` bytes in files there.

    The files have no names: they go with their arrays, also those of a process that is killed. `chunk_size` is how
    many elements are to be worked on in memory.
    """

    folder: Path | None = None
    large: int = LARGE
    chunk_size: int = CHUNK_SIZE

    def zeros(self, n: int, dtype: DTypeLike) -> NDArray[Any]:
        """(n,) zeros. Raises MovieRecError where the folder cannot take them."""
        n_bytes = n * np.dtype(dtype).itemsize
        if self.folder is None or n_bytes <= self.large:
            return np.zeros(n, dtype)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder) as file:
                # Written out, not left to be found missing when a page of it is.
                for part in slices(n_bytes, self.chunk_size):
                    file.write(bytes(part.stop - part.start))
                file.flush()
                return np.asarray(np.memmap(file, dtype, "r+", shape=(n,)))
        except OSError as error:
            raise MovieRecError(
                f"Cannot keep {n_bytes / 2**20:,.0f} MB of the graph in {self.folder} ({error}). Free some space, "
                "or move MOVIEREC_HOME to a disk with more."
            ) from error

    def chosen(self, array: NDArray[Any], kept: NDArray[np.bool_]) -> NDArray[Any]:
        """array[kept], (n,)."""
        found, end = self.zeros(int(np.count_nonzero(kept)), array.dtype), 0
        for part in slices(len(array), self.chunk_size):
            own = array[part][kept[part]]
            end += len(own)
            found[end - len(own) : end] = own
        return found


def slices(n: int, chunk_size: int) -> Iterator[slice]:
    """0..n in parts."""
    for start in range(0, n, chunk_size):
        yield slice(start, min(start + chunk_size, n))


def whole_rows(indptr: NDArray[np.int64], chunk_size: int) -> Iterator[slice]:
    """Rows 0..n-1 in parts of at most `chunk_size` entries, or of one row that has more.

    indptr  (n + 1,): the entries of row i are indptr[i]:indptr[i + 1]
    """
    start, n = 0, len(indptr) - 1
    while start < n:
        end = int(np.searchsorted(indptr, indptr[start] + chunk_size, side="right")) - 1
        yield slice(start, end := min(max(end, start + 1), n))
        start = end
