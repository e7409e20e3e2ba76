"""Settings of the derive and split stages, and the named presets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from movierec.errors import BadRequest

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = [
    "ALL",
    "BULK_ROWS",
    "DENOMINATORS",
    "ENGINES",
    "MEASURES",
    "MOST_BY_CYPHER",
    "MOST_BY_LOCAL",
    "MOST_COUNTED",
    "PRESETS",
    "SEQUENTIAL_CHOICES",
    "SPLIT_STRATEGIES",
    "DeriveSettings",
    "SparkSettings",
    "SplitSettings",
    "require_known",
]

# Measure -> the least weight and the least count of an edge, where they are not given. The formulas are in
# docs/measures.md.
MEASURES = {
    "xy_pmi": (5.0, 1),
    "count": (10.0, 1),
    "pmi": (0.0, 5),
    "ppmi": (0.0, 5),
    "npmi": (0.0, 5),
    "lift": (1.0, 5),
    "damped_lift": (1.0, 5),
    "jaccard": (0.0, 5),
    "cosine": (0.0, 5),
    "llr": (10.83, 1),  # less than this comes by chance once in a thousand pairs
}
INT32_LIMIT = 2**31
ENGINES = ("auto", "cypher", "local", "spark")
MOST_BY_CYPHER = 20_000_000  # paths, 10 million wedges: half a minute in Cypher
MOST_COUNTED = 1_000_000  # ratings; reading more only to know how much there is takes more than a second or two
BULK_ROWS = 2_000_000  # of a load, from which on Neo4j's importer is faster (python -m benchmarks.load bulk)
MOST_BY_LOCAL = 10**12  # paths; the local engine takes hours for as many
ALL = 0  # of top_k: keep every edge
LARGE_TOP_K = 200  # of more paths than that: the edges are then as many as the movies, not as the users
DENOMINATORS = ("users", "likes")
SEQUENTIAL_CHOICES = ("auto", "on", "off")

# Strategy -> the settings it uses.
SPLIT_STRATEGIES = {
    "newest": ("min_rating", "fraction", "min_likes"),
    "last": ("min_rating", "min_likes"),
    "last-two": ("min_rating", "min_likes"),
    "global-time": ("min_rating", "fraction"),
    "random": ("min_rating", "fraction", "min_likes", "seed"),
    "canonical": ("test_file",),
}


def require_known(settings: type[DataclassInstance], changes: Mapping[str, object]) -> None:
    """Raises BadRequest for the first of `changes` that is no setting."""
    known = [field.name for field in fields(settings)]
    for name in changes:
        if name not in known:
            raise BadRequest(f"No setting {name!r}; expected one of {', '.join(known)}.")


@dataclass(frozen=True, kw_only=True)
class DeriveSettings:
    """Settings of one derivation: which ratings are likes, and which pairs of movies become CO_LIKED."""

    min_rating: float = 4.0  # stars; a rating of this or more is a like
    measure: str = "xy_pmi"  # of association, the weight of CO_LIKED: one of MEASURES
    denominator: str = "users"  # D: the number of users who like anything, or of likes
    min_weight: float | None = None  # of CO_LIKED; None: the measure's default
    min_count: int | None = None  # users who like both movies; None: the measure's default
    damping: float = 10.0  # users who like both at which damped_lift is half of lift
    top_k: int | None = None  # strongest CO_LIKED to keep of each movie; 0: all; None: 200 above 10 million wedges
    max_user_likes: int | None = None  # likes to use of each user at most, the newest
    half_life_days: float | None = None  # days after which a like counts half
    sequential: str = "auto"  # derive FOLLOWED_BY too: on, off, or auto, where timestamps order the likes
    follow_scale: float = 20.0  # gap, in likes, over which the weight of a later like falls by a factor of e
    follow_window: int = 30  # largest gap, in likes, at which a later like still counts
    follow_top_k: int = 200  # strongest FOLLOWED_BY relationships to keep from each movie

    def __post_init__(self) -> None:
        if self.measure not in MEASURES:
            raise BadRequest(f"No measure {self.measure!r}; expected one of {', '.join(MEASURES)}.")
        for name, value in zip(("min_weight", "min_count"), MEASURES[self.measure], strict=True):
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
        if self.denominator not in DENOMINATORS:
            raise BadRequest(f"No denominator {self.denominator!r}; expected one of {', '.join(DENOMINATORS)}.")
        if not 0.5 <= self.min_rating <= 5.0:
            raise BadRequest(f"min_rating is {self.min_rating}; expected 0.5 to 5.0 stars.")
        if self.min_weight is None or not 0 <= self.min_weight < math.inf:
            # A walk follows an edge with a probability proportional to its weight; weights are above 0 anyway.
            raise BadRequest(f"min_weight is {self.min_weight}; expected a number of at least 0.")
        if self.min_count is None or self.min_count < 1:
            raise BadRequest(f"min_count is {self.min_count}; expected at least 1.")
        if self.sequential not in SEQUENTIAL_CHOICES:
            raise BadRequest(
                f"sequential is {self.sequential!r}; expected one of {', '.join(SEQUENTIAL_CHOICES)}."
            )
        if self.top_k is not None and not 0 <= self.top_k < INT32_LIMIT:
            raise BadRequest(f"top_k is {self.top_k}; expected 0, for all, or more, less than {INT32_LIMIT}.")
        for name in (
            "min_count",
            "max_user_likes",
            "half_life_days",
            "damping",
            "follow_scale",
            "follow_window",
            "follow_top_k",
        ):
            value = getattr(self, name)
            if value is not None and not 0 < value < INT32_LIMIT:
                raise BadRequest(f"{name} is {value}; expected more than 0 and less than {INT32_LIMIT}.")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def resolved(self, paths: int) -> DeriveSettings:
        """With `top_k` decided, by how many paths there are to count."""
        if self.top_k is not None:
            return self
        return replace(self, top_k=LARGE_TOP_K if paths > MOST_BY_CYPHER else ALL)

    @classmethod
    def from_preset(cls, preset: str, **changes: Any) -> DeriveSettings:
        """The preset's settings, with every change that is not None applied.

        Raises BadRequest for an unknown preset, an unknown setting or a value that is out of range.
        """
        if preset not in PRESETS:
            raise BadRequest(f"No preset {preset!r}; expected one of {', '.join(PRESETS)}.")
        require_known(cls, changes)
        given = {name: value for name, value in changes.items() if value is not None}
        values = PRESETS[preset]
        if given.get("measure", values.get("measure", cls.measure)) != values.get("measure", cls.measure):
            # Thresholds of one measure mean nothing for another.
            values = {name: value for name, value in values.items() if name not in ("min_weight", "min_count")}
        return cls(**(values | given))


@dataclass(frozen=True, kw_only=True)
class SparkSettings:
    """Where the Spark engine counts."""

    master: str | None = None  # None: local[*], or that of the SparkSession which this process has
    folder: str | None = None  # for Parquet; seen by all workers. None: the temporary one, for a local master

    def __post_init__(self) -> None:
        if self.folder is not None and not Path(self.folder).is_dir():
            raise BadRequest(f"spark_folder is {self.folder!r}; expected a folder that is there, for all workers.")


_KERAS = {"min_rating": 5.0, "denominator": "likes", "min_weight": 10.0, "top_k": ALL, "sequential": "off"}

PRESETS: dict[str, dict[str, Any]] = {
    "default": {},
    # The graph of the Keras example "node2vec" (Salama 2021): D is the number of likes.
    "keras": _KERAS,
    "case-study": _KERAS,
    # The book chapter's graph: plain co-occurrence counts of ten and more.
    "co-count": {"measure": "count", "min_weight": 10.0, "min_count": 10, "top_k": ALL, "sequential": "off"},
}


@dataclass(frozen=True, kw_only=True)
class SplitSettings:
    """Which ratings are held out."""

    strategy: str = "newest"  # newest, last, last-two, global-time, random or canonical, as in `movierec split`
    min_rating: float = 4.0  # stars; a rating of this or more is a like
    fraction: float = 0.2  # of the likes
    min_likes: int = 5  # users with fewer are not split
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
        if not 0.0 <= self.min_rating <= 5.0:
            raise BadRequest(f"min_rating is {self.min_rating}; expected 0.0 to 5.0 stars.")
        if not 0 <= self.seed < 2**63:
            raise BadRequest(f"seed is {self.seed}; expected a whole number of at least 0.")
        if (self.strategy == "canonical") != (self.test_file is not None):
            raise BadRequest("The strategy canonical takes a --test-file, and no other does.")

    def as_dict(self) -> dict[str, Any]:
        """The settings that matter for the strategy; two splits with equal ones are the same split."""
        return {name: getattr(self, name) for name in ("strategy", *SPLIT_STRATEGIES[self.strategy])}
