"""Tables of metrics: rank for every user, compare with what was held out, say how sure a difference is.

Users are ranked in blocks, so that memory does not grow with them. Shapes: U users, B of them in a block, C
candidates, K movies of a list, R resamples.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from movierec.arrays import Lists
from movierec.evaluation.methods import Method, Methods, UserProfiles
from movierec.evaluation.metrics import (
    NONE,
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
from movierec.progress import Advance, silently
from movierec.recommendation.scoring import BLOCK_BYTES, best_of_rows, block_rows

__all__ = [
    "Catalogue",
    "HeldOutCases",
    "Tables",
    "differences",
    "evaluate_method",
    "evaluate_methods",
    "holm",
    "list_metrics",
    "mean_intervals",
    "padded",
    "ranked",
    "strata",
    "strata_means",
]

LONGEST = 20  # movies ranked for each user
AT = (5, 10, 20)
RESAMPLES = 2_000
HOUR, DAY = 3_600, 86_400
LISTS_AT_ONCE = 10_000  # whose diversity is computed together

Tables = dict[str, pd.DataFrame]  # method -> metrics, a row a user


@dataclass(frozen=True)
class HeldOutCases:
    """U users, and the likes of each that were held out.

    held_out  U lists, none empty, of positions of candidates; NONE for one that is no candidate, which nothing
              can find
    gaps      (U,) seconds from the last training like to the first held-out one; NaN where that is not later
    """

    users: UserProfiles
    held_out: Lists
    gaps: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.users)

    def taken(self, chosen: NDArray[np.int64]) -> HeldOutCases:
        """The users `chosen`, in that order."""
        return HeldOutCases(self.users.taken(chosen), self.held_out.taken(chosen), self.gaps[chosen])


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """What metrics of whole lists read: (C,) of the candidates, and how many movies have any rating at all."""

    movie_ids: Ids
    like_counts: NDArray[np.float64]
    genres: NDArray[np.bool_]  # (C, G)
    n_rated_movies: int
    n_users: int


def evaluate_method(
    method: Method, cases: HeldOutCases, catalogue: Catalogue, advance: Advance = silently
) -> tuple[pd.DataFrame, dict[str, float]]:
    """A table of metrics, one row a user (indexed by userId), and the metrics of all lists of ten together."""
    return evaluate_methods(lambda users: [("", method(users))], cases, catalogue, advance)[""]


def evaluate_methods(
    methods: Methods, cases: HeldOutCases, catalogue: Catalogue, advance: Advance = silently
) -> dict[str, tuple[pd.DataFrame, dict[str, float]]]:
    """The same for methods that are computed together, by name; `advance` is called after each block of users."""
    return {
        name: (_table(lists, cases, len(catalogue.movie_ids)), list_metrics(lists[:, :10], catalogue))
        for name, lists in ranked(methods, cases.users, len(catalogue.movie_ids), advance).items()
    }


def ranked(
    methods: Methods, users: UserProfiles, n_movies: int, advance: Advance = silently
) -> dict[str, NDArray[np.int64]]:
    """(U, 20) best positions for each user by each method, equal scores by position; rated movies left out.

    Lists are filled up with NONE. Whose likes were all held out gets no list: misses, all of them.
    """
    found: dict[str, NDArray[np.int64]] = {}
    rows = block_rows(n_movies)
    for start in range(0, len(users), rows):
        block = users.part(start, start + rows)
        left_out = block.rated.marked(n_movies)
        left_out[block.likes.movies.sizes == 0] = True
        for name, scores in methods(block):
            lists = padded(best_of_rows(np.where(left_out, -np.inf, scores), LONGEST), LONGEST)
            found.setdefault(name, np.full((len(users), LONGEST), NONE))[start : start + rows] = lists
        advance(len(block))
    return found


def padded(lists: Lists, k: int) -> NDArray[np.int64]:
    """(N, k) of N lists of at most k positions, filled up with NONE."""
    table = np.full((len(lists), k), NONE)
    table[lists.rows, np.arange(len(lists.values)) - lists.indptr[lists.rows]] = lists.values
    return table


def _table(lists: NDArray[np.int64], cases: HeldOutCases, n_movies: int) -> pd.DataFrame:
    """Every metric of (U, K) lists, a row a user."""
    wanted = cases.held_out.rows * n_movies + cases.held_out.values
    asked = np.arange(len(lists))[:, None] * n_movies + lists
    hits = np.isin(asked, wanted[cases.held_out.values != NONE]) & (lists != NONE)
    n = cases.held_out.sizes
    columns: dict[str, NDArray[np.float64]] = {}
    for k in AT:
        columns |= {
            f"ndcg@{k}": ndcg(hits, n, k),
            f"recall@{k}": recall(hits, n, k),
            f"precision@{k}": precision(hits, n, k),
            f"hit_rate@{k}": hit_rate(hits, n, k),
        }
    columns |= {"map@10": average_precision(hits, n, 10), "mrr@10": reciprocal_rank(hits, n, 10)}
    return pd.DataFrame(columns, index=cases.users.user_ids)


def list_metrics(lists: NDArray[np.int64], catalogue: Catalogue) -> dict[str, float]:
    """Coverage, Gini, novelty, popularity and diversity of (U, K) lists of positions, filled up with NONE."""
    every = lists[lists != NONE]
    if not len(every):
        return dict.fromkeys(("coverage@10", "gini@10", "novelty@10", "popularity@10", "diversity@10"), 0.0)
    liked = catalogue.like_counts[every]
    some = lists[(lists != NONE).any(axis=1)]
    diversity = [
        intra_list_diversity(some[start : start + LISTS_AT_ONCE], catalogue.genres)
        for start in range(0, len(some), LISTS_AT_ONCE)
    ]
    return {
        "coverage@10": coverage(lists, catalogue.n_rated_movies),
        "gini@10": gini(lists, catalogue.n_rated_movies),
        "novelty@10": float(-np.log2(np.maximum(liked, 1.0) / catalogue.n_users).mean()),
        "popularity@10": float(liked.mean()),
        "diversity@10": float(np.concatenate(diversity).mean()),
    }


def differences(tables: Mapping[str, pd.DataFrame], against: str, seed: int = 1) -> dict[str, Difference]:
    """NDCG@10 of every other method against that of `against`, paired by user.

    The intervals are those of 2,000 resamples of users, by percentiles (Efron 1979); all methods get the same. The
    p-values are of paired t-tests, corrected by `holm`.
    """
    from scipy.stats import t as student

    values = _ndcg(tables)
    means = dict(zip(tables, _resampled_means(values, seed).T, strict=True))
    theirs = tables[against]["ndcg@10"].to_numpy()
    found = {}
    apart = values[:, [name != against for name in tables]] - theirs[:, None]
    errors = apart.std(axis=0, ddof=1) / np.sqrt(len(theirs))
    # Where the figures of all users are equal, so is the t of 0.
    statistics = np.abs(apart.mean(axis=0)) / np.where(errors > 0, errors, np.inf)
    p_values = iter(holm(2.0 * student.sf(statistics, len(theirs) - 1)))
    for name, own in zip(tables, values.T, strict=True):
        if name == against:
            continue
        difference = own - theirs
        low, high = np.percentile(means[name] - means[against], [2.5, 97.5])
        ratios = means[name] / np.maximum(means[against], 1e-12)
        low_ratio, high_ratio = np.percentile(ratios, [2.5, 97.5])
        found[name] = Difference(
            ndcg=float(difference.mean()),
            standard_error=float(difference.std(ddof=1) / np.sqrt(len(difference))),
            interval=(float(low), float(high)),
            ratio=float(own.mean() / max(theirs.mean(), 1e-12)),
            ratio_interval=(float(low_ratio), float(high_ratio)),
            p_value=float(next(p_values)),
        )
    return found


def holm(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,) p-values of N tests, so that all of them together are wrong with the probability that is named.

    The i-th smallest of N, from 0, is multiplied by N - i, and none is below a smaller one's (Holm 1979).
    """
    order = np.argsort(p_values, kind="stable")
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(np.maximum.accumulate(p_values[order] * np.arange(len(order), 0, -1)), 1.0)
    return corrected


def mean_intervals(tables: Mapping[str, pd.DataFrame], seed: int = 1) -> dict[str, tuple[float, float]]:
    """95 % confidence interval of each method's mean NDCG@10, by the same resamples of users."""
    low, high = np.percentile(_resampled_means(_ndcg(tables), seed), [2.5, 97.5], axis=0)
    return {name: (float(low[i]), float(high[i])) for i, name in enumerate(tables)}


def _ndcg(tables: Mapping[str, pd.DataFrame]) -> NDArray[np.float64]:
    """(U, methods) NDCG@10."""
    return np.column_stack([table["ndcg@10"].to_numpy() for table in tables.values()])


def _resampled_means(values: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """(R, N) means of the N columns of (U, N) values over R samples of U rows, drawn with replacement."""
    return np.concatenate([counts @ values for counts in _resamples(len(values), seed)]) / len(values)


def _resamples(n: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """How often each of n rows is in each of R resamples, (some, n) at a time: multinomial weights."""
    generator = np.random.default_rng(seed)
    some = max(1, min(RESAMPLES, BLOCK_BYTES // (8 * n)))
    for start in range(0, RESAMPLES, some):
        rows = min(some, RESAMPLES - start)
        draws = generator.integers(0, n, (rows, n))
        draws += n * np.arange(rows)[:, None]
        yield np.bincount(draws.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)


def strata(cases: HeldOutCases, catalogue: Catalogue) -> dict[str, dict[str, NDArray[np.bool_]]]:
    """Groups of users: by how many likes they have, by how popular what they went on to like is, and by
    the time between the last training like and the first held-out one. {kind: {group: (U,) bool}}, none empty.
    """
    n_likes = cases.users.likes.movies.sizes
    held_out = cases.held_out
    typical = _medians(held_out, np.where(held_out.values != NONE, catalogue.like_counts[held_out.values], 0.0))
    low, high = np.quantile(typical, [1 / 3, 2 / 3]) if len(cases) else (0.0, 0.0)
    gaps = cases.gaps
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


def _medians(lists: Lists, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,) for each list, none empty, the median of its part of `values`."""
    in_order = values[np.lexsort((values, lists.rows))]
    lower, upper = (lists.sizes - 1) // 2, lists.sizes // 2
    starts = lists.indptr[:-1]
    return np.asarray((in_order[starts + lower] + in_order[starts + upper]) / 2.0)


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
