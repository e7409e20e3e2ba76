"""`movierec evaluate`: how well recommendations rank what users went on to like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from movierec.cli.grouped import Command
from movierec.cli.options import (
    connection_options,
    experiment_options,
    format_option,
    held_out_options,
    open_database,
    sample_option,
    sequential_option,
    split_settings,
)
from movierec.embedding.settings import PRESETS
from movierec.errors import BadRequest
from movierec.graph.settings import DeriveSettings

if TYPE_CHECKING:
    from movierec.evaluation.results import EvaluationEstimate


@click.command("evaluate", short_help="Evaluate recommendations on held-out likes.", cls=Command)
@click.option(
    "--preset",
    type=click.Choice(list(PRESETS)),
    default="default",
    show_default=True,
    help="Preset for derive and train.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="First of the --seeds of the training.")
@sample_option
@experiment_options
@held_out_options
@sequential_option
@click.option("--neural", is_flag=True, help="Compare with GRU4Rec and SASRec too, which take minutes.")
@click.option("--in-place", is_flag=True, help="Split, derive and train in the connected database itself.")
@click.option("--keep", is_flag=True, help="Leave the scratch server running, for a look in Neo4j Browser.")
@click.option("--record", is_flag=True, help="Keep the result in the connected database, for the page and agents.")
@click.option("--by-user", type=click.Path(path_type=Path), help="Write every user's metrics to this CSV file.")
@click.option("--dry-run", is_flag=True, help="Estimate time and memory; copy and write nothing.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw NDCG@10 and coverage into this picture.")
@connection_options
@format_option
def command(
    *,
    preset: str,
    seed: int,
    n_users: int | None,
    seeds: int,
    strategy: str,
    fraction: float,
    test_file: Path | None,
    sequential: str | None,
    neural: bool,
    in_place: bool,
    keep: bool,
    record: bool,
    by_user: Path | None,
    dry_run: bool,
    plot: Path | None,
    output_format: str,
    **connection: Any,
) -> None:
    """Hold out a part of each user's likes, build the model from the rest, and measure how well it ranks them.

    Runs on a copy of the ratings in a scratch server; the connected database is
    only read, but for a Run of the result with --record. With --in-place it runs
    there, and leaves the database split: for one that was made for experiments.
    Many users take long; --users 10000 asks a random sample of them, and says
    within what interval the mean of all lies.

    \b
    Examples: movierec evaluate --seeds 3
              movierec evaluate --record
              movierec evaluate --neural
              movierec evaluate --strategy random --sequential off
              movierec evaluate --users 10000 --dry-run
              movierec evaluate --test-file ml-100k/u1.test
              movierec evaluate --format json --by-user metrics.csv --plot quality.png
    """
    from movierec.cli.progress import bar_or_lines
    from movierec.database.settings import environment
    from movierec.embedding.settings import TrainSettings
    from movierec.evaluation.run import estimate, evaluate
    from movierec.records import to_record

    if plot is not None and not plot.parent.is_dir():
        raise BadRequest(f"There is no folder {plot.parent} to write {plot.name} into.")
    split = split_settings(strategy, fraction, test_file)
    with open_database(**connection) as database:
        if dry_run:
            print_estimate(estimate(database, split=split, n_users=n_users, n_seeds=seeds), output_format)
            return
        report = evaluate(
            database,
            environment(),
            split=split,
            derive=DeriveSettings.from_preset(preset, sequential=sequential),
            train=TrainSettings.from_preset(preset, seed=seed, sequential=sequential),
            n_seeds=seeds,
            n_users=n_users,
            neural=neural,
            in_place=in_place,
            keep=keep,
            record=record,
            by_user=by_user,
            progress=bar_or_lines,
        )
    print_report(to_record(report), output_format)
    if plot is not None:
        from movierec.plots import plot_quality

        plot_quality(report, plot)


def print_estimate(found: EvaluationEstimate, output_format: str) -> None:
    """The record of an estimate; its parts as a table."""
    from movierec.cli.output import print_record, print_rows

    if output_format != "table":
        print_record(found, output_format)
        return
    rows = [{"part": part, "seconds": seconds} for part, seconds in found.seconds.items()]
    print_rows(
        rows,
        output_format,
        {"part": "part", "seconds": lambda row: f"{row['seconds']:,.1f}"},
        title=(
            f"{found.users:,} of {found.sampled_from:,} users, {found.movies:,} movies, {found.likes:,} likes: "
            f"about {found.expected_seconds:,.0f} s and {found.memory_mb:,} MB, besides derive and train (which "
            "have --dry-run too)"
        ),
    )
    for name, reason in found.left_out.items():
        click.echo(f"{name} would be left out: {reason}.")


SHOWN = (
    "ndcg@10",
    "recall@10",
    "recall@20",
    "map@10",
    "hit_rate@10",
    "coverage@10",
    "popularity@10",
    "diversity@10",
)


INTERVAL = {"95 % interval of ndcg@10": lambda row: "{:.4f} to {:.4f}".format(*row["interval"])}


def print_report(report: dict[str, Any], output_format: str, brief: bool = False) -> None:
    """The record of a report as tables, or as it is; `brief`: without the groups of users."""
    from movierec.cli.output import print_record, print_rows

    if output_format in ("json", "jsonl"):
        print_record(report, output_format)
        return
    is_sample = report["users"] < report["sampledFrom"]
    rows = [
        {"method": name, "interval": report["intervals"][name], **metrics}
        for name, metrics in report["methods"].items()
    ]
    rows.sort(key=lambda row: row["ndcg@10"])
    print_rows(
        rows,
        output_format,
        {"method": "method", **{name: name for name in SHOWN}, **(INTERVAL if is_sample else {})},
        title=(
            f"{_users(report, is_sample)}, {report['heldOut']:,} held-out likes: {report['protocol']}; "
            f"{'sequential' if report['sequential'] else 'not sequential'}, "
            f"{len(report['seeds'])} seed{'s' if len(report['seeds']) > 1 else ''}"
        ),
    )
    for name, reason in report["leftOut"].items():
        click.echo(f"{name} is left out: {reason}.", err=output_format != "table")
    if output_format != "table":
        return
    against = report["against"]
    print_rows(
        [{"method": name, **difference} for name, difference in report["differences"].items()],
        output_format,
        {
            "method": "method",
            "NDCG@10": lambda row: f"{row['ndcg']:+.4f}",
            "standard error": lambda row: f"{row['standardError']:.4f}",
            "95 % interval": lambda row: "{:+.4f} to {:+.4f}".format(*row["interval"]),
            "ratio": lambda row: f"{row['ratio']:.3f}",
            "p (Holm)": lambda row: f"{row['pValue']:.2g}",
        },
        title=f"against {against}, paired by user",
    )
    for kind, groups in ({} if brief else report["strata"]).items():
        names = list(next(iter(groups.values())))
        print_rows(
            [{"group": group, **values} for group, values in groups.items()],
            output_format,
            {kind: "group", **{name: name for name in names}},
            title="NDCG@10",
        )
    if not brief:
        _print_similar(report)


def _users(report: dict[str, Any], is_sample: bool) -> str:
    if not is_sample:
        return f"{report['users']} users"
    return f"{report['users']:,} of {report['sampledFrom']:,} users (a random sample, seed {report['seeds'][0]})"


def _print_similar(report: dict[str, Any]) -> None:
    from movierec.cli.output import print_rows

    columns: dict[str, str | Callable[[Mapping[str, Any]], Any]] = {
        "similarity": "similarity",
        "NDCG@10 of the next like": lambda row: f"{row['next_like_ndcg@10']:.4f}",
        "genres in common": lambda row: f"{row['genres_in_common']:.3f}",
    }
    probe = report["genreProbe"]
    if not probe["movies"]:
        del columns["genres in common"]
    rows = [{"similarity": name, **metrics} for name, metrics in report["similar"].items()]
    print_rows(rows, "table", columns, title="similar movies")
    if not probe["movies"]:
        return
    click.echo(
        f"\nGenres told from the vectors of {probe['movies']:,.0f} movies: mean average precision "
        f"{probe['averagePrecision']:.3f} ({probe['byChance']:.3f} by chance)."
    )
