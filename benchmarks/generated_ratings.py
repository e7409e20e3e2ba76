"""A model of MovieLens that gives ratings of any size: arrays out, a block of 1,000 users at a time.

    activity     how many movies a user rates: quantiles of ml-latest-small and of what is published of ml-25m
    popularity   how likely a movie is drawn, by its rank: the same two. A subset of MovieLens' users rates mostly
                 the head of the same catalogue, so one law by rank serves every size
    taste        movies belong to clusters, and a user draws from these by a Dirichlet distribution of their own,
                 one movie after another without repetition
    first ones   a rating of each rated movie is given to a user by activity, since nobody lists what nobody rated
    stars        a normal variable, of the user's severity, the movie's quality, the taste for its cluster and
                 chance, cut where MovieLens' distribution of stars is kept
    time         sittings: seconds between two ratings, sometimes days; well-known movies first, and none before
                 its release. Apart from that the order says nothing about a user's taste

Every block has a random stream of its own, by seed and block: a block is the same alone as in the sequence.
Memory is that of a block, and some 50 bytes a user and a movie.

Published figures: README of ml-25m (users, movies, ratings); its description by LensKit (Gini of movies 0.942,
most ratings of a movie 81,491 and of a user 32,202).

Shapes: U users and M movies in all; N users in a block, who give R ratings; K clusters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["BLOCK_USERS", "GENRES", "Block", "Ratings", "Shape"]

BLOCK_USERS = 1_000
FEWEST = 20  # ratings of a user

# ml-latest-small and ml-25m; between and beyond them powers of the number of ratings.
SIZES = (100_836, 25_000_095)
USERS, MOVIES, RATED_MOVIES = (610, 162_541), (9_742, 62_423), (9_724, 59_047)

# Ratings of a user at quantiles; straight between them on the axes log(q / (1 - q)) and log(n - 19).
ACTIVITY = (
    *((0.001, 20.0), (0.1, 24.0), (0.25, 35.5), (0.5, 71.0), (0.75, 165.0), (0.9, 390.0), (0.95, 600.0)),
    *((0.99, 1_256.0), (0.999, 2_564.0), (0.9999, 4_800.0), (0.99999, 9_200.0)),
    (0.999995, 32_202.0),
)
LARGEST_PART = 0.55  # of all rated movies, that one user rates

# Weight of a movie by its rank; straight between on logarithmic axes.
POPULARITY = (
    *((1.0, 1.0), (4.0, 0.87), (10.0, 0.71), (31.0, 0.54), (100.0, 0.35), (300.0, 0.195), (1_000.0, 0.08)),
    *((3_000.0, 0.019), (14_762.0, 4.4e-4), (29_523.0, 7.4e-5), (59_047.0, 1.2e-5), (1e7, 1.2e-11)),
)

# How much more often a movie must be drawn, as nobody rates one twice; fitted at 1.5 million ratings.
SATURATION = (
    *((1.0, 3.0), (10.0, 2.15), (31.0, 1.85), (100.0, 1.24), (300.0, 0.78), (1_000.0, 0.445), (3_000.0, 0.25)),
    *((14_762.0, 0.115), (1e7, 0.115)),
)

N_CLUSTERS = 25
CONCENTRATION = 2.5  # of the Dirichlet distribution: smaller is narrower tastes
MAINSTREAM = 0.2  # part of the draws that follow no taste
POPULAR_FIRST = 0.03  # of all a user rates, how much earlier a movie comes that is e times as popular
UNKNOWN = 1e-4  # of all ratings: below it popularity says nothing about when a movie is rated and how good it is

# ml-latest-small: part of the ratings with 0.5, 1, ... 5 stars.
STARS = (0.0136, 0.0279, 0.0178, 0.0749, 0.0550, 0.1988, 0.1303, 0.2659, 0.0848, 0.1310)
SEVERITY, QUALITY, TASTE = 0.44, 0.42, 0.25  # standard deviations, of 1 in all
POPULAR_ARE_GOOD = 0.6  # correlation of a movie's quality with log(weight)

FIRST_TIME, LAST_TIME = 828_000_000, 1_537_000_000  # March 1996 and September 2018, as ml-latest-small
PAUSE_SHAPE = (0.2, 3.0)  # beta distribution over users: part of the gaps that end a sitting
GAP, GAP_SPREAD = 10.0, 1.5  # within a sitting: median in seconds, sigma of the logarithm
PAUSE, PAUSE_SPREAD = 3.9 * 86_400, 1.87  # between sittings
YEAR = 31_556_952
OWNER_TRIALS = 10  # to find a user who came after a movie's release; then it is released earlier

YEARS = ((0.0, 1902), (0.05, 1953), (0.25, 1988), (0.5, 1999), (0.75, 2008), (1.0, 2018))
NEW_MOVIES_GAIN = 4.0  # at most, for the users who came before a movie
GENRES = {
    **{"Drama": 0.197, "Comedy": 0.170, "Thriller": 0.086, "Action": 0.083, "Romance": 0.072},
    **{"Adventure": 0.057, "Crime": 0.054, "Sci-Fi": 0.044, "Horror": 0.044, "Fantasy": 0.035},
    **{"Children": 0.030, "Animation": 0.028, "Mystery": 0.026, "Documentary": 0.020, "War": 0.017},
    **{"Musical": 0.015, "Western": 0.008, "IMAX": 0.007, "Film-Noir": 0.004},
}
GENRES_A_MOVIE = (0.29, 0.33, 0.24, 0.10, 0.04)

# What a random stream is for.
OF_USERS, OF_MOVIES, OF_BLOCKS = 0, 1, 2


@dataclass(frozen=True)
class Shape:
    """How many of each; refused where users cannot have 20 ratings each, or would rate most movies."""

    n_ratings: int
    n_users: int
    n_movies: int

    @classmethod
    def of(cls, n_ratings: int, n_users: int | None = None, n_movies: int | None = None) -> Shape:
        """MovieLens' users and movies for so many ratings, where they are not given."""
        users = round(_power(n_ratings, USERS)) if n_users is None else n_users
        movies = round(_power(n_ratings, MOVIES)) if n_movies is None else n_movies
        return cls(n_ratings, max(1, users), movies)

    def __post_init__(self) -> None:
        if self.n_ratings < FEWEST * self.n_users:
            raise ValueError(
                f"{self.n_ratings:,} ratings are too few for {self.n_users:,} users; expected {FEWEST} a user."
            )
        most = int(self.n_rated_movies * LARGEST_PART)
        if most < FEWEST or self.n_ratings > most * self.n_users:
            raise ValueError(
                f"{self.n_ratings:,} ratings are too many for {self.n_users:,} users and {self.n_movies:,} "
                f"movies; expected at most {most:,} a user."
            )

    @property
    def n_rated_movies(self) -> int:
        """How many movies can have ratings: nearly all of a small data set, 95 % of ml-25m."""
        part = _power(self.n_ratings, RATED_MOVIES) / _power(self.n_ratings, MOVIES)
        return int(self.n_movies * min(1.0, part))


@dataclass(frozen=True)
class Block:
    """Ratings of consecutive users, by userId and movieId.

    users       (R,) int64, from 1 on
    movies      (R,) int64, from 1 on
    stars       (R,) float32, 0.5 to 5.0 in halves
    timestamps  (R,) int64, seconds since 1970
    """

    users: NDArray[np.int64]
    movies: NDArray[np.int64]
    stars: NDArray[np.float32]
    timestamps: NDArray[np.int64]


class Ratings:
    """All that blocks have in common: every user's activity, and the movies.

    Movies have two orders: that of their clusters, in which they are drawn, and movieIds, which say nothing.

    activity      (U,) int64, ratings of a user; they add up to `shape.n_ratings`
    starts        (U,) int64, seconds since 1970: the first rating of a user
    movie_ids     (M,) int64, in the order of clusters; all arrays of movies are
    cluster_ends  (K + 1,) int64
    years         (M,) int64, of release
    parts         (M,) float64, of all ratings: how popular each is to be; 0 for those that nobody rates
    genres        (M, G) bool, in the order of GENRES
    """

    def __init__(self, shape: Shape, seed: int) -> None:
        self.shape = shape
        self.seed = seed
        generator = _generator(seed, OF_USERS)
        self.activity = _activity(shape, generator)
        self.starts = generator.integers(FIRST_TIME, LAST_TIME, shape.n_users)
        self._set_movies(_generator(seed, OF_MOVIES))
        self._set_first_ratings(generator)

    @property
    def n_blocks(self) -> int:
        return -(-self.shape.n_users // BLOCK_USERS)

    def __iter__(self) -> Iterator[Block]:
        return map(self.block, range(self.n_blocks))

    def block(self, number: int) -> Block:
        """The ratings of the users from `number` * 1,000 + 1 on."""
        first = number * BLOCK_USERS
        counts = self.activity[first : first + BLOCK_USERS]
        n = len(counts)
        generator = _generator(self.seed, OF_BLOCKS, number)
        taste = generator.standard_gamma(CONCENTRATION * self.cluster_parts, (n, len(self.cluster_parts)))
        taste /= taste.sum(axis=1, keepdims=True)
        chance = (1 - MAINSTREAM) * taste + MAINSTREAM * self.cluster_parts
        starts = self.starts[first : first + n]
        ends = np.concatenate([[0], np.cumsum(counts)])
        given = slice(*np.searchsorted(self._first_users, [first, first + n]))
        drawn = np.empty(ends[-1], dtype=np.int64)
        _draw_movies(
            generator,
            ends,
            np.cumsum(chance, axis=1),
            _year(starts),
            np.searchsorted(self._first_users[given], np.arange(first, first + n + 1)),
            self._first_movies[given],
            self.cumulative,
            self.cluster_ends,
            self.years,
            drawn,
        )
        own = np.repeat(np.arange(n), counts)
        late = (np.arange(len(drawn)) - ends[own]) / counts[own]
        late -= POPULAR_FIRST * np.log(np.maximum(self.parts[drawn], UNKNOWN))
        drawn = drawn[np.lexsort((late, own))]
        times = _times(generator, starts, ends, own)
        # How much more than others the user likes the cluster, of mean 0 and deviation 1 over what the user rates.
        liking = np.log(chance / self.cluster_parts)[own, self.cluster[drawn]]
        liking -= (np.bincount(own, liking) / counts)[own]
        liking /= np.sqrt(np.maximum(np.bincount(own, liking**2) / counts, 1e-9))[own]
        severity = generator.standard_normal(n)
        rest = np.sqrt(1 - SEVERITY**2 - QUALITY**2 - TASTE**2)
        level = rest * generator.standard_normal(len(drawn))
        level += SEVERITY * severity[own] + QUALITY * self.quality[drawn] + TASTE * liking
        movies = self.movie_ids[drawn]
        order = np.lexsort((movies, own))
        stars = 0.5 + 0.5 * np.searchsorted(STAR_LIMITS, level[order])
        return Block(own + first + 1, movies[order], stars.astype(np.float32), times[order])

    def _set_movies(self, generator: np.random.Generator) -> None:
        n = self.shape.n_movies
        n_rated = self.shape.n_rated_movies
        # Ranks of another number of movies than MovieLens has are stretched, so that a tail stays a tail.
        ranks = np.arange(1, n + 1) * (_power(self.shape.n_ratings, MOVIES) / n)
        x, y = np.log(np.array(POPULARITY)).T
        parts = np.exp(np.interp(np.log(ranks), x, y))
        parts[n_rated:] = 0.0
        parts /= parts.sum()
        x, y = np.log(np.array(SATURATION)).T
        weights = parts * np.exp(np.interp(np.log(ranks), x, y))
        # What a movie has beyond the first rating, which comes by itself.
        weights *= np.maximum(1.0 - 1.0 / np.maximum(parts * self.shape.n_ratings, 1e-9), 0.01)
        quantiles, years = np.array(YEARS).T
        self.years = np.interp(generator.random(n), quantiles, years).astype(np.int64)
        # Whom half of all users have seen is no new movie.
        seen_by = np.minimum(1.0, 2.0 * parts * self.shape.n_ratings / self.shape.n_users)
        latest = LAST_TIME - seen_by * (LAST_TIME - FIRST_TIME)
        self.years = np.minimum(self.years, _year(latest.astype(np.int64)))
        came_later = (LAST_TIME - (self.years - 1970.0) * YEAR) / (LAST_TIME - FIRST_TIME)
        weights /= np.clip(came_later, 1 / NEW_MOVIES_GAIN, 1.0)
        quality = POPULAR_ARE_GOOD * _standard(np.log(np.maximum(parts, UNKNOWN)), parts)
        quality += np.sqrt(1 - POPULAR_ARE_GOOD**2) * generator.standard_normal(n)
        cluster = generator.integers(0, N_CLUSTERS, n)
        order = np.argsort(cluster, kind="stable")
        self.movie_ids = generator.permutation(n)[order] + 1
        self.years = self.years[order]
        self.quality = _standard(quality, parts)[order]
        self.parts = parts[order]
        self.cluster = cluster[order]
        self.cluster_ends = np.searchsorted(self.cluster, np.arange(N_CLUSTERS + 1))
        self.cumulative = np.concatenate([[0.0], np.cumsum(weights[order])])
        self.cumulative /= self.cumulative[-1]
        self.cluster_parts = np.maximum(np.diff(self.cumulative[self.cluster_ends]), 1e-6)
        self.cluster_parts /= self.cluster_parts.sum()
        self.genres = _genres(self.cluster, generator)

    def _set_first_ratings(self, generator: np.random.Generator) -> None:
        """A user for every movie that is rated at all, in the order of users."""
        rated = np.flatnonzero(np.diff(self.cumulative) > 0)
        ends = np.cumsum(self.activity)
        users = np.zeros(len(rated), dtype=np.int64)
        is_early = np.ones(len(rated), dtype=bool)
        for _ in range(OWNER_TRIALS):
            drawn = generator.integers(0, ends[-1], np.count_nonzero(is_early))
            users[is_early] = np.searchsorted(ends, drawn, side="right")
            is_early = _year(self.starts[users]) < self.years[rated]
        self.years[rated] = np.minimum(self.years[rated], _year(self.starts[users]))
        order = np.argsort(users, kind="stable")
        self._first_users, self._first_movies = users[order], rated[order]


def _generator(seed: int, *what: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox([seed, *what]))


def _power(n_ratings: int, known: tuple[int, int]) -> float:
    """A power of the number of ratings that gives what is known of both data sets."""
    exponent = np.log(known[1] / known[0]) / np.log(SIZES[1] / SIZES[0])
    return float(known[0] * (n_ratings / SIZES[0]) ** exponent)


def _standard(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """With mean 0 and deviation 1, by weights."""
    centred = values - np.average(values, weights=weights)
    return np.asarray(centred / np.sqrt(np.average(centred**2, weights=weights)))


def _year(times: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray(1970 + times // YEAR, dtype=np.int64)


def _activity(shape: Shape, generator: np.random.Generator) -> NDArray[np.int64]:
    """(U,) one of each quantile in random order, stretched until they add up to the number of ratings."""
    quantiles, counts = np.array(ACTIVITY).T
    own = (generator.permutation(shape.n_users) + 0.5) / shape.n_users
    axis = np.log(quantiles / (1 - quantiles))
    above = np.exp(np.interp(np.log(own / (1 - own)), axis, np.log(counts - FEWEST + 1))) - 1
    most = int(shape.n_rated_movies * LARGEST_PART) - FEWEST
    wanted = shape.n_ratings - FEWEST * shape.n_users
    low, high = 0.0, 1.0
    while np.minimum(high * above, most).sum() < wanted and high < 1e12:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if np.minimum(middle * above, most).sum() < wanted else (low, middle)
    # Rounding the running sum keeps the sum.
    ends = np.rint(np.cumsum(np.minimum(high * above, most))).astype(np.int64)
    ends[-1] = wanted
    return np.asarray(FEWEST + np.diff(ends, prepend=0), dtype=np.int64)


def _times(
    generator: np.random.Generator,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    own: NDArray[np.int64],
) -> NDArray[np.int64]:
    """(R,) when each rating was given, ascending within a user, who stops before the data end."""
    pauses = generator.beta(*PAUSE_SHAPE, len(starts))
    is_pause = generator.random(len(own)) < pauses[own]
    noise = generator.standard_normal(len(own))
    gaps = np.where(is_pause, PAUSE * np.exp(PAUSE_SPREAD * noise), np.floor(GAP * np.exp(GAP_SPREAD * noise)))
    gaps[ends[:-1]] = 0.0
    since = np.cumsum(gaps)
    since -= since[ends[:-1]][own]
    longest = since[ends[1:] - 1]
    factor = np.minimum(1.0, (LAST_TIME + YEAR / 10 - starts) / np.maximum(longest, 1.0))
    times: NDArray[np.int64] = starts[own] + (since * factor[own]).astype(np.int64)
    return times


def _genres(cluster: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.bool_]:
    """(M, G) of GENRES: two thirds have that of their cluster, the others are by chance."""
    parts = np.array(list(GENRES.values()))
    ends = np.cumsum(parts / parts.sum())
    ends[-1] = 1.0
    of_cluster = np.searchsorted(ends, generator.random(N_CLUSTERS))
    how_many = 1 + np.searchsorted(np.cumsum(GENRES_A_MOVIE)[:-1], generator.random(len(cluster)))
    genres = np.zeros((len(cluster), len(parts)), dtype=bool)
    for place in range(len(GENRES_A_MOVIE)):
        chosen = np.searchsorted(ends, generator.random(len(cluster)))
        if place == 0:
            chosen = np.where(generator.random(len(cluster)) < 2 / 3, of_cluster[cluster], chosen)
        has = np.flatnonzero(place < how_many)
        genres[has, chosen[has]] = True
    return genres


STAR_LIMITS = np.array([NormalDist().inv_cdf(float(part)) for part in np.cumsum(STARS)[:-1] / np.sum(STARS)])
TRIALS = 50  # draws for each rating, before what is left is taken in the order of the movies


@njit(nogil=True, cache=True)
def _draw_movies(  # type: ignore[no-untyped-def]
    generator, ends, tastes, years, first_ends, first_movies, cumulative, cluster_ends, released, drawn
):
    """Fill `drawn` (R,) with different movies for each user, in the order in which they rate them.

    ends       (N + 1,) where each user's ratings begin
    tastes     (N, K) cumulated probability of the clusters
    first_...  movies of which a user gives the first rating
    """
    n_clusters = tastes.shape[1]
    n_movies = len(released)
    rated_by = np.full(n_movies, -1)
    for user in range(len(ends) - 1):
        begin, end = ends[user], ends[user + 1]
        place = begin
        for i in range(first_ends[user], min(first_ends[user + 1], first_ends[user] + (end - begin) // 2)):
            rated_by[first_movies[i]] = user
            drawn[place] = first_movies[i]
            place += 1
        n_first = place - begin
        trials = TRIALS * (end - begin)
        while place < end and trials > 0:
            trials -= 1
            cluster = min(np.searchsorted(tastes[user], generator.random(), side="right"), n_clusters - 1)
            low, high = cluster_ends[cluster], cluster_ends[cluster + 1]
            level = cumulative[low] + generator.random() * (cumulative[high] - cumulative[low])
            movie = low + np.searchsorted(cumulative[low + 1 : high], level, side="right")
            if movie >= high or rated_by[movie] == user or released[movie] > years[user]:
                continue
            rated_by[movie] = user
            drawn[place] = movie
            place += 1
        first = int(generator.random() * n_movies)
        for step in range(2 * n_movies):  # those that are out, then all
            if place == end:
                break
            movie = (first + step) % n_movies
            is_out = step >= n_movies or released[movie] <= years[user]
            if is_out and rated_by[movie] != user and cumulative[movie] < cumulative[movie + 1]:
                rated_by[movie] = user
                drawn[place] = movie
                place += 1
        for i in range(begin, begin + n_first):
            other = begin + int(generator.random() * (end - begin))
            drawn[i], drawn[other] = drawn[other], drawn[i]
