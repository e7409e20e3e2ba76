"""What each part of a score adds: lists by the whole, by all parts but one, and by each alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from movierec.evaluation.methods import Methods, UserProfiles, above_zero
from movierec.recommendation.scoring import Scorer

__all__ = ["PARTS", "scores_by_parts", "without_genres"]

PARTS = ("profile", "graph", "prediction", "encoder")


def scores_by_parts(scorer: Scorer, genre_dimensions: int) -> Methods:
    """(B, M) "movierec", "without ..." and "... alone", with the weights of the whole.

    `genre_dimensions`: so many of the first dimensions of its profile vectors are genres.
    """
    others = without_genres(scorer, genre_dimensions)

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


def without_genres(scorer: Scorer, genre_dimensions: int) -> Scorer:
    """The same without the first dimensions of its profile vectors, as with a genre weight of 0."""
    if not genre_dimensions or scorer.profiles is None or scorer.contexts is None:
        return scorer
    ordered = scorer.ordered_dimensions
    return replace(
        scorer,
        profiles=scorer.profiles[:, genre_dimensions:],
        contexts=scorer.contexts[:, genre_dimensions:],
        ordered_dimensions=None if ordered is None else ordered - genre_dimensions,
    )
