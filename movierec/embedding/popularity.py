"""What was liked lately, for users who like nothing yet: counted with a training where ratings are many.

To count the likes of the last year reads every rating. Where there are few, that is done for every such answer, so
it is up to date; where there are many, once, and stored on the movies as recentLikeCount with the vectors.
"""

from __future__ import annotations

from movierec.database.connection import Database, Row, Write
from movierec.database.query_files import load_query

__all__ = ["COUNTED_FROM", "POPULAR_DAYS", "count_recent_likes", "write_recent_likes"]

POPULAR_DAYS = 365.0  # before the newest rating
COUNTED_FROM = 1_000_000  # ratings
BATCH_ROWS = 10_000


def count_recent_likes(
    database: Database, min_rating: float, counted_from: int = COUNTED_FROM
) -> list[Row] | None:
    """{"movieId", "likes"} of each movie liked in the last year of ratings; None below `counted_from` ratings."""
    if database.read_one(load_query("embedding/count_ratings"))["ratings"] < counted_from:
        return None
    return database.read(load_query("embedding/recent_likes"), minRating=min_rating, days=POPULAR_DAYS)


def write_recent_likes(write: Write, counts: list[Row]) -> None:
    """Store what was counted; what was stored before must have been removed (embedding/clear)."""
    for start in range(0, len(counts), BATCH_ROWS):
        rows = counts[start : start + BATCH_ROWS]
        write(
            load_query("embedding/write_recent_likes"),
            movieIds=[row["movieId"] for row in rows],
            likes=[row["likes"] for row in rows],
        )
