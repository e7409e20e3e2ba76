"""What the answers hold. In JSON the fields are spelled `movieId` and so on (`records`)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Reason", "Recommendation", "SimilarMovie", "WrittenLists"]


@dataclass(frozen=True, kw_only=True)
class Reason:
    """A liked movie that contributes to a recommendation and has CO_LIKED to the recommended movie."""

    movie_id: int | str
    title: str
    count: int
    """users who like both movies"""
    lift: float
    """count divided by how many users would like both if the two likes were independent"""
    share: float
    """fraction of the score that is due to this like, 0 to 1; those shown need not add up to 1"""
    followed: float | None = None
    """weight of FOLLOWED_BY: how many of these liked this movie soon after; null unless the order was used"""


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """One row of a list for a user."""

    rank: int
    """place in the list, from 1; of an explained movie, in the list of all movies"""
    movie_id: int | str
    title: str
    year: int | None
    genres: tuple[str, ...]
    like_count: int | None
    """users who like the movie, as the last derivation counted them; null if the movie is newer"""
    score: float
    """(profile + graph + prediction + encoder score) * (like count / largest) ** popularity; diversity re-ranks"""
    profile_score: float
    """how well the movie fits the user's profile: 1 for the best that the user has not rated, down to 0"""
    graph_score: float
    """the movie's relationships with the user's likes: 0 for none; the graph weight for the strongest not rated"""
    prediction_score: float = 0.0
    """how much the user's likes predict the movie: 0 for not at all; the prediction weight for the most"""
    encoder_score: float = 0.0
    """how well the movie fits the encoded user: the encoder weight for the best not rated, down to 0"""
    because: tuple[Reason, ...] = ()
    """likes that contribute to the score and have CO_LIKED to the movie, best reason first; may be empty"""
    sequential: bool = False
    """whether the order of the user's likes was used"""
    basis: str = "likes"
    """"likes", or "popularity" for a user without likes: score is then likes in the last year of ratings"""
    run_id: str = ""
    """the training that answers"""

    @property
    def scores(self) -> tuple[float, float, float, float]:
        """What the score is the sum of, before popularity."""
        return self.profile_score, self.graph_score, self.prediction_score, self.encoder_score


@dataclass(frozen=True, kw_only=True)
class SimilarMovie:
    """One row of a list of similar movies."""

    rank: int
    """place in the list, from 1"""
    movie_id: int | str
    title: str
    year: int | None
    genres: tuple[str, ...]
    like_count: int | None
    """users who like the movie, as the last derivation counted them; null if the movie is newer"""
    score: float
    """cosine + sqrt(weight of CO_LIKED / the query movie's largest); movies with fewer than 5 likes come last"""
    cosine: float
    """cosine of the two movies' vectors, -1 to 1"""
    count: int | None = None
    """users who like both movies; null without a CO_LIKED relationship"""
    estimated_from: str | None = None
    """"neighbours" or "genres" where the query movie has no vector and a mean of theirs is used; else null"""
    query_movie_id: int | str
    """the movie that was asked for"""
    run_id: str = ""
    """the training that answers"""


@dataclass(frozen=True, kw_only=True)
class WrittenLists:
    """Lists of recommendations that were written to a file."""

    path: Path
    users: int
    rows: int
    """of all lists together"""
    seconds: float
