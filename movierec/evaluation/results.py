"""What evaluations return. In JSON fields are spelled `heldOut` and so on; metrics keep their names."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "CalibrationLevel",
    "Difference",
    "EvaluationEstimate",
    "EvaluationReport",
    "GenreProbe",
    "RatingEvaluationReport",
    "ScoreSettingsResult",
]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A method against another, paired by user."""

    ndcg: float
    """mean difference of NDCG@10"""
    standard_error: float
    interval: tuple[float, float]
    """95 % confidence interval, by bootstrap of the users"""
    ratio: float
    """of the mean NDCG@10"""
    ratio_interval: tuple[float, float]
    p_value: float
    """of a paired t-test, corrected for as many methods as are compared (Holm 1979)"""


@dataclass(frozen=True, kw_only=True)
class GenreProbe:
    """How well a classifier predicts the genres of movies from their vectors."""

    average_precision: float
    """mean over genres, 0 to 1"""
    by_chance: float
    """that of vectors without any information"""
    movies: int
    genres: int


@dataclass(frozen=True, kw_only=True)
class EvaluationReport:
    """How well movierec and other methods rank held-out likes."""

    protocol: str
    """what was held out, in words"""
    sequential: bool
    """whether the order of likes was used"""
    users: int
    """with held-out likes, who were asked"""
    sampled_from: int
    """users with held-out likes; as many as `users` unless these are a sample"""
    held_out: int
    """likes of these users"""
    train_likes: int
    seeds: tuple[int, ...]
    ndcg_by_seed: tuple[float, ...]
    """NDCG@10 of movierec for each seed"""
    methods: dict[str, dict[str, float]]
    """method: metric: mean over users and seeds"""
    intervals: dict[str, tuple[float, float]]
    """method: 95 % confidence interval of its mean NDCG@10, by bootstrap of the users"""
    left_out: dict[str, str]
    """method: why it was not evaluated"""
    against: str
    """the method that differences are against"""
    differences: dict[str, Difference]
    """by method"""
    strata: dict[str, dict[str, dict[str, float]]]
    """kind of group: group: users, and NDCG@10 by method"""
    similar: dict[str, dict[str, float]]
    """similarity: metric: value, of similar movies"""
    genre_probe: GenreProbe
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class EvaluationEstimate:
    """What an evaluation would take. Nothing was copied or written."""

    users: int
    """for whom lists would be made"""
    sampled_from: int
    """users with likes that can be held out"""
    movies: int
    likes: int
    left_out: dict[str, str]
    """method: why it would not be evaluated"""
    memory_mb: int
    """of this process at its most, besides training"""
    seconds: dict[str, float]
    """part: seconds, besides splitting, deriving and training, which have estimates of their own"""
    expected_seconds: float
    """of these parts together"""


@dataclass(frozen=True, kw_only=True)
class ScoreSettingsResult:
    """One choice of profile temperature and of the weights of scores, evaluated on an inner split."""

    profile_temperature: float
    graph_weight: float
    prediction_weight: float
    encoder_weight: float
    ndcg: float
    """NDCG@10"""
    coverage: float
    """fraction of the rated movies that are in any list of ten"""
    sequential: bool


@dataclass(frozen=True, kw_only=True)
class CalibrationLevel:
    """One rating level: how often it was given, and what was predicted."""

    stars: float
    given: int
    """held-out ratings of so many stars"""
    share: float
    """fraction of all held-out ratings"""
    predicted_share: float
    """mean predicted probability of so many stars"""
    mean_predicted: float
    """expected stars where so many were given"""
    rmse: float
    """where so many were given"""


@dataclass(frozen=True, kw_only=True)
class RatingEvaluationReport:
    """How far predicted ratings are from held-out ones."""

    protocol: str
    """what was held out, in words"""
    users: int
    """with held-out ratings"""
    movies: int
    """with held-out ratings"""
    ratings: int
    """trained on"""
    held_out: int
    seeds: tuple[int, ...]
    epochs: tuple[int, ...]
    """for each seed"""
    rmse_by_seed: tuple[float, ...]
    methods: dict[str, dict[str, float]]
    """method: rmse and mae, means over the seeds"""
    calibration: tuple[CalibrationLevel, ...]
    seconds: float = 0.0
