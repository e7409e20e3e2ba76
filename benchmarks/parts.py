"""What each part of a score adds: lists by the whole, by all parts but one, and by each alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from movierec.evaluation.methods import Methods, UserProfiles, above_zero
from movierec.recommendation.scoring import Scorer

__all__ = ["PARTS", "scores_by_parts"]

PARTS = ("profile", "graph", "prediction", "encoder")


def scores_by_parts(scorer: Scorer) -> Methods:
    """(B, M) "movierec", "without ..." and "... alone", with the weights of the whole."""

    def scores(users: UserProfiles) -> Iterable[tuple[str, NDArray[np.float64]]]:
        is_rated = users.rated.marked(scorer.n_movies)
        parts = dict(zip(PARTS, scorer.scores(users.likes, is_rated), strict=True))
        whole = sum(parts.values(), start=np.zeros_like(parts["graph"]))
        yield "movierec", above_zero(whole)
        for name, part in parts.items():
            yield f"without {name} score", above_zero(whole - part)
            yield f"{name} score alone", above_zero(part)

    return scores
