"""`movierec stats`: what is in the graph."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from movierec.cli.grouped import Command
from movierec.cli.options import connection_options, format_option, open_database


@click.command("stats", short_help="Show what is in the graph.", cls=Command)
@click.option(
    "--min-rating",
    type=float,
    default=4.0,
    show_default=True,
    help="Lowest rating, in stars, that is a like, for the pairs.",
)
@click.option(
    "--pairs/--no-pairs",
    "count_pairs",
    default=None,
    help="Count the pairs of movies, which takes as long as a derivation.  "
    "[default: if there are at most 2 million wedges, pairs of likes of one user]",
)
@click.option(
    "--exact",
    is_flag=True,
    help="Read every rating.  [default: above a million ratings, those of 2,000 users, and estimate]",
)
@connection_options
@format_option
def command(
    min_rating: float, count_pairs: bool | None, exact: bool, output_format: str, **connection: Any
) -> None:
    """Users, movies, ratings and their distribution, and how much a derivation would have to count.

    Example: movierec stats --min-rating 4.5
    """
    from movierec.cli.output import print_record, print_rows
    from movierec.graph.stats import rating_stats
    from movierec.records import to_record

    with open_database(**connection) as database:
        stats = to_record(rating_stats(database, min_rating, count_pairs, exact))
    if output_format != "table":
        print_record(stats, output_format)
        return
    numbers = {name: f"{stats[name]:,}" for name in ("users", "movies", "ratings", "heldOut")}
    span = [_day(stats[name]) for name in ("firstAt", "lastAt")]
    print_record(
        numbers
        | {"density": f"{stats['density']:.4%}", "given": " to ".join(span) if all(span) else "(no times)"},
        output_format,
    )
    if stats["sampledUsers"] is not None:
        click.echo(
            f"\nTimes, ratings by stars, likes, users and wedges are estimated from {stats['sampledUsers']:,} "
            "users; --exact reads every rating."
        )
    click.echo()
    distribution = [
        {"ratings": "of a user"} | stats["ratingsPerUser"],
        {"ratings": "of a movie"} | stats["ratingsPerMovie"],
    ]
    print_rows(distribution, output_format, {name: name for name in distribution[0]})
    click.echo()
    values = [{"rating": rating, "ratings": f"{n:,}"} for rating, n in stats["ratingCounts"].items()]
    print_rows(values, output_format, {"rating": "rating", "ratings": "ratings"})
    click.echo()
    columns = ("minRating", "likes", "users", "movies", "wedges")
    rows = [{"minRating": row["minRating"]} | {n: f"{row[n]:,}" for n in columns[1:]} for row in stats["likes"]]
    print_rows(rows, output_format, {name: name for name in columns})
    pairs = "not counted; --pairs counts them" if stats["pairs"] is None else f"{stats['pairs']:,}"
    click.echo(f"\npairs of movies that a user likes both of, at {stats['minRating']} or more: {pairs}")


def _day(timestamp: int | None) -> str:
    return "" if timestamp is None else f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d}"
