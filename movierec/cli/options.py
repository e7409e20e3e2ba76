"""Options that several commands share, and the connection they lead to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from movierec.cli.grouped import CONNECTION, Option
from movierec.cli.settings_help import SEQUENTIAL
from movierec.errors import BadRequest
from movierec.graph.settings import SEQUENTIAL_CHOICES, SPLIT_STRATEGIES, SplitSettings

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from movierec.cli.main import Session
    from movierec.database.connection import Database
    from movierec.database.settings import ConnectionSettings

__all__ = [
    "connection_options",
    "experiment_options",
    "format_option",
    "held_out_options",
    "k_option",
    "open_database",
    "sample_option",
    "sequential_option",
    "server_from_options",
    "settings_options",
    "split_settings",
]

F = TypeVar("F", bound=Callable[..., Any])

FORMATS = ("table", "json", "jsonl", "csv")


def _remember_format(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    """Errors are said in the format asked for, also those found after this option is read."""
    session: Session = ctx.find_root().obj
    session.output_format = value
    return value


def format_option(function: F) -> F:
    """--format, passed to the command as `output_format`."""
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
    help_texts: Mapping[str, Mapping[str, str]],
    choices: Mapping[str, Sequence[str]],
    *,
    preset_defaults: Mapping[str, object] | None = None,
) -> Callable[[F], F]:
    """An option for every field of a settings class, with `help_texts` by group; some have `choices`.

    With `preset_defaults` an option that is not given is None, for a preset to fill; they are the texts of some
    defaults.
    """
    kinds = {"int": int, "float": float, "bool": bool, "str": str}
    known = {field.name: field for field in fields(settings)}
    texts = [(group, name, text) for group, named in help_texts.items() for name, text in named.items()]

    def decorate(function: F) -> F:
        for group, name, text in reversed(texts):
            field, flag = known[name], name.replace("_", "-")
            kind: Any = kinds[str(field.type).removesuffix(" | None")] if name not in choices else None
            default = ("yes" if field.default else "no") if kind is bool else field.default
            said = (preset_defaults or {}).get(name, "none" if default is None else default)
            function = click.option(
                f"--{flag}/--no-{flag}" if kind is bool else f"--{flag}",
                cls=Option,
                group=group,
                type=kind or click.Choice(choices[name]),
                default=field.default if preset_defaults is None else None,
                help=f"{text}  [default: {said}]",
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
            help="Number of seeds; results are averaged.",
        ),
        click.option(
            "--strategy",
            type=click.Choice([name for name in SPLIT_STRATEGIES if name != "canonical"]),
            default="newest",
            show_default=True,
            help="What to hold out, as in movierec split.",
        ),
    ]
    return _decorated(function, options)


def sample_option(function: F) -> F:
    """--users, how many are asked; passed to the command as `n_users`."""
    return click.option(
        "--users",
        "n_users",
        type=click.IntRange(2),
        metavar="N",
        help="Rank for a random sample of so many users, by the seed.  [default: all]",
    )(function)


def held_out_options(function: F) -> F:
    """--fraction and --test-file, of what is held out."""
    options: list[Callable[[F], F]] = [
        click.option("--fraction", type=float, default=0.2, show_default=True, help="Fraction to hold out."),
        click.option(
            "--test-file",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="Hold out the ratings in this file instead, such as u1.test.",
        ),
    ]
    return _decorated(function, options)


def sequential_option(function: F) -> F:
    """--sequential, of what derives and trains."""
    return click.option(
        "--sequential", type=click.Choice(SEQUENTIAL_CHOICES), help=f"{SEQUENTIAL}  [default: the preset's]"
    )(function)


def split_settings(
    strategy: str, fraction: float, test_file: Path | None, min_rating: float = SplitSettings.min_rating
) -> SplitSettings:
    """The split that --strategy, --fraction and --test-file ask for."""
    if test_file is not None:
        return SplitSettings(strategy="canonical", test_file=str(test_file))
    return SplitSettings(strategy=strategy, fraction=fraction, min_rating=min_rating)


def connection_options(function: F) -> F:
    """--uri and the rest; the command gets them as one `connection` dictionary for `open_database`."""
    options: list[Callable[[F], F]] = [
        _connection_option(
            "--uri", help="Address of the server, such as neo4j://localhost:7687.  [env: NEO4J_URI]"
        ),
        _connection_option("--username", help="User name.  [env: NEO4J_USERNAME; default: neo4j]"),
        _connection_option(
            "--password-file",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="File with the password.  [env for the password itself: NEO4J_PASSWORD]",
        ),
        _connection_option(
            "--database", help="Database name.  [env: NEO4J_DATABASE; default: the user's home database]"
        ),
    ]
    return _decorated(function, options)


def _connection_option(*names: str, **attributes: Any) -> Callable[[F], F]:
    return click.option(*names, cls=Option, group=CONNECTION, **attributes)


def _decorated(function: F, options: Sequence[Callable[[F], F]]) -> F:
    for option in reversed(options):
        function = option(function)
    return function


@contextmanager
def open_database(
    uri: str | None, username: str | None, password_file: Path | None, database: str | None
) -> Iterator[Database]:
    """A connection to the server of `server_from_options`."""
    from movierec.database.connection import Database

    with Database(server_from_options(uri, username, password_file, database)) as opened:
        yield opened


def server_from_options(
    uri: str | None, username: str | None, password_file: Path | None, database: str | None
) -> ConnectionSettings:
    """The server that flags, environment or .env name; else the embedded one, started if need be."""
    from movierec.cli.progress import bar_or_lines
    from movierec.database.open import server_settings
    from movierec.database.settings import check_address, environment

    env = environment()
    password = password_file.read_text(encoding="utf-8").strip() if password_file is not None else None
    address = uri or env.get("NEO4J_URI")
    if address and password is None and not env.get("NEO4J_PASSWORD"):
        check_address(address)  # before it is shown in the prompt
        password = _prompt(address)
    return server_settings(
        env,
        uri=uri,
        username=username,
        password=password,
        database=database,
        progress=bar_or_lines,
        announce=lambda sentence: click.echo(sentence, err=True),
    )


def _prompt(uri: str) -> str | None:
    """Ask a person, hidden; None where nobody can answer, and then the error names the other ways."""
    import sys

    if not sys.stdin.isatty():
        return None
    answer: str = click.prompt(f"Password for {uri}", hide_input=True, err=True)
    if not answer:
        raise BadRequest("The password is empty.")
    return answer
