"""What each part of a score adds: lists by the whole, by all parts but one, and by each alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from movierec.evaluation.methods import Methods, UserProfiles, above_zero
from movierec.recommendation.scoring import Scorer

__all__ = ["PARTS", "scores_by_parts", "with_genres_scaled"]

PARTS = ("profile", "graph", "prediction", "encoder")


def scores_by_parts(scorer: Scorer, genre_dimensions: int) -> Methods:
    """(B, M) "movierec", "without ..." of each score and of genres, and "... alone", weighted as in the whole.

    `genre_dimensions`: so many of the first dimensions of its profile vectors are genres.
    """
    others = with_genres_scaled(scorer, genre_dimensions, 0.0)

    def scores(users: UserProfiles) -> Iterable[tuple[str, NDArray[np.float64]]]:
        is_rated = users.rated.marked(scorer.n_movies)
        parts = dict(zip(PARTS, scorer.scores(users.likes, is_rated), strict=True))
        whole = sum(parts.values(), start=np.zeros_like(parts["graph"]))
        yield "movierec", above_zero(whole)
        for name, part in parts.items():
            yield f"without {name} score", above_zero(whole - part)
            yield f"{name} score alone", above_zero(part)
        if genre_dimensions:
            profile_score = others.profile_scores(users.likes, is_rated)
            yield "without genres", above_zero(whole - parts["profile"] + profile_score)

    return scores


def with_genres_scaled(scorer: Scorer, genre_dimensions: int, factor: float) -> Scorer:
    """The same with so many times its genre weight; at 0 as if trained without genres."""
    if scorer.contexts is None:
        return scorer
    contexts = scorer.contexts.copy()
    contexts[:, :genre_dimensions] *= factor
    return replace(scorer, contexts=contexts)
