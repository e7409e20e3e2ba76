"""`movierec split`: hold a part of the ratings out, for an evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from movierec.cli.grouped import Command
from movierec.cli.options import connection_options, format_option, open_database
from movierec.graph.settings import SPLIT_STRATEGIES, SplitSettings

DEFAULTS = SplitSettings()


@click.command("split", short_help="Hold out a part of the likes.", cls=Command)
@click.option(
    "--strategy",
    type=click.Choice(list(SPLIT_STRATEGIES)),
    default=DEFAULTS.strategy,
    show_default=True,
    help="newest: the newest likes of each user; last: the last like of each; last-two: the last two, of which "
    "the first is given when the other is asked for; global-time: the newest of all likes; random: random likes "
    "of each user; canonical: the ratings in --test-file.",
)
@click.option(
    "--min-rating",
    type=float,
    default=DEFAULTS.min_rating,
    show_default=True,
    help="Lowest rating, in stars, that is a like.",
)
@click.option("--fraction", type=float, default=DEFAULTS.fraction, show_default=True, help="Fraction to hold out.")
@click.option(
    "--min-likes",
    type=int,
    default=DEFAULTS.min_likes,
    show_default=True,
    help="Users with fewer likes are not split.",
)
@click.option(
    "--seed", type=int, default=DEFAULTS.seed, show_default=True, help="Random seed for --strategy random."
)
@click.option(
    "--test-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The ratings to hold out, for --strategy canonical, such as u1.test.",
)
@click.option("--undo", is_flag=True, help="Put the held-out ratings back.")
@connection_options
@format_option
def command(undo: bool, test_file: Path | None, output_format: str, **options: Any) -> None:
    """Hold out a part of the likes: RATED becomes HELD_OUT, which only an evaluation reads.

    For a database made for experiments; "movierec evaluate" works on a copy in a temporary server instead.

    \b
    Examples: movierec split --fraction 0.2
              movierec split --strategy random --seed 7
              movierec split --strategy canonical --test-file ml-100k/u1.test
              movierec split --undo
    """
    from movierec.cli.output import print_record
    from movierec.graph.split import split_ratings, undo_split

    connection = {name: options.pop(name) for name in ("uri", "username", "password_file", "database")}
    settings = SplitSettings(**options, test_file=None if test_file is None else str(test_file))
    with open_database(**connection) as database:
        print_record(undo_split(database) if undo else split_ratings(database, settings), output_format)
