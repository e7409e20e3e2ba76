"""Users and what they like, written by hand."""

from __future__ import annotations

import numpy as np

from movierec.arrays import Lists
from movierec.evaluation.methods import UserProfiles
from movierec.evaluation.tables import HeldOutCases
from movierec.recommendation.scoring import LikeHistories


def users_of(liked: list[list[int]], rated: list[list[int]] | None = None) -> UserProfiles:
    """Users 1, 2, ... who like these positions, all at the same time, and have rated them or `rated`."""
    movies = Lists.of(liked)
    likes = LikeHistories(movies, np.zeros(len(movies.values)))
    return UserProfiles(np.arange(1, len(liked) + 1), likes, movies if rated is None else Lists.of(rated))


def cases_of(*cases: tuple[list[int], list[int]], gaps: list[float] | None = None) -> HeldOutCases:
    """Users 1, 2, ... with what each likes, and what was held out; as positions, -1 for no candidate."""
    return HeldOutCases(
        users_of([liked for liked, _ in cases]),
        Lists.of([held_out for _, held_out in cases]),
        np.full(len(cases), np.nan) if gaps is None else np.array(gaps),
    )
