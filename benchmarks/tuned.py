"""What it would gain to choose the score settings anew for each data set, as `movierec tune` does.

    python -m benchmarks.tuned                        ml-latest-small and MovieLens 100K
    python -m benchmarks.tuned FOLDER Beauty LastFM   sequences of items (`benchmarks.sequences`)

Chosen: those settings of `tuning.CHOICES` that are best on the inner split, where the part that is asked for has
been deleted. Best: those that are best on the part that is asked for, which nobody can know. All three columns are
of one training, and of 4,000 users where there are more; "± " is the standard error of the difference, paired by
user.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import click
import numpy as np

from benchmarks.common import publish, table
from benchmarks.datasets import DATASETS, dataset
from benchmarks.sequences import sequence_files
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.evaluation.dataset import pull_evaluation_data
from movierec.evaluation.protocol import restricted_to
from movierec.evaluation.scratch import scratch_database
from movierec.evaluation.tables import evaluate_methods
from movierec.evaluation.tuning import Choice, scores_by_choice, tune_score_settings
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.graph.split import split_ratings
from movierec.recommendation.model import pull_model

USERS = 4_000


def measured(called: str, data: Path, strategy: str) -> list[str]:
    """The row of one data set."""
    split, derive, train = SplitSettings(strategy=strategy), DeriveSettings(sequential="on"), TrainSettings()
    with scratch_database(dict(os.environ)) as (database, home):
        load_ratings(database, data)
        rows = tune_score_settings(database, split, derive, train, home.checkpoints, n_users=USERS)
    chosen = Choice(**{name: getattr(rows[0], name) for name in Choice._fields})
    with scratch_database(dict(os.environ)) as (database, home):
        load_ratings(database, data)
        split_ratings(database, split)
        derive_co_liked(database, derive)
        found = pull_evaluation_data(database, split.min_rating, n_users=USERS, seed=train.seed)
        train_and_write(database, train, home.checkpoints)
        model = pull_model(database, strategy != "random")
        of_choices = restricted_to(scores_by_choice(model.scorer), model, found.catalogue)
        by_user = {
            Choice(*map(float, name.split())): own["ndcg@10"].to_numpy()
            for name, (own, _) in evaluate_methods(of_choices, found.cases, found.catalogue).items()
        }
    default = Choice(*(getattr(model.scorer, name) for name in Choice._fields))
    best = max(by_user, key=lambda one: by_user[one].mean())
    gains = by_user[chosen] - by_user[default]
    error = gains.std(ddof=1) / np.sqrt(len(gains))
    row = [called, f"{by_user[default].mean():.4f}", _name(chosen), f"{by_user[chosen].mean():.4f}"]
    row += [f"{gains.mean():+.4f} ± {error:.4f}", _name(best), f"{by_user[best].mean():.4f}"]
    print(row, file=sys.stderr, flush=True)
    return row


def _name(choice: Choice) -> str:
    return ", ".join(f"{one:g}" for one in choice)


@click.command(help="\b\n" + __doc__.replace("\n\n", "\n\n\b\n"))
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("names", nargs=-1)
def main(folder: Path | None, names: tuple[str, ...]) -> None:
    if folder is None:
        with tempfile.TemporaryDirectory() as made:
            data = {name: dataset(name, Path(made)) for name in DATASETS}
            rows = [
                measured(f"{name}, {strategy}", data[name], strategy)
                for name in DATASETS
                for strategy in ("newest", "random")
            ]
    else:
        rows = [measured(file.stem, file, "last-two") for file in sequence_files(folder, names)]
    columns = ["NDCG@10", "defaults", "chosen", "with these", "gain", "best", "with these"]
    publish("tuned" if folder is None else "tuned sequences", table(columns, rows), "quality")


if __name__ == "__main__":
    main()
