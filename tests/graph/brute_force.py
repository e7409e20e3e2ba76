"""The CO_LIKED graph by sparse matrices over a table of ratings: an independent account of what derive does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.stats import chi2_contingency

from movierec.graph.settings import DeriveSettings

DAY = 86_400


def edges_of(
    ratings: pd.DataFrame, settings: DeriveSettings, d: float | None = None, reference_time: int | None = None
) -> pd.DataFrame:
    """Columns a, b, count, weight, ascending. `d` and `reference_time` stand for what the ratings would give."""
    likes = ratings[ratings.rating >= settings.min_rating]
    if settings.max_user_likes is not None:
        ordered = likes.sort_values(["timestamp", "movieId"], ascending=[False, True])
        likes = ordered.groupby("userId").head(settings.max_user_likes)
    decay = np.ones(len(likes))
    if settings.half_life_days is not None:
        newest = likes.timestamp.max() if reference_time is None else reference_time
        decay = 0.5 ** ((newest - likes.timestamp.to_numpy()) / (settings.half_life_days * DAY)).clip(0, 500)
    movies, column = np.unique(likes.movieId, return_inverse=True)
    users, row = np.unique(likes.userId, return_inverse=True)
    shape = (len(users), len(movies))
    liked = sp.csr_array((np.ones(len(likes)), (row, column)), shape=shape)
    decayed = sp.csr_array((decay, (row, column)), shape=shape)
    if d is None:
        d = decayed.max(axis=1).sum() if settings.denominator == "users" else decayed.sum()
    pairs = sp.triu(liked.T @ liked, k=1).tocoo()
    a, b, count = pairs.row, pairs.col, pairs.data
    sums: np.ndarray = decayed.sum(axis=0)
    x, y = sums[a], sums[b]
    xy = count
    if settings.half_life_days is not None:
        dense = decayed.toarray()
        xy = np.array([np.minimum(dense[:, i], dense[:, j]).sum() for i, j in zip(a, b, strict=True)])
    weight = weights(settings, xy, x, y, d)
    edges = pd.DataFrame({"a": movies[a], "b": movies[b], "count": count.astype("int64"), "weight": weight})
    kept = edges[
        (edges.weight > 0) & (edges.weight >= settings.min_weight) & (edges["count"] >= settings.min_count)
    ]
    if settings.top_k:
        turned = kept.rename(columns={"a": "b", "b": "a"})
        ends = pd.concat([kept, turned]).sort_values(["a", "weight", "b"], ascending=[True, False, True])
        best = ends.groupby("a").head(settings.top_k)
        keys = {(min(a, b), max(a, b)) for a, b in zip(best.a, best.b, strict=True)}
        kept = kept[[(a, b) in keys for a, b in zip(kept.a, kept.b, strict=True)]]
    return kept.sort_values(["a", "b"], ignore_index=True)


def weights(settings: DeriveSettings, xy: np.ndarray, x: np.ndarray, y: np.ndarray, d: float) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        pmi = np.log(xy / d) - np.log(x / d) - np.log(y / d)
        measures: dict[str, Callable[[], np.ndarray]] = {
            "xy_pmi": lambda: xy * pmi,
            "count": lambda: xy,
            "pmi": lambda: pmi,
            "ppmi": lambda: np.maximum(pmi, 0),
            "npmi": lambda: np.where(xy == d, 1.0, pmi / -np.log(xy / d)),
            "lift": lambda: np.exp(pmi),
            "damped_lift": lambda: np.exp(pmi) * xy / (xy + settings.damping),
            "jaccard": lambda: xy / (x + y - xy),
            "cosine": lambda: xy / np.sqrt(x) / np.sqrt(y),
            "llr": lambda: llr(xy, x, y, d),
        }
        return measures[settings.measure]()


def llr(xy: np.ndarray, x: np.ndarray, y: np.ndarray, d: float) -> np.ndarray:
    """Signed G2 by scipy, once for each different table."""
    tables = np.stack([xy, x - xy, y - xy, d - x - y + xy], axis=1)
    different, where = np.unique(tables, axis=0, return_inverse=True)
    values = np.empty(len(different))
    for i, (k11, k12, k21, k22) in enumerate(different):
        if min(k11 + k12, k21 + k22, k11 + k21, k12 + k22) <= 0:
            values[i] = 0.0  # everybody likes one of them, or nobody: no association
            continue
        table = [[k11, k12], [k21, k22]]
        g2 = chi2_contingency(table, correction=False, lambda_="log-likelihood").statistic
        values[i] = g2 if k11 * d >= (k11 + k12) * (k11 + k21) else -g2
    return values[where.ravel()]
