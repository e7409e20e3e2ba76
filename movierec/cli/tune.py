"""`movierec tune`: choose how taste and evidence are blended."""

from __future__ import annotations

from typing import Any

import click

from movierec.cli.options import connection_options, experiment_options, format_option, open_database, order_option


@click.command("tune")
@experiment_options
@order_option
@connection_options
@format_option
def command(seeds: int, strategy: str, order: str | None, output_format: str, **connection: Any) -> None:
    """Try blends of taste and evidence on a part of the ratings, and name the best for movierec train.

    Runs on a copy in a scratch server. The part that movierec evaluate would ask for is thrown away first, so
    what is chosen can be evaluated honestly.

    \b
    Examples: movierec tune --seeds 3
              movierec tune --order off --strategy random
    """
    from movierec.cli.output import print_rows
    from movierec.cli.progress import bar_or_lines
    from movierec.database.settings import environment
    from movierec.embedding.settings import TrainSettings
    from movierec.evaluation.scratch import scratch_copy
    from movierec.evaluation.tuning import tune_score_settings
    from movierec.graph.settings import DeriveSettings, SplitSettings

    with (
        open_database(**connection) as database,
        scratch_copy(database, environment(), progress=bar_or_lines) as (scratch, home),
    ):
        rows = tune_score_settings(
            scratch,
            SplitSettings(strategy),
            DeriveSettings.from_preset("default", order=order),
            TrainSettings.from_preset("default", order=order),
            home.checkpoints,
            bar_or_lines,
            seeds,
        )
    print_rows(rows, output_format, {name: name for name in rows[0]}, title="NDCG@10 on an inner part, best first")
    best = rows[0]
    blend = f"--temperature {best['temperature']:g} --evidence {best['evidence']:g}"
    click.echo(f"\nmovierec train --order {best['order']} {blend}", err=True)
