"""`movierec train`: vectors from walks."""

from __future__ import annotations

from dataclasses import fields
from importlib.util import find_spec
from typing import Any

import click

from movierec.cli.options import F, connection_options, format_option, open_database, settings_options
from movierec.embedding.settings import BY_ORDER, PRESETS, WALK_GRAPHS, TrainSettings
from movierec.graph.settings import ORDERS
from movierec.training.devices import DEVICES

CHOICES = {"device": DEVICES, "order": ORDERS, "walk_on": WALK_GRAPHS}
DEFAULTS = {name: f"{BY_ORDER['on'][name]}, in no order {value}" for name, value in BY_ORDER["off"].items()}
HELP = {
    "walks_per_movie": "Walks from each movie in an epoch.",
    "walk_length": "Movies in a walk.",
    "redraw": "Draw other walks and negatives in every epoch.",
    "p": "Return parameter; > 1 turns back less often.",
    "q": "In-out parameter; > 1 stays near the start.",
    "by_weight": "Judge nearness by the weight of edges (node2vec+).",
    "weighted_starts": "Start more walks where edges weigh more.",
    "embedding_size": "Length of a vector.",
    "shared_table": "One vector a movie, as centre and as context.",
    "window": "Contexts on each side of a movie in a walk.",
    "negatives": "Negatives for each true context.",
    "negative_exponent": "Negatives are drawn by frequency to this power.",
    "reject_true_pairs": "Drop negatives that are true contexts.",
    "subsample": "Drop frequent movies from walks by this threshold, such as .001; 0: none.",
    "epochs": "Times that the walks from every movie are trained on.",
    "learning_rate": "Of row-wise AdaGrad.",
    "final_rate": "The last step's rate as a share of the first's.",
    "warm_start": "Begin with the vectors that are live; new movies with their neighbours' mean.",
    "patience": "Stop after so many epochs without a better validation loss, keep the best; 0: never.",
    "validation": "Share of edges held out to validate, with --patience.",
    "order": "Heed the order of likes; auto: as the derive found.",
    "walk_on": "The graph to walk; auto: FOLLOWED_BY where order is heeded.",
    "tune_epochs": "Of tuning what recommends on users' likes; 0: recommend by the graph alone.",
    "tune_batch": "Users in a step of tuning.",
    "tune_rate": "Learning rate of tuning, by Adam.",
    "recency": "Likes in which one loses half its weight in a profile.",
    "temperature": "Of taste in a score; the larger, the more equal. See movierec tune.",
    "evidence": "The graph's share in a score, by taste's. See movierec tune.",
    "device": "Where to train; the same bytes again only on the CPU.",
    "mixed_precision": "Matrix products in bfloat16.",
    "seed": "Same seed, same graph: same bytes.",
}


def preset_option(function: F) -> F:
    """--preset, which fills the settings that are not given."""
    return click.option(
        "--preset",
        type=click.Choice(list(PRESETS)),
        default="default",
        show_default=True,
        help="Where to start from.",
    )(function)


@click.command("train")
@preset_option
@settings_options(TrainSettings, HELP, CHOICES, DEFAULTS)
@click.option("--fresh", is_flag=True, help="Start over, also where an unfinished training could be gone on with.")
@click.option(
    "--threads", type=click.IntRange(1, 2), help="That train, beside one that walks; same bytes.  [default: 2]"
)
@click.option("--dry-run", is_flag=True, help="Say what it would take, after a second of trying; write nothing.")
@connection_options
@format_option
def command(
    preset: str, fresh: bool, threads: int | None, dry_run: bool, output_format: str, **options: Any
) -> None:
    """Walk the graph of movies, train vectors, tune what recommends on users' likes, put all of it on the movies.

    The vectors of the last training stay until the new ones replace them all at once. A training that was
    interrupted is gone on with by the same command.

    \b
    Presets: default     10 walks of 40, 64 numbers, window 2, 3 epochs
             keras       5 walks of 10, 50 numbers, window 10, 10 epochs (the Keras example)
             case-study  keras with p = 2, q = 1.5, true pairs rejected
             co-count    as default, for the graph of derive --preset co-count

    \b
    Examples: movierec train --seed 7
              movierec train --dry-run --epochs 20
              movierec train --warm-start --epochs 1
              movierec train --epochs 30 --patience 3
    """
    from movierec.cli.output import print_record
    from movierec.cli.progress import bar_or_lines
    from movierec.database.settings import environment
    from movierec.errors import MissingExtra
    from movierec.home import Home, home_folder

    if not all(map(find_spec, ("torch", "numba"))):
        raise MissingExtra("Training", "train")
    from movierec.embedding.stage import THREADS, preview_training, train_and_write

    changes = {field.name: options.pop(field.name) for field in fields(TrainSettings)}
    settings = TrainSettings.from_preset(preset, **changes)
    checkpoints = Home(home_folder(environment())).checkpoints
    with open_database(**options) as database:
        if dry_run:
            result = preview_training(database, settings, bar_or_lines, threads or THREADS)
        else:
            result = train_and_write(database, settings, checkpoints, fresh, bar_or_lines, threads or THREADS)
    print_record(result, output_format)
