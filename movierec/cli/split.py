"""`movierec split`: hold out each user's newest likes."""

from __future__ import annotations

from typing import Any

import click

from movierec.cli.options import connection_options, format_option, open_database
from movierec.graph.settings import SplitSettings

DEFAULTS = SplitSettings()


@click.command("split")
@click.option("--min-rating", type=float, default=DEFAULTS.min_rating, show_default=True, help="Stars of a like.")
@click.option("--fraction", type=float, default=DEFAULTS.fraction, show_default=True, help="Of a user's likes.")
@click.option(
    "--min-likes", type=int, default=DEFAULTS.min_likes, show_default=True, help="A user with fewer is left whole."
)
@click.option("--undo", is_flag=True, help="Put the held-out ratings back.")
@connection_options
@format_option
def command(
    min_rating: float, fraction: float, min_likes: int, undo: bool, output_format: str, **connection: Any
) -> None:
    """Turn the newest likes of each user into HELD_OUT, which only an evaluation reads.

    For a database made for experiments; "movierec evaluate" does it in a scratch server instead.

    Example: movierec split --fraction 0.2
    """
    from movierec.cli.output import print_record
    from movierec.graph.split import split_ratings, undo_split

    settings = SplitSettings(min_rating, fraction, min_likes)
    with open_database(**connection) as database:
        result = undo_split(database) if undo else split_ratings(database, settings)
    print_record(result, output_format)
