"""Settings of the derive and split stages, and the named presets."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from movierec.errors import BadRequest

__all__ = ["DENOMINATORS", "MEASURES", "PRESETS", "SPLIT_STRATEGIES", "DeriveSettings", "SplitSettings"]

MEASURES = ("xy_pmi", "count")
DENOMINATORS = ("users", "likes")

# Strategy -> the settings it heeds.
SPLIT_STRATEGIES = {
    "newest": ("min_rating", "fraction", "min_likes"),
    "last": ("min_rating", "min_likes"),
    "global-time": ("min_rating", "fraction"),
    "random": ("min_rating", "fraction", "min_likes", "seed"),
    "canonical": ("test_file",),
}


@dataclass(frozen=True)
class DeriveSettings:
    """Which ratings are likes, and which pairs of movies become CO_LIKED with which weight."""

    min_rating: float = 4.0  # stars; a rating of this or more is a like
    measure: str = "xy_pmi"  # xy_pmi: count * pmi; count: users who liked both
    denominator: str = "users"  # D of the pmi: users who liked anything, or the number of likes
    min_weight: float = 5.0
    min_count: int = 1  # users who liked both

    def __post_init__(self) -> None:
        if self.measure not in MEASURES:
            raise BadRequest(f"No measure {self.measure!r}; expected one of {', '.join(MEASURES)}.")
        if self.denominator not in DENOMINATORS:
            raise BadRequest(f"No denominator {self.denominator!r}; expected one of {', '.join(DENOMINATORS)}.")
        if not 0.5 <= self.min_rating <= 5.0:
            raise BadRequest(f"min_rating is {self.min_rating}; expected 0.5 to 5.0 stars.")
        if not self.min_weight > 0:
            # A walk follows an edge with a probability proportional to its weight.
            raise BadRequest(f"min_weight is {self.min_weight}; expected more than 0.")
        if self.min_count < 1:
            raise BadRequest(f"min_count is {self.min_count}; expected at least 1.")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_preset(cls, preset: str, **changes: Any) -> DeriveSettings:
        """The preset's settings, with every change that is not None applied."""
        if preset not in PRESETS:
            raise BadRequest(f"No preset {preset!r}; expected one of {', '.join(PRESETS)}.")
        return cls(**(PRESETS[preset] | {k: v for k, v in changes.items() if v is not None}))


_KERAS = {"min_rating": 5.0, "denominator": "likes", "min_weight": 10.0}

PRESETS: dict[str, dict[str, Any]] = {
    "default": {},
    # The graph of the Keras example "node2vec" (Salama 2021): D is the number of likes.
    "keras": _KERAS,
    "case-study": _KERAS,
    # The book chapter's graph: plain co-occurrence counts of ten and more.
    "co-count": {"measure": "count", "min_weight": 10.0, "min_count": 10},
}


@dataclass(frozen=True)
class SplitSettings:
    """Which ratings are held out; the strategies are described in `split.py`."""

    strategy: str = "newest"
    min_rating: float = 4.0  # stars; a rating of this or more is a like
    fraction: float = 0.2  # of the likes
    min_likes: int = 5  # a user with fewer is left whole
    seed: int = 1  # of "random"
    test_file: str | None = None  # of "canonical"

    def __post_init__(self) -> None:
        if self.strategy not in SPLIT_STRATEGIES:
            raise BadRequest(
                f"No split strategy {self.strategy!r}; expected one of {', '.join(SPLIT_STRATEGIES)}."
            )
        if not 0 < self.fraction < 1:
            raise BadRequest(f"fraction is {self.fraction}; expected more than 0 and less than 1.")
        if self.min_likes < 2:
            raise BadRequest(f"min_likes is {self.min_likes}; expected at least 2.")
        if not 0.5 <= self.min_rating <= 5.0:
            raise BadRequest(f"min_rating is {self.min_rating}; expected 0.5 to 5.0 stars.")
        if not 0 <= self.seed < 2**63:
            raise BadRequest(f"seed is {self.seed}; expected a whole number of at least 0.")
        if (self.strategy == "canonical") != (self.test_file is not None):
            raise BadRequest("The strategy canonical takes a --test-file, and no other does.")

    def as_dict(self) -> dict[str, Any]:
        """The settings that matter for the strategy; two splits with equal ones are the same split."""
        return {name: getattr(self, name) for name in ("strategy", *SPLIT_STRATEGIES[self.strategy])}
