"""`movierec plot`: pictures of a training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from movierec.cli.grouped import Command, Group
from movierec.cli.options import connection_options, open_database


@click.group("plot", cls=Group, short_help="Plot the training loss.")
def command() -> None:
    """Draw pictures (needs the extra "plots").

    Example: movierec plot loss loss.png
    """


@command.command("loss", cls=Command)
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@connection_options
def loss(path: Path, **connection: Any) -> None:
    """Draw the loss by epoch of the live model's training into PATH (.png, .svg or .pdf).

    Example: movierec plot loss loss.png
    """
    from movierec.database.runs import require_live_run
    from movierec.plots import plot_loss

    with open_database(**connection) as database:
        plot_loss(require_live_run(database), path)
    click.echo(path)
