"""`movierec estimate`: what the stages will take."""

from __future__ import annotations

from typing import Any

import click

from movierec.cli.grouped import Command
from movierec.cli.options import connection_options, format_option, open_database

MB = 2**20
MOST = 1e15  # of anything; more is a slip


def count(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """A whole number, which may be written as 25e6."""
    if value is None:
        return None
    try:
        number = float(value)
    except ValueError:
        number = 0.5
    if not (1 <= number < MOST and number == int(number)):
        raise click.BadParameter(f"{value!r} is no count; expected a whole number, such as 25000000 or 25e6.")
    return int(number)


@click.command("estimate", short_help="Estimate what the stages will take.", cls=Command)
@click.option(
    "--ratings", callback=count, metavar="N", help="Of so many ratings.  [default: of those in the database]"
)
@click.option(
    "--users", callback=count, metavar="N", help="With --ratings.  [default: as many as MovieLens would have]"
)
@click.option("--movies", callback=count, metavar="N", help="With --ratings.  [default: likewise]")
@connection_options
@format_option
def command(
    ratings: int | None, users: int | None, movies: int | None, output_format: str, **connection: Any
) -> None:
    """Time, memory and disk of every stage, with default settings.

    With --ratings no database is needed. Otherwise users and their likes are
    counted, of large data those of a sample, and nothing is written.

    \b
    Examples: movierec estimate --ratings 25e6
              movierec estimate --ratings 2e10 --users 1e8 --movies 1e6
              movierec estimate
    """
    from movierec.cli.output import print_record, print_rows
    from movierec.costs import Sizes, estimate_costs
    from movierec.database.embedded.memory import in_words
    from movierec.machine import slowness_of_core
    from movierec.records import to_record

    if ratings is not None:
        sizes = Sizes.of(ratings, users, movies)
    elif users is not None or movies is not None:
        raise click.UsageError("--users and --movies belong to --ratings.")
    else:
        from movierec.graph.workload import sizes_of

        with open_database(**connection) as database:
            sizes = sizes_of(database)
    found = estimate_costs(sizes, slowness_of_core())
    if output_format != "table":
        print_record(found, output_format)
        return
    print_rows(
        to_record(found)["stages"],
        output_format,
        {
            "stage": lambda row: f"{row['stage']} ({row['by']})" if row["by"] else row["stage"],
            "takes": lambda row: in_time(row["seconds"]),
            "memory": lambda row: in_words(row["memoryMb"] * MB),
            "database": lambda row: in_words(row["storeMb"] * MB),
        },
        title=(
            f"{found.ratings:,} ratings, {found.users:,} users, {found.movies:,} movies: about {found.likes:,} "
            f"likes and {found.wedges:,} wedges, which leave {found.co_liked:,} CO_LIKED and "
            f"{found.followed_by:,} FOLLOWED_BY"
        ),
    )
    click.echo(
        f"\nAbout {in_time(found.seconds)} on two cores; the server takes up to {in_words(found.server_mb * MB)} "
        "of memory."
    )
    for line in found.advice:
        click.echo(line)


def in_time(seconds: float) -> str:
    """Seconds for people, with two digits."""
    for unit, length in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 1.5 * length:
            return (
                f"{seconds / length:.2g} {unit}" if seconds < 99.5 * length else f"{seconds / length:,.0f} {unit}"
            )
    return f"{seconds:.2g} s"
