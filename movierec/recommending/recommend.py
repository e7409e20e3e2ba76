"""Recommend: unseen movies for a user of the database, each with the likes that speak for it.

The list is made by one query file, `cypher/recommend/recommend_for_user.cypher`, which a person can
paste into Neo4j Browser for the same answer.
"""

from __future__ import annotations

from typing import Any

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.database.runs import require_live_run, unchanged
from movierec.errors import BadRequest, NotFound

__all__ = ["reason_in_words", "recommend_for_user"]


def recommend_for_user(database: Database, user_id: int, k: int = 10) -> list[dict[str, Any]]:
    """K movies the user has not rated: rank, movieId, title, year, genres, score, because, runId.

    `because` holds up to three liked movies: movieId, title, count (users who liked both), lift (how many
    times more than by chance) and share (of the score). Raises NotFound for an unknown user, BadRequest
    for one without likes, StageMissing before derive and train are done.
    """
    if k < 1:
        raise BadRequest(f"k is {k}; expected at least 1.")
    with unchanged(database, "derive") as derived, unchanged(database, "train"):
        run, min_rating = require_live_run(database), derived["minRating"]
        summaries = database.read(load_query("recommend/user_summary"), userId=user_id, minRating=min_rating)
        if not summaries:
            ids = database.read_one(load_query("recommend/user_id_range"))
            raise NotFound(f"No user {user_id}; expected an id from {ids['smallest']} to {ids['largest']}.")
        if not summaries[0]["likes"]:
            raise BadRequest(
                f"None of the {summaries[0]['ratings']} ratings of user {user_id} has {min_rating} stars or "
                "more: nothing to recommend from. Choose another user, or derive with a lower --min-rating."
            )
        rows = database.read(load_query("recommend/recommend_for_user"), userId=user_id, k=k)
    return [{"rank": rank, **row, "runId": run["runId"]} for rank, row in enumerate(rows, start=1)]


def reason_in_words(because: list[dict[str, Any]]) -> str:
    """The strongest piece of evidence as a sentence for people."""
    first = because[0]
    people = "1 person" if first["count"] == 1 else f"{first['count']} people"
    return f"you liked {first['title']}: {people} liked both, {first['lift']:.1f} x chance"
