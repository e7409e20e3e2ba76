"""What users have rated and like, read from the ratings at the moment, so that new ones count at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.ids import Id
from movierec.lookup.users import no_such_user
from movierec.recommendation.request import RecommendationRequest

__all__ = ["History", "read_histories", "read_history"]


@dataclass(frozen=True)
class History:
    """What a user has rated and likes: movieIds, likes newest first with their timestamps (Unix seconds)."""

    rated: list[Id]
    liked: list[Id]
    timestamps: list[int]

    def with_named(self, request: RecommendationRequest) -> History:
        """With the likes that a request names: those before all others, none older than another, those after
        them, newest first. A movie that the user likes anyway keeps its time."""
        older = [movie_id for movie_id in request.likes if movie_id not in self.liked]
        named = zip(request.named, request.named_times, strict=True)
        newer = [(one, time) for one, time in named if time and one not in self.liked][::-1]
        return History(
            [*self.rated, *older, *(one for one, _ in newer)],
            [*(one for one, _ in newer), *self.liked, *older],
            [*(time for _, time in newer), *self.timestamps, *[0] * len(older)],
        )


def read_history(database: Database, request: RecommendationRequest, min_rating: float) -> History:
    """What the user of a request has rated, and the likes named besides. Raises NotFound for an unknown user."""
    if request.user_id is None:
        return History([], [], []).with_named(request)
    return read_histories(database, [request.user_id], min_rating)[request.user_id].with_named(request)


def read_histories(database: Database, user_ids: Sequence[Id], min_rating: float) -> dict[Id, History]:
    """What some users have rated and like. Raises NotFound where one is unknown."""
    rows = database.read(load_query("recommend/history"), userIds=list(user_ids), minRating=min_rating)
    found = {row["userId"]: History(row["rated"], row["liked"], row["timestamps"]) for row in rows}
    for user_id in user_ids:
        if user_id not in found:
            raise no_such_user(database, user_id)
    return found
