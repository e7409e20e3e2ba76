"""The protocol: hold out each user's newest likes, build the model from the rest, rank, measure.

    1. split   the newest 20 % of the likes of every user with five or more become HELD_OUT
    2. derive and train on what is left, with the settings under test
    3. rank    for every such user, all movies liked in training that the user has not rated there
    4. measure NDCG@10, recall@10 and @20, hit rate@10, coverage@10, and differences paired by user

No held-out rating is read before step 3. The ranking is full: no candidates are sampled.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.embedding.embeddings import Embeddings
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.errors import BadRequest
from movierec.evaluation.methods import AFFINITY, Candidates, co_liked, evidence, mean_cosine, popularity, top
from movierec.evaluation.metrics import hit_rate, ndcg, recall
from movierec.graph.derive import derive_co_liked
from movierec.graph.pull import pull_movie_graph
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.graph.split import split_ratings
from movierec.progress import Progress, silent

__all__ = ["evaluate_in", "measure", "measure_method", "pull_candidates"]

LONGEST = 20  # movies ranked for each user

METHODS = {
    "most_popular": popularity,
    "vectors": mean_cosine,
    "co_liked": co_liked,
    "movierec": evidence,
}
BASELINE = "most_popular"


def evaluate_in(
    database: Database,
    split: SplitSettings,
    derive: DeriveSettings,
    train: TrainSettings,
    checkpoints: Path,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Run the whole protocol in `database`, which is changed by it; returns the report.

    {"protocol", "users", "held_out", "train_likes", "seed", "methods": {name: {measure: value}},
    "against_most_popular": {name: {"ndcg@10": difference, "standard_error"}}}
    """
    if derive.min_rating < split.min_rating:
        raise BadRequest(
            f"derive takes ratings of {derive.min_rating} stars for likes, the split only those of "
            f"{split.min_rating}; expected the same or more."
        )
    held = split_ratings(database, split)
    if held["users"] < 2:
        raise BadRequest(
            f"{held['users']} users have {split.min_likes} likes or more; an evaluation needs at least 2."
        )
    derived = derive_co_liked(database, derive, progress)
    train_and_write(database, train, checkpoints, progress=progress)
    by_user = measure(database, split.min_rating)
    methods = {
        name: {column: float(table[column].mean()) for column in table.columns}
        | {"coverage@10": table.attrs["coverage@10"]}
        for name, table in by_user.items()
    }
    differences = {}
    for name, table in by_user.items():
        if name != BASELINE:
            difference = table["ndcg@10"] - by_user[BASELINE]["ndcg@10"]
            differences[name] = {
                "ndcg@10": float(difference.mean()),
                "standard_error": float(difference.std(ddof=1) / np.sqrt(len(difference))),
            }
    return {
        "protocol": (
            f"newest {split.fraction:.0%} of the likes (rating >= {split.min_rating}) of users with "
            f"{split.min_likes} or more; full ranking"
        ),
        "users": len(by_user[BASELINE]),
        "held_out": held["held_out"],
        "train_likes": derived["likes"],
        "seed": train.seed,
        "methods": methods,
        "against_most_popular": differences,
    }


def measure(database: Database, min_rating: float) -> dict[str, pd.DataFrame]:
    """For each method a table of measures, one row a user with held-out likes (indexed by userId).

    `attrs["coverage@10"]` of a table is the part of all rated movies that its lists of ten reach.
    """
    candidates = pull_candidates(database, min_rating)
    users = [row for row in database.read(load_query("evaluate/users"), minRating=min_rating) if row["heldOut"]]
    n_rated_movies = database.read_one(load_query("evaluate/rated_movies"))["movies"]
    return {name: measure_method(score, candidates, users, n_rated_movies) for name, score in METHODS.items()}


def pull_candidates(database: Database, min_rating: float, affinity: float = AFFINITY) -> Candidates:
    """Everything that the methods read, from a database in which derive and train are done.

    `min_rating`, stars of a like, must not be above the derive's: its movies must be among the candidates.
    """
    counts = pd.DataFrame(database.read(load_query("evaluate/like_counts"), minRating=min_rating))
    graph = pull_movie_graph(database)
    rows = database.read(load_query("embedding/read"))
    embeddings = Embeddings(
        np.array([row["movieId"] for row in rows], dtype=np.int64),
        np.array([row["embedding"] for row in rows], dtype=np.float32),
        (),
    )
    return Candidates.build(
        counts["movieId"].to_numpy(dtype=np.int64),
        counts["likeCount"].to_numpy(dtype=np.float64),
        graph,
        embeddings,
        affinity,
    )


def measure_method(
    score: Any, candidates: Candidates, users: list[dict[str, Any]], n_rated_movies: int
) -> pd.DataFrame:
    """The table of one method, as `measure` has it; `score` is a function of `methods`."""
    rows = []
    reached: set[int] = set()
    for user in users:
        liked = _positions(candidates, user["liked"])
        seen = _positions(candidates, user["seen"])
        # Whose likes were all held out, or are no candidates, gets no list: misses, all of them.
        ranked = top(score(candidates, liked, seen), seen, LONGEST) if len(liked) else liked
        hits = np.isin(candidates.movie_ids[ranked], user["heldOut"])
        n_held_out = len(user["heldOut"])
        reached.update(ranked[:10].tolist())
        rows.append(
            {
                "ndcg@10": ndcg(hits, n_held_out, 10),
                "recall@10": recall(hits, n_held_out, 10),
                "recall@20": recall(hits, n_held_out, 20),
                "hit_rate@10": hit_rate(hits, n_held_out, 10),
            }
        )
    table = pd.DataFrame(rows, index=[user["userId"] for user in users])
    table.attrs["coverage@10"] = len(reached) / n_rated_movies
    return table


def _positions(candidates: Candidates, movie_ids: list[int]) -> NDArray[np.int64]:
    """Candidate positions of those of `movie_ids` that are candidates."""
    ids = np.array(movie_ids, dtype=np.int64)
    places = np.searchsorted(candidates.movie_ids, ids)
    places[places == len(candidates.movie_ids)] = 0
    known: NDArray[np.int64] = places[candidates.movie_ids[places] == ids]
    return known
