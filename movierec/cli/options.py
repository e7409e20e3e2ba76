"""Options that several verbs share, and the connection they lead to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from movierec.errors import BadRequest
from movierec.graph.settings import ORDERS, SPLIT_STRATEGIES

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from movierec.cli.main import Session
    from movierec.database.connection import Database

__all__ = [
    "connection_options",
    "experiment_options",
    "format_option",
    "k_option",
    "open_database",
    "order_option",
    "part_options",
    "settings_options",
]

F = TypeVar("F", bound=Callable[..., Any])

FORMATS = ("table", "json", "jsonl", "csv")


def _remember_format(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    """Errors are said in the format asked for, also those found after this option is read."""
    session: Session = ctx.find_root().obj
    session.output_format = value
    return value


def format_option(function: F) -> F:
    """--format, passed to the verb as `output_format`."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(FORMATS),
        default="table",
        show_default=True,
        is_eager=True,
        callback=_remember_format,
        help="How to print the answer on standard output.",
    )(function)


def settings_options(
    settings: type[DataclassInstance],
    help_texts: Mapping[str, str],
    choices: Mapping[str, Sequence[str]],
    preset_defaults: Mapping[str, object] | None = None,
) -> Callable[[F], F]:
    """An option for every field of a settings class, of one of `choices` where it has any.

    With `preset_defaults` an option that is not given is None, for a preset to fill; they are what is said of some
    defaults.
    """
    kinds = {"int": int, "float": float, "bool": bool, "str": str}

    def decorate(function: F) -> F:
        for field in reversed(fields(settings)):
            name = field.name.replace("_", "-")
            kind: Any = kinds[str(field.type).removesuffix(" | None")] if field.name not in choices else None
            said = ("yes" if field.default else "no") if kind is bool else field.default
            function = click.option(
                f"--{name}/--no-{name}" if kind is bool else f"--{name}",
                type=kind or click.Choice(choices[field.name]),
                default=field.default if preset_defaults is None else None,
                help=f"{help_texts[field.name]}  [default: {(preset_defaults or {}).get(field.name, said)}]",
            )(function)
        return function

    return decorate


def k_option(function: F) -> F:
    """-k, how many rows to answer with."""
    return click.option(
        "-k", type=click.IntRange(1, 200), default=10, show_default=True, help="How many movies, at most 200."
    )(function)


def experiment_options(function: F) -> F:
    """--seeds and --strategy, of what splits and trains in a scratch server."""
    options: list[Callable[[F], F]] = [
        click.option(
            "--seeds",
            type=click.IntRange(1, 20),
            default=1,
            show_default=True,
            help="Trainings to take the mean of.",
        ),
        click.option(
            "--strategy",
            type=click.Choice([name for name in SPLIT_STRATEGIES if name != "canonical"]),
            default="newest",
            show_default=True,
            help="What is held out, as in movierec split.",
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def part_options(function: F) -> F:
    """--fraction and --test-file, of what is held out."""
    options: list[Callable[[F], F]] = [
        click.option("--fraction", type=float, default=0.2, show_default=True, help="Of what may be held out."),
        click.option(
            "--test-file",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="Hold out the ratings in this file instead, such as u1.test.",
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def order_option(function: F) -> F:
    """--order, of what derives and trains."""
    return click.option(
        "--order", type=click.Choice(ORDERS), help="Heed the order of likes.  [default: the preset's]"
    )(function)


def connection_options(function: F) -> F:
    """--uri and the rest; the verb gets them as one `connection` dictionary for `open_database`."""
    for option in reversed(
        [
            click.option("--uri", help="Server address, such as bolt://localhost:7687.  [env: NEO4J_URI]"),
            click.option("--username", help="[env: NEO4J_USERNAME; default: neo4j]"),
            click.option(
                "--password-file",
                type=click.Path(exists=True, dir_okay=False, path_type=Path),
                help="File with the password.  [env for the password itself: NEO4J_PASSWORD]",
            ),
            click.option("--database", help="[env: NEO4J_DATABASE; default: the user's home database]"),
        ]
    ):
        function = option(function)
    return function


@contextmanager
def open_database(
    uri: str | None, username: str | None, password_file: Path | None, database: str | None
) -> Iterator[Database]:
    """The server that flags, environment or .env name; else the embedded one, started if need be."""
    from movierec.cli.progress import bar_or_lines
    from movierec.database.connection import Database
    from movierec.database.embedded.server import EmbeddedServer
    from movierec.database.settings import check_address, connection_settings, environment
    from movierec.home import Home, home_folder

    env = environment()
    password = password_file.read_text(encoding="utf-8").strip() if password_file is not None else None
    address = uri or env.get("NEO4J_URI")
    if address and password is None and not env.get("NEO4J_PASSWORD"):
        check_address(address)  # before it is shown in the prompt
        password = _prompt(address)
    settings = connection_settings(env, uri, username, password, database)
    if settings is None:
        server = EmbeddedServer(Home(home_folder(env)), env, env.get("MOVIEREC_NEO4J_VERSION") or None)
        state = server.running()
        if state is None:
            ended = " (it had ended without being stopped)" if server.ended_unexpectedly() else ""
            click.echo(f"Starting the embedded Neo4j in {server.home.folder}{ended} ...", err=True)
        server.start(progress=bar_or_lines)
        settings = server.settings()
    with Database(settings) as opened:
        yield opened


def _prompt(uri: str) -> str | None:
    """Ask a person, hidden; None where nobody can answer, and then the error names the other ways."""
    import sys

    if not sys.stdin.isatty():
        return None
    answer: str = click.prompt(f"Password for {uri}", hide_input=True, err=True)
    if not answer:
        raise BadRequest("The password is empty.")
    return answer
