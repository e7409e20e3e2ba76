"""What training and predicting ratings return. In JSON the fields are spelled `runId` and so on (`records`)."""

from __future__ import annotations

from dataclasses import dataclass, field

from movierec.rating_prediction.settings import RatingModelSettings
from movierec.records import INLINED

__all__ = ["PredictedRating", "RatingModelResult"]


@dataclass(frozen=True, kw_only=True)
class RatingModelResult:
    """A training of the rating model."""

    run_id: str
    settings: RatingModelSettings = field(metadata=INLINED)
    users: int
    movies: int
    ratings: int
    """trained on"""
    levels: int
    """different ratings that occur"""
    graph_fingerprint: str
    trained_epochs: int
    loss: float
    """mean cross entropy of a rating in the last epoch; nats"""
    validation_rmse: float | None = None
    """on the ratings that chose the epochs; null where they were given"""
    model_sha256: str
    vectors_written: bool
    """whether users and movies have the vectors, as ratingEmbedding"""
    seconds: float


@dataclass(frozen=True, kw_only=True)
class PredictedRating:
    """What a user is predicted to rate a movie."""

    rank: int
    """place in the list, from 1"""
    movie_id: int | str
    title: str
    year: int | None
    genres: tuple[str, ...]
    predicted_rating: float
    """expected stars"""
    like_probability: float
    """of 4 stars or more, 0 to 1"""
    rating: float | None
    """stars that the user gave it; null if not rated"""
    run_id: str
    """the training that answers"""
