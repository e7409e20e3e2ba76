"""`movierec ui`: the page and the JSON API."""

from __future__ import annotations

from pathlib import Path

import click

from movierec.cli.grouped import Command
from movierec.cli.options import connection_options, server_from_options

PORT = 8765


@click.command("ui", short_help="Open a page to find, compare and recommend movies.", cls=Command)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=PORT,
    show_default=True,
    help="Port on 127.0.0.1; 0: a free one.",
)
@click.option("--open", "opens", is_flag=True, help="Open the page in the browser of this machine.")
@connection_options
def command(
    *,
    port: int,
    opens: bool,
    uri: str | None,
    username: str | None,
    password_file: Path | None,
    database: str | None,
) -> None:
    """Serve a page on this machine: find movies, see those like them, get recommendations and their reasons.

    The same answers are there as JSON, under the same addresses with .json; see
    docs/ui.md. It only reads, listens on 127.0.0.1 alone, and needs no network.
    Ctrl-C ends it.

    \b
    Examples: movierec ui --open
              movierec ui --port 9000
              curl "http://127.0.0.1:8765/recommend.json?user=1"
    """
    import threading
    import webbrowser
    from importlib.util import find_spec

    from movierec.errors import MissingExtra

    if not all(map(find_spec, ("jinja2", "starlette", "uvicorn"))):
        raise MissingExtra("The page", "ui")
    from movierec.web.serve import database_for_pages, free_port, serve

    port = free_port(port)
    settings = server_from_options(uri, username, password_file, database)

    def ready(address: str) -> None:
        click.echo(f"movierec answers at {address} (Ctrl-C ends it).")
        if opens:
            # Apart: some browsers return when they are closed.
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    with database_for_pages(settings) as opened:
        serve(opened, port, ready)
