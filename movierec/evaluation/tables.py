"""Tables of metrics: rank for every user, compare with what was held out, say how sure a difference is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from movierec.evaluation.methods import Method, UserProfile, best
from movierec.evaluation.metrics import (
    average_precision,
    coverage,
    gini,
    hit_rate,
    intra_list_diversity,
    ndcg,
    precision,
    recall,
    reciprocal_rank,
)
from movierec.evaluation.results import Difference
from movierec.ids import Ids

__all__ = ["Catalogue", "HeldOutCase", "compare", "evaluate_method", "list_metrics", "strata", "strata_means"]

LONGEST = 20  # movies ranked for each user
AT = (5, 10, 20)
RESAMPLES = 2_000
HOUR, DAY = 3_600, 86_400


@dataclass(frozen=True)
class HeldOutCase:
    """A user, and the likes that were held out.

    held_out  (H,) movieIds, H > 0; may hold movies that are no candidates, which nothing can find
    gap       seconds from the last training like to the first held-out one; None where that is not later
    """

    user: UserProfile
    held_out: Ids
    gap: int | None


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """What metrics of whole lists read: (C,) of the candidates, and how many movies have any rating at all."""

    movie_ids: Ids
    like_counts: NDArray[np.float64]
    genres: NDArray[np.bool_]  # (C, G)
    n_rated_movies: int
    n_users: int


def evaluate_method(
    method: Method, cases: Sequence[HeldOutCase], catalogue: Catalogue
) -> tuple[pd.DataFrame, dict[str, float]]:
    """A table of metrics, one row a user (indexed by userId), and the metrics of all lists of ten together."""
    rows = []
    lists: list[NDArray[np.int64]] = []
    for case in cases:
        user = case.user
        # Whose likes were all held out gets no list: misses, all of them.
        nobody = len(user.likes.movies) == 0
        ranked = np.empty(0, np.int64) if nobody else best(method(user), user.is_rated, LONGEST)
        hits, n = np.isin(catalogue.movie_ids[ranked], case.held_out), len(case.held_out)
        lists.append(ranked[:10])
        row: dict[str, float] = {}
        for k in AT:
            row |= {
                f"ndcg@{k}": ndcg(hits, n, k),
                f"recall@{k}": recall(hits, n, k),
                f"precision@{k}": precision(hits, n, k),
                f"hit_rate@{k}": hit_rate(hits, n, k),
            }
        rows.append(row | {"map@10": average_precision(hits, n, 10), "mrr@10": reciprocal_rank(hits, n, 10)})
    table = pd.DataFrame(rows, index=[case.user.user_id for case in cases])
    return table, list_metrics(lists, catalogue)


def list_metrics(lists: Sequence[NDArray[np.int64]], catalogue: Catalogue) -> dict[str, float]:
    """Coverage, Gini, novelty, popularity and diversity of lists of positions."""
    every = np.concatenate([np.empty(0, np.int64), *lists])
    if not len(every):
        return dict.fromkeys(("coverage@10", "gini@10", "novelty@10", "popularity@10", "diversity@10"), 0.0)
    liked = catalogue.like_counts[every]
    return {
        "coverage@10": coverage(lists, catalogue.n_rated_movies),
        "gini@10": gini(lists, catalogue.n_rated_movies),
        "novelty@10": float(-np.log2(np.maximum(liked, 1.0) / catalogue.n_users).mean()),
        "popularity@10": float(liked.mean()),
        "diversity@10": float(np.mean([intra_list_diversity(catalogue.genres[one]) for one in lists if len(one)])),
    }


def compare(table: pd.DataFrame, other: pd.DataFrame, seed: int = 1) -> Difference:
    """NDCG@10 of one method against another's, paired by user.

    The intervals are those of 2,000 resamples of users, by percentiles (Efron 1979).
    """
    own, others = table["ndcg@10"].to_numpy(), other["ndcg@10"].to_numpy()
    difference = own - others
    draws = np.random.default_rng(seed).integers(0, len(own), (RESAMPLES, len(own)))
    resampled = difference[draws].mean(axis=1)
    ratios = own[draws].mean(axis=1) / np.maximum(others[draws].mean(axis=1), 1e-12)
    low, high = np.percentile(resampled, [2.5, 97.5])
    low_ratio, high_ratio = np.percentile(ratios, [2.5, 97.5])
    return Difference(
        ndcg=float(difference.mean()),
        standard_error=float(difference.std(ddof=1) / np.sqrt(len(difference))),
        interval=(float(low), float(high)),
        ratio=float(own.mean() / max(others.mean(), 1e-12)),
        ratio_interval=(float(low_ratio), float(high_ratio)),
    )


def strata(cases: Sequence[HeldOutCase], catalogue: Catalogue) -> dict[str, dict[str, NDArray[np.bool_]]]:
    """Groups of users: by how many likes they have, by how popular what they went on to like is, and by
    the time between the last training like and the first held-out one. {kind: {group: (U,) bool}}, none empty.
    """
    n_likes = np.array([len(case.user.likes.movies) for case in cases])
    counts = dict(zip(catalogue.movie_ids.tolist(), catalogue.like_counts.tolist(), strict=True))
    typical = np.array([np.median([counts.get(movie, 0.0) for movie in case.held_out.tolist()]) for case in cases])
    low, high = np.quantile(typical, [1 / 3, 2 / 3]) if len(cases) else (0.0, 0.0)
    gaps = np.array([np.nan if case.gap is None else case.gap for case in cases], dtype=np.float64)
    groups = {
        "likes in training": {
            "under 20": n_likes < 20,
            "20 to 99": (n_likes >= 20) & (n_likes < 100),
            "100 and more": n_likes >= 100,
        },
        "median likes of the held-out movies": {
            f"up to {low:.0f}": typical <= low,
            **({f"up to {high:.0f}": (typical > low) & (typical <= high)} if high > low else {}),
            "more": typical > high,
        },
        "gap before the first held-out like": {
            "up to an hour": gaps <= HOUR,
            "up to a day": (gaps > HOUR) & (gaps <= DAY),
            "more than a day": gaps > DAY,
        },
    }
    return {
        kind: {name: members for name, members in parts.items() if members.any()} for kind, parts in groups.items()
    }


def strata_means(
    tables: Mapping[str, pd.DataFrame],
    groups: Mapping[str, Mapping[str, NDArray[np.bool_]]],
    metric: str = "ndcg@10",
) -> dict[str, dict[str, dict[str, float]]]:
    """{kind: {group: {"users": n, method: mean}}}."""
    return {
        kind: {
            name: {"users": int(members.sum())}
            | {method: float(table[metric].to_numpy()[members].mean()) for method, table in tables.items()}
            for name, members in parts.items()
        }
        for kind, parts in groups.items()
    }
