"""The tools, called by the protocol's own client through a process of their own, as an agent does."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from mcp import ClientSession, StdioServerParameters, stdio_client

from movierec.database.connection import Database
from movierec.recommendation.in_database import recommend, similar_movies
from movierec.recommendation.request import RecommendationRequest
from tests.servers import TestServer


def with_tools(server: TestServer, ask: Callable[[ClientSession], Awaitable[Any]]) -> Any:
    async def session() -> Any:
        parameters = StdioServerParameters(
            command=sys.executable, args=["-m", "movierec", "mcp"], env={**os.environ, **server.env}
        )
        async with stdio_client(parameters) as (read, write), ClientSession(read, write) as client:
            await client.initialize()
            return await ask(client)

    return asyncio.run(session())


@pytest.mark.one_version
def test_tools_give_the_answers_of_the_library(neo4j_server: TestServer, small_database: Database) -> None:
    async def ask(client: ClientSession) -> dict[str, Any]:
        listed = (await client.list_tools()).tools
        found: dict[str, Any] = {tool.name: tool for tool in listed}
        found["likes"] = await client.call_tool("recommend", {"then": [3, "17"], "k": 4})
        found["user"] = await client.call_tool("recommend", {"user": 1, "sequential": "off", "k": 3})
        found["similar"] = await client.call_tool("similar_movies", {"movie": 3, "k": 5})
        found["find"] = await client.call_tool("find_movies", {"q": "movie 3"})
        found["why"] = await client.call_tool("explain", {"movie": "5", "user": "1"})
        found["what"] = await client.call_tool("model", {})
        found["how well"] = await client.call_tool("quality", {})
        found["wrong"] = await client.call_tool("similar_movies", {"movie": "Moviee 3 (1953)"})
        found["nobody"] = await client.call_tool("recommend", {})
        found["unknown"] = await client.call_tool("recommend", {"then": ["3"], "genres": ["Drama"]})
        return found

    found = with_tools(neo4j_server, ask)
    names = ("find_movies", "similar_movies", "recommend", "explain", "model", "quality")
    assert all(found[name].description and found[name].annotations.read_only_hint for name in names)

    def ids(name: str, key: str = "rows") -> list[int]:
        assert not found[name].is_error, found[name]
        return [row["movieId"] for row in found[name].structured_content[key]]

    expected = recommend(small_database, RecommendationRequest(then=(3, 17), k=4))
    assert ids("likes") == [row.movie_id for row in expected]
    expected = recommend(small_database, RecommendationRequest(1, k=3, sequential=False))
    assert ids("user") == [row.movie_id for row in expected]
    assert ids("similar", "similar") == [row.movie_id for row in similar_movies(small_database, 3, 5)]
    assert 3 in ids("find", "titles")
    assert found["why"].structured_content["explained"]["movieId"] == 5
    assert found["what"].structured_content["counts"]["users"] == 60
    assert found["how well"].is_error
    assert "movierec evaluate --record" in found["how well"].content[0].text
    assert found["wrong"].is_error
    assert "Movie 3 (1953)" in found["wrong"].content[0].text
    assert found["nobody"].is_error
    assert "nobody to recommend to" in found["nobody"].content[0].text
    assert found["unknown"].is_error
    assert "no argument 'genres'; expected one of likes, then" in found["unknown"].content[0].text
    assert found["recommend"].input_schema["additionalProperties"] is False
