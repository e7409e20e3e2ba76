"""Settings of walking and training, and the named presets."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from movierec.errors import BadRequest
from movierec.graph.settings import SEQUENTIAL_CHOICES, require_known
from movierec.training.devices import DEVICES

__all__ = [
    "PRESETS",
    "PROFILE_CANDIDATES",
    "PROFILE_EPOCHS",
    "SCORE_SETTINGS",
    "SEQUENTIAL_DEFAULTS",
    "WALK_GRAPHS",
    "TrainSettings",
]

# Chosen on inner splits of the training likes, by `python -m benchmarks.quality blend`.
SEQUENTIAL_DEFAULTS: dict[str, dict[str, Any]] = {
    "on": {
        "profile_temperature": 2.0,
        "graph_weight": 0.75,
        "prediction_weight": 1.0,
        "encoder_weight": 1.0,
        "encoder_temperature": 1.0,
    },
    "off": {
        "profile_temperature": 3.0,
        "graph_weight": 0.25,
        "prediction_weight": 0.5,
        "encoder_weight": 0.5,
        "encoder_temperature": 0.15,
    },
}
SCORE_SETTINGS = tuple(SEQUENTIAL_DEFAULTS["on"])
PROFILE_EPOCHS = {"on": 100, "off": 200}  # at most, if not set: fewer where users are many (`plan`)
PROFILE_CANDIDATES = ("auto", "all", "batch")
WALK_GRAPHS = ("auto", "CO_LIKED", "FOLLOWED_BY")
LONGEST_WALK = 1_000  # movies; the memory of a step grows with the square


@dataclass(frozen=True, kw_only=True)
class TrainSettings:
    """Settings of one training: the walks, the skip-gram, and the profiles that `recommend` scores with.

    None stands for a default that depends on whether training is sequential: 100 profile epochs, temperature 2
    and weights 0.75, 1 and 1 if it is, else 200, 3 and 0.25, 0.5, 0.5. Where users are many, profile epochs are
    fewer. A sequential training also makes what answers without the order; `unordered_...` are the score settings
    of these answers, by default those of a training without the order, with a weight of 0 where the sequential
    one is 0.
    """

    walks_per_node: int = 10  # walks from each movie in an epoch
    walk_length: int = 40  # movies in a walk, the first included
    resample_each_epoch: bool = True  # new walks and negatives every epoch; False: those of the first epoch
    p: float = 1.0  # return parameter: a step back to the last movie has bias 1/p
    q: float = 1.0  # in-out parameter: a step to a movie not next to the last one has bias 1/q
    node2vec_plus: bool = False  # use edge weights in the bias (node2vec+), not only whether there is an edge
    weighted_starts: bool = False  # movies start walks in proportion to the weight of their edges
    embedding_size: int = 64  # dimensions of a vector
    tied_embeddings: bool = False  # one vector for a movie as centre and as context, instead of two
    window_size: int = 2  # contexts on each side of a centre
    negative_samples: int = 5  # for each context
    negative_exponent: float = 0.75  # negatives are drawn from walk frequency ** this; 0 is uniform
    reject_true_pairs: bool = False  # do not use a negative that is the centre or one of its contexts
    subsample: float = 0.0  # word2vec's threshold for dropping frequent movies from walks, such as .001; 0: none
    epochs: int = 3
    learning_rate: float = 0.3  # of row-wise AdaGrad
    final_learning_rate_fraction: float = 0.1  # of the initial one; the decay is linear
    warm_start: bool = False  # start from the vectors of the live model
    patience: int = 0  # early stopping: epochs without improvement; 0 disables
    validation_fraction: float = 0.05  # of the edges; held out for early stopping
    sequential: str = "auto"  # use the order of each user's likes: on, off, or auto, as the derivation found
    walk_graph: str = "auto"  # CO_LIKED, FOLLOWED_BY, or auto: FOLLOWED_BY for sequential training
    profile_epochs: int | None = None  # of the profile vectors, on users' likes; 0: recommend by the graph alone
    profile_batch_size: int = 128  # users in a step
    profile_candidates: str = "auto"  # movies in the softmax: all, batch (what the step's users like), or by size
    profile_learning_rate: float = 0.003  # of Adam
    like_half_life: float = 3.0  # likes after which a like has half its weight in a profile, if sequential
    profile_temperature: float | None = None  # of the profile score: the higher, the flatter
    graph_weight: float | None = None  # maximum graph score relative to the maximum profile score
    prediction_weight: float | None = None  # maximum prediction score, likewise; 0: no predictions are made
    prediction_half_life: float = 10.0  # likes after which a like counts half in what it predicts, if sequential
    encoder_weight: float | None = None  # maximum encoder score, likewise; 0: no user encoder is trained
    encoder_temperature: float | None = None  # of the encoder score
    unordered_share: float = (
        0.5  # of the logits of the profiles without the order in those of the profiles with it
    )
    genre_weight: float = 2.0  # most that genres add to a logit of the profiles; 0: genres are not used
    unordered_profile_temperature: float | None = None  # of answers without the order; so below
    unordered_graph_weight: float | None = None
    unordered_prediction_weight: float | None = None
    unordered_encoder_weight: float | None = None
    unordered_encoder_temperature: float | None = None
    encoder_epochs: int = 12  # of the GRU, at most: fewer where likes are many; iterations of iALS are 16
    device: str = "cpu"
    mixed_precision: bool = False  # matrix products in bfloat16
    seed: int = 1

    def __post_init__(self) -> None:
        for name in (
            "walks_per_node",
            "embedding_size",
            "window_size",
            "negative_samples",
            "epochs",
            "encoder_epochs",
        ):
            if getattr(self, name) < 1:
                raise BadRequest(f"{name} is {getattr(self, name)}; expected at least 1.")
        if not 2 <= self.walk_length <= LONGEST_WALK:
            raise BadRequest(
                f"walk_length is {self.walk_length}; expected at least 2, one step, at most {LONGEST_WALK}."
            )
        for name in ("p", "q", "learning_rate", "profile_learning_rate", "like_half_life", "prediction_half_life"):
            if not 0 < getattr(self, name) < float("inf"):
                raise BadRequest(f"{name} is {getattr(self, name)}; expected a positive number.")
        for name in ("negative_exponent", "final_learning_rate_fraction", "subsample", "unordered_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise BadRequest(f"{name} is {getattr(self, name)}; expected 0 to 1.")
        for name, choices in (
            ("sequential", SEQUENTIAL_CHOICES),
            ("walk_graph", WALK_GRAPHS),
            ("profile_candidates", PROFILE_CANDIDATES),
        ):
            if getattr(self, name) not in choices:
                raise BadRequest(f"{name} is {getattr(self, name)!r}; expected one of {', '.join(choices)}.")
        for name in _both("profile_temperature", "encoder_temperature"):
            temperature = getattr(self, name)
            if temperature is not None and not 0 < temperature < float("inf"):
                raise BadRequest(f"{name} is {temperature}; expected a positive number.")
        for name in ("genre_weight", *_both("graph_weight", "prediction_weight", "encoder_weight")):
            weight = getattr(self, name)
            if weight is not None and not 0 <= weight < float("inf"):
                raise BadRequest(f"{name} is {weight}; expected 0 or more.")
        if self.profile_epochs is not None and self.profile_epochs < 0:
            raise BadRequest(f"profile_epochs is {self.profile_epochs}; expected 0 or more.")
        if self.profile_batch_size < 1:
            raise BadRequest(f"profile_batch_size is {self.profile_batch_size}; expected at least 1.")
        if self.patience < 0:
            raise BadRequest(f"patience is {self.patience}; expected 0 or more epochs.")
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

    def resolved(self, is_sequential: bool) -> TrainSettings:
        """With every "auto" and None decided; `is_sequential`: the derivation kept the order of likes."""
        sequential = ("on" if is_sequential else "off") if self.sequential == "auto" else self.sequential
        walked = "FOLLOWED_BY" if sequential == "on" else "CO_LIKED"
        defaults = dict(SEQUENTIAL_DEFAULTS[sequential])
        for name, value in SEQUENTIAL_DEFAULTS["off"].items():
            given = getattr(self, f"unordered_{name}")
            if sequential == "off":
                defaults[name] = value if given is None else given
            else:
                is_left_out = name.endswith("weight") and getattr(self, name) == 0
                defaults[f"unordered_{name}"] = 0.0 if is_left_out else value
        return replace(
            self,
            sequential=sequential,
            walk_graph=walked if self.walk_graph == "auto" else self.walk_graph,
            **{name: value for name, value in defaults.items() if getattr(self, name) is None},
        )

    def of_questions(self) -> tuple[TrainSettings, ...]:
        """For each question that the training answers, the settings of one for it alone: if sequential what comes
        next, then in all cases what fits at any time. Of resolved settings.
        """
        if self.sequential == "off":
            return (self,)
        scores = {name: getattr(self, f"unordered_{name}") for name in SCORE_SETTINGS}
        return self, replace(self, sequential="off", **scores)

    @classmethod
    def from_preset(cls, preset: str, **changes: Any) -> TrainSettings:
        """The preset's settings, with every change that is not None applied.

        Raises BadRequest for an unknown preset, an unknown setting or a value that is out of range.
        """
        if preset not in PRESETS:
            raise BadRequest(f"No preset {preset!r}; expected one of {', '.join(PRESETS)}.")
        require_known(cls, changes)
        return cls(**(PRESETS[preset] | {name: value for name, value in changes.items() if value is not None}))


def _both(*names: str) -> tuple[str, ...]:
    """Score settings, and those of answers without the order."""
    return (*names, *(f"unordered_{name}" for name in names))


_KERAS = {
    "walks_per_node": 5,
    "walk_length": 10,
    "embedding_size": 50,
    "window_size": 10,
    "negative_samples": 4,
    "negative_exponent": 0.0,
    "epochs": 10,
    "learning_rate": 0.2,
    "final_learning_rate_fraction": 1.0,
    "tied_embeddings": True,
    "sequential": "off",
    "profile_epochs": 0,
    "prediction_weight": 0.0,
    "encoder_weight": 0.0,
}

PRESETS: dict[str, dict[str, Any]] = {
    "default": {},
    # The walk and training settings of the Keras example "node2vec" (Salama 2021). It trains on the same 7,025
    # walks in every epoch, too few for lists that hold with another seed; here each epoch walks anew.
    "keras": _KERAS,
    # The same graph, walked with the bias of the case study, and its rule for negatives.
    "case-study": _KERAS | {"p": 2.0, "q": 1.5, "reject_true_pairs": True},
    "co-count": {"sequential": "off"},
}
