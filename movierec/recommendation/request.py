"""Who asks for recommendations, and for which movies. Pure."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from movierec.errors import BadRequest
from movierec.ids import Id
from movierec.lookup.filters import Filters

__all__ = ["RecommendationRequest"]

AFTER_ALL = 2**40  # Unix seconds, later than a rating can be
POOL = 5  # times k: how many of the best movies a diverse list is chosen from


@dataclass(frozen=True)
class RecommendationRequest:
    """One request for recommendations.

    user_id            a user of the database, or None
    likes, dislikes    movieIds, besides what the user has rated
    then               movieIds in the order they were liked, after all other likes; likes like others where the
                       model does not use the order
    k                  how many movies
    filters            which movies
    diversity          0 to 1: how much a movie's cosine with those before it counts against it
    sequential         whether the order of likes is used, for what comes next, or not, for what fits at any time;
                       None: as the model was trained
    popularity         the score is multiplied by (likeCount / the largest) ** this; below 0 favours what few know
    """

    user_id: Id | None = None
    _: KW_ONLY
    likes: tuple[Id, ...] = ()
    then: tuple[Id, ...] = ()
    dislikes: tuple[Id, ...] = ()
    k: int = 10
    filters: Filters = field(default_factory=Filters)
    diversity: float = 0.0
    sequential: bool | None = None
    popularity: float = 0.0

    def __post_init__(self) -> None:
        if len(set(self.then)) < len(self.then):
            twice = next(movie_id for movie_id in self.then if self.then.count(movie_id) > 1)
            raise BadRequest(f"Movie {twice} is twice in then; expected each movie once, where it was liked last.")
        object.__setattr__(self, "likes", tuple(sorted(set(self.likes) - set(self.then))))
        object.__setattr__(self, "dislikes", tuple(sorted(set(self.dislikes))))
        if self.k < 1:
            raise BadRequest(f"k is {self.k}; expected at least 1.")
        if self.user_id is None and not (self.likes or self.then):
            raise BadRequest(
                "There is nothing to recommend from; expected a user, or at least one movie that is liked."
            )
        if not 0 <= self.diversity <= 1:
            raise BadRequest(f"diversity is {self.diversity}; expected 0 to 1.")
        if not -2 <= self.popularity <= 2:
            raise BadRequest(f"popularity is {self.popularity}; expected -2 to 2.")
        both = {*self.likes, *self.then} & set(self.dislikes)
        if both:
            raise BadRequest(f"Movie {min(both)} is both liked and disliked; expected one of the two.")

    @property
    def pool(self) -> int:
        """How many of the best are needed to choose from."""
        return self.k * POOL if self.diversity else self.k

    @property
    def named(self) -> tuple[Id, ...]:
        """All likes besides the ratings: `likes`, then `then`."""
        return (*self.likes, *self.then)

    @property
    def named_times(self) -> tuple[int, ...]:
        """When each of `named` was liked, as seconds: 0, before everything, or after everything, one by one."""
        return (*(0 for _ in self.likes), *(AFTER_ALL + i for i in range(len(self.then))))

    def parameters(self) -> dict[str, Any]:
        """As the query files have them that need no model."""
        return {
            "userId": self.user_id,
            "likes": list(self.named),
            "dislikes": list(self.dislikes),
            "popularity": self.popularity,
            "k": self.pool,
            **self.filters.parameters(),
        }

    def model_parameters(self, sequential: bool, user_embedding: NDArray[np.float64] | None) -> dict[str, Any]:
        """As those have them that rank by a model; `user_embedding` (D,): what its encoder makes of all likes."""
        return {
            **self.parameters(),
            "userEmbedding": None if user_embedding is None else user_embedding.tolist(),
            **({"likeTimes": list(self.named_times)} if sequential else {}),
        }
