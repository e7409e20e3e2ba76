"""The `movierec` command: finds the command's file, runs it, and turns errors into one line and an exit code."""

from __future__ import annotations

import importlib
import io
import json
import logging
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

import click

from movierec.cli.grouped import Group
from movierec.database.interrupt import hang_up, raised_from
from movierec.errors import MovieRecError

__all__ = ["COMMANDS", "Session", "cli", "main"]

# In the order of the pipeline, which is also the order of `movierec --help`.
COMMANDS = (
    "demo",
    "server",
    "doctor",
    "fetch",
    "estimate",
    "load",
    "stats",
    "split",
    "derive",
    "train",
    "similar",
    "recommend",
    "explain",
    "ui",
    "mcp",
    "evaluate",
    "tune",
    "rating-model",
    "runs",
    "export",
    "plot",
    "reset",
)

INTERRUPTED = 130


@dataclass
class Session:
    """What the whole invocation shares: how to say errors, and whether the process ends with it."""

    owns_process: bool = False
    debug: bool = False
    output_format: str = "table"


class LazyGroup(Group):
    """Loads the file of a command when it is asked for, so that no command pays for the imports of another."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = importlib.import_module(f"movierec.cli.{name.replace('-', '_')}").command
        assert isinstance(command, click.Command)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="movierec")
@click.option("-v", "--verbose", count=True, help="Log each finished step (-v) or everything (-vv).")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_obj
def cli(session: Session, verbose: int, debug: bool) -> None:
    """A movie recommender whose model lives in a Neo4j graph database.

    \b
    End to end in one command:      movierec demo
    Step by step:                   movierec fetch ml-latest-small
                                    movierec load FOLDER
                                    movierec derive
                                    movierec train
                                    movierec similar "Matrix, The (1999)"
                                    movierec recommend --user 1

    Uses the server that NEO4J_URI names; without it, an embedded one, a local Neo4j server that
    movierec installs and starts when needed.
    """
    session.debug = debug
    level = {0: logging.WARNING, 1: logging.INFO}.get(verbose, logging.DEBUG)
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stderr)
    logging.getLogger("neo4j").setLevel(logging.ERROR if verbose < 2 else logging.INFO)
    if verbose < 2:
        for noisy in ("numba", "matplotlib", "urllib3", "filelock"):
            logging.getLogger(noisy).setLevel(logging.WARNING)


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line; never returns."""
    session = Session(owns_process=args is None)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a title that the terminal's encoding cannot hold
    if args is None:
        # A closed terminal and a plain kill end a command as Ctrl-C does: scratch servers are removed.
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            is_under_nohup = name == "SIGHUP" and signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
            if number is not None and not is_under_nohup:
                signal.signal(number, _interrupt)
    try:
        result = cli.main(args=args, prog_name="movierec", obj=session, standalone_mode=False)
        sys.exit(result if isinstance(result, int) else 0)
    except MovieRecError as error:
        if raised_from(error, KeyboardInterrupt):
            _say_interrupted(session)
        _say_error(session, type(error).__name__, str(error), error.exit_code)
        if session.debug:
            raise
        sys.exit(error.exit_code)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _say_interrupted(session)
    except click.ClickException as error:
        if session.output_format == "table":
            error.show()
        else:
            _say_error(session, "Usage", error.format_message(), error.exit_code)
        sys.exit(error.exit_code)
    except Exception as error:
        if raised_from(error, KeyboardInterrupt):
            _say_interrupted(session)
        _say_error(session, type(error).__name__, f"{_in_one_line(error)} (--debug shows where).", 1)
        if session.debug:
            raise
        sys.exit(1)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Ctrl-C, a closed terminal and a plain kill: hang up on a server that is at work, and unwind."""
    hang_up()
    if _is_in_finalizer(frame) and hasattr(signal, "setitimer"):
        # Python ignores what is raised in a __del__: once more, when it is over.
        signal.signal(signal.SIGALRM, _interrupt)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        return
    raise KeyboardInterrupt


def _is_in_finalizer(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False


def _in_one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _say_interrupted(session: Session) -> NoReturn:
    _say_error(session, "Interrupted", "Interrupted; run the same command again to resume.", INTERRUPTED)
    if not session.owns_process:
        sys.exit(INTERRUPTED)
    # Everything is unwound. Python would wait for threads at work, and take PyTorch down for seconds.
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(INTERRUPTED)


def _say_error(session: Session, code: str, message: str, exit_code: int) -> None:
    if session.output_format in ("json", "jsonl"):
        line = json.dumps({"error": {"code": code, "message": message, "exitCode": exit_code}})
    else:
        line = f"movierec: {message}"
    click.echo(line, err=True)
