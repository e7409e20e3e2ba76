"""Predictions: which movies a like leads to, by a ridge regression of what is liked on what was. Pure.

Each row of S is what a user liked before a moment, the longer ago the less, each row of T what they liked after
it, the later the less; X has all likes of each user. With a the share of all likes, l the ridge, and the
regularisation of a denoising autoencoder that drops likes with probability p,

    A = a X'X + (1 - a) S'S        L = A + l I + p / (1 - p) diag(A)
    C = a X'X + (1 - a) S'T        B = P C - P diag(P C) / diag(P),   P = L^-1

B has a zero diagonal: no movie predicts itself. With a = 1, where the order of likes is not used, and p = 0, it is
EASE (Steck 2019); without the condition on the diagonal, SLIST (Choi and others 2021); p is from Steck (2020).
`prediction_kernel` has S and T. Each prediction is then divided by likes of the movie ** 0.2 (0.1 without the
order), and of each movie the 100 largest are kept: on inner splits of both MovieLens sets as good as all of them.

The matrix is dense, so only movies that three like take part; where these are many, those that most do. Users
are sampled where their pairs are many; what they add up to then counts accordingly.

Shapes: R movies that take part, U users, E predictions.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from movierec.arrays import LikeLists
from movierec.embedding.plan import LEAST_LIKES, most_liked, places_among, users_for, users_to_learn_from
from movierec.embedding.prediction_kernel import count_all, count_cuts
from movierec.errors import MovieRecError
from movierec.ids import Ids
from movierec.progress import Advance, Progress, silent
from movierec.random_streams import Stream, random_generator

__all__ = ["Predictions", "RegressionSettings", "fit_predictions"]

_log = logging.getLogger(__name__)

MOST_MOVIES = 8_000  # that take part: tables of 0.5 GB, and half a minute on two cores
MOST_PAIRS = 400_000_000  # of likes of one user, that are counted: some ten seconds
PREDICTED = 100  # movies, at most, by each
USERS_AT_ONCE = 200
ROWS_AT_ONCE = 500
DECIMALS = 6  # of a weight, so that it does not depend on the order in which a machine adds up


@dataclass(frozen=True, kw_only=True)
class RegressionSettings:
    """Chosen on inner splits of ml-latest-small and ML-100K, the same for both."""

    ridge: float
    share_of_all: float
    likes_power: float
    dropout: float = 0.33
    cuts: int = 10  # that a history counts as, at most
    half_life_before: float = 10.0  # likes
    half_life_after: float = 5.0  # likes

    @classmethod
    def default(cls, sequential: bool) -> RegressionSettings:
        """With the order of likes, or without."""
        if sequential:
            return cls(ridge=300.0, share_of_all=0.5, likes_power=0.2)
        return cls(ridge=200.0, share_of_all=1.0, likes_power=0.1)


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """E predictions from one movie to another.

    movie_ids  (R,) int64 or str, ascending: the movies that take part
    sources    (E,) int64, positions in `movie_ids`, ascending
    targets    (E,) int64, of each source by descending weight
    weights    (E,) float64, > 0
    """

    movie_ids: Ids
    sources: NDArray[np.int64]
    targets: NDArray[np.int64]
    weights: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.weights)

    def sha256(self) -> str:
        """Equal for equal movies and equal bytes of predictions."""
        digest = hashlib.sha256(self.movie_ids.tobytes())
        for array in (self.sources, self.targets, self.weights):
            digest.update(array.tobytes())
        return digest.hexdigest()


def fit_predictions(
    likes: LikeLists,
    settings: RegressionSettings,
    seed: int,
    progress: Progress = silent,
    *,
    most_movies: int = MOST_MOVIES,
    most_pairs: float = MOST_PAIRS,
) -> Predictions:
    """The predictions of all movies that at least three like, of the `most_movies` that most do.

    `likes.ages` must be there where `share_of_all` is below 1. Users are sampled by `seed` where they have more
    than `most_pairs` pairs of likes. Raises MovieRecError where the matrix cannot be inverted.
    """
    taking_part = most_liked(likes.like_counts, LEAST_LIKES, most_movies)
    n = len(taking_part)
    users, part = _users(likes, most_pairs, seed)
    passes = 2 if settings.share_of_all < 1 else 1
    with progress("count what predicts", passes * len(users), "users") as advance:
        tables = _count(likes, users, taking_part, settings, advance)
    if part < 1:
        for one in tables:
            np.divide(one, part, out=one)
        _log.info("predictions from %d of %d users", len(users), likes.n_users)
    with progress("solve what predicts", n, "movies") as advance:
        weights = _solve(tables, settings)
        weights *= np.maximum(likes.like_counts[taking_part], 1) ** -settings.likes_power
        advance(n)
    return _strongest(likes.movie_ids[taking_part], weights)


def _users(likes: LikeLists, most_pairs: float, seed: int) -> tuple[NDArray[np.int64], float]:
    """Users with two likes or more, or a random part of them, and which part of all pairs they have."""
    users = users_to_learn_from(likes)
    pairs = np.diff(likes.indptr).astype(np.float64) ** 2
    kept = users_for(pairs, users, most_pairs, random_generator(Stream.PREDICTIONS, seed))
    return kept, float(pairs[kept].sum() / pairs[users].sum()) if len(users) else 1.0


def _count(
    likes: LikeLists,
    users: NDArray[np.int64],
    taking_part: NDArray[np.int64],
    settings: RegressionSettings,
    advance: Advance,
) -> list[NDArray[np.float64]]:
    """A and C (R, R)."""
    n = len(taking_part)
    places = places_among(taking_part, likes.n_movies)[likes.movies]
    right = np.zeros((n, n))
    share = settings.share_of_all
    for start in range(0, len(users), USERS_AT_ONCE):
        some = users[start : start + USERS_AT_ONCE]
        count_all(some, likes.indptr, places, share, right)
        advance(len(some))
    left = right.copy()
    if share < 1:
        assert likes.ages is not None
        lists = (likes.indptr, places, likes.ages)
        of_a_cut = (1.0 - share, settings.cuts, settings.half_life_before, settings.half_life_after)
        for start in range(0, len(users), USERS_AT_ONCE):
            some = users[start : start + USERS_AT_ONCE]
            count_cuts(some, lists, of_a_cut, left, right)
            advance(len(some))
    return [left, right]


def _solve(tables: list[NDArray[np.float64]], settings: RegressionSettings) -> NDArray[np.float64]:
    """B (R, R) from A and C, which are taken off the list, so that no more than three tables are in memory."""
    right, left = torch.from_numpy(tables.pop()), torch.from_numpy(tables.pop())
    left.diagonal().mul_(1.0 + settings.dropout / (1.0 - settings.dropout)).add_(settings.ridge)
    factor, failed = torch.linalg.cholesky_ex(left)
    del left
    if int(failed):
        raise MovieRecError("The regression of likes on likes has no solution; expected likes to be counts.")
    inverse = torch.cholesky_inverse(factor)
    del factor
    found = inverse @ right
    del right
    found.addcmul_(inverse, found.diagonal() / inverse.diagonal(), value=-1.0)
    return np.asarray(found.numpy())


def _strongest(movie_ids: Ids, weights: NDArray[np.float64]) -> Predictions:
    """The largest of each row that are above 0, best first, equal ones by movieId."""
    n = len(weights)
    k = min(PREDICTED, n)
    sources, targets, values = [], [], []
    tie_breaker = np.arange(n) * 10.0**-DECIMALS / (2 * max(n, 1))
    for start in range(0, n, ROWS_AT_ONCE):
        rows = np.round(weights[start : start + ROWS_AT_ONCE], DECIMALS)
        rows[np.arange(len(rows)), np.arange(start, start + len(rows))] = 0.0
        ordered = rows - tie_breaker
        best = np.argpartition(-ordered, k - 1, axis=1)[:, :k]
        best = np.take_along_axis(best, np.argsort(-np.take_along_axis(ordered, best, 1), axis=1), 1)
        found = np.take_along_axis(rows, best, axis=1)
        row, column = np.nonzero(found > 0)
        sources.append(row + start)
        targets.append(best[row, column])
        values.append(found[row, column])
    return Predictions(
        movie_ids=movie_ids,
        sources=np.concatenate([np.empty(0, np.int64), *sources]),
        targets=np.concatenate([np.empty(0, np.int64), *targets]),
        weights=np.concatenate([np.empty(0), *values]),
    )
