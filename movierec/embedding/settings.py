"""Settings of walking and training, and the named presets. Nothing heavy is imported here."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from movierec.errors import BadRequest
from movierec.graph.settings import ORDERS
from movierec.training.devices import DEVICES

__all__ = ["BY_ORDER", "PRESETS", "WALK_GRAPHS", "TrainSettings"]

# Chosen on inner parts of the training likes, the last two by `movierec tune`.
BY_ORDER: dict[str, dict[str, Any]] = {
    "on": {"tune_epochs": 100, "temperature": 2.0, "evidence": 0.5},
    "off": {"tune_epochs": 200, "temperature": 1.5, "evidence": 0.75},
}
WALK_GRAPHS = ("auto", "CO_LIKED", "FOLLOWED_BY")
LONGEST_WALK = 1_000  # movies; the memory of a step grows with the square


@dataclass(frozen=True)
class TrainSettings:
    """One training."""

    walks_per_movie: int = 10  # every epoch walks anew this often from each movie
    walk_length: int = 40  # movies in a walk, the first included
    redraw: bool = True  # other walks and negatives in every epoch; False: the first epoch's again and again
    p: float = 1.0  # return parameter: a step back to the last movie has bias 1/p
    q: float = 1.0  # in-out parameter: a step to a movie not next to the last one has bias 1/q
    by_weight: bool = False  # "next to" is judged by the weight of the edge, not by its being there: node2vec+
    weighted_starts: bool = False  # movies start walks in proportion to the weight of their edges
    embedding_size: int = 64
    shared_table: bool = False  # one vector a movie, as centre and as context, instead of two
    window: int = 2  # contexts on each side of a centre
    negatives: int = 5  # for each true context
    negative_exponent: float = 0.75  # negatives are drawn from walk frequency ** this; 0 is uniform
    reject_true_pairs: bool = False  # a negative that is the centre or one of its contexts is not used
    subsample: float = 0.0  # word2vec's threshold for dropping frequent movies from walks, such as .001; 0: none
    epochs: int = 3
    learning_rate: float = 0.3  # of row-wise AdaGrad
    final_rate: float = 0.1  # the last step's rate as a share of the first's; it falls linearly
    warm_start: bool = False  # begin with the vectors that are live
    patience: int = 0  # stop after so many epochs without a better validation loss, and keep the best; 0: never
    validation: float = 0.05  # share of edges that is held out to validate, where `patience` asks for it
    order: str = "auto"  # heed the order of likes: on, off, or as the derive found
    walk_on: str = "auto"  # which graph: CO_LIKED, FOLLOWED_BY, or auto, FOLLOWED_BY where order is heeded
    # None: as BY_ORDER has it. Of tuning profiles on users' likes; 0: no profiles, recommend by the graph alone.
    tune_epochs: int | None = None
    tune_batch: int = 128  # users in a step of tuning
    tune_rate: float = 0.003  # of Adam
    recency: float = 3.0  # likes in which a like loses half its weight in a profile, where order is heeded
    temperature: float | None = None  # of taste: the larger, the more equal its terms; None: as BY_ORDER has it
    evidence: float | None = None  # the largest evidence, by the largest taste; None: as BY_ORDER has it
    device: str = "cpu"
    mixed_precision: bool = False  # matrix products in bfloat16
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("walks_per_movie", "embedding_size", "window", "negatives", "epochs"):
            if getattr(self, name) < 1:
                raise BadRequest(f"{name} is {getattr(self, name)}; expected at least 1.")
        if not 2 <= self.walk_length <= LONGEST_WALK:
            raise BadRequest(
                f"walk_length is {self.walk_length}; expected at least 2, one step, at most {LONGEST_WALK}."
            )
        for name in ("p", "q", "learning_rate", "tune_rate", "recency"):
            if not 0 < getattr(self, name) < float("inf"):
                raise BadRequest(f"{name} is {getattr(self, name)}; expected a positive number.")
        for name in ("negative_exponent", "final_rate", "subsample"):
            if not 0 <= getattr(self, name) <= 1:
                raise BadRequest(f"{name} is {getattr(self, name)}; expected 0 to 1.")
        for name, choices in (("order", ORDERS), ("walk_on", WALK_GRAPHS)):
            if getattr(self, name) not in choices:
                raise BadRequest(f"{name} is {getattr(self, name)!r}; expected one of {', '.join(choices)}.")
        if self.temperature is not None and not 0 < self.temperature < float("inf"):
            raise BadRequest(f"temperature is {self.temperature}; expected a positive number.")
        if self.evidence is not None and not 0 <= self.evidence < float("inf"):
            raise BadRequest(f"evidence is {self.evidence}; expected 0 or more.")
        if self.tune_epochs is not None and self.tune_epochs < 0:
            raise BadRequest(f"tune_epochs is {self.tune_epochs}; expected 0 or more.")
        if self.tune_batch < 1:
            raise BadRequest(f"tune_batch is {self.tune_batch}; expected at least 1.")
        if self.patience < 0:
            raise BadRequest(f"patience is {self.patience}; expected 0 or more epochs.")
        if not 0 < self.validation <= 0.5:
            raise BadRequest(f"validation is {self.validation}; expected a share above 0, at most 0.5.")
        if self.device not in DEVICES:
            raise BadRequest(f"device is {self.device!r}; expected {' or '.join(DEVICES)}.")
        if not 0 <= self.seed < 2**32:
            raise BadRequest(f"seed is {self.seed}; expected 0 to 2**32 - 1.")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def resolved(self, ordered: bool) -> TrainSettings:
        """With "auto" decided: `ordered` tells whether the derive found an order of likes."""
        order = ("on" if ordered else "off") if self.order == "auto" else self.order
        graph = ("FOLLOWED_BY" if order == "on" else "CO_LIKED") if self.walk_on == "auto" else self.walk_on
        chosen = {name: value for name, value in BY_ORDER[order].items() if getattr(self, name) is None}
        return replace(self, order=order, walk_on=graph, **chosen)

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
    "final_rate": 1.0,
    "shared_table": True,
    "order": "off",
    "tune_epochs": 0,
}

PRESETS: dict[str, dict[str, Any]] = {
    "default": {},
    # The walk and training settings of the Keras example "node2vec" (Salama 2021). It trains on the same 7,025
    # walks in every epoch, too few for lists that hold with another seed; here each epoch walks anew.
    "keras": _KERAS,
    # The same graph walked with the case study's bias, and its rule for negatives.
    "case-study": _KERAS | {"p": 2.0, "q": 1.5, "reject_true_pairs": True},
    "co-count": {"order": "off"},
}
