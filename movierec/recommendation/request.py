"""Who asks for recommendations, and for which movies. Pure."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from movierec.errors import BadRequest
from movierec.ids import Id
from movierec.lookup.filters import Filters

__all__ = ["RecommendationRequest"]

POOL = 5  # times k: how many of the best movies a diverse list is chosen from


@dataclass(frozen=True)
class RecommendationRequest:
    """One request for recommendations.

    user_id            a user of the database, or None
    likes, dislikes    movieIds, besides what the user has rated
    k                  how many movies
    filters            which movies
    diversity          0 to 1: how much a movie's cosine with those before it counts against it
    popularity         the score is multiplied by (likeCount / the largest) ** this; below 0 favours what few know
    """

    user_id: Id | None = None
    _: KW_ONLY
    likes: tuple[Id, ...] = ()
    dislikes: tuple[Id, ...] = ()
    k: int = 10
    filters: Filters = field(default_factory=Filters)
    diversity: float = 0.0
    popularity: float = 0.0

    def __post_init__(self) -> None:
        for name in ("likes", "dislikes"):
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))
        if self.k < 1:
            raise BadRequest(f"k is {self.k}; expected at least 1.")
        if self.user_id is None and not self.likes:
            raise BadRequest(
                "There is nothing to recommend from; expected a user, or at least one movie that is liked."
            )
        if not 0 <= self.diversity <= 1:
            raise BadRequest(f"diversity is {self.diversity}; expected 0 to 1.")
        if not -2 <= self.popularity <= 2:
            raise BadRequest(f"popularity is {self.popularity}; expected -2 to 2.")
        both = set(self.likes) & set(self.dislikes)
        if both:
            raise BadRequest(f"Movie {min(both)} is both liked and disliked; expected one of the two.")

    @property
    def pool(self) -> int:
        """How many of the best are needed to choose from."""
        return self.k * POOL if self.diversity else self.k

    def parameters(self) -> dict[str, Any]:
        """As the query files have them."""
        return {
            "userId": self.user_id,
            "likes": list(self.likes),
            "dislikes": list(self.dislikes),
            "popularity": self.popularity,
            "k": self.pool,
            **self.filters.parameters(),
        }
