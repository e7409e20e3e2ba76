"""Hashes that a change which means to change no result leaves as they are: ml-latest-small, defaults, seed 1.

    python -m benchmarks.fingerprints

Prints the hashes of the graph, the vectors and the profiles, of the lists for the first twenty users and of
movies like twenty movies, and the RMSE of the rating model after five epochs on the newest fifth of each user's
ratings. The hashes hold for one machine and one version of numpy and PyTorch: compare two commits in one
environment.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable

from benchmarks.common import MOVIELENS
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import train_and_write
from movierec.evaluation.rating_prediction import ALL_RATINGS, evaluate_rating_prediction
from movierec.evaluation.scratch import scratch_database
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.settings import DeriveSettings, SplitSettings
from movierec.lookup.filters import Filters
from movierec.rating_prediction.settings import RatingModelSettings
from movierec.recommendation.in_database import recommend
from movierec.recommendation.in_memory import Recommender
from movierec.recommendation.request import RecommendationRequest

USERS = range(1, 21)
MOVIES = (1, 2, 6, 10, 16, 32, 34, 39, 47, 50, 110, 150, 165, 260, 296, 318, 356, 480, 527, 593)


def main() -> None:
    with scratch_database(dict(os.environ)) as (database, home):
        load_ratings(database, MOVIELENS)
        for sequential in ("on", "off"):
            derive_co_liked(database, DeriveSettings())
            trained = train_and_write(database, TrainSettings(sequential=sequential), home.checkpoints)
            recommender = Recommender(database)
            print(f"sequential {sequential}")
            print(f"  graph            {trained.graph_fingerprint}")
            print(f"  vectors          {trained.vectors_sha256}")
            print(f"  profiles         {trained.profiles_sha256}")
            lists = [recommender.recommend(RecommendationRequest(user)) for user in USERS]
            rows = [
                (row.rank, row.movie_id, row.score, row.profile_score, row.graph_score)
                for one in lists
                for row in one
            ]
            print(f"  lists in memory  {_hash(rows)}")
            reasons = [(r.movie_id, r.count, r.lift, r.share) for one in lists for row in one for r in row.because]
            print(f"  their reasons    {_hash(reasons)}")
            in_server = [recommend(database, RecommendationRequest(user), 0) for user in USERS]
            # The server sums in any order, so the last digits are its own.
            print(f"  lists in server  {_hash([(row.rank, row.movie_id) for one in in_server for row in one])}")
            similar = [recommender.similar(movie, 10, Filters()) for movie in MOVIES]
            print(f"  similar          {_hash([(row.movie_id, row.score) for one in similar for row in one])}")
        report = evaluate_rating_prediction(
            database, SplitSettings(min_rating=ALL_RATINGS), RatingModelSettings(epochs=5)
        )
        print(f"rating model, RMSE {report.methods['movierec']['rmse']!r}")
        print(f"biases, RMSE       {report.methods['biases']['rmse']!r}")


def _hash(rows: Iterable[object]) -> str:
    return hashlib.sha256(repr(list(rows)).encode()).hexdigest()


if __name__ == "__main__":
    main()
