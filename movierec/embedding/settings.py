"""Settings of walking and training, and the named presets. Nothing heavy is imported here."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from movierec.errors import BadRequest

__all__ = ["PRESETS", "TrainSettings"]


@dataclass(frozen=True)
class TrainSettings:
    """One training."""

    walks_per_movie: int = 10  # every epoch walks anew this often from each movie
    walk_length: int = 40  # movies in a walk, the first included
    redraw: bool = True  # other walks and negatives in every epoch; False: the first epoch's again and again
    p: float = 1.0  # return parameter: a step back to the last movie has bias 1/p
    q: float = 1.0  # in-out parameter: a step to a movie not next to the last one has bias 1/q
    embedding_size: int = 64
    shared_table: bool = False  # one vector a movie, as centre and as context, instead of two
    window: int = 2  # contexts on each side of a centre
    negatives: int = 5  # for each true context
    negative_exponent: float = 0.75  # negatives are drawn from walk frequency ** this; 0 is uniform
    epochs: int = 3
    learning_rate: float = 0.3  # of row-wise AdaGrad
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("walks_per_movie", "embedding_size", "window", "negatives", "epochs"):
            if getattr(self, name) < 1:
                raise BadRequest(f"{name} is {getattr(self, name)}; expected at least 1.")
        if self.walk_length < 2:
            raise BadRequest(f"walk_length is {self.walk_length}; expected at least 2, one step.")
        for name in ("p", "q", "learning_rate"):
            if not 0 < getattr(self, name) < float("inf"):
                raise BadRequest(f"{name} is {getattr(self, name)}; expected a positive number.")
        if not 0 <= self.negative_exponent <= 1:
            raise BadRequest(f"negative_exponent is {self.negative_exponent}; expected 0 to 1.")
        if not 0 <= self.seed < 2**32:
            raise BadRequest(f"seed is {self.seed}; expected 0 to 2**32 - 1.")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_preset(cls, preset: str, **changes: Any) -> TrainSettings:
        """The preset's settings, with every change that is not None applied."""
        if preset not in PRESETS:
            raise BadRequest(f"No preset {preset!r}; expected one of {', '.join(PRESETS)}.")
        known = {field.name for field in fields(cls)}
        given = {name: value for name, value in changes.items() if value is not None and name in known}
        return cls(**(PRESETS[preset] | given))


_KERAS = {
    "walks_per_movie": 5,
    "walk_length": 10,
    "embedding_size": 50,
    "window": 10,
    "negatives": 4,
    "negative_exponent": 0.0,
    "epochs": 10,
    "learning_rate": 0.2,
    "redraw": False,
    "shared_table": True,
}

PRESETS: dict[str, dict[str, Any]] = {
    "default": {},
    # The walk and training settings of the Keras example "node2vec" (Salama 2021).
    "keras": _KERAS,
    # The same graph walked with a bias: p and q of the case study.
    "case-study": _KERAS | {"p": 2.0, "q": 1.5},
    "co-count": {},
}
