"""`movierec rate`: predict stars."""

from __future__ import annotations

import time
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from movierec.cli.options import (
    F,
    connection_options,
    experiment_options,
    format_option,
    k_option,
    open_database,
    part_options,
    settings_options,
)
from movierec.cli.request_options import filter_options
from movierec.rating_prediction.settings import RatingModelSettings
from movierec.training.devices import DEVICES

HELP = {
    "embedding_size": "Length of a vector.",
    "bases": "Matrices that those of the levels of stars are mixed from.",
    "feature_size": "Length of a vector of features, before they count.",
    "features": "Heed genres, years, age, gender, occupation.",
    "message_dropout": "Share of users and movies that say nothing in a step.",
    "dropout": "Share of what was heard that is forgotten in a step.",
    "learning_rate": "Of Adam.",
    "averaging": "What a running mean of the weights keeps of itself in a step.",
    "level_penalty": "On leanings of users and movies to a number of stars.",
    "batch": "Ratings that a step predicts from the others, at most a fifth of all.",
    "fanout": "Ratings of a user or a movie to heed in a step, drawn anew; 0: all.",
    "epochs": "Times that each rating is predicted; 0: as a held-out part finds best.",
    "most_epochs": "To choose from.",
    "patience": "Epochs without a better one, after which the choice is made.",
    "validation": "Share of the ratings that is held out to choose.",
    "device": "Where to train; the same bytes again only on the CPU.",
    "seed": "Same seed, ratings and threads: same bytes.",
}
CHOICES = {"device": DEVICES}


def threads_option(function: F) -> F:
    """--threads, which change the last bits of the model."""
    return click.option("--threads", type=click.IntRange(1), default=2, show_default=True, help="Of PyTorch.")(
        function
    )


@click.group("rate")
def command() -> None:
    """Predict how many stars users would give to movies.

    A graph convolution over who rated what (van den Berg, Kipf and Welling 2017). The model is a file in
    MOVIEREC_HOME; new ratings count at once, without training.

    \b
    Examples: movierec rate train
              movierec rate predict --user 1
              movierec rate evaluate --strategy random
    """


@command.command("train")
@settings_options(RatingModelSettings, HELP, CHOICES)
@click.option("--write", is_flag=True, help="Put the vectors on users and movies too, as ratingEmbedding.")
@click.option("--fresh", is_flag=True, help="Start over, also where an unfinished training could be gone on with.")
@threads_option
@connection_options
@format_option
def train(write: bool, fresh: bool, threads: int, output_format: str, **options: Any) -> None:
    """Train on all ratings that are not held out, for as many epochs as a part of them finds best.

    A training that was interrupted is gone on with by the same command; the last model stays until the new one is
    done.

    \b
    Examples: movierec rate train --seed 7
              movierec rate train --epochs 100 --write
    """
    from movierec.cli.output import print_record
    from movierec.cli.progress import bar_or_lines

    _require_torch()
    from movierec.rating_prediction.stage import train_and_save

    settings = RatingModelSettings(
        **{field.name: options.pop(field.name) for field in fields(RatingModelSettings)}
    )
    home = _home()
    with open_database(**options) as database:
        result = train_and_save(
            database, settings, home.checkpoints, home.models, fresh, write, bar_or_lines, threads
        )
    print_record(result, output_format)


@command.command("predict")
@click.option("--user", required=True, help="The user's id, as it was in the file.")
@click.option("--movie", "movies", multiple=True, metavar="MOVIE", help="A title or an id to predict; repeatable.")
@k_option
@filter_options
@connection_options
@format_option
def predict(
    user: str,
    movies: tuple[str, ...],
    k: int,
    output_format: str,
    conditions: dict[str, Any],
    **connection: Any,
) -> None:
    """Show the movies with the most stars to be expected from a user who has not rated them, or those of --movie.

    What the user gave to one of --movie is shown beside; it does not speak for the user, though the model was
    trained on it.

    \b
    Examples: movierec rate predict --user 1 --min-ratings 20
              movierec rate predict --user 1 --movie "Matrix, The (1999)" --movie "Toy Story (1995)"
    """
    from movierec.cli.output import print_rows

    if movies and any(conditions.values()):
        raise click.UsageError("--movie names the movies; expected it without conditions on movies.")
    _require_torch()
    from movierec.lookup.filters import named_filters
    from movierec.lookup.movies import find_movies
    from movierec.lookup.users import find_user
    from movierec.rating_prediction.predict import predict_ratings
    from movierec.rating_prediction.stage import live_model

    with open_database(**connection) as database:
        run_id, model = live_model(database, _home().models)
        rows = predict_ratings(
            database,
            model,
            find_user(database, user),
            k,
            named_filters(database, **conditions),
            find_movies(database, movies),
        )
    print_rows(
        [row | {"runId": run_id} for row in rows],
        output_format,
        {
            "rank": "rank",
            "movieId": "movieId",
            "title": "title",
            "stars": lambda row: f"{row['stars']:.2f}",
            "4 or more": lambda row: f"{row['likeChance']:.0%}",
            "given": lambda row: "" if row["given"] is None else f"{row['given']:g}",
            "genres": "genres",
        },
    )


@command.command("evaluate")
@settings_options(RatingModelSettings, HELP, CHOICES)
@experiment_options
@part_options
@threads_option
@connection_options
@format_option
def evaluate(
    seeds: int,
    strategy: str,
    fraction: float,
    test_file: Path | None,
    threads: int,
    output_format: str,
    **options: Any,
) -> None:
    """Hold out a part of the ratings, train on the rest, and measure how far the predicted stars are from them.

    Runs on a copy in a scratch server; the connected database is only read. Epochs are chosen on a part of the
    training ratings, never on what is held out.

    \b
    Examples: movierec rate evaluate --seeds 3
              movierec rate evaluate --test-file ml-100k/u1.test
    """
    from movierec.cli.progress import bar_or_lines
    from movierec.database.settings import environment
    from movierec.evaluation.rating_prediction import ALL_RATINGS, evaluate_rating_prediction, require_extras
    from movierec.evaluation.scratch import scratch_copy
    from movierec.graph.settings import SplitSettings
    from movierec.training.devices import require_device

    require_extras()
    require_device(options["device"])

    settings = RatingModelSettings(
        **{field.name: options.pop(field.name) for field in fields(RatingModelSettings)}
    )
    split = SplitSettings(strategy, min_rating=ALL_RATINGS, fraction=fraction)
    if test_file is not None:
        split = SplitSettings("canonical", test_file=str(test_file))
    started = time.monotonic()
    with (
        open_database(**options) as database,
        scratch_copy(database, environment(), progress=bar_or_lines) as (scratch, _),
    ):
        report = evaluate_rating_prediction(scratch, split, settings, bar_or_lines, seeds, threads)
    _print_report(report | {"seconds": round(time.monotonic() - started, 3)}, output_format)


def _print_report(report: dict[str, Any], output_format: str) -> None:
    from movierec.cli.output import print_record, print_rows

    if output_format in ("json", "jsonl"):
        print_record(report, output_format)
        return
    print_rows(
        [{"method": name, **errors} for name, errors in report["methods"].items()],
        output_format,
        {
            "method": "method",
            "RMSE": lambda row: f"{row['rmse']:.4f}",
            "MAE": lambda row: f"{row['mae']:.4f}",
        },
        title=(
            f"{report['held_out']:,} held-out ratings of {report['users']} users: {report['protocol']}; "
            f"{len(report['seeds'])} seed{'s' if len(report['seeds']) > 1 else ''}, epochs {report['epochs']}"
        ),
    )
    if output_format == "table":
        print_rows(
            report["calibration"],
            output_format,
            {
                "stars": lambda row: f"{row['stars']:g}",
                "given": "given",
                "share": lambda row: f"{row['share']:.3f}",
                "share predicted": lambda row: f"{row['predicted_share']:.3f}",
                "stars predicted": lambda row: f"{row['mean_predicted']:.2f}",
                "RMSE": lambda row: f"{row['rmse']:.3f}",
            },
            title="by the stars that were given",
        )


def _home() -> Any:
    from movierec.database.settings import environment
    from movierec.home import Home, home_folder

    return Home(home_folder(environment()))


def _require_torch() -> None:
    from movierec.errors import MissingExtra

    if find_spec("torch") is None:
        raise MissingExtra("Predicting stars", "train")
