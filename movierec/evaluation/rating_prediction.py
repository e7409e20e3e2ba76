"""How far predicted ratings are from held-out ones, compared with simple methods.

    1. split    a part of the ratings becomes HELD_OUT: each user's newest, a random part, or those in a file
    2. train    on what is left, once for each seed; epochs are chosen on a validation part of what is left
    3. predict  every held-out rating, those of users and movies without training ratings included

No held-out rating is used before step 3.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import MovieGraph, unit_vectors
from movierec.database.connection import Database
from movierec.embedding.settings import TrainSettings
from movierec.errors import BadRequest, MissingExtra, MovieRecError
from movierec.evaluation.rating_baselines import Predict, biases, global_mean, matrix_factorisation, neighbours
from movierec.evaluation.results import CalibrationLevel, RatingEvaluationReport
from movierec.graph.derive import derive_co_liked
from movierec.graph.pull import pull_movie_graph
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.graph.split import split_ratings
from movierec.progress import Progress, silent
from movierec.rating_prediction.graph import RatingGraph, level_of
from movierec.rating_prediction.pull import HeldOut, pull_held_out, pull_rating_graph
from movierec.rating_prediction.settings import RatingModelSettings
from movierec.rating_prediction.train import train_rating_model
from movierec.training.devices import require_device

__all__ = ["ALL_RATINGS", "calibration", "errors_of", "evaluate_rating_prediction", "require_extras"]

_log = logging.getLogger(__name__)

ALL_RATINGS = 0.0  # stars from which a rating may be held out


def evaluate_rating_prediction(
    database: Database,
    split: SplitSettings,
    settings: RatingModelSettings,
    *,
    progress: Progress = silent,
    n_seeds: int = 1,
    threads: int = 2,
) -> RatingEvaluationReport:
    """Run the whole protocol in `database`, which it changes; means over `n_seeds` seeds from `settings.seed`.

    Raises BadRequest where nothing is held out, MissingExtra without the packages that are compared with.
    """
    require_extras()
    require_device(settings.device)
    if split.strategy != "canonical" and split.min_rating > ALL_RATINGS:
        raise BadRequest(f"The split's min_rating is {split.min_rating}; expected {ALL_RATINGS}: all ratings.")
    split_ratings(database, split)
    graph = pull_rating_graph(database, progress)
    users, movies, given = held_out = pull_held_out(database, graph)
    if not len(given):
        raise BadRequest(f"Nothing is held out by the split {split.strategy!r}; expected some ratings.")
    seeds = range(settings.seed, settings.seed + n_seeds)
    graph_of_movies = _movie_graph(database, progress)
    builders: dict[str, Callable[[int], Predict]] = {
        "global_mean": lambda seed: global_mean(graph),
        "biases": lambda seed: biases(graph),
        "neighbours": lambda seed: neighbours(graph, _vectors(graph_of_movies, graph, seed, threads)),
        "matrix_factorisation": lambda seed: matrix_factorisation(graph, seed),
    }
    errors: dict[str, list[dict[str, float]]] = {name: [] for name in (*builders, "movierec")}
    with progress("baselines", len(builders) * n_seeds, "methods") as advance:
        for seed in seeds:
            for name, build in builders.items():
                errors[name].append(errors_of(build(seed)(users, movies), given))
                advance(1, name)
    probabilities, epochs = np.zeros((len(given), len(graph.stars))), []
    for seed in seeds:
        model = train_rating_model(graph, replace(settings, seed=seed), None, progress, threads)
        own = model.probabilities(users, movies)
        errors["movierec"].append(errors_of(own @ graph.stars, given))
        probabilities += own / n_seeds
        epochs.append(len(model.losses))
    methods = {
        name: {key: float(np.mean([one[key] for one in found])) for key in found[0]}
        for name, found in errors.items()
    }
    if n_seeds > 1:
        methods["movierec, mean of seeds"] = errors_of(probabilities @ graph.stars, given)
    return RatingEvaluationReport(
        protocol=_in_words(split),
        users=len(np.unique(users)),
        movies=len(np.unique(movies)),
        ratings=graph.n_ratings,
        held_out=len(given),
        seeds=tuple(seeds),
        epochs=tuple(epochs),
        rmse_by_seed=tuple(one["rmse"] for one in errors["movierec"]),
        methods=methods,
        calibration=calibration(probabilities, graph.stars, held_out),
    )


def errors_of(predicted: NDArray[np.float64], given: NDArray[np.float64]) -> dict[str, float]:
    """{"rmse", "mae"} of (N,) predicted and given stars."""
    away = predicted - given
    return {"rmse": float(np.sqrt(np.mean(away**2))), "mae": float(np.mean(np.abs(away)))}


def calibration(
    probabilities: NDArray[np.float64], stars: NDArray[np.float64], held_out: HeldOut
) -> tuple[CalibrationLevel, ...]:
    """For each level how often it was given and predicted, by the (N, R) predicted probabilities."""
    _, _, given = held_out
    levels, expected = level_of(stars, given), probabilities @ stars
    rows = []
    for level, value in enumerate(stars.tolist()):
        own = levels == level
        errors = expected[own] - given[own]
        rows.append(
            CalibrationLevel(
                stars=value,
                given=int(own.sum()),
                share=float(own.mean()),
                predicted_share=float(probabilities[:, level].mean()),
                mean_predicted=float(expected[own].mean()) if own.any() else 0.0,
                rmse=float(np.sqrt(np.mean(errors**2))) if own.any() else 0.0,
            )
        )
    return tuple(rows)


def require_extras() -> None:
    """Raises MissingExtra where a package is not installed that the evaluation needs."""
    for extra, packages in (("train", ("torch", "numba")), ("evaluate", ("surprise",))):
        if not all(map(find_spec, packages)):
            raise MissingExtra("Evaluating the rating model", extra)


def _movie_graph(database: Database, progress: Progress) -> MovieGraph | None:
    """CO_LIKED of the training ratings, for the walks; None where no two movies are linked."""
    try:
        derive_co_liked(database, DeriveSettings(sequential="off"), progress)
    except MovieRecError as error:
        _log.warning("Neighbours are predicted by the biases alone. %s", error)
        return None
    return pull_movie_graph(database, progress)


def _vectors(movies: MovieGraph | None, graph: RatingGraph, seed: int, threads: int) -> NDArray[np.float32]:
    """(M, D) vectors of length 1, of walks; zeros for movies without."""
    if movies is None:
        return np.zeros((len(graph.movie_ids), 1), dtype=np.float32)
    from movierec.embedding.train import train_embeddings

    embeddings = train_embeddings(movies, TrainSettings(sequential="off", seed=seed), threads=min(threads, 2))
    unit = np.zeros((len(graph.movie_ids), embeddings.vectors.shape[1]), dtype=np.float32)
    unit[np.searchsorted(graph.movie_ids, embeddings.movie_ids)] = unit_vectors(embeddings.vectors)
    return unit


def _in_words(split: SplitSettings) -> str:
    users = f"users with {split.min_likes} or more"
    return {
        "newest": f"newest {split.fraction:.0%} of the ratings of {users}",
        "last": f"the last rating of {users}",
        "last-two": f"the last two ratings of {users}",
        "global-time": f"newest {split.fraction:.0%} of all ratings",
        "random": f"random {split.fraction:.0%} of the ratings of {users}, seed {split.seed}",
        "canonical": f"the ratings in {split.test_file}",
    }[split.strategy]
