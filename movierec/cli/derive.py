"""`movierec derive`: the CO_LIKED graph."""

from __future__ import annotations

from typing import Any

import click

from movierec.cli.options import connection_options, format_option, open_database
from movierec.graph.settings import DENOMINATORS, MEASURES, PRESETS, DeriveSettings


@click.command("derive")
@click.option(
    "--preset", type=click.Choice(list(PRESETS)), default="default", show_default=True, help="Where to start from."
)
@click.option("--min-rating", type=float, help="Stars from which a rating is a like.")
@click.option(
    "--measure",
    type=click.Choice(MEASURES),
    help="xy_pmi: users who liked both times their PMI; count: just them.",
)
@click.option("--denominator", type=click.Choice(DENOMINATORS), help="D of the PMI.")
@click.option("--min-weight", type=float, help="Least weight of an edge.")
@click.option("--min-count", type=int, help="Least number of users who liked both.")
@connection_options
@format_option
def command(preset: str, output_format: str, **options: Any) -> None:
    """Link movies that the same people liked: (:Movie)-[:CO_LIKED {count, weight}]->(:Movie).

    Replaces the graph of the last derive. Counting and writing happen inside the server.

    \b
    Presets: default     rating >= 4, D = users, weight >= 5
             keras       rating >= 5, D = likes, weight >= 10 (the Keras example)
             case-study  the same graph as keras
             co-count    rating >= 4, weight = count >= 10

    Example: movierec derive --preset keras
    """
    from movierec.cli.output import print_record
    from movierec.cli.progress import bar_or_lines
    from movierec.graph.derive import derive_co_liked

    changes = {
        name: options.pop(name) for name in ("min_rating", "measure", "denominator", "min_weight", "min_count")
    }
    settings = DeriveSettings.from_preset(preset, **changes)
    with open_database(**options) as database:
        result = derive_co_liked(database, settings, bar_or_lines)
    print_record(result, output_format)
