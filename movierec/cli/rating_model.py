"""`movierec rating-model`: predict ratings."""

from __future__ import annotations

from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from movierec.cli.grouped import Command, Group
from movierec.cli.options import (
    F,
    connection_options,
    experiment_options,
    format_option,
    held_out_options,
    k_option,
    open_database,
    settings_options,
    split_settings,
)
from movierec.cli.request_options import filter_options
from movierec.cli.settings_help import RATING_MODEL
from movierec.rating_prediction.settings import RatingModelSettings
from movierec.training.devices import DEVICES, require_device

CHOICES = {"device": DEVICES}


def threads_option(function: F) -> F:
    """--threads, which change the last bits of the model."""
    return click.option(
        "--threads", type=click.IntRange(1), default=2, show_default=True, help="PyTorch threads."
    )(function)


@click.group("rating-model", cls=Group, short_help="Train and use a model of ratings.")
def command() -> None:
    """Train and use a model that predicts how many stars users would give to movies.

    A graph convolution over the ratings (van den Berg, Kipf and Welling 2017).
    The model is a file in MOVIEREC_HOME; new ratings count at once, without
    training.

    \b
    Examples: movierec rating-model train
              movierec rating-model predict --user 1
              movierec rating-model evaluate --strategy random
    """


@command.command("train", cls=Command)
@settings_options(RatingModelSettings, RATING_MODEL, CHOICES)
@click.option("--write", is_flag=True, help="Also write the vectors to users and movies, as ratingEmbedding.")
@click.option("--fresh", is_flag=True, help="Ignore an unfinished checkpoint and train from scratch.")
@threads_option
@connection_options
@format_option
def train(write: bool, fresh: bool, threads: int, output_format: str, **options: Any) -> None:
    """Train on all ratings that are not held out, for as many epochs as validation finds best.

    Rerunning the same command resumes an interrupted training. The last model
    stays until the new one is done.

    \b
    Examples: movierec rating-model train --seed 7
              movierec rating-model train --epochs 100 --write
    """
    from movierec.cli.output import print_record
    from movierec.cli.progress import bar_or_lines

    _require_torch()
    from movierec.rating_prediction.stage import train_and_save

    settings = _settings(options)
    home = _home()
    with open_database(**options) as database:
        result = train_and_save(
            database,
            settings,
            home.checkpoints,
            home.models,
            fresh=fresh,
            write=write,
            progress=bar_or_lines,
            threads=threads,
        )
    print_record(result, output_format)


@command.command("predict", cls=Command)
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
    """Show the movies with the highest predicted rating that a user has not rated, or predictions for --movie.

    A rating that the user gave to one of --movie is shown beside the prediction,
    and not used for it, though the model was trained on it.

    \b
    Examples: movierec rating-model predict --user 1 --min-ratings 20
              movierec rating-model predict --user 1 --movie "Matrix, The (1999)" --movie "Toy Story (1995)"
    """
    from movierec.cli.output import print_rows

    if movies and any(conditions.values()):
        raise click.UsageError("--movie names the movies; expected it without conditions on movies.")
    _require_torch()
    from movierec.lookup.filters import named_filters
    from movierec.lookup.movies import find_movies
    from movierec.lookup.users import find_user
    from movierec.rating_prediction.predict import predict_ratings
    from movierec.rating_prediction.results import PredictedRating
    from movierec.rating_prediction.stage import live_model

    with open_database(**connection) as database:
        run_id, model = live_model(database, _home().models)
        rows = predict_ratings(
            database,
            model,
            find_user(database, user),
            k=k,
            filters=named_filters(database, **conditions),
            movie_ids=find_movies(database, movies),
            run_id=run_id,
        )
    print_rows(
        rows,
        output_format,
        {
            "rank": "rank",
            "movieId": "movieId",
            "title": "title",
            "predicted rating": lambda row: f"{row['predictedRating']:.2f}",
            "4 or more": lambda row: f"{row['likeProbability']:.0%}",
            "rating": lambda row: "" if row["rating"] is None else f"{row['rating']:g}",
            "genres": "genres",
        },
        kind=PredictedRating,
    )


@command.command("evaluate", cls=Command)
@settings_options(RatingModelSettings, RATING_MODEL, CHOICES)
@experiment_options
@held_out_options
@threads_option
@connection_options
@format_option
def evaluate(
    *,
    seeds: int,
    strategy: str,
    fraction: float,
    test_file: Path | None,
    threads: int,
    output_format: str,
    **options: Any,
) -> None:
    """Hold out a part of the ratings, train on the rest, and measure how far the predictions are from them.

    Runs on a copy in a scratch server; the connected database is only read.
    Epochs are chosen on a validation part of the training ratings, never on what
    is held out.

    \b
    Examples: movierec rating-model evaluate --seeds 3
              movierec rating-model evaluate --test-file ml-100k/u1.test
    """
    from movierec.cli.progress import bar_or_lines
    from movierec.database.settings import environment
    from movierec.evaluation.run import evaluate_rating_model
    from movierec.records import to_record

    _require_torch()
    settings = _settings(options)
    with open_database(**options) as database:
        report = evaluate_rating_model(
            database,
            environment(),
            split=split_settings(strategy, fraction, test_file, min_rating=0.0),
            settings=settings,
            n_seeds=seeds,
            threads=threads,
            progress=bar_or_lines,
        )
    _print_report(to_record(report), output_format)


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
            f"{report['heldOut']:,} held-out ratings of {report['users']} users: {report['protocol']}; "
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
                "predicted share": lambda row: f"{row['predictedShare']:.3f}",
                "mean predicted": lambda row: f"{row['meanPredicted']:.2f}",
                "RMSE": lambda row: f"{row['rmse']:.3f}",
            },
            title="by the stars that were given",
        )


def _settings(options: dict[str, Any]) -> RatingModelSettings:
    """The settings that the options make, refused before a server is started."""
    settings = RatingModelSettings(
        **{field.name: options.pop(field.name) for field in fields(RatingModelSettings)}
    )
    require_device(settings.device)
    return settings


def _home() -> Any:
    from movierec.database.settings import environment
    from movierec.home import Home, home_folder

    return Home(home_folder(environment()))


def _require_torch() -> None:
    from movierec.errors import MissingExtra

    if find_spec("torch") is None:
        raise MissingExtra("Predicting ratings", "train")
