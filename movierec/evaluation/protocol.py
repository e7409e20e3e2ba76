"""The protocol: hold out a part of the likes, build the model from the rest, rank, compute metrics.

    1. split   likes of every user with five or more become HELD_OUT: the newest 20 %, the last, a random 20 %, ...
    2. derive and train on what is left, with the settings under test, once for each seed
    3. rank    for every such user, or a sample, all movies liked in training that the user has not rated there
    4. compute metrics of these lists and of the baselines' on the same likes, with differences paired by user

No held-out rating is read before step 3. The ranking is full: no candidates are sampled.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import positions_in
from movierec.database.connection import Database
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.errors import BadRequest, MissingExtra
from movierec.evaluation.dataset import EvaluationData, pull_evaluation_data
from movierec.evaluation.estimate import Sizes, left_out, seconds_of_parts, slowness
from movierec.evaluation.methods import (
    Methods,
    UserProfiles,
    co_liked,
    kernel,
    mean_cosine,
    movierec_scores,
)
from movierec.evaluation.results import EvaluationReport, GenreProbe
from movierec.evaluation.tables import (
    Catalogue,
    Tables,
    differences,
    evaluate_method,
    evaluate_methods,
    mean_intervals,
    strata,
    strata_means,
)
from movierec.graph.derive import derive_co_liked
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.graph.split import split_ratings
from movierec.progress import Progress, silent
from movierec.recommendation.model import Model, pull_model
from movierec.recommendation.scoring import LikeHistories

__all__ = [
    "REFERENCE",
    "Tables",
    "answers_sequentially",
    "evaluate_baselines",
    "evaluate_in",
    "evaluate_model",
    "evaluate_similar",
    "mean_of_seeds",
    "probe_genres",
    "restricted_to",
    "sizes_of",
    "suggest_a_sample",
]

_log = logging.getLogger(__name__)

REFERENCE = "ease"  # what differences are taken against
REFERENCE_WITHOUT_EASE = "item_knn"  # where there are too many movies for it
LONG = 600.0  # seconds of ranking, from which a sample of users is suggested
SUGGESTED = 10_000  # users: NDCG@10 is then known to about 0.003

Metrics = dict[str, dict[str, float]]  # method -> metrics of all its lists together


def evaluate_in(
    database: Database,
    split: SplitSettings,
    derive: DeriveSettings,
    train: TrainSettings,
    checkpoints: Path,
    *,
    progress: Progress = silent,
    n_seeds: int = 1,
    n_users: int | None = None,
    neural: bool = False,
    by_user: Callable[[Tables], object] | None = None,
) -> EvaluationReport:
    """Run the whole protocol in `database`, which it changes; means over `n_seeds` seeds from `train.seed` on.

    With `n_users`, lists are made for a random sample of so many users, by `train.seed`; with `neural`, GRU4Rec
    and SASRec are among the baselines. `by_user` gets the tables of metrics by user. Raises StageMissing for a
    graph that was derived before the split, BadRequest for too few users.
    """
    if not all(map(find_spec, ("scipy", "sklearn"))):
        raise MissingExtra("Evaluating", "evaluate")
    if derive.min_rating < split.min_rating:
        raise BadRequest(
            f"derive takes ratings of {derive.min_rating} stars for likes, the split only those of "
            f"{split.min_rating}; expected the same or more."
        )
    if n_users is not None and n_users < 2:
        raise BadRequest(f"A sample of {n_users} users was asked for; expected at least 2.")
    _refuse_too_few(split_ratings(database, split).users, split)
    derived = derive_co_liked(database, derive, progress)
    data = pull_evaluation_data(database, split.min_rating, progress, n_users=n_users, seed=train.seed)
    _refuse_too_few(len(data.cases), split)  # a test file may hold out what nobody likes
    if n_users is None:
        suggest_a_sample(data, n_seeds)
    tables, of_lists, without = evaluate_baselines(data, train.seed, progress, neural=neural)
    runs, similar, probes = [], [], []
    for seed in range(train.seed, train.seed + n_seeds):
        trained = train_and_write(database, replace(train, seed=seed), checkpoints, progress=progress)
        model = pull_model(database, answers_sequentially(trained.settings, split, train))
        runs.append(evaluate_model(model, data, progress))
        similar.append(evaluate_similar(model, data, progress))
        probes.append(probe_genres(model, data, progress))
    own_tables, own_lists = mean_of_seeds(runs)
    tables |= own_tables
    of_lists |= own_lists
    if by_user is not None:
        by_user(tables)
    reference = REFERENCE if REFERENCE in tables else REFERENCE_WITHOUT_EASE
    probe = _means(probes)
    return EvaluationReport(
        protocol=_in_words(split),
        sequential=model.sequential,
        users=len(data.cases),
        sampled_from=data.n_held_out_users,
        held_out=len(data.cases.held_out.values),
        train_likes=derived.likes,
        seeds=tuple(range(train.seed, train.seed + n_seeds)),
        ndcg_by_seed=tuple(float(run[0]["movierec"]["ndcg@10"].mean()) for run in runs),
        methods={
            name: {metric: float(table[metric].mean()) for metric in table.columns} | of_lists[name]
            for name, table in tables.items()
        },
        intervals=mean_intervals(tables),
        left_out=without,
        against=reference,
        differences=differences(tables, reference),
        strata=strata_means(
            {name: tables[name] for name in ("most_popular", reference, "movierec")},
            strata(data.cases, data.catalogue),
        ),
        similar={name: _means([one[name] for one in similar]) for name in similar[0]},
        genre_probe=GenreProbe(
            average_precision=probe["average_precision"],
            by_chance=probe["by_chance"],
            movies=round(probe["movies"]),
            genres=round(probe["genres"]),
        ),
    )


def answers_sequentially(trained: TrainSettings, split: SplitSettings, asked: TrainSettings) -> bool:
    """Which question of a trained model an evaluation is about: what comes next, if it can answer that; but what
    fits at any time where random likes are held out, unless the order was `asked` for.
    """
    return trained.sequential == "on" and (asked.sequential == "on" or split.strategy != "random")


def evaluate_baselines(
    data: EvaluationData,
    seed: int,
    progress: Progress = silent,
    memory: float | None = None,
    *,
    neural: bool = False,
) -> tuple[Tables, Metrics, dict[str, str]]:
    """The tables of the baselines, the metrics of their lists, and which are left out, and why.

    Left out are those that would take more than `memory` bytes, by default 70 % of what is available, and unless
    `neural` those that are neural networks, which take minutes.
    """
    from movierec.evaluation.baselines import BASELINES

    baselines = dict(BASELINES)
    if neural:
        from movierec.evaluation.neural_baselines import NEURAL_BASELINES

        baselines |= NEURAL_BASELINES
    n_movies, cases = len(data.catalogue.movie_ids), data.cases
    tables, of_lists, without = Tables(), Metrics(), left_out(sizes_of(data), memory)
    for name, reason in without.items():
        _log.warning("%s is left out: %s.", name, reason)
    for name, fit in baselines.items():
        if name in without:
            continue
        with progress(f"fit {name}", n_movies, "movies") as advance:
            scores = fit(data.likes, n_movies, seed, advance)
        with progress(f"rank by {name}", len(cases), "users") as advance:
            tables[name], of_lists[name] = evaluate_method(
                lambda users, scores=scores: scores(users.likes),  # type: ignore[misc]
                cases,
                data.catalogue,
                advance,
            )
    return tables, of_lists, without


def evaluate_model(model: Model, data: EvaluationData, progress: Progress = silent) -> tuple[Tables, Metrics]:
    """The tables of a model, whole and in its parts, and the metrics of their lists."""
    candidates = data.candidates(model.movie_ids, model.unit)
    parts = {"co_liked": co_liked, "vectors_cosine": mean_cosine, "vectors_kernel": kernel}
    tables, of_lists = Tables(), Metrics()
    for name, method in parts.items():
        with progress(f"rank by {name}", len(data.cases), "users") as advance:
            tables[name], of_lists[name] = evaluate_method(method(candidates), data.cases, data.catalogue, advance)
    whole = restricted_to(movierec_scores(model.scorer), model, data.catalogue)
    with progress("rank by movierec", len(data.cases), "users") as advance:
        found = evaluate_methods(whole, data.cases, data.catalogue, advance)
    for name, one in found.items():
        tables[name], of_lists[name] = one
    return tables, of_lists


def evaluate_similar(model: Model, data: EvaluationData, progress: Progress = silent) -> Metrics:
    """How well a model finds similar movies, compared with item-kNN, the graph and its own vectors."""
    from movierec.evaluation.item_to_item import by_graph, by_item_knn, by_similar, by_vectors, evaluate_similarity

    candidates = data.candidates(model.movie_ids, model.unit)
    similarities = {
        "item_knn": by_item_knn(data),
        "co_liked": by_graph(candidates),
        "plain_cosine": by_vectors(candidates),
        "similar": by_similar(candidates),
    }
    found = {}
    for name, similarity in similarities.items():
        with progress(f"similar by {name}", len(data.cases), "users") as advance:
            found[name] = evaluate_similarity(similarity, data, advance)
    return found


def probe_genres(model: Model, data: EvaluationData, progress: Progress = silent) -> dict[str, float]:
    """How well a classifier predicts genres from the walk embeddings; all zeros where there are too few movies."""
    from movierec.evaluation.item_to_item import genre_probe

    unit = data.candidates(model.movie_ids, model.unit).unit
    with progress("genre probe", data.catalogue.genres.shape[1], "genres") as advance:
        return genre_probe(unit, data.catalogue.genres, advance=advance)


def mean_of_seeds(runs: Sequence[tuple[Tables, Metrics]]) -> tuple[Tables, Metrics]:
    """What `evaluate_model` gave for each seed, as one: a user's metric is the mean of the seeds'."""
    first_tables, first_lists = runs[0]
    tables = {
        name: sum((other[name] for other, _ in runs[1:]), start=first_tables[name]) / len(runs)
        for name in first_tables
    }
    return tables, {name: _means([lists[name] for _, lists in runs]) for name in first_lists}


def _means(found: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {key: float(np.mean([one[key] for one in found])) for key in found[0]}


def restricted_to(methods: Methods, model: Model, catalogue: Catalogue) -> Methods:
    """Methods over a model's movies, as ones over the candidates; a derivation may count fewer likes."""
    n_movies = len(catalogue.movie_ids)
    place = positions_in(catalogue.movie_ids, model.movie_ids)
    in_model = np.full(n_movies, -1)
    in_model[place] = np.arange(len(place))

    def scores(users: UserProfiles) -> Iterable[tuple[str, NDArray[np.float64]]]:
        liked, rated = in_model[users.likes.movies.values], in_model[users.rated.values]
        likes = LikeHistories(users.likes.movies.kept(liked >= 0, liked), users.likes.ages[liked >= 0])
        known = UserProfiles(users.user_ids, likes, users.rated.kept(rated >= 0, rated))
        for name, found in methods(known):
            whole = np.full((len(users), n_movies), -np.inf)
            whole[:, place] = found
            yield name, whole

    return scores


def sizes_of(data: EvaluationData, n_seeds: int = 1) -> Sizes:
    """What the time and the memory of evaluating depend on."""
    liked = data.likes.movies.sizes
    return Sizes(
        ratings=len(data.likes.movies.values),
        users=int((liked > 0).sum()),
        asked=len(data.cases),
        movies=len(data.catalogue.movie_ids),
        likes=len(data.likes.movies.values),
        paths=int((liked**2).sum()),
        genres=data.catalogue.genres.shape[1],
        seeds=n_seeds,
    )


def suggest_a_sample(data: EvaluationData, n_seeds: int) -> None:
    """Log how long ranking for all users takes, and for a sample, where it takes long."""
    sizes = sizes_of(data, n_seeds)
    seconds = seconds_of_parts(sizes, left_out(sizes), slowness())
    ranking = sum(value for part, value in seconds.items() if part.startswith("rank"))
    if ranking > LONG and sizes.asked > SUGGESTED:
        _log.warning(
            "Ranking for %s users takes about %.0f minutes; with --users %d, a random sample of them, about %.0f.",
            f"{sizes.asked:,}",
            ranking / 60,
            SUGGESTED,
            ranking / 60 * SUGGESTED / sizes.asked,
        )


def _refuse_too_few(n_users: int, split: SplitSettings) -> None:
    if n_users < 2:
        enough = "" if split.strategy == "canonical" else f"{split.min_likes} likes or more of which "
        raise BadRequest(
            f"{n_users} users have {enough or 'likes of which '}something can be held out; an evaluation needs at "
            "least 2."
        )


def _in_words(split: SplitSettings) -> str:
    likes = f"likes (rating >= {split.min_rating})"
    users = f"users with {split.min_likes} or more"
    return {
        "newest": f"newest {split.fraction:.0%} of the {likes} of {users}",
        "last": f"the last of the {likes} of {users}",
        "last-two": f"the last of the {likes} of {users}, from all before it; learnt from all but the last two",
        "global-time": f"newest {split.fraction:.0%} of all {likes}",
        "random": f"random {split.fraction:.0%} of the {likes} of {users}, seed {split.seed}",
        "canonical": f"the ratings in {split.test_file}",
    }[split.strategy] + "; full ranking"
