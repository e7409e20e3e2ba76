"""`movierec server`: the embedded Neo4j of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from movierec.cli.grouped import Group
from movierec.cli.options import format_option

if TYPE_CHECKING:
    from movierec.database.embedded.server import EmbeddedServer
    from movierec.home import State


@click.group("server", cls=Group, short_help="Start, stop and inspect the embedded server.")
def command() -> None:
    """Start, stop and inspect the embedded Neo4j server of this machine.

    \b
    It lives in MOVIEREC_HOME (default: the user's data folder), listens on loopback only,
    and keeps its random password in a file that only its owner can read.
    Example: movierec server start
    """


@command.command("start")
@click.option(
    "--neo4j-version",
    envvar="MOVIEREC_NEO4J_VERSION",
    help="Neo4j version for a new MOVIEREC_HOME, 5.26.31 (the default, long-term support) or 2026.09.0.  "
    "[env: MOVIEREC_NEO4J_VERSION]",
)
@click.option(
    "--heap",
    metavar="SIZE",
    help="Maximum heap size, such as 2g, kept for later starts.  [default: auto, by store and available memory]",
)
@click.option(
    "--page-cache",
    metavar="SIZE",
    help="Memory for the store, likewise.  [default: auto]",
)
@format_option
def start(neo4j_version: str | None, heap: str | None, page_cache: str | None, output_format: str) -> None:
    """Start the server, if it is not running. The first start downloads Neo4j (about 150 MB).

    Every start chooses how much memory the server may use, unless you have said so; "auto" takes that back.

    Example: movierec server start --heap 2g
    """
    from movierec.cli.progress import bar_or_lines

    server = _server(neo4j_version)
    server.start(heap, bar_or_lines, page_cache=page_cache)
    _print_status(server, output_format)


@command.command("stop")
def stop() -> None:
    """Stop the server cleanly; its data is kept.

    Example: movierec server stop
    """
    stopped = _server().stop()
    click.echo("Stopped." if stopped else "It was not running.", err=True)


@command.command("status")
@format_option
def status(output_format: str) -> None:
    """Show whether the server is running, and its addresses.

    Example: movierec server status --format json
    """
    _print_status(_server(), output_format)


@command.command("logs")
@click.option("-n", "n_lines", type=click.IntRange(min=1), default=50, show_default=True, help="Number of lines.")
def logs(n_lines: int) -> None:
    """Print the last lines of the server's log.

    Example: movierec server logs -n 200
    """
    for line in _server().log_tail(n_lines):
        click.echo(line)


@command.command("password")
def password() -> None:
    """Print the password of the user neo4j, for Neo4j Browser and other clients.

    Example: movierec server password
    """
    click.echo(_server().settings().password)


@command.command("reset-password")
@format_option
def reset_password(output_format: str) -> None:
    """Give the user neo4j a new random password: for a password file that is lost or no longer fits.

    The server is stopped, runs for some seconds without a password, on loopback only, and is started again.

    Example: movierec server reset-password
    """
    from movierec.cli.progress import bar_or_lines

    server = _server()
    server.reset_password(bar_or_lines)
    _print_status(server, output_format)


def _server(version: str | None = None) -> EmbeddedServer:
    from movierec.database.embedded.server import EmbeddedServer
    from movierec.database.settings import environment
    from movierec.home import Home, home_folder

    env = environment()
    return EmbeddedServer(Home(home_folder(env)), env, version)


def browser_address(state: State) -> str:
    """Where Neo4j Browser answers."""
    return f"http://127.0.0.1:{state.http_port}/browser/"


def _print_status(server: EmbeddedServer, output_format: str) -> None:
    from movierec.cli.output import print_record

    state = server.running()
    record: dict[str, object] = {"running": state is not None, "home": str(server.home.folder)}
    if state is not None:
        record |= {
            "neo4j": state.neo4j,
            "uri": f"bolt://127.0.0.1:{state.bolt_port}",
            "browser": browser_address(state),
            "username": "neo4j",
            "passwordFile": str(server.home.password_file),
            "pid": state.pid,
            "heap": state.heap,
            "pageCache": state.page_cache,
            "memory": state.memory_reason,
        }
        if remedy := server.outgrown_memory():
            record["note"] = remedy
    elif server.ended_unexpectedly():
        record["note"] = "It ended without being stopped; the next command that needs it starts it again."
    print_record(record, output_format)
