"""What the answers hold. In JSON the fields are spelled `movieId` and so on (`records`)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Reason", "Recommendation", "SimilarMovie"]


@dataclass(frozen=True, kw_only=True)
class Reason:
    """A liked movie that contributes to a recommendation and is linked with it by CO_LIKED."""

    movie_id: int
    title: str
    count: int
    """users who like both movies"""
    lift: float
    """how many times more users like both than by chance"""
    share: float
    """fraction of the recommended movie's score that this like contributes, 0 to 1"""


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """One row of a list for a user."""

    rank: int
    """place in the list, from 1"""
    movie_id: int
    title: str
    year: int | None
    genres: tuple[str, ...]
    like_count: int | None
    """users who like the movie"""
    score: float
    """what the list is ranked by: (profile score + graph score) * (like count / the largest) ** popularity"""
    profile_score: float
    """how well the movie fits the vectors of what the user likes: above 0, at most 1 for what is not rated"""
    graph_score: float
    """how strongly the movie is linked with what the user likes: 0 to the graph weight of the training"""
    because: tuple[Reason, ...] = ()
    """the likes that contribute most to the score"""
    sequential: bool = False
    """whether the order of the user's likes was used"""
    basis: str = "likes"
    """"likes", or "popularity" for a user who likes nothing yet: the score is then the number of recent likes"""
    run_id: str = ""
    """the training that answers"""


@dataclass(frozen=True, kw_only=True)
class SimilarMovie:
    """One row of a list of movies like a movie."""

    rank: int
    """place in the list, from 1"""
    movie_id: int
    title: str
    year: int | None
    genres: tuple[str, ...]
    like_count: int | None
    """users who like the movie"""
    score: float
    """what the list is ranked by: cosine + sqrt(weight of CO_LIKED / the query movie's largest)"""
    cosine: float
    """cosine of the two movies' vectors, -1 to 1"""
    count: int | None = None
    """users who like both movies; null without a CO_LIKED relationship"""
    estimated_from: str | None = None
    """"neighbours" or "genres" where the query movie has no vector and a mean of theirs is used; else null"""
    run_id: str = ""
    """the training that answers"""
