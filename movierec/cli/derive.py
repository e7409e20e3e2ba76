"""`movierec derive`: the CO_LIKED graph."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import click

from movierec.cli.grouped import Command
from movierec.cli.options import connection_options, format_option, open_database, settings_options
from movierec.cli.settings_help import DERIVE
from movierec.graph.settings import (
    DENOMINATORS,
    ENGINES,
    MEASURES,
    PRESETS,
    SEQUENTIAL_CHOICES,
    DeriveSettings,
    SparkSettings,
)

CHOICES = {"measure": list(MEASURES), "denominator": DENOMINATORS, "sequential": SEQUENTIAL_CHOICES}
DEFAULTS = {
    "min_count": "the measure's",
    "min_weight": "the measure's",
    "top_k": "0, above 10 million wedges 200",
}


@click.command("derive", short_help="Derive CO_LIKED and FOLLOWED_BY.", cls=Command)
@click.option("--preset", type=click.Choice(list(PRESETS)), help="Settings to start from.  [default: default]")
@click.option("--incremental", is_flag=True, help="Recount only what has changed since the last derivation.")
@click.option("--dry-run", is_flag=True, help="Count and weight, show what would be written, write nothing.")
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="auto",
    show_default=True,
    help="Where to count: inside the server, here, or on Spark; auto: here above 10 million wedges.",
)
@click.option(
    "--spark-master",
    envvar="MOVIEREC_SPARK_MASTER",
    metavar="URL",
    help="Of --engine spark, such as spark://host:7077.  [env: MOVIEREC_SPARK_MASTER; default: local[*]]",
)
@click.option(
    "--spark-folder",
    envvar="MOVIEREC_SPARK_FOLDER",
    type=click.Path(exists=True, file_okay=False),
    help="For the Parquet of --engine spark; all workers must see it.  "
    "[env: MOVIEREC_SPARK_FOLDER; default: the temporary folder]",
)
@settings_options(DeriveSettings, DERIVE, CHOICES, preset_defaults=DEFAULTS)
@connection_options
@format_option
def command(
    preset: str | None,
    *,
    incremental: bool,
    dry_run: bool,
    engine: str,
    spark_master: str | None,
    spark_folder: str | None,
    output_format: str,
    **options: Any,
) -> None:
    """Link movies that the same people liked: (:Movie)-[:CO_LIKED {count, weight}]->(:Movie).

    Where timestamps order the likes, also link movies with those that the same
    people liked soon after: (:Movie)-[:FOLLOWED_BY {weight}]->(:Movie).

    Replaces the graph of the last derivation, or with --incremental brings
    it up to date with the ratings. Pairs of likes of one user (wedges) are
    counted inside the server, by Cypher; many of them by the local engine, which
    pulls the likes, counts many times as fast, and writes the same graph. What
    is too much for one machine is counted by --engine spark (docs/scale.md).

    \b
    Presets: default     rating >= 4, D = users, weight >= 5
             keras       rating >= 5, D = likes, weight >= 10 (the Keras example)
             case-study  the same graph as keras
             co-count    rating >= 4, weight = count >= 10

    \b
    Examples: movierec derive --preset keras
              movierec derive --measure cosine --top-k 20 --dry-run
              movierec derive --incremental
              movierec derive --engine local --top-k 100
              movierec derive --engine spark --spark-master spark://host:7077
    """
    from movierec.cli.output import print_record, print_rows
    from movierec.cli.progress import bar_or_lines
    from movierec.graph.derive import derive_co_liked, last_derive_settings, preview_derive
    from movierec.records import to_record

    changes = {field.name: options.pop(field.name) for field in fields(DeriveSettings)}
    given = preset is not None or any(value is not None for value in changes.values())
    settings = DeriveSettings.from_preset(preset or "default", **changes)
    where: dict[str, Any] = {
        "engine": engine,
        "spark": SparkSettings(master=spark_master, folder=spark_folder),
    }
    with open_database(**options) as database:
        if incremental and not given:
            settings = last_derive_settings(database)
        if not dry_run:
            print_record(derive_co_liked(database, settings, bar_or_lines, incremental, **where), output_format)
            return
        preview = to_record(preview_derive(database, settings, bar_or_lines, incremental, **where))
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
