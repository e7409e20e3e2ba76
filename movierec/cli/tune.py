"""`movierec tune`: choose the score settings of `recommend`."""

from __future__ import annotations

from typing import Any

import click

from movierec.cli.grouped import Command
from movierec.cli.options import (
    connection_options,
    experiment_options,
    format_option,
    open_database,
    sample_option,
    sequential_option,
)
from movierec.graph.settings import DeriveSettings, SplitSettings


@click.command("tune", short_help="Evaluate score settings on a part of the ratings.", cls=Command)
@sample_option
@experiment_options
@sequential_option
@connection_options
@format_option
def command(
    *,
    n_users: int | None,
    seeds: int,
    strategy: str,
    sequential: str | None,
    output_format: str,
    **connection: Any,
) -> None:
    """Evaluate profile temperatures and weights of scores on a split of the ratings, best first.

    Runs on a copy in a scratch server. The part that movierec evaluate would hold
    out is deleted first, so the choice can be evaluated honestly.

    \b
    Examples: movierec tune --seeds 3
              movierec tune --sequential off --strategy random
    """
    from movierec.cli.output import print_rows
    from movierec.cli.progress import bar_or_lines
    from movierec.database.settings import environment
    from movierec.embedding.settings import TrainSettings
    from movierec.evaluation.run import tune

    with open_database(**connection) as database:
        results = tune(
            database,
            environment(),
            split=SplitSettings(strategy=strategy),
            derive=DeriveSettings.from_preset("default", sequential=sequential),
            train=TrainSettings.from_preset("default", sequential=sequential),
            n_seeds=seeds,
            n_users=n_users,
            progress=bar_or_lines,
        )
    columns = {
        "profile temperature": "profileTemperature",
        "graph weight": "graphWeight",
        "prediction weight": "predictionWeight",
        "encoder weight": "encoderWeight",
        "NDCG@10": "ndcg",
        "coverage@10": "coverage",
    }
    print_rows(results, output_format, columns, title="on an inner validation part, best first")
    best = results[0]
    question = "" if best.sequential else "unordered-"
    settings = " ".join(
        f"--{question}{name.replace('_', '-')} {getattr(best, name):g}"
        for name in ("profile_temperature", "graph_weight", "prediction_weight", "encoder_weight")
    )
    click.echo(f"\nmovierec train {settings}", err=True)
