"""The answers as tools for agents, by the Model Context Protocol; they read, and change nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from importlib.metadata import version
from typing import Any, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import Tool, ToolAnnotations

from movierec.errors import MovieRecError, NoConnection, NotFound
from movierec.records import to_record
from movierec.web.answers import Answers
from movierec.web.parameters import asked_from

__all__ = ["tool_server"]

F = TypeVar("F", bound=Callable[..., Any])
Name = str | int  # of a movie: its title or id; of a user: the id

INSTRUCTIONS = (
    "A movie recommender. Movies are named by title, such as 'Matrix, The (1999)', or by id. find_movies finds "
    "titles; recommend takes what a person likes, and if the order is known the newest last; explain says why."
)
READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)


class _Server(MCPServer):
    """Of tools that refuse arguments which they do not have, so that no filter is lost by a wrong name."""

    async def list_tools(self) -> list[Tool]:
        tools = await super().list_tools()
        schemas = ({**tool.input_schema, "additionalProperties": False} for tool in tools)
        return [tool.model_copy(update={"input_schema": one}) for tool, one in zip(tools, schemas, strict=True)]

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        for tool in await self.list_tools():
            expected = tool.input_schema.get("properties", {})
            unknown = sorted(arguments.keys() - expected.keys()) if tool.name == name else []
            if unknown:
                raise ToolError(f"{name} has no argument {unknown[0]!r}; expected one of {', '.join(expected)}.")
        return await super().call_tool(name, arguments, context)


def tool_server(answers: Answers) -> MCPServer:
    """A server of tools over these answers; `run` it."""
    server = _Server("movierec", instructions=INSTRUCTIONS, version=version("movierec"), log_level="ERROR")

    def tool(function: F) -> F:
        @wraps(function)
        def answered(*arguments: Any, **named: Any) -> Any:
            try:
                record = to_record(function(*arguments, **named))
                record.pop("statement", None)  # long, for people who paste it
                return record
            except NotFound as error:
                hint = f" Perhaps one of: {'; '.join(error.candidates)}." if error.candidates else ""
                raise ToolError(f"{error}{hint}") from error
            except NoConnection as error:
                answers.reconnect()
                raise ToolError(str(error)) from error
            except MovieRecError as error:
                raise ToolError(str(error)) from error

        server.tool(annotations=READS)(answered)
        return function

    @tool
    def find_movies(q: str, k: int = 8) -> dict[str, Any]:
        """Movies whose titles hold these words, or nearly: title, id, year, and how many people like each."""
        return answers.titles(q, _at_most_50(k))  # type: ignore[return-value]

    @tool
    def similar_movies(movie: Name, k: int = 10, popularity: float = 0.0) -> dict[str, Any]:
        """A movie (title or id), its ratings, and the k movies most similar to it with who liked both.

        popularity: -2 to 2; above 0 for better known ones, below 0 for less known ones.
        """
        return answers.movie(str(movie), _at_most_50(k), popularity)  # type: ignore[return-value]

    @tool
    def recommend(
        *,
        likes: list[Name] | None = None,
        then: list[Name] | None = None,
        dislikes: list[Name] | None = None,
        user: Name = "",
        genre: list[str] | None = None,
        with_genre: list[str] | None = None,
        without_genre: list[str] | None = None,
        year: str = "",
        min_ratings: int = 0,
        diversity: float = 0.0,
        popularity: float = 0.0,
        sequential: str = "auto",
        k: int = 10,
        offset: int = 0,
    ) -> dict[str, Any]:
        """Movies for someone who likes these, or for a user of the database, best first, with reasons.

        likes: titles or ids, in no order. then: those liked after them, oldest first. genre: at least one of
        these; with_genre: each of these. year: such as 1990..1999. min_ratings: rated by at least so many people.
        diversity: 0 to 1. popularity: -2 to 2; above 0 for better known movies. sequential: on (what comes next),
        off (what fits at any time) or auto.
        """
        several: dict[str, Sequence[Name] | None] = {
            "likes": likes,
            "then": then,
            "dislikes": dislikes,
            "genre": genre,
            "with_genre": with_genre,
            "without_genre": without_genre,
        }
        one = {
            "user": user,
            "year": year,
            "min_ratings": min_ratings,
            "diversity": diversity,
            "popularity": popularity,
            "sequential": sequential,
            "k": k,
            "offset": offset,
        }
        pairs = [*_pairs(several), *((name, str(value)) for name, value in one.items())]
        return answers.recommendations(asked_from(pairs))  # type: ignore[return-value]

    @tool
    def explain(
        *,
        movie: Name,
        likes: list[Name] | None = None,
        then: list[Name] | None = None,
        dislikes: list[Name] | None = None,
        user: Name = "",
        sequential: str = "auto",
    ) -> dict[str, Any]:
        """Why a movie is recommended to someone who likes these, or to a user: which likes its score is due to."""
        pairs = _pairs({"likes": likes, "then": then, "dislikes": dislikes})
        pairs += [("user", str(user)), ("sequential", sequential)]
        return answers.explanation(asked_from(pairs), str(movie))  # type: ignore[return-value]

    @tool
    def model() -> dict[str, Any]:
        """What is in the database, and how the model that answers was trained."""
        return answers.model()  # type: ignore[return-value]

    @tool
    def quality() -> dict[str, Any]:
        """How well the model ranks what people went on to like: NDCG@10 of it and of other methods."""
        return answers.quality()

    return server


def _pairs(several: Mapping[str, Sequence[Name] | None]) -> list[tuple[str, str]]:
    return [(name, str(one)) for name, many in several.items() for one in many or ()]


def _at_most_50(k: int) -> int:
    return max(1, min(k, 50))
