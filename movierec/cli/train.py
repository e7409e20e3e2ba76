"""`movierec train`: vectors from walks, and profiles from likes."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import fields
from importlib.util import find_spec
from typing import Any

import click

from movierec.cli.grouped import Command
from movierec.cli.options import connection_options, format_option, open_database, settings_options
from movierec.cli.settings_help import TRAIN, TRAIN_DEFAULTS
from movierec.embedding.settings import PRESETS, PROFILE_CANDIDATES, WALK_GRAPHS, TrainSettings
from movierec.graph.settings import SEQUENTIAL_CHOICES
from movierec.training.devices import DEVICES, require_device

CHOICES = {
    "device": DEVICES,
    "sequential": SEQUENTIAL_CHOICES,
    "walk_graph": WALK_GRAPHS,
    "profile_candidates": PROFILE_CANDIDATES,
}


@click.command("train", short_help="Train embeddings and profile vectors.", cls=Command)
@click.option(
    "--preset",
    type=click.Choice(list(PRESETS)),
    default="default",
    show_default=True,
    help="Settings to start from.",
)
@click.option("--fresh", is_flag=True, help="Ignore an unfinished checkpoint and train from scratch.")
@click.option(
    "--threads",
    type=click.IntRange(1, 2),
    default=2,
    show_default=True,
    help="Threads that train, beside one that walks; identical results with either.",
)
@click.option(
    "--dry-run", is_flag=True, help="Estimate time and memory from two seconds of training; write nothing."
)
@settings_options(TrainSettings, TRAIN, CHOICES, preset_defaults=TRAIN_DEFAULTS)
@connection_options
@format_option
def command(preset: str, fresh: bool, threads: int, dry_run: bool, output_format: str, **options: Any) -> None:
    """Train embeddings on random walks and profile vectors on users' likes, and write them to the movies.

    The vectors of the last training stay until the new ones replace them all at
    once. Rerunning the same command resumes an interrupted training. Started
    by torchrun, several processes, on one machine or more, train together (docs/scale.md).

    \b
    Presets: default     10 walks of 40 movies, 64 dimensions, window 2, 3 epochs
             keras       5 walks of 10, 50 dimensions, window 10, 10 epochs (the Keras example)
             case-study  keras with p = 2, q = 1.5, true pairs rejected
             co-count    as default, for the graph of derive --preset co-count

    \b
    Examples: movierec train --seed 7
              movierec train --dry-run --epochs 20
              movierec train --warm-start --epochs 1
              movierec train --epochs 30 --patience 3
              torchrun --nproc-per-node 4 -m movierec train --threads 1
    """
    from movierec.cli.output import print_record
    from movierec.cli.progress import bar_or_lines
    from movierec.database.settings import environment
    from movierec.errors import MissingExtra
    from movierec.home import Home, home_folder

    if not all(map(find_spec, ("torch", "numba", "scipy"))):
        raise MissingExtra("Training", "train")
    from movierec.embedding.stage import preview_training, train_and_write, train_beside
    from movierec.training.launched import process_number

    changes = {field.name: options.pop(field.name) for field in fields(TrainSettings)}
    settings = TrainSettings.from_preset(preset, **changes)
    require_device(settings.device)
    checkpoints = Home(home_folder(environment())).checkpoints
    more: dict[str, Any] = {"progress": bar_or_lines, "threads": threads}
    rank, size = process_number()
    if dry_run:
        if rank == 0:
            with open_database(**options) as database:
                print_record(preview_training(database, settings, **more), output_format)
        return
    with ExitStack() as stack:
        if size > 1:
            from movierec.training.peers import process_peers

            more["peers"] = stack.enter_context(process_peers(settings.device))
        if rank > 0:
            train_beside(more["peers"], threads)
            return
        database = stack.enter_context(open_database(**options))
        print_record(train_and_write(database, settings, checkpoints, fresh=fresh, **more), output_format)
