"""Settings of the star model. Nothing heavy is imported here."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from movierec.errors import BadRequest
from movierec.training.devices import DEVICES

__all__ = ["RatingModelSettings"]


@dataclass(frozen=True)
class RatingModelSettings:
    """One training. The defaults were chosen on a part of the training ratings of ML-100K's first fold."""

    embedding_size: int = 64  # of what a user or a movie sends, and of what is compared in the end
    bases: int = 3  # matrices that the levels' own are mixed from
    feature_size: int = 16  # of what genres, year, age, gender and occupation are drawn together to
    features: bool = True  # heed them
    message_dropout: float = 0.3  # share of users and movies that send nothing in a step
    dropout: float = 0.5  # share of what was received that is not passed on in a step
    learning_rate: float = 0.005  # of Adam
    averaging: float = (
        0.995  # the model is a running mean of the weights, in which this is left of it by each step
    )
    level_penalty: float = 2.0  # on the squares of each user's and movie's own leaning to a level
    batch: int = 16_384  # ratings that are predicted from the others in a step, at most a fifth of all
    fanout: int = 1_000  # ratings of a user or a movie to heed in a step, drawn anew each time; 0: all
    epochs: int = 0  # times that each rating is predicted; 0: as a part of the ratings, held out, finds best
    most_epochs: int = 200  # to choose from
    patience: int = 20  # epochs without a better one, after which the choice is made
    validation: float = 0.05  # share of the ratings that is held out for it
    device: str = "cpu"
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("embedding_size", "bases", "feature_size", "batch", "most_epochs", "patience"):
            if getattr(self, name) < 1:
                raise BadRequest(f"{name} is {getattr(self, name)}; expected at least 1.")
        for name in ("fanout", "epochs"):
            if getattr(self, name) < 0:
                raise BadRequest(f"{name} is {getattr(self, name)}; expected 0 or more.")
        for name in ("message_dropout", "dropout", "averaging"):
            if not 0 <= getattr(self, name) < 1:
                raise BadRequest(f"{name} is {getattr(self, name)}; expected 0 or more, less than 1.")
        if not 0 < self.learning_rate < float("inf"):
            raise BadRequest(f"learning_rate is {self.learning_rate}; expected a positive number.")
        if not 0 <= self.level_penalty < float("inf"):
            raise BadRequest(f"level_penalty is {self.level_penalty}; expected 0 or more.")
        if not 0 < self.validation <= 0.5:
            raise BadRequest(f"validation is {self.validation}; expected a share above 0, at most 0.5.")
        if self.device not in DEVICES:
            raise BadRequest(f"device is {self.device!r}; expected {' or '.join(DEVICES)}.")
        if not 0 <= self.seed < 2**32:
            raise BadRequest(f"seed is {self.seed}; expected 0 to 2**32 - 1.")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
