"""`movierec train`: vectors from walks."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import click

from movierec.cli.options import F, connection_options, format_option, open_database
from movierec.embedding.settings import PRESETS, TrainSettings

HELP = {
    "walks_per_movie": "Walks from each movie in an epoch.",
    "walk_length": "Movies in a walk.",
    "redraw": "Draw other walks and negatives in every epoch.",
    "p": "Return parameter; > 1 turns back less often.",
    "q": "In-out parameter; > 1 stays near the start.",
    "embedding_size": "Length of a vector.",
    "shared_table": "One vector a movie, as centre and as context.",
    "window": "Contexts on each side of a movie in a walk.",
    "negatives": "Negatives for each true context.",
    "negative_exponent": "Negatives are drawn by frequency to this power.",
    "epochs": "Times that the walks from every movie are trained on.",
    "learning_rate": "Of row-wise AdaGrad.",
    "seed": "Same seed, same graph: same bytes.",
}


def settings_options(function: F) -> F:
    """An option for every field of TrainSettings; unset ones come from the preset."""
    for field in reversed(fields(TrainSettings)):
        name = field.name.replace("_", "-")
        kind = {"int": int, "float": float, "bool": bool}[str(field.type)]
        flag = f"--{name}/--no-{name}" if kind is bool else f"--{name}"
        default = ("yes" if field.default else "no") if kind is bool else field.default
        function = click.option(flag, type=kind, default=None, help=f"{HELP[field.name]}  [default: {default}]")(
            function
        )
    return click.option(
        "--preset",
        type=click.Choice(list(PRESETS)),
        default="default",
        show_default=True,
        help="Where to start from.",
    )(function)


@click.command("train")
@settings_options
@click.option("--fresh", is_flag=True, help="Start over, also where an unfinished training could be gone on with.")
@connection_options
@format_option
def command(preset: str, fresh: bool, output_format: str, **options: Any) -> None:
    """Walk the CO_LIKED graph, train vectors, and put them on the movies as Movie.embedding.

    The vectors of the last training stay until the new ones replace them all at once. A training that was
    interrupted is gone on with by the same command.

    \b
    Presets: default     10 walks of 40, 64 numbers, window 2, 3 epochs
             keras       5 walks of 10, 50 numbers, window 10, 10 epochs (the Keras example)
             case-study  keras with p = 2, q = 1.5
             co-count    as default, for the graph of derive --preset co-count

    Example: movierec train --seed 7
    """
    from movierec.cli.output import print_record
    from movierec.cli.progress import bar_or_lines
    from movierec.database.embedded.home import Home, home_folder
    from movierec.database.settings import environment
    from movierec.errors import MissingExtra

    try:
        from movierec.embedding.stage import train_and_write
    except ModuleNotFoundError as error:
        if error.name in ("torch", "numba"):
            raise MissingExtra("Training", "train") from error
        raise
    changes = {field.name: options.pop(field.name) for field in fields(TrainSettings)}
    settings = TrainSettings.from_preset(preset, **changes)
    checkpoints = Home(home_folder(environment())).checkpoints
    with open_database(**options) as database:
        result = train_and_write(database, settings, checkpoints, fresh, bar_or_lines)
    print_record(result, output_format)
