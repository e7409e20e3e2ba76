"""The answers as tools for agents, by the Model Context Protocol; they read, and change nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib.metadata import version
from typing import Any, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from movierec.errors import MovieRecError, NoConnection, NotFound
from movierec.records import to_record
from movierec.web.answers import Answers
from movierec.web.parameters import asked_from

__all__ = ["tool_server"]

F = TypeVar("F", bound=Callable[..., Any])

INSTRUCTIONS = (
    "A movie recommender. Movies are named by title, such as 'Matrix, The (1999)', or by id. find_movies finds "
    "titles; recommend takes what a person likes, and if the order is known the newest last; explain says why."
)
READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)


def tool_server(answers: Answers) -> MCPServer:
    """A server of tools over these answers; `run` it."""
    server = MCPServer("movierec", instructions=INSTRUCTIONS, version=version("movierec"), log_level="ERROR")

    def tool(function: F) -> F:
        @wraps(function)
        def answered(*arguments: Any, **named: Any) -> Any:
            try:
                return to_record(function(*arguments, **named))
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
    def find_movies(text: str, n: int = 8) -> dict[str, Any]:
        """Movies whose titles hold these words, or nearly: title, id, year, and how many people like each."""
        return answers.titles(text, max(1, min(n, 50)))  # type: ignore[return-value]

    @tool
    def similar_movies(movie: str, n: int = 10) -> dict[str, Any]:
        """A movie (title or id), its ratings, and the n movies most similar to it with who liked both."""
        return answers.movie(movie, max(1, min(n, 50)))  # type: ignore[return-value]

    @tool
    def recommend(
        *,
        likes: list[str] | None = None,
        then: list[str] | None = None,
        dislikes: list[str] | None = None,
        user: str = "",
        genres: list[str] | None = None,
        without_genres: list[str] | None = None,
        year: str = "",
        sequential: str = "auto",
        n: int = 10,
    ) -> dict[str, Any]:
        """Movies for someone who likes these, or for a user of the database, best first, with reasons.

        likes: titles or ids, in no order. then: those liked after them, oldest first. genres: one of these.
        year: such as 1990..1999. sequential: on (what comes next), off (what fits at any time) or auto.
        """
        several = {
            "likes": likes,
            "then": then,
            "dislikes": dislikes,
            "genre": genres,
            "without_genre": without_genres,
        }
        pairs = [(name, one) for name, many in several.items() for one in many or ()]
        pairs += [("user", user), ("year", year), ("sequential", sequential), ("k", str(n))]
        return answers.recommendations(asked_from(pairs))  # type: ignore[return-value]

    @tool
    def explain(
        movie: str, likes: list[str] | None = None, then: list[str] | None = None, user: str = ""
    ) -> dict[str, Any]:
        """Why a movie is recommended to someone who likes these, or to a user: which likes its score is due to."""
        pairs = [("likes", one) for one in likes or ()] + [("then", one) for one in then or ()]
        return answers.explanation(asked_from([*pairs, ("user", user)]), movie)  # type: ignore[return-value]

    @tool
    def model() -> dict[str, Any]:
        """What is in the database, and how the model that answers was trained."""
        return answers.model()  # type: ignore[return-value]

    @tool
    def quality() -> dict[str, Any]:
        """How well the model ranks what people went on to like: NDCG@10 of it and of other methods."""
        return answers.quality()

    return server
