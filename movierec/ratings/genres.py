"""Genres from one text: divided by a delimiter, or a list as Python or JSON writes it."""

from __future__ import annotations

import ast
import html
import json
import re
from typing import Any

from movierec.ratings.columns import is_missing

__all__ = ["genre_names"]

NO_GENRES = "(no genres listed)"  # MovieLens's words for none
_BRACKETED = re.compile(r"\[.*\]|\{.*\}")
LITERALS = ("[", "{")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
# As NumPy shows an array, without commas; Python would take it for one text.
_NUMPY_LIST = re.compile(rf"\[\s*(?:(?:{_QUOTED.pattern})\s*){{2,}}\]")


def genre_names(text: str, delimiter: str) -> list[str]:
    """The names in a text, each once.

    >>> genre_names("Horror, Sci-Fi", ",")
    ['Horror', 'Sci-Fi']
    >>> genre_names("[{'id': 16, 'name': 'Animation'}]", "|")
    ['Animation']
    """
    if text == NO_GENRES or is_missing(text):
        return []
    text = html.unescape(text)
    found = _listed(text) if text.startswith(LITERALS) else None
    if found is None and _BRACKETED.fullmatch(text):
        found = text[1:-1].split(",")  # as Java and Postgres show lists
    names = text.split(delimiter) if found is None else found
    return list(dict.fromkeys(name.strip() for name in names if name.strip()))


def _listed(text: str) -> list[str] | None:
    """The names in a list of texts or of objects with a name; None for what is neither."""
    quoted = _NUMPY_LIST.fullmatch(text)
    if quoted:
        return [one or other for one, other in _QUOTED.findall(text)]
    value: Any = None
    for parse in (json.loads, ast.literal_eval):
        try:
            value = parse(text)
            break
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    if isinstance(value, dict | set):
        value = [value] if isinstance(value, dict) else sorted(map(str, value))
    if not isinstance(value, list):
        return None
    return [str(one.get("name", "")) if isinstance(one, dict) else str(one) for one in value]
