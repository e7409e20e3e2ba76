"""The protocol: hold out a part of the likes, build the model from the rest, rank, compute metrics.

    1. split   likes of every user with five or more become HELD_OUT: the newest 20 %, the last, a random 20 %, ...
    2. derive and train on what is left, with the settings under test, once for each seed
    3. rank    for every such user, all movies liked in training that the user has not rated there
    4. compute metrics of these lists and of the baselines' on the same likes, with differences paired by user

No held-out rating is read before step 3. The ranking is full: no candidates are sampled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from movierec.arrays import positions_in
from movierec.database.connection import Database
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.errors import BadRequest, MissingExtra
from movierec.evaluation.dataset import EvaluationData, pull_evaluation_data
from movierec.evaluation.methods import Method, UserProfile, co_liked, kernel, mean_cosine, movierec_scores
from movierec.evaluation.results import EvaluationReport, GenreProbe
from movierec.evaluation.tables import Catalogue, compare, evaluate_method, strata, strata_means
from movierec.graph.derive import derive_co_liked
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.graph.split import split_ratings
from movierec.progress import Progress, silent
from movierec.recommendation.model import Model, pull_model
from movierec.recommendation.scoring import LikeHistory

__all__ = [
    "REFERENCE",
    "Tables",
    "evaluate_baselines",
    "evaluate_in",
    "evaluate_model",
    "evaluate_similar",
    "mean_of_seeds",
    "probe_genres",
    "restricted_to",
]

REFERENCE = "ease"  # what differences are taken against
REFERENCE_WITHOUT_EASE = "item_knn"  # where there are too many movies for it

Tables = dict[str, pd.DataFrame]  # method -> metrics, a row a user
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
    by_user: Callable[[Tables], object] | None = None,
) -> EvaluationReport:
    """Run the whole protocol in `database`, which it changes; means over `n_seeds` seeds from `train.seed` on.

    `by_user` gets the tables of metrics by user. Raises StageMissing for a graph that was derived before the
    split, BadRequest for too few users.
    """
    if not all(map(find_spec, ("scipy", "implicit", "sklearn"))):
        raise MissingExtra("Evaluating", "evaluate")
    if derive.min_rating < split.min_rating:
        raise BadRequest(
            f"derive takes ratings of {derive.min_rating} stars for likes, the split only those of "
            f"{split.min_rating}; expected the same or more."
        )
    _refuse_too_few(split_ratings(database, split).users, split)
    derived = derive_co_liked(database, derive, progress)
    data = pull_evaluation_data(database, split.min_rating)
    _refuse_too_few(len(data.cases), split)  # a test file may hold out what nobody likes
    tables, of_lists = evaluate_baselines(data, train.seed, progress)
    runs, similar, probes = [], [], []
    for seed in range(train.seed, train.seed + n_seeds):
        trained = train_and_write(database, replace(train, seed=seed), checkpoints, progress=progress)
        model = pull_model(database)
        runs.append(evaluate_model(model, data))
        similar.append(evaluate_similar(model, data))
        probes.append(probe_genres(model, data))
    own_tables, own_lists = mean_of_seeds(runs)
    tables |= own_tables
    of_lists |= own_lists
    if by_user is not None:
        by_user(tables)
    reference = REFERENCE if REFERENCE in tables else REFERENCE_WITHOUT_EASE
    probe = _means(probes)
    return EvaluationReport(
        protocol=_in_words(split),
        sequential=trained.settings.sequential == "on",
        users=len(data.cases),
        held_out=sum(len(case.held_out) for case in data.cases),
        train_likes=derived.likes,
        seeds=tuple(range(train.seed, train.seed + n_seeds)),
        ndcg_by_seed=tuple(float(run[0]["movierec"]["ndcg@10"].mean()) for run in runs),
        methods={
            name: {metric: float(table[metric].mean()) for metric in table.columns} | of_lists[name]
            for name, table in tables.items()
        },
        against=reference,
        differences={
            name: compare(table, tables[reference]) for name, table in tables.items() if name != reference
        },
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


def evaluate_baselines(data: EvaluationData, seed: int, progress: Progress = silent) -> tuple[Tables, Metrics]:
    """The tables of the baselines, and the metrics of their lists; EASE only where it fits into memory."""
    import scipy.sparse as sp

    from movierec.evaluation.baselines import BASELINES, LARGEST_EASE

    n_movies = len(data.catalogue.movie_ids)
    likes = sp.csr_array(
        (np.ones(len(data.likes[0]), dtype=np.float64), data.likes), shape=(data.n_users, n_movies)
    )
    methods = {name: build for name, build in BASELINES.items() if name != "ease" or n_movies <= LARGEST_EASE}
    tables, of_lists = {}, {}
    with progress("baselines", len(methods), "methods") as advance:
        for name, build in methods.items():
            scores = build(likes, seed)
            tables[name], of_lists[name] = evaluate_method(
                lambda user, scores=scores: scores(user.likes.movies),  # type: ignore[misc]
                data.cases,
                data.catalogue,
            )
            advance(1, name)
    return tables, of_lists


def evaluate_model(model: Model, data: EvaluationData) -> tuple[Tables, Metrics]:
    """The tables of a model, whole and in its parts, and the metrics of their lists."""
    catalogue = data.catalogue
    candidates = data.candidates(model.movie_ids, model.unit)
    methods: dict[str, Method] = {
        "co_liked": co_liked(candidates),
        "vectors_cosine": mean_cosine(candidates),
        "vectors_kernel": kernel(candidates),
        "movierec": restricted_to(movierec_scores(model.scorer), model, catalogue),
    }
    if model.scorer.profiles is not None:
        methods["profile_vectors"] = restricted_to(
            movierec_scores(model.scorer, profile_only=True), model, catalogue
        )
    found = {name: evaluate_method(method, data.cases, catalogue) for name, method in methods.items()}
    return {name: one[0] for name, one in found.items()}, {name: one[1] for name, one in found.items()}


def evaluate_similar(model: Model, data: EvaluationData) -> Metrics:
    """How well a model finds similar movies, compared with item-kNN, the graph and its own vectors."""
    from movierec.evaluation.item_to_item import by_graph, by_item_knn, by_similar, by_vectors, evaluate_similarity

    candidates = data.candidates(model.movie_ids, model.unit)
    similarities = {
        "item_knn": by_item_knn(data),
        "co_liked": by_graph(candidates),
        "plain_cosine": by_vectors(candidates),
        "similar": by_similar(candidates),
    }
    return {name: evaluate_similarity(similarity, data) for name, similarity in similarities.items()}


def probe_genres(model: Model, data: EvaluationData) -> dict[str, float]:
    """How well a classifier predicts genres from the walk embeddings; all zeros where there are too few movies."""
    from movierec.evaluation.item_to_item import genre_probe

    return genre_probe(data.candidates(model.movie_ids, model.unit).unit, data.catalogue.genres)


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


def restricted_to(scores_of: Method, model: Model, catalogue: Catalogue) -> Method:
    """A method over a model's movies, as one over the candidates; a derivation may count fewer likes."""
    place = positions_in(catalogue.movie_ids, model.movie_ids)

    def method(user: UserProfile) -> NDArray[np.float64]:
        ids = catalogue.movie_ids[user.likes.movies]
        known = np.isin(ids, model.movie_ids)
        likes = LikeHistory(model.positions(ids), user.likes.ages[known])
        scores = np.full(len(catalogue.movie_ids), -np.inf)
        scores[place] = scores_of(UserProfile(user.user_id, likes, user.is_rated[place]))
        return scores

    return method


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
        "global-time": f"newest {split.fraction:.0%} of all {likes}",
        "random": f"random {split.fraction:.0%} of the {likes} of {users}, seed {split.seed}",
        "canonical": f"the ratings in {split.test_file}",
    }[split.strategy] + "; full ranking"
