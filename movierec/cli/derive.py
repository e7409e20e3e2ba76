"""`movierec derive`: the CO_LIKED graph."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import click

from movierec.cli.options import connection_options, format_option, open_database
from movierec.graph.settings import DENOMINATORS, MEASURES, ORDERS, PRESETS, DeriveSettings


@click.command("derive")
@click.option("--preset", type=click.Choice(list(PRESETS)), help="Where to start from.  [default: default]")
@click.option("--measure", type=click.Choice(list(MEASURES)), help="What a weight is; see docs/measures.md.")
@click.option("--min-rating", type=float, help="Stars from which a rating is a like.")
@click.option("--min-count", type=int, help="Least number of users who liked both.  [default: the measure's]")
@click.option("--min-weight", type=float, help="Least weight of an edge.  [default: the measure's]")
@click.option("--top-k", type=int, help="Edges to keep of each movie; one stays if either end keeps it.")
@click.option("--max-user-likes", type=int, help="Of each user heed only the newest likes, this many.")
@click.option("--half-life", type=float, metavar="DAYS", help="Age at which a like counts half.")
@click.option("--denominator", type=click.Choice(DENOMINATORS), help="D of the measures.  [default: users]")
@click.option("--damping", type=float, help="Of damped_lift: users who halve it.  [default: 10]")
@click.option("--order", type=click.Choice(ORDERS), help="Derive FOLLOWED_BY too; auto: where times tell.")
@click.option("--follow-scale", type=float, help="Likes in which what follows weighs e times less.  [default: 20]")
@click.option("--follow-window", type=int, help="Likes, what comes later does not follow.  [default: 30]")
@click.option("--follow-top-k", type=int, help="FOLLOWED_BY to keep out of each movie.  [default: 200]")
@click.option("--incremental", is_flag=True, help="Recount only what has changed since the last derive.")
@click.option("--dry-run", is_flag=True, help="Count and weigh, show what would be written, write nothing.")
@connection_options
@format_option
def command(preset: str | None, incremental: bool, dry_run: bool, output_format: str, **options: Any) -> None:
    """Link movies that the same people liked: (:Movie)-[:CO_LIKED {count, weight}]->(:Movie).

    And where times tell the order of likes, those that they liked soon after
    each other: (:Movie)-[:FOLLOWED_BY {weight}]->(:Movie).

    Replaces the graph of the last derive, or with --incremental brings it up to
    the ratings. Counting and writing happen inside the server.

    \b
    Presets: default     rating >= 4, D = users, weight >= 5
             keras       rating >= 5, D = likes, weight >= 10 (the Keras example)
             case-study  the same graph as keras
             co-count    rating >= 4, weight = count >= 10

    \b
    Examples: movierec derive --preset keras
              movierec derive --measure cosine --top-k 20 --dry-run
              movierec derive --incremental
    """
    from movierec.cli.output import print_record, print_rows
    from movierec.cli.progress import bar_or_lines
    from movierec.graph.derive import derive_co_liked, preview_derive, settings_of_last_derive

    changes = {field.name: options.pop(field.name) for field in fields(DeriveSettings)}
    given = preset is not None or any(value is not None for value in changes.values())
    settings = DeriveSettings.from_preset(preset or "default", **changes)
    with open_database(**options) as database:
        if incremental and not given:
            settings = settings_of_last_derive(database)
        if not dry_run:
            print_record(derive_co_liked(database, settings, bar_or_lines, incremental), output_format)
            return
        preview = preview_derive(database, settings, bar_or_lines, incremental)
    if output_format != "table":
        print_record(preview, output_format)
        return
    degrees, weights = preview.pop("degrees"), preview.pop("weights")
    print_record(preview, output_format)
    click.echo("\nneighbours of a movie")
    print_rows([degrees], output_format, {name: name for name in degrees})
    click.echo("\nweights")
    most = max((row["edges"] for row in weights), default=1)
    bars = [row | {"": "█" * round(40 * row["edges"] / most)} for row in weights]
    print_rows(bars, output_format, {"from": "from", "to": "below", "edges": "edges", "": ""})
