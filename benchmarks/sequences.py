"""Sequences of items by user, as papers on sequential recommendation use them, and their protocol.

    python -m benchmarks.sequences FOLDER               every .txt file of the folder
    python -m benchmarks.sequences FOLDER Beauty LastFM
    python -m benchmarks.sequences FOLDER Beauty --strategy last

A line of a file is a user and the items that they took, in order: Beauty, Sports_and_Outdoors and LastFM as
S3-Rec (Zhou and others, CIKM 2020) published them with its code, RUCAIBox/CIKM2020-S3Rec on GitHub, folder data.
They are not part of this repository. The last item of each user is asked for from all before it, by what is
learnt from all but the last two (`last-two`), as papers do, or from all but the last (`last`); every item that
the user does not have is ranked. movierec's figures are means of three seeds, with the standard deviation between
them; its settings are the defaults. "without" and "alone" are lists with one part of the score left out, or by
nothing else.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
import numpy as np

from benchmarks.common import publish, table
from benchmarks.parts import scores_by_parts
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.evaluation.dataset import pull_evaluation_data
from movierec.evaluation.protocol import evaluate_baselines, restricted_to
from movierec.evaluation.scratch import scratch_database
from movierec.evaluation.tables import evaluate_methods
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.graph.split import split_ratings
from movierec.recommendation.model import pull_model

SEEDS = (1, 2, 3)
SHOWN = ("hit_rate@5", "ndcg@5", "hit_rate@10", "ndcg@10", "hit_rate@20", "ndcg@20")


def sequence_files(folder: Path, names: Sequence[str]) -> list[Path]:
    """The files of these names, or all there are."""
    return [file for file in sorted(folder.glob("*.txt")) if not names or file.stem in names]


def measured(file: Path, strategy: str) -> str:
    """The table of one file."""
    split = SplitSettings(strategy=strategy)
    with scratch_database(dict(os.environ)) as (database, home):
        load_ratings(database, file)
        split_ratings(database, split)
        derive_co_liked(database, DeriveSettings(sequential="on"))
        data = pull_evaluation_data(database, split.min_rating)
        tables, _, without = evaluate_baselines(data, SEEDS[0])
        rows = [[name, *(f"{tables[name][metric].mean():.4f}" for metric in SHOWN)] for name in tables]
        found: dict[str, list[list[float]]] = {}
        for seed in SEEDS:
            settings = replace(TrainSettings(sequential="on"), seed=seed)
            trained = train_and_write(database, settings, home.checkpoints)
            model = pull_model(database)
            parts = scores_by_parts(model.scorer, trained.genre_dimensions)
            scores = restricted_to(parts, model, data.catalogue)
            for name, (own, _) in evaluate_methods(scores, data.cases, data.catalogue).items():
                found.setdefault(name, []).append([float(own[metric].mean()) for metric in SHOWN])
            print(file.stem, strategy, seed, found["movierec"][-1], file=sys.stderr, flush=True)
    for name, runs in found.items():
        rows.append(
            [name, *(f"{np.mean(one):.4f} ± {np.std(one, ddof=1):.4f}" for one in zip(*runs, strict=True))]
        )
    place = 1 + SHOWN.index("ndcg@10")
    rows.sort(key=lambda row: float(row[place].split()[0]))
    left_out = "".join(f" {name} is left out: {reason}." for name, reason in without.items())
    return f"{len(data.cases):,} users, {len(data.catalogue.movie_ids):,} items.{left_out}\n\n" + table(
        ["method", *SHOWN], rows
    )


@click.command(help="\b\n" + __doc__.replace("\n\n", "\n\n\b\n"))
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("names", nargs=-1)
@click.option("--strategy", type=click.Choice(["last-two", "last"]), default="last-two", show_default=True)
def main(folder: Path, names: tuple[str, ...], strategy: str) -> None:
    for file in sequence_files(folder, names):
        title = f"sequences {file.stem}" + ("" if strategy == "last-two" else f" {strategy}")
        publish(title, measured(file, strategy), "quality")


if __name__ == "__main__":
    main()
