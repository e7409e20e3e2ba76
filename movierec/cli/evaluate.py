"""`movierec evaluate`: how good the recommendations are."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from movierec.cli.options import connection_options, format_option, open_database
from movierec.embedding.settings import PRESETS

if TYPE_CHECKING:
    from movierec.database.connection import Database


@click.command("evaluate")
@click.option(
    "--preset", type=click.Choice(list(PRESETS)), default="default", show_default=True, help="Of derive and train."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Of the training.")
@click.option("--in-place", is_flag=True, help="Split, derive and train in the connected database itself.")
@click.option("--keep", is_flag=True, help="Leave the scratch server running, for a look in Neo4j Browser.")
@connection_options
@format_option
def command(preset: str, seed: int, in_place: bool, keep: bool, output_format: str, **connection: Any) -> None:
    """Hold out each user's newest likes, build the model from the rest, and measure how well it finds them.

    Runs on a copy of the ratings in a scratch server; the connected database is only read. With --in-place
    it runs there, and leaves the database split: for one that was made for experiments.

    Example: movierec evaluate --seed 2
    """
    with open_database(**connection) as database:
        report = evaluate(database, preset, seed, in_place, keep)
    print_report(report, output_format)


def evaluate(
    database: Database, preset: str, seed: int, in_place: bool = False, keep: bool = False
) -> dict[str, Any]:
    """Run the protocol in a scratch server, or in `database` itself."""
    from movierec.cli.progress import bar_or_lines
    from movierec.database.embedded.home import Home, home_folder
    from movierec.database.settings import environment
    from movierec.embedding.settings import TrainSettings
    from movierec.evaluation.protocol import evaluate_in
    from movierec.evaluation.scratch import scratch_database
    from movierec.graph.copy import copy_ratings
    from movierec.graph.settings import DeriveSettings, SplitSettings

    started = time.monotonic()
    env = environment()
    settings = (SplitSettings(), DeriveSettings.from_preset(preset), TrainSettings.from_preset(preset, seed=seed))
    if in_place:
        report = evaluate_in(database, *settings, Home(home_folder(env)).checkpoints, bar_or_lines)
    else:
        with scratch_database(env, keep, bar_or_lines) as (scratch, home):
            copy_ratings(database, scratch, bar_or_lines)
            report = evaluate_in(scratch, *settings, home.checkpoints, bar_or_lines)
            if keep:
                click.echo(
                    f"The scratch server is kept: MOVIEREC_HOME={home.folder} movierec server status", err=True
                )
    return report | {"seconds": round(time.monotonic() - started, 3)}


def print_report(report: dict[str, Any], output_format: str) -> None:
    """The report as a table of methods by measures, or as it is."""
    from movierec.cli.output import print_record, print_rows

    if output_format in ("json", "jsonl"):
        print_record(report, output_format)
        return
    rows = [{"method": name, **measures} for name, measures in report["methods"].items()]
    measures = [name for name in rows[0] if name != "method"]
    print_rows(
        rows,
        output_format,
        {"method": "method", **{name: name for name in measures}},
        title=f"{report['users']} users, {report['held_out']:,} held-out likes: {report['protocol']}",
    )
    if output_format == "table":
        for name, difference in report["against_most_popular"].items():
            if name == "movierec":
                click.echo(
                    f"\nmovierec against most_popular: NDCG@10 {difference['ndcg@10']:+.4f} "
                    f"(standard error {difference['standard_error']:.4f}, paired by user)"
                )
