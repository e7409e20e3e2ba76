"""The protocol: hold out a part of the likes, build the model from the rest, rank, measure.

    1. split   likes of every user with five or more become HELD_OUT: the newest 20 %, the last, a random 20 %, ...
    2. derive and train on what is left, with the settings under test, once for each seed
    3. rank    for every such user, all movies liked in training that the user has not rated there
    4. measure, beside the baselines on the same likes, with differences paired by user

No held-out rating is read before step 3. The ranking is full: no candidates are sampled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from movierec.database.connection import Database, Row
from movierec.database.query_files import load_query
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.errors import BadRequest, MissingExtra, StageMissing
from movierec.evaluation.measuring import Catalogue, Question, compare, measure_method, strata, strata_means
from movierec.evaluation.methods import Candidates, Method, Person, co_liked, kernel, mean_cosine, ours
from movierec.graph.arrays import Rows, positions_in
from movierec.graph.derive import derive_co_liked
from movierec.graph.pull import pull_edges
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.graph.split import split_ratings
from movierec.progress import Progress, silent
from movierec.recommending.model import Model, pull_model
from movierec.recommending.scoring import Liked, likes_ago

__all__ = [
    "REFERENCE",
    "Exam",
    "among",
    "evaluate_in",
    "mean_of_seeds",
    "measure_baselines",
    "measure_model",
    "pull_exam",
]

REFERENCE = "ease"  # what differences are taken against
TOO_MANY_FOR_EASE = "item_knn"  # against this where there are too many movies for it

Tables = dict[str, pd.DataFrame]  # method -> measures, a row a user
ListMeasures = dict[str, dict[str, float]]  # method -> measures of all its lists together


@dataclass(frozen=True)
class Exam:
    """Everything to be answered, and what the baselines learn from; the same for every model of one split.

    likes  pairs of positions (users, candidates), of every user, for the baselines
    """

    questions: list[Question]
    catalogue: Catalogue
    likes: tuple[NDArray[np.int64], NDArray[np.int64]]
    n_users: int
    co_liked: Rows


def evaluate_in(
    database: Database,
    split: SplitSettings,
    derive: DeriveSettings,
    train: TrainSettings,
    checkpoints: Path,
    progress: Progress = silent,
    n_seeds: int = 1,
    by_user: Callable[[Tables], object] | None = None,
) -> dict[str, Any]:
    """Run the whole protocol in `database`, which is changed by it; returns the report.

    {"protocol", "order", "users", "held_out", "train_likes", "seeds", "methods": {name: {measure: value}},
    "against": name, "differences": {name: {"ndcg@10", "standard_error", "interval", "ratio", "ratio_interval"}},
    "strata": {kind: {group: {"users", method: ndcg@10}}}}. Means over the seeds `train.seed` and following.

    `by_user` gets the tables of measures by user. Raises StageMissing for a graph that was derived before the
    split.
    """
    if not all(map(find_spec, ("scipy", "implicit"))):
        raise MissingExtra("Evaluating", "evaluate")
    if derive.min_rating < split.min_rating:
        raise BadRequest(
            f"derive takes ratings of {derive.min_rating} stars for likes, the split only those of "
            f"{split.min_rating}; expected the same or more."
        )
    held = split_ratings(database, split)
    if held["users"] < 2:
        raise BadRequest(
            f"{held['users']} users have {split.min_likes} likes or more of which something can be held out; "
            "an evaluation needs at least 2."
        )
    derived = derive_co_liked(database, derive, progress)
    exam = pull_exam(database, split.min_rating)
    tables, of_lists = measure_baselines(exam, train.seed, progress)
    runs = []
    for seed in range(train.seed, train.seed + n_seeds):
        trained = train_and_write(database, replace(train, seed=seed), checkpoints, progress=progress)
        runs.append(measure_model(database, exam))
    own_tables, own_lists = mean_of_seeds(runs)
    tables |= own_tables
    of_lists |= own_lists
    if by_user is not None:
        by_user(tables)
    reference = REFERENCE if REFERENCE in tables else TOO_MANY_FOR_EASE
    main = [float(run[0]["movierec"]["ndcg@10"].mean()) for run in runs]
    return {
        "protocol": _in_words(split),
        "order": trained["order"],
        "users": len(exam.questions),
        "held_out": held["held_out"],
        "train_likes": derived["likes"],
        "seeds": list(range(train.seed, train.seed + n_seeds)),
        "movierec_by_seed": main,
        "methods": {
            name: {measure: float(table[measure].mean()) for measure in table.columns} | of_lists[name]
            for name, table in tables.items()
        },
        "against": reference,
        "differences": {
            name: compare(table, tables[reference]) for name, table in tables.items() if name != reference
        },
        "strata": strata_means(
            {name: tables[name] for name in ("most_popular", reference, "movierec")},
            strata(exam.questions, exam.catalogue),
        ),
    }


def pull_exam(database: Database, min_rating: float) -> Exam:
    """The held-out likes and all that is ranked, from a database that was derived after it was split.

    Raises StageMissing where the graph is of before the split: it would know what it is asked for.
    """
    _refuse_graph_of_before(database)
    counts = database.read(load_query("evaluate/like_counts"), minRating=min_rating)
    movie_ids = np.array([row["movieId"] for row in counts], dtype=np.int64)
    like_counts = np.array([row["likeCount"] for row in counts], dtype=np.float64)
    described = {row["movieId"]: row["genres"] or [] for row in database.read(load_query("pull/movies"))}
    names = sorted({genre for genres in described.values() for genre in genres})
    genres = np.array([[name in described[movie] for name in names] for movie in movie_ids.tolist()], dtype=bool)
    users = database.read(load_query("evaluate/users"), minRating=min_rating)
    n_rated = database.read_one(load_query("evaluate/rated_movies"))["movies"]
    catalogue = Catalogue(
        movie_ids,
        like_counts,
        genres.reshape(len(movie_ids), len(names)),
        n_rated,
        sum(bool(u["liked"]) for u in users),
    )
    liked = [positions_in(movie_ids, user["liked"]) for user in users]
    pairs = (
        np.repeat(np.arange(len(users)), [len(one) for one in liked]),
        np.concatenate([np.empty(0, np.int64), *liked]),
    )
    sources, targets, weights = pull_edges(database, "CO_LIKED")
    heads, tails = positions_in(movie_ids, sources), positions_in(movie_ids, targets)
    return Exam(
        [_question(user, movie_ids) for user in users if user["heldOut"]],
        catalogue,
        pairs,
        len(users),
        Rows.both_ways(len(movie_ids), heads, tails, weights),
    )


def measure_baselines(exam: Exam, seed: int, progress: Progress = silent) -> tuple[Tables, ListMeasures]:
    """The tables of the baselines, and the measures of their lists; EASE only where it fits into memory."""
    import scipy.sparse as sp

    from movierec.evaluation.baselines import BASELINES, LARGEST_EASE

    n_movies = len(exam.catalogue.movie_ids)
    likes = sp.csr_array(
        (np.ones(len(exam.likes[0]), dtype=np.float64), exam.likes), shape=(exam.n_users, n_movies)
    )
    methods = {name: build for name, build in BASELINES.items() if name != "ease" or n_movies <= LARGEST_EASE}
    tables, of_lists = {}, {}
    with progress("baselines", len(methods), "methods") as advance:
        for name, build in methods.items():
            scores = build(likes, seed)
            tables[name], of_lists[name] = measure_method(
                lambda person, scores=scores: scores(person.liked.movies),  # type: ignore[misc]
                exam.questions,
                exam.catalogue,
            )
            advance(1, name)
    return tables, of_lists


def measure_model(database: Database, exam: Exam) -> tuple[Tables, ListMeasures]:
    """The tables of what is live in the database, whole and in its parts, and the measures of their lists."""
    model = pull_model(database)
    catalogue = exam.catalogue
    place = positions_in(catalogue.movie_ids, model.movie_ids)
    unit = np.zeros((len(catalogue.movie_ids), model.unit.shape[1]), dtype=np.float32)
    unit[place] = model.unit
    candidates = Candidates(catalogue.movie_ids, catalogue.like_counts, exam.co_liked, unit)
    methods: dict[str, Method] = {
        "co_liked": co_liked(candidates),
        "vectors_cosine": mean_cosine(candidates),
        "vectors_kernel": kernel(candidates),
        "movierec": among(ours(model.scorer), model, catalogue),
    }
    if model.scorer.profiles is not None:
        methods["tuned_vectors"] = among(ours(model.scorer, taste_only=True), model, catalogue)
    found = {name: measure_method(method, exam.questions, catalogue) for name, method in methods.items()}
    return {name: one[0] for name, one in found.items()}, {name: one[1] for name, one in found.items()}


def mean_of_seeds(runs: Sequence[tuple[Tables, ListMeasures]]) -> tuple[Tables, ListMeasures]:
    """What `measure_model` gave for each seed, as one: a user's measure is the mean of the seeds'."""
    first_tables, first_lists = runs[0]
    tables = {
        name: sum((other[name] for other, _ in runs[1:]), start=first_tables[name]) / len(runs)
        for name in first_tables
    }
    of_lists = {
        name: {key: float(np.mean([lists[name][key] for _, lists in runs])) for key in first_lists[name]}
        for name in first_lists
    }
    return tables, of_lists


def among(scores_of: Method, model: Model, catalogue: Catalogue) -> Method:
    """A method over a model's movies as one over the candidates; a derive may count fewer likes than the split."""
    place = positions_in(catalogue.movie_ids, model.movie_ids)

    def method(person: Person) -> NDArray[np.float64]:
        ids = catalogue.movie_ids[person.liked.movies]
        known = np.isin(ids, model.movie_ids)
        liked = Liked(model.positions(ids), person.liked.ago[known])
        scores = np.full(len(catalogue.movie_ids), -np.inf)
        scores[place] = scores_of(Person(person.user_id, liked, person.is_rated[place]))
        return scores

    return method


def _question(user: Row, movie_ids: NDArray[np.int64]) -> Question:
    is_rated = np.zeros(len(movie_ids), dtype=bool)
    is_rated[positions_in(movie_ids, user["seen"])] = True
    ago = likes_ago(np.array(user["times"], dtype=np.int64))
    gap = user["heldOutTimes"][0] - user["times"][0] if user["times"] and user["heldOutTimes"][0] else -1
    person = Person(user["userId"], Liked(positions_in(movie_ids, user["liked"]), ago), is_rated)
    return Question(person, np.array(user["heldOut"], dtype=np.int64), None if gap < 0 else gap)


def _refuse_graph_of_before(database: Database) -> None:
    if database.read_one(load_query("evaluate/split_and_derive"))["isOlder"]:
        raise StageMissing(
            "The graph was derived before the ratings were split, so it knows what was held out. "
            'Run "movierec derive" and "movierec train" again.'
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
