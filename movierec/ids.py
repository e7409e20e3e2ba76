"""Ids of users and movies: integers or texts, as the files of ratings have them.

A database holds one kind of userIds and one kind of movieIds: 7 and "7" are two ids, and would never meet. Arrays
of ids are int64 or str ("<U"), so that NumPy sorts and finds both.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["INT64_MAX", "Id", "Ids", "id_array", "id_number", "parse_id", "whole_number"]

Id: TypeAlias = int | str
Ids: TypeAlias = NDArray[Any]  # (N,) int64 or str

INT64_MAX = 2**63 - 1
_DIGITS = re.compile(r"[0-9]{1,19}")


def id_array(ids: Iterable[Id] | Ids) -> Ids:
    """(N,) int64 or str. Raises TypeError where there are both."""
    if isinstance(ids, np.ndarray):
        return ids
    values = list(ids)
    kind = str if values and isinstance(values[0], str) else int
    if not all(isinstance(value, kind) for value in values):
        raise TypeError("The ids are integers and texts; expected one kind.")
    return np.array(values, dtype=str if kind is str else np.int64)


def parse_id(text: str) -> list[Id]:
    """The ids that a typed text may mean: a whole number first as an integer, then as the text it is."""
    number = whole_number(text)
    return [text] if number is None else [number, text]


def whole_number(text: str, highest: int = INT64_MAX) -> int | None:
    """The number that a text of ASCII digits is; None for other texts, and above `highest`."""
    number = int(text) if _DIGITS.fullmatch(text) else None
    return None if number is None or number > highest else number


def id_number(one: Id) -> int:
    """A number to seed a generator with: the id itself, or the first 63 bits of the text's BLAKE2b hash."""
    if not isinstance(one, str):
        return int(one) % 2**64
    return int.from_bytes(hashlib.blake2b(one.encode(), digest_size=8).digest()) >> 1
