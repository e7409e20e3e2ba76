"""Columns of texts that are not made: they answer for all of their texts at once, from bytes or from numbers.

A column of a table is a sequence of texts. Most of them are numbers, and to make a text of each only to make a
number of it again is most of the work of reading. So a `TextColumn` is such a sequence, and says besides which
integers its texts are, and which of them are distinct, without making any.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["LONGEST_INTEGER", "NumberColumn", "TextColumn", "distinct"]

LONGEST_INTEGER = 18  # digits, which an int64 holds whatever they are


class TextColumn(Sequence[str]):
    """N texts, made when somebody looks at them one by one."""

    @abstractmethod
    def __len__(self) -> int: ...

    @cached_property
    @abstractmethod
    def texts(self) -> list[str]:
        """All of them."""

    @abstractmethod
    def integers(self) -> NDArray[np.int64] | None:
        """(N,) int64 where all texts are 1 to 18 digits; else None."""

    @abstractmethod
    def any_leads_with_zero(self) -> bool:
        """Does any integer of two or more digits begin with a zero?"""

    def distinct(self) -> tuple[list[str], NDArray[np.intp]]:
        """The distinct texts in their order, and which of them each text is, (N,)."""
        return _distinct(self.texts)

    @overload
    def __getitem__(self, position: int) -> str: ...
    @overload
    def __getitem__(self, position: slice) -> list[str]: ...
    def __getitem__(self, position: int | slice) -> str | list[str]:
        return self.texts[position]

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)


class NumberColumn(TextColumn):
    """Numbers, (N,) integers or floats, as a CSV would hold them; NaN is empty."""

    def __init__(self, numbers: NDArray[Any]) -> None:
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @cached_property
    def texts(self) -> list[str]:
        return [_text(number) for number in self._numbers.tolist()]

    def integers(self) -> NDArray[np.int64] | None:
        numbers = self._numbers
        is_plain = numbers.dtype.kind in "iu" and len(numbers) > 0
        if not is_plain or numbers.min() < 0 or numbers.max() >= 10**LONGEST_INTEGER:
            return None
        return numbers.astype(np.int64)

    def any_leads_with_zero(self) -> bool:
        return False

    def distinct(self) -> tuple[list[str], NDArray[np.intp]]:
        which, numbers = pd.factorize(self._numbers, use_na_sentinel=False)
        return [_text(number) for number in numbers.tolist()], which


def distinct(values: Sequence[str]) -> tuple[list[str], NDArray[np.intp]]:
    """The distinct texts in their order, and which of them each value is, (N,)."""
    return values.distinct() if isinstance(values, TextColumn) else _distinct(values)


def _distinct(values: Sequence[str]) -> tuple[list[str], NDArray[np.intp]]:
    texts = list(dict.fromkeys(values))
    number = {text: i for i, text in enumerate(texts)}
    return texts, np.fromiter(map(number.__getitem__, values), dtype=np.intp, count=len(values))


def _text(number: float) -> str:
    return "" if math.isnan(number) else str(number)
