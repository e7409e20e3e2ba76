"""Records: results as plain values with lowerCamelCase keys, the spelling of JSON, CSV, Cypher and Run properties.

Python names fields in snake_case (`movie_id`); all that leaves Python names them as Neo4j's style guide does
(`movieId`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["INLINED", "camel_case", "from_row", "record_fields", "snake_case", "to_record", "to_records"]

T = TypeVar("T")

# The metadata of a field whose own fields stand in its place in a record, such as the settings of a result.
INLINED = {"inlined": True}


def camel_case(name: str) -> str:
    """`min_rating` -> `minRating`."""
    head, *tail = name.rstrip("_").split("_")  # `from_`: a keyword of Python
    return head + "".join(word.capitalize() for word in tail)


def snake_case(name: str) -> str:
    """`minRating` -> `min_rating`."""
    return re.sub(r"[A-Z]", lambda letter: "_" + letter[0].lower(), name)


def from_row(kind: type[T], row: Mapping[str, Any], **others: Any) -> T:
    """A result from a row of a query, with `others` for the fields that no column has."""
    values = {snake_case(name): tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    return kind(**(values | others))


def record_fields(kind: type[DataclassInstance]) -> dict[str, Any]:
    """The keys of a result's record in order, each with the type of its value; inlined fields resolved."""
    types, found = get_type_hints(kind), dict[str, Any]()
    for one in fields(kind):
        inner = types[one.name]
        found |= record_fields(inner) if one.metadata == INLINED else {camel_case(one.name): inner}
    return found


def to_record(result: Any) -> Any:
    """A result as dictionaries, lists and plain values, ready for JSON."""
    if is_dataclass(result) and not isinstance(result, type):
        record: dict[str, Any] = {}
        for one in fields(result):
            value = to_record(getattr(result, one.name))
            record |= value if one.metadata == INLINED else {camel_case(one.name): value}
        return record
    if isinstance(result, Mapping):
        return {name: to_record(value) for name, value in result.items()}
    if isinstance(result, list | tuple):
        return [to_record(value) for value in result]
    return str(result) if isinstance(result, PurePath) else result


def to_records(results: Any) -> list[dict[str, Any]]:
    """Each of several results as a record."""
    return [to_record(result) for result in results]
