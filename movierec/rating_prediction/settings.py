"""Settings of the rating model."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from movierec.errors import BadRequest
from movierec.training.devices import DEVICES

__all__ = ["RatingModelSettings"]


@dataclass(frozen=True, kw_only=True)
class RatingModelSettings:
    """Settings of one training. The defaults were chosen on training ratings of ML-100K's first fold."""

    embedding_size: int = 64  # dimensions of the vectors of users and movies, and of their messages
    bases: int = 3  # basis matrices that the matrices of the rating levels combine
    feature_size: int = 16  # dimensions of the hidden layer for genres, year, age, gender and occupation
    features: bool = True  # use them
    node_dropout: float = 0.3  # fraction of users and movies that send no messages in a step
    dropout: float = 0.5  # rate on aggregated messages
    learning_rate: float = 0.005  # of Adam
    ema_decay: float = 0.995  # of the exponential moving average of weights, which is the model
    bias_regularization: float = 2.0  # L2 penalty on the per-user and per-movie biases of the rating levels
    batch_size: int = 16_384  # ratings predicted in a step from the others, at most a fifth of all
    max_neighbours: int = 1_000  # neighbours sampled per node and step; 0: all
    epochs: int = 0  # 0: the number that is best on a validation split of the ratings
    max_epochs: int = 200  # upper bound when epochs are chosen by validation
    patience: int = 20  # epochs without improvement before the choice is made
    validation_fraction: float = 0.05  # of the ratings; held out to choose the epochs
    device: str = "cpu"
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("embedding_size", "bases", "feature_size", "batch_size", "max_epochs", "patience"):
            if getattr(self, name) < 1:
                raise BadRequest(f"{name} is {getattr(self, name)}; expected at least 1.")
        for name in ("max_neighbours", "epochs"):
            if getattr(self, name) < 0:
                raise BadRequest(f"{name} is {getattr(self, name)}; expected 0 or more.")
        for name in ("node_dropout", "dropout", "ema_decay"):
            if not 0 <= getattr(self, name) < 1:
                raise BadRequest(f"{name} is {getattr(self, name)}; expected 0 or more, less than 1.")
        if not 0 < self.learning_rate < float("inf"):
            raise BadRequest(f"learning_rate is {self.learning_rate}; expected a positive number.")
        if not 0 <= self.bias_regularization < float("inf"):
            raise BadRequest(f"bias_regularization is {self.bias_regularization}; expected 0 or more.")
        if not 0 < self.validation_fraction <= 0.5:
            raise BadRequest(
                f"validation_fraction is {self.validation_fraction}; expected more than 0, at most 0.5."
            )
        if self.device not in DEVICES:
            raise BadRequest(f"device is {self.device!r}; expected {' or '.join(DEVICES)}.")
        if not 0 <= self.seed < 2**32:
            raise BadRequest(f"seed is {self.seed}; expected 0 to 2**32 - 1.")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
