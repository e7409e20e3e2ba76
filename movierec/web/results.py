"""What the API answers, and the pages show. In JSON the fields are spelled `movieId` and so on (`records`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from movierec.recommendation.results import Recommendation, SimilarMovie

__all__ = [
    "Explanation",
    "Link",
    "ModelPage",
    "MovieDetails",
    "MoviePage",
    "Problem",
    "Recommendations",
    "RunsPage",
    "StarCount",
    "Start",
    "Statement",
    "Title",
    "Titles",
    "YearOfRatings",
]


@dataclass(frozen=True, kw_only=True)
class Title:
    """A movie to choose."""

    movie_id: int | str
    title: str
    year: int | None
    like_count: int
    """users who like it"""


@dataclass(frozen=True, kw_only=True)
class Titles:
    """Movies whose titles are near what was typed, the most liked first."""

    q: str
    titles: tuple[Title, ...]


@dataclass(frozen=True, kw_only=True)
class Statement:
    """The query that gives this answer in Neo4j Browser."""

    cypher: str
    """one statement, with the parameters in their places, ready to be pasted"""
    parameters: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class MovieDetails:
    """What is known of a movie."""

    movie_id: int | str
    title: str
    year: int | None
    genres: tuple[str, ...]
    like_count: int | None
    """users who like it; null where the last derivation did not see it"""
    ratings: int
    """users who rated it"""
    mean_rating: float | None
    """stars"""
    imdb_id: int | None
    tmdb_id: int | None


@dataclass(frozen=True, kw_only=True)
class StarCount:
    """How many ratings of so many stars."""

    stars: float
    ratings: int


@dataclass(frozen=True, kw_only=True)
class YearOfRatings:
    """The ratings that were given in one year."""

    year: int | None
    """null where no time is known"""
    ratings: int
    mean_rating: float
    """stars"""


@dataclass(frozen=True, kw_only=True)
class Link:
    """CO_LIKED between two movies."""

    movie_id: int | str
    other_id: int | str
    count: int
    """users who like both"""
    weight: float


@dataclass(frozen=True, kw_only=True)
class MoviePage:
    """A movie, its ratings, and the movies most similar to it."""

    movie: MovieDetails
    by_stars: tuple[StarCount, ...]
    by_year: tuple[YearOfRatings, ...]
    similar: tuple[SimilarMovie, ...]
    """best first; empty where the movie can be compared with nothing"""
    links: tuple[Link, ...]
    """between these movies, strongest first"""
    without_similar: str | None
    """why `similar` is empty"""
    statement: Statement | None
    run_id: str
    """the training that answers"""


@dataclass(frozen=True, kw_only=True)
class Recommendations:
    """A list for a user, or for someone with these likes."""

    user_id: int | str | None
    likes: tuple[Title, ...]
    """in no order, before all others"""
    then: tuple[Title, ...]
    """liked one after the other, after all others, oldest first"""
    dislikes: tuple[Title, ...]
    history: tuple[Title, ...]
    """what the user has rated as a like, the newest first; at most ten"""
    sequential: bool
    """whether the order of likes was used: what comes next, not what fits at any time"""
    basis: str
    """"likes", or "popularity" for a user without likes"""
    rows: tuple[Recommendation, ...]
    """best first, with reasons"""
    offset: int
    """how many better ones are left out"""
    next: str | None
    """address of the following rows; null at the end"""
    statement: Statement | None
    run_id: str


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why a movie is recommended."""

    movie: MovieDetails
    user_id: int | str | None
    likes: tuple[Title, ...]
    then: tuple[Title, ...]
    dislikes: tuple[Title, ...]
    explained: Recommendation
    """its rank is that among all movies"""
    statement: Statement | None
    """draws the evidence in Neo4j Browser; null where no like is linked with the movie"""
    run_id: str


@dataclass(frozen=True, kw_only=True)
class ModelPage:
    """What is in the database, and the model that answers."""

    counts: dict[str, int]
    """users, movies, ratings and so on"""
    derive: dict[str, Any]
    """the Run of the last derivation"""
    train: dict[str, Any]
    """the Run of the live model: its settings and results"""
    evaluation: dict[str, Any] | None = None
    """the Run of the newest evaluation that was recorded: its protocol, and NDCG@10 of each method"""


@dataclass(frozen=True, kw_only=True)
class RunsPage:
    """Runs of all stages, the newest first."""

    runs: tuple[dict[str, Any], ...]
    offset: int
    next: str | None
    """address of the older ones; null at the end"""


@dataclass(frozen=True, kw_only=True)
class Start:
    """Where to begin."""

    counts: dict[str, int]
    most_liked: tuple[Title, ...]
    genres: tuple[str, ...]
    smallest_user: int | str | None
    largest_user: int | str | None


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What went wrong, as the command line says it."""

    code: str
    """the class of the error, such as NotFound"""
    message: str
    exit_code: int
    """of the command line, for the same error"""
    candidates: tuple[str, ...] = ()
    """what may have been meant"""
