"""What movierec is compared with where the order of likes counts. Pure: arrays in, arrays out.

Each takes the like histories of training (U users, C movies) and gives a function from those of a block of users
to their scores of every movie, (B, C). Ages are counted in likes: 0 is the newest, and likes of the same second
share their mean age.

    Markov chain   what was liked up to some likes after a like, the sooner the more, for the newest likes
    STAN           the users most like this one now, and what they liked about the last like that both share: a
                   nearest-neighbour method that knows when (Garg and others 2019)
    SLIST          a ridge regression of what comes on what was, and of all likes on all: closed form (Choi and
                   others 2021)

The settings are those that inner splits of ml-latest-small and ML-100K liked best together; `benchmarks.peers`
chooses them for each data set.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numba import njit
from numpy.typing import NDArray

from movierec.errors import MovieRecError
from movierec.progress import Advance, silently
from movierec.recommendation.scoring import LikeHistories, block_rows
from movierec.thread_pool import safe_factorisation

__all__ = [
    "MarkovSettings",
    "Scores",
    "SlistSettings",
    "StanSettings",
    "markov_chain",
    "slist",
    "stan",
]

Scores = Callable[[LikeHistories], NDArray[np.float64]]  # B histories -> (B, C)

SCALES_IN_REACH = 5  # a pair further apart would count less than 1 %
PAIRS_AT_ONCE = 4_000_000


@dataclass(frozen=True, kw_only=True)
class MarkovSettings:
    """Of `markov_chain`; powers 0 change nothing."""

    scale: float = 20.0  # gap, in likes, over which a pair's weight falls by a factor of e
    half_life: float = 5.0  # likes after which a like of the user asked for counts half
    source_power: float = 0.5  # a pair is divided by all weights from its first movie ** this
    likes_power: float = 0.3  # and by likes of its second movie ** this
    backward: float = 0.3  # weight of a pair in the other order


def markov_chain(
    histories: LikeHistories, n_movies: int, settings: MarkovSettings | None = None, advance: Advance = silently
) -> Scores:
    """Sum over likes i of 2^(-age of i / half-life) * w_ij, with w_ij summed over the users who liked j after i.

    A pair g likes apart adds exp(-(max(g, 1) - 1) / scale), one of the same second half of it in both orders.
    """
    settings = settings or MarkovSettings()
    movies, ages, rows = histories.movies.values, histories.ages, histories.movies.rows
    reach = int(np.ceil(SCALES_IN_REACH * settings.scale))
    counted = sp.csr_array((n_movies, n_movies))
    waiting: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]] = []

    def add_up(counted: sp.csr_array) -> sp.csr_array:
        sources, targets, weights = (np.concatenate(part) for part in zip(*waiting, strict=True))
        waiting.clear()
        more: sp.csr_array = counted + sp.csr_array((weights, (sources, targets)), shape=counted.shape)
        return more

    for apart in range(1, reach + 1):
        first = np.flatnonzero(rows[apart:] == rows[:-apart])  # the newer one of a pair
        if not len(first):
            break
        gaps = ages[first + apart] - ages[first]
        weights = np.exp(-(np.maximum(gaps, 1.0) - 1.0) / settings.scale)
        older, newer, tied = movies[first + apart], movies[first], gaps == 0
        weights[tied] *= 0.5
        waiting += [(older, newer, weights), (newer[tied], older[tied], weights[tied])]
        if sum(len(one[0]) for one in waiting) > PAIRS_AT_ONCE:
            counted = add_up(counted)
    if waiting:
        counted = add_up(counted)
    both = (counted + settings.backward * counted.T).tocsr()
    out = np.maximum(np.asarray(both.sum(axis=1)), 1e-12) ** -settings.source_power
    likes = np.maximum(np.bincount(movies, minlength=n_movies), 1.0) ** -settings.likes_power
    chain = (sp.diags_array(out) @ both @ sp.diags_array(likes)).tocsr()
    advance(n_movies)

    def scores(users: LikeHistories) -> NDArray[np.float64]:
        weights = np.exp2(-users.ages / settings.half_life)
        return np.asarray((_weighted(users, weights, n_movies) @ chain).toarray())

    return scores


@dataclass(frozen=True, kw_only=True)
class StanSettings:
    """Of `stan`."""

    neighbours: int = 100
    half_life: float = 10.0  # likes after which a like of the user asked for counts half in who is near
    spread: float = 10.0  # likes from the last shared one over which what a neighbour liked counts e times less
    backward: float = 0.3  # weight of what a neighbour liked before the last shared like
    size_power: float = 0.25  # a neighbour's nearness is divided by their likes ** this
    sharpness: float = 1.5  # nearness ** this is a neighbour's weight


def stan(
    histories: LikeHistories, n_movies: int, settings: StanSettings | None = None, advance: Advance = silently
) -> Scores:
    """Sum over the nearest users v of nearness(v) * exp(-|age in v of j - age in v of the last shared| / spread).

    The nearness is the sum over shared likes of 2^(-age / half-life) times ln(users / likes of the movie).
    """
    settings = settings or StanSettings()
    lists, n_users = histories.movies, len(histories)
    liked = sp.csr_array((np.ones(len(lists.values)), lists.values, lists.indptr), shape=(n_users, n_movies))
    by_movie = liked.T.tocsr()
    counts = np.bincount(lists.values, minlength=n_movies)
    rarity = np.log(max(n_users, 2) / np.maximum(counts, 1.0))
    sizes = np.maximum(lists.sizes, 1.0) ** -settings.size_power
    advance(n_movies)
    rows_at_once = block_rows(n_users)

    def scores(users: LikeHistories) -> NDArray[np.float64]:
        found = np.zeros((len(users), n_movies))
        for start in range(0, len(users), rows_at_once):
            block = users.part(start, start + rows_at_once)
            weights = np.exp2(-block.ages / settings.half_life) * rarity[block.movies.values]
            near = (_weighted(block, weights, n_movies) @ by_movie).toarray() * sizes  # (rows, U)
            _add_what_neighbours_like(
                near**settings.sharpness,
                (block.movies.indptr, block.movies.values, block.ages),
                (lists.indptr, lists.values, histories.ages),
                (settings.neighbours, 1.0 / settings.spread, settings.backward),
                found[start : start + len(block)],
            )
        return found

    return scores


@njit(nogil=True, cache=True)
def _add_what_neighbours_like(near, asked, known, thresholds, found):  # type: ignore[no-untyped-def]
    """Of each row of `near` (B, U) add what its best users like to `found` (B, C).

    `asked` and `known`: pointers, movies and ages of lists. `thresholds`: how many users; 1 / spread; backward.
    """
    n_movies = found.shape[1]
    asked_pointers, asked_movies, asked_ages = asked
    pointers, movies, ages = known
    k, rate, backward = thresholds
    own_age = np.full(n_movies, np.inf)
    for row in range(len(near)):
        own = slice(asked_pointers[row], asked_pointers[row + 1])
        own_age[asked_movies[own]] = asked_ages[own]
        for user in np.argsort(-near[row], kind="mergesort")[:k]:
            weight = near[row, user]
            if weight <= 0.0:
                break
            newest, place = np.inf, 0.0
            for t in range(pointers[user], pointers[user + 1]):
                if own_age[movies[t]] < newest:
                    newest, place = own_age[movies[t]], ages[t]
            for t in range(pointers[user], pointers[user + 1]):
                apart = place - ages[t]  # above 0: liked after the last shared like
                factor = np.exp(-abs(apart) * rate) * (1.0 if apart >= 0 else backward)
                found[row, movies[t]] += weight * factor
        own_age[asked_movies[own]] = np.inf


@dataclass(frozen=True, kw_only=True)
class SlistSettings:
    """Of `slist`."""

    ridge: float = 300.0
    share_of_all: float = 0.65  # of the regression of all likes on all, beside that of what comes on what was
    cuts: int = 10  # places, at most, at which a history is cut into what was and what comes
    half_life_before: float = 20.0  # likes before a cut after which a like counts half
    half_life_after: float = 5.0  # and after it
    half_life: float = 20.0  # likes after which a like of the user asked for counts half
    likes_power: float = 0.1  # scores are divided by likes ** this


def slist(
    histories: LikeHistories, n_movies: int, settings: SlistSettings | None = None, advance: Advance = silently
) -> Scores:
    """X B with B = (a X'X + (1 - a) S'S + ridge I)^-1 (a X'X + (1 - a) S'T); a row of S and T for each cut."""
    from scipy.linalg import cho_factor, cho_solve

    settings = settings or SlistSettings()
    lists = histories.movies
    liked = sp.csr_array((np.ones(len(lists.values)), lists.values, lists.indptr), shape=(len(lists), n_movies))
    before, after = _cut(histories, n_movies, settings)
    share = settings.share_of_all
    gram = (liked.T @ liked).toarray() * share
    left = gram + (1.0 - share) * (before.T @ before).toarray()
    gram += (1.0 - share) * (before.T @ after).toarray()
    left[np.diag_indices(n_movies)] += settings.ridge
    try:
        with safe_factorisation(left.nbytes):
            weights = cho_solve(cho_factor(left, overwrite_a=True, check_finite=False), gram, overwrite_b=True)
    except np.linalg.LinAlgError as error:
        raise MovieRecError("SLIST's matrix could not be inverted; expected likes to be counts.") from error
    weights *= np.maximum(np.bincount(lists.values, minlength=n_movies), 1.0) ** -settings.likes_power
    advance(n_movies)

    def scores(users: LikeHistories) -> NDArray[np.float64]:
        recency = np.exp2(-users.ages / settings.half_life)
        return np.asarray(_weighted(users, recency, n_movies) @ weights)

    return scores


def _cut(histories: LikeHistories, n_movies: int, settings: SlistSettings) -> tuple[sp.csr_array, sp.csr_array]:
    """(N, C) what was liked before and after each cut, the nearer to it the more; cuts lie between two ages."""
    befores, afters = [], []
    lists, ages = histories.movies, histories.ages
    for user in range(len(lists)):
        own = ages[lists.indptr[user] : lists.indptr[user + 1]]
        places = np.unique(own)
        places = (places[1:] + places[:-1]) / 2.0
        if len(places) > settings.cuts:
            places = places[np.linspace(0, len(places) - 1, settings.cuts).round().astype(np.int64)]
        apart = own - places[:, None]  # (cuts, likes) above 0: before
        befores.append((user, np.where(apart > 0, np.exp2(-(apart - 0.5) / settings.half_life_before), 0.0)))
        afters.append((user, np.where(apart < 0, np.exp2((apart + 0.5) / settings.half_life_after), 0.0)))

    def matrix(parts: list[tuple[int, NDArray[np.float64]]]) -> sp.csr_array:
        values, columns, sizes = [], [], []
        for user, part in parts:
            used = part > 0
            liked = lists.values[lists.indptr[user] : lists.indptr[user + 1]]
            values.append(part[used])
            columns.append(liked[np.nonzero(used)[1]])
            sizes.append(used.sum(axis=1))
        indptr = np.concatenate([[0], np.cumsum(np.concatenate([np.empty(0, np.int64), *sizes]))])
        columns_, values_ = np.concatenate(columns), np.concatenate(values)
        return sp.csr_array((values_, columns_, indptr), shape=(len(indptr) - 1, n_movies))

    return matrix(befores), matrix(afters)


def _weighted(users: LikeHistories, weights: NDArray[np.float64], n_movies: int) -> sp.csr_array:
    """(B, C) the weight of each like."""
    return sp.csr_array((weights, users.movies.values, users.movies.indptr), shape=(len(users), n_movies))
