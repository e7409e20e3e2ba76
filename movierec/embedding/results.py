"""What training returns. In JSON the fields are spelled `runId` and so on (`records`)."""

from __future__ import annotations

from dataclasses import dataclass, field

from movierec.embedding.settings import TrainSettings
from movierec.records import INLINED

__all__ = ["TrainResult", "TrainingEstimate"]


@dataclass(frozen=True, kw_only=True)
class TrainResult:
    """A training: its settings, and the vectors that it made live."""

    run_id: str
    settings: TrainSettings = field(metadata=INLINED)
    movies: int
    """with a vector"""
    edges: int
    """of the graph that was walked"""
    processes: int = 1
    """that trained together"""
    walks_per_epoch: int
    losses: tuple[float, ...]
    """mean skip-gram loss of a pair, by epoch; nats"""
    validation_losses: tuple[float, ...] = ()
    """mean loss of a validation edge, by epoch; empty without early stopping"""
    vectors_sha256: str
    """equal for equal movies and equal bytes of vectors"""
    graph_fingerprint: str
    profile_losses: tuple[float, ...] = ()
    """mean loss of a user in the first and the last epoch of training the profiles"""
    profiles_sha256: str | None = None
    profile_movies: int | None = None
    """with profile vectors"""
    genre_dimensions: int = 0
    """numbers of a profile vector that stand for genres"""
    predictions: int | None = None
    """PREDICTS relationships; none without predictions"""
    predictions_sha256: str | None = None
    encoder: str | None = None
    """kind of the user encoder: gru if sequential, else ials; none without one"""
    encoder_losses: tuple[float, ...] = ()
    """mean loss of a like that the GRU predicts, in the first and the last epoch; nats"""
    encoder_sha256: str | None = None
    encoder_movies: int | None = None
    """with a vector of the encoder"""
    unordered_profile_losses: tuple[float, ...] = ()
    """likewise, and below, of what a sequential training made for answers without the order of likes"""
    unordered_profiles_sha256: str | None = None
    unordered_profile_movies: int | None = None
    unordered_predictions: int | None = None
    unordered_predictions_sha256: str | None = None
    unordered_encoder: str | None = None
    unordered_encoder_sha256: str | None = None
    unordered_encoder_movies: int | None = None
    indexed_movies: int | None = None
    """of these, found by the index movie_logit; none where movies are few"""
    recently_liked_movies: int | None = None
    """with a like in the last year of ratings, stored on them; none where ratings are few"""
    single_transaction: bool = True
    """whether all vectors were replaced in one transaction; else in batches, between which nothing answered"""
    pull_seconds: float
    train_seconds: float
    profile_seconds: float
    prediction_seconds: float = 0.0
    encoder_seconds: float = 0.0
    write_seconds: float
    seconds: float


@dataclass(frozen=True, kw_only=True)
class TrainingEstimate:
    """What a training would cost. Nothing was written."""

    movies: int
    edges: int
    walks: int
    """in all epochs, as are steps and pairs"""
    steps: int
    pairs: int
    pairs_per_second: int
    profile_candidates: str | None = None
    """movies in the softmax of the profile vectors: all, or batch; null without profile vectors"""
    profile_epochs: int = 0
    profile_steps: int = 0
    """in all epochs"""
    memory_mb: int
    """of this process at its most"""
    profile_seconds: float = 0.0
    """expected, of training the profile vectors"""
    encoder_epochs: int = 0
    """of the GRU, or iterations of iALS"""
    encoder_seconds: float = 0.0
    """expected, of training the user encoder"""
    expected_seconds: float
    """of all the training: walks, embeddings, profile vectors and user encoder"""
    pull_seconds: float
