"""`movierec mcp`: the answers as tools for agents."""

from __future__ import annotations

from typing import Any

import click

from movierec.cli.grouped import Command
from movierec.cli.options import connection_options, server_from_options
from movierec.errors import MissingExtra


@click.command("mcp", short_help="Serve the answers as tools for agents (MCP).", cls=Command)
@connection_options
def command(**connection: Any) -> None:
    """Serve find_movies, similar_movies, recommend, explain and model as tools, by the Model Context Protocol.

    It speaks on standard input and output, so it is not run by hand but named
    in the settings of an agent. It only reads.

    \b
    Examples: movierec mcp
              {"mcpServers": {"movierec": {"command": "movierec", "args": ["mcp"]}}}
    """
    try:
        from movierec.web.tools import tool_server
    except ImportError as error:
        raise MissingExtra("The tools for agents", "mcp") from error
    from movierec.web.answers import Answers
    from movierec.web.serve import database_for_pages, locator

    with database_for_pages(server_from_options(**connection)) as opened:
        tool_server(Answers(opened, locator(opened))).run("stdio")
