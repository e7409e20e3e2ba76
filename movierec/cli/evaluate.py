"""`movierec evaluate`: how good the recommendations are."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from movierec.cli.options import (
    connection_options,
    experiment_options,
    format_option,
    open_database,
    order_option,
    part_options,
)
from movierec.embedding.settings import PRESETS
from movierec.errors import BadRequest
from movierec.graph.settings import DeriveSettings, SplitSettings

if TYPE_CHECKING:
    from movierec.database.connection import Database


@click.command("evaluate")
@click.option(
    "--preset", type=click.Choice(list(PRESETS)), default="default", show_default=True, help="Of derive and train."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Of the training; the first of --seeds.")
@experiment_options
@part_options
@order_option
@click.option("--in-place", is_flag=True, help="Split, derive and train in the connected database itself.")
@click.option("--keep", is_flag=True, help="Leave the scratch server running, for a look in Neo4j Browser.")
@click.option("--by-user", type=click.Path(path_type=Path), help="Write every user's metrics into this CSV file.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw NDCG@10 and coverage into this picture.")
@connection_options
@format_option
def command(
    preset: str,
    seed: int,
    seeds: int,
    strategy: str,
    fraction: float,
    test_file: Path | None,
    order: str | None,
    in_place: bool,
    keep: bool,
    by_user: Path | None,
    plot: Path | None,
    output_format: str,
    **connection: Any,
) -> None:
    """Hold out a part of each user's likes, build the model from the rest, and measure how well it finds them.

    Runs on a copy of the ratings in a scratch server; the connected database is only read. With --in-place
    it runs there, and leaves the database split: for one that was made for experiments.

    \b
    Examples: movierec evaluate --seeds 3
              movierec evaluate --strategy random --order off
              movierec evaluate --test-file ml-100k/u1.test
              movierec evaluate --format json --by-user metrics.csv --plot quality.png
    """
    for path in (by_user, plot):
        if path is not None and not path.parent.is_dir():
            raise BadRequest(f"There is no folder {path.parent} to write {path.name} into.")
    split = SplitSettings(strategy, fraction=fraction)
    if test_file is not None:
        split = SplitSettings("canonical", test_file=str(test_file))
    with open_database(**connection) as database:
        report = evaluate(database, preset, seed, in_place, keep, seeds, split, order, by_user)
    print_report(report, output_format)
    if plot is not None:
        from movierec.plots import plot_quality

        plot_quality(report, plot)


def evaluate(
    database: Database,
    preset: str,
    seed: int,
    in_place: bool = False,
    keep: bool = False,
    seeds: int = 1,
    split: SplitSettings | None = None,
    order: str | None = None,
    by_user: Path | None = None,
) -> dict[str, Any]:
    """Run the protocol in a scratch server, or in `database` itself."""
    from movierec.cli.progress import bar_or_lines
    from movierec.database.settings import environment
    from movierec.embedding.settings import TrainSettings
    from movierec.evaluation.protocol import evaluate_in
    from movierec.evaluation.scratch import scratch_copy
    from movierec.home import Home, home_folder

    started = time.monotonic()
    env = environment()
    settings = (
        split or SplitSettings(),
        DeriveSettings.from_preset(preset, order=order),
        TrainSettings.from_preset(preset, seed=seed, order=order),
    )
    write = None if by_user is None else lambda tables: _write_tables(by_user, tables)
    if in_place:
        folder = Home(home_folder(env)).checkpoints
        report = evaluate_in(database, *settings, folder, bar_or_lines, seeds, write)
    else:
        with scratch_copy(database, env, keep, bar_or_lines) as (scratch, home):
            report = evaluate_in(scratch, *settings, home.checkpoints, bar_or_lines, seeds, write)
            if keep:
                click.echo(
                    f"The scratch server is kept: MOVIEREC_HOME={home.folder} movierec server status", err=True
                )
    return report | {"seconds": round(time.monotonic() - started, 3)}


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


def print_report(report: dict[str, Any], output_format: str, brief: bool = False) -> None:
    """The report as tables, or as it is; `brief`: without the groups of users."""
    from movierec.cli.output import print_record, print_rows

    if output_format in ("json", "jsonl"):
        print_record(report, output_format)
        return
    rows = [{"method": name, **metrics} for name, metrics in report["methods"].items()]
    rows.sort(key=lambda row: row["ndcg@10"])
    print_rows(
        rows,
        output_format,
        {"method": "method", **{name: name for name in SHOWN}},
        title=(
            f"{report['users']} users, {report['held_out']:,} held-out likes: {report['protocol']}; order "
            f"{report['order']}, {len(report['seeds'])} seed{'s' if len(report['seeds']) > 1 else ''}"
        ),
    )
    if output_format != "table":
        return
    against = report["against"]
    print_rows(
        [{"method": name, **difference} for name, difference in report["differences"].items()],
        output_format,
        {
            "method": "method",
            "NDCG@10": lambda row: f"{row['ndcg@10']:+.4f}",
            "standard error": lambda row: f"{row['standard_error']:.4f}",
            "95 % interval": lambda row: "{:+.4f} to {:+.4f}".format(*row["interval"]),
            "times": lambda row: f"{row['ratio']:.3f}",
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


def _print_similar(report: dict[str, Any]) -> None:
    from movierec.cli.output import print_rows

    print_rows(
        [{"similarity_score": name, **metrics} for name, metrics in report["similar"].items()],
        "table",
        {
            "similarity_score": "similarity_score",
            "NDCG@10 of the next like": lambda row: f"{row['next_like_ndcg@10']:.4f}",
            "genres in common": lambda row: f"{row['genres_in_common']:.3f}",
        },
        title="movies like a movie",
    )
    probe = report["genre_probe"]
    click.echo(
        f"\nGenres read off the vectors of {probe['movies']:,.0f} movies: mean average precision "
        f"{probe['average_precision']:.3f} ({probe['by_chance']:.3f} by chance)."
    )


def _write_tables(path: Path, tables: Any) -> None:
    import pandas as pd

    joined = pd.concat(tables, names=["method", "userId"])
    joined.to_csv(path, float_format="%.6g")
