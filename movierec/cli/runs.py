"""`movierec runs`: what was done to the graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from movierec.cli.grouped import Command
from movierec.cli.options import connection_options, format_option, open_database


@click.command("runs", short_help="List what was done to the graph.", cls=Command)
@click.option(
    "-n", "limit", type=click.IntRange(min=1), default=20, show_default=True, help="Number of runs to list."
)
@connection_options
@format_option
def command(limit: int, output_format: str, **connection: Any) -> None:
    """List the Runs (load, split, derive, train, rating-model train), newest first, with settings and results.

    Example: movierec runs --format json
    """
    from movierec.cli.output import print_rows
    from movierec.database.runs import list_runs

    with open_database(**connection) as database:
        rows = list_runs(database, limit)
    print_rows(
        rows,
        output_format,
        {
            "run": "runId",
            "status": "status",
            "live": lambda row: "live" if row.get("live") else "",
            "seconds": "seconds",
            "result": _results,
        },
    )


def _results(run: Mapping[str, Any]) -> str:
    shown = (
        "users",
        "likes",
        "movies",
        "edges",
        "ratings",
        "heldOut",
        "minRating",
        "measure",
        "seed",
        "losses",
        "error",
    )
    return ", ".join(f"{name} {_short(run[name])}" for name in shown if name in run)


def _short(value: Any) -> str:
    if isinstance(value, list):
        return f"{value[0]:.3f} to {value[-1]:.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
