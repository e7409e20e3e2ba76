"""The description of the API, made of the types of its results (OpenAPI 3.1)."""

from __future__ import annotations

import types
from dataclasses import is_dataclass
from functools import cache
from importlib.metadata import version
from typing import Any, Union, get_args, get_origin

from movierec.records import record_fields
from movierec.web.parameters import MOST_OFFSET, MOST_ROWS, REQUEST, SEVERAL
from movierec.web.results import (
    Explanation,
    ModelPage,
    MoviePage,
    Problem,
    Recommendations,
    RunsPage,
    Start,
    Titles,
)

__all__ = ["PATHS", "openapi"]

PLAIN = {int: "integer", float: "number", str: "string", bool: "boolean", type(None): "null"}
OPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "user": ({"type": "string"}, "The user's id."),
    "likes": ({"type": "string"}, "A title or an id that is liked, before all others."),
    "then": ({"type": "string"}, "A title or an id that was liked after all of these, oldest first."),
    "dislikes": ({"type": "string"}, "A title or an id that is disliked."),
    "genre": ({"type": "string"}, "Only movies with at least one of these genres."),
    "with_genre": ({"type": "string"}, "Only movies with all of these genres."),
    "without_genre": ({"type": "string"}, "Only movies with none of these genres."),
    "year": ({"type": "string"}, "Years, such as 1990..1999, 1990.., ..1999 or 1994."),
    "min_ratings": ({"type": "integer", "minimum": 0}, "Minimum number of users who rated the movie."),
    "exclude": ({"type": "string"}, "A title or an id to leave out."),
    "with_rated": ({"enum": ["on", "off"]}, "Also list movies that the user has rated."),
    "diversity": ({"type": "number", "minimum": 0, "maximum": 1}, "How far to move down similar movies."),
    "popularity": ({"type": "number", "minimum": -2, "maximum": 2}, "Exponent of the like count in the score."),
    "sequential": (
        {"enum": ["on", "off", "auto"]},
        "On: what comes next, by the order of the likes; off: what fits at any time.",
    ),
    "k": ({"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": 10}, "How many rows."),
    "offset": ({"type": "integer", "minimum": 0, "maximum": MOST_OFFSET, "default": 0}, "How many to leave out."),
    "movie": ({"type": "string"}, "A title or an id."),
    "q": ({"type": "string"}, "What is being typed."),
}
REQUIRED = {"movie": frozenset(("/movie.json", "/explain.json"))}
# path -> what it answers with, in words, and its parameters
PATHS: dict[str, tuple[type, str, tuple[str, ...]]] = {
    "/start.json": (Start, "What is in the database, and where to begin.", ()),
    "/titles.json": (Titles, "Movies whose titles are near what is being typed.", ("q", "k")),
    "/find.json": (Titles, "The same, of at most twenty.", ("q",)),
    "/movie.json": (MoviePage, "A movie, its ratings, and those like it.", ("movie", "k", "popularity")),
    "/recommend.json": (Recommendations, "Movies for a user, or for someone with these likes.", REQUEST),
    "/explain.json": (Explanation, "Why a movie is recommended.", ("movie", *REQUEST)),
    "/model.json": (ModelPage, "What is in the database, and the live model.", ()),
    "/runs.json": (RunsPage, "What was done to the database, the newest first.", ("offset",)),
}
PROBLEMS = {
    400: "A parameter is wrong.",
    404: "There is no such movie or user; the candidates may be meant.",
    409: "A stage has not run yet, or is not done.",
    414: "The address is too long.",
    429: "Too many requests.",
    500: "The database failed, or there is a mistake in movierec.",
    503: "The database is away, or too much is asked at once; Retry-After says when to try again.",
    504: "The query took too long.",
}


@cache
def openapi() -> dict[str, Any]:
    """The whole description."""
    schemas: dict[str, Any] = {}
    problem = {
        "type": "object",
        "properties": {"error": _schema(Problem, schemas)},
        "required": ["error"],
        "additionalProperties": False,
    }
    problems: dict[str, Any] = {
        str(status): {"description": said, "content": {"application/json": {"schema": problem}}}
        for status, said in PROBLEMS.items()
    }
    paths: dict[str, Any] = {}
    for path, (kind, said, names) in PATHS.items():
        content = {"application/json": {"schema": _schema(kind, schemas)}}
        paths[path] = {
            "get": {
                "operationId": path.strip("/").removesuffix(".json"),
                "summary": said,
                "parameters": [_parameter(name, path) for name in names],
                "responses": {"200": {"description": said, "content": content}, **problems},
            }
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": "movierec", "version": version("movierec"), "license": {"name": "Apache-2.0"}},
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def _parameter(name: str, path: str) -> dict[str, Any]:
    schema, said = OPTIONS[name]
    return {
        "name": name,
        "in": "query",
        "description": said,
        "required": path in REQUIRED.get(name, ()),
        "schema": {"type": "array", "items": schema} if name in SEVERAL else schema,
    }


def _schema(kind: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a type; those of dataclasses are put among `schemas`."""
    if kind is Any:
        return {}
    if kind in PLAIN:
        return {"type": PLAIN[kind]}
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return {"anyOf": [_schema(one, schemas) for one in inner]}
    if origin in (tuple, list):
        return {"type": "array", "items": _schema(inner[0], schemas)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(inner[1], schemas)}
    assert isinstance(kind, type), kind
    assert is_dataclass(kind), kind
    name = kind.__name__
    if name not in schemas:
        schemas[name] = {}  # before its fields, which may be of the same type
        properties = {key: _schema(one, schemas) for key, one in record_fields(kind).items()}
        schemas[name] = {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
    return {"$ref": f"#/components/schemas/{name}"}
