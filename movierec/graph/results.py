"""What the stages of the graph return. In JSON the fields are spelled `loadId` and so on (`records`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from movierec.graph.settings import DeriveSettings
from movierec.ratings.detection import DetectedTable
from movierec.records import INLINED

__all__ = [
    "DerivePreview",
    "DeriveResult",
    "LikesAt",
    "LoadCheck",
    "LoadResult",
    "RatingStats",
    "RemovedLoad",
    "ResetResult",
    "SplitResult",
    "TableCounts",
    "UndoneSplit",
    "WeightBin",
]


@dataclass(frozen=True, kw_only=True)
class TableCounts:
    """The rows of one file."""

    read: int
    written: int
    """that were new or changed something"""
    unchanged: int
    """that were in the graph already"""
    rejected: int
    """that could not be loaded"""
    skipped: int = 0
    """of one person's export: those without a rating, and those of a movie that is not in the database"""


@dataclass(frozen=True, kw_only=True)
class LoadCheck:
    """What a load would read; nothing was written."""

    format: str
    read: int
    written: int
    """0, as nothing is written"""
    unchanged: int
    """0, as the graph is not read"""
    rejected: int
    skipped: int
    rejects_file: Path | None = None
    tables: dict[str, TableCounts]
    """by file"""
    detected: dict[str, DetectedTable]
    """what was understood of each file: columns, ids, scale, times, first rows"""
    seconds: float


@dataclass(frozen=True, kw_only=True)
class LoadResult:
    """What a load did, and what the graph holds now."""

    load_id: int
    """number of the load, for load --remove"""
    format: str
    read: int
    written: int
    unchanged: int
    rejected: int
    skipped: int
    rejects_file: Path | None = None
    duplicates: int
    """ratings of a user and movie that this load had already read a rating of"""
    users: int
    """in the graph now, as are movies and ratings"""
    movies: int
    ratings: int
    tables: dict[str, TableCounts]
    """by file"""
    detected: dict[str, DetectedTable]
    """what was understood of each file: columns, ids, scale, times, first rows"""
    seconds: float


@dataclass(frozen=True, kw_only=True)
class RemovedLoad:
    """What the removal of a load deleted."""

    removed: int
    """number of the load"""
    restored: int
    """ratings that are again what they were before the load"""
    ratings: int
    tags: int
    users: int
    relationships: int
    """of derivations, from and to the movies"""
    movies: int
    run_again: tuple[int, ...]
    """loads that may have shared rows with it, to be run again"""
    seconds: float


@dataclass(frozen=True, kw_only=True)
class ResetResult:
    """What a reset deleted."""

    users: int
    movies: int
    ratings: int
    """those that were held out, too"""
    runs: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class SplitResult:
    """What is held out, and what is left."""

    users: int
    """who have a held-out part"""
    held_out: int
    """ratings"""
    ratings: int
    """that are left for training"""


@dataclass(frozen=True, kw_only=True)
class UndoneSplit:
    """What came back from a split."""

    restored: int
    ratings: int


@dataclass(frozen=True, kw_only=True)
class DeriveResult:
    """A derivation: its settings, and the graph that it made."""

    run_id: str
    settings: DeriveSettings = field(metadata=INLINED)
    engine: str
    """where pairs were counted: cypher, inside the server, local or spark"""
    incremental: bool
    users: int
    """who like anything"""
    likes: int
    capped_users: int | None = None
    """users with more likes than max_user_likes; not counted incrementally"""
    changed_users: int | None = None
    """users whose ratings changed since the last derivation; counted incrementally"""
    changed_movies: int | None = None
    """movies whose likes changed since the last derivation; counted incrementally"""
    denominator_value: float
    """D of the measures"""
    reference_time: int
    """Unix seconds, the time at which a like counts in full with a half-life"""
    is_sequential: bool
    """whether FOLLOWED_BY was derived"""
    movies: int
    """with a CO_LIKED relationship"""
    edges: int
    """CO_LIKED relationships"""
    mean_degree: float
    """CO_LIKED relationships of a movie"""
    followed_by: int
    """FOLLOWED_BY relationships"""
    single_transaction: bool
    """whether everything was written in one transaction"""
    seconds: float


@dataclass(frozen=True, kw_only=True)
class WeightBin:
    """One bin of the histogram of weights."""

    from_: float
    to: float
    edges: int


@dataclass(frozen=True, kw_only=True)
class DerivePreview:
    """What a derivation would write. Nothing was written."""

    settings: DeriveSettings = field(metadata=INLINED)
    engine: str
    """where pairs were counted: cypher, inside the server, local or spark"""
    incremental: bool
    users: int
    likes: int
    capped_users: int | None = None
    changed_users: int | None = None
    changed_movies: int | None = None
    denominator_value: float
    reference_time: int
    is_sequential: bool
    followed_by: int
    movies: int
    edges: int
    mean_degree: float
    degrees: dict[str, int]
    """min, p25, median, p75, p95, max of the CO_LIKED relationships of a movie"""
    weights: tuple[WeightBin, ...]
    """histogram"""
    estimated_seconds: float
    estimated_heap_mb: float
    """maximum heap size that the server needs; transactions may use 70 % of it"""
    estimated_store_mb: float


@dataclass(frozen=True, kw_only=True)
class LikesAt:
    """How much a derivation with one min_rating would have to count."""

    min_rating: float
    likes: int
    users: int
    """with a like"""
    movies: int
    """with a like"""
    wedges: int
    """a user and two movies that the user likes"""


@dataclass(frozen=True, kw_only=True)
class RatingStats:
    """What is in the graph."""

    users: int
    movies: int
    ratings: int
    held_out: int
    density: float
    """ratings / (users * movies)"""
    first_at: int | None
    """Unix seconds of the first rating"""
    last_at: int | None
    """Unix seconds of the last rating"""
    rating_counts: dict[str, int]
    """ratings by stars"""
    ratings_per_user: dict[str, float]
    """mean and quantiles"""
    ratings_per_movie: dict[str, float]
    """mean and quantiles"""
    likes: tuple[LikesAt, ...]
    """by min_rating"""
    min_rating: float
    """for the pairs"""
    pairs: int | None
    """pairs of movies that at least one user likes both of; null if not counted"""
    sampled_users: int | None = None
    """users of whom times, counts by stars, likes, users and wedges are estimated; null if of all"""
