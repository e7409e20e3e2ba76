"""Score every movie for users: by a profile of vectors, by who liked what, by what likes predict, and by what a
user encoder makes of them. Pure.

    profile score    = exp((logit_j - the largest logit) / temperature)
                       logit_j = (sum over likes i of a_i P_i) . O_j + b_j, where the dimensions that were
                       trained without the order of likes have a_i = 1 / likes
    graph score      = graph weight * g_j / the largest g
    prediction score = prediction weight * q_j / the largest q
    encoder score    = encoder weight * exp((encoder logit_j - the largest) / encoder temperature)
    score            = the sum of the four

Sequentially, a like of age n (in likes; 0 is the newest) has recency r_i = 2^(-n / half-life of a like), and

    g_j = sum over likes i of r_i * weight(i FOLLOWED_BY j) / sqrt(likeCount_j)
    q_j = sum over likes i of 2^(-n / half-life of a prediction) * weight(i PREDICTS j)
    a_i = 1/2 of 1 / likes + 1/2 of r_i / sum of r

Without the order of likes

    g_j = sum over likes i of weight(i CO_LIKED j),   q_j = sum of weight(i PREDICTS j),   a_i = 1 / likes

The encoder logit is that of `embedding.user_encoder`. The largest logits, g and q are taken over the movies that
the user has not rated, so filters change no score. The query files recommend/recommend_sequential and
recommend/recommend_unordered compute the same inside the server, but for the user's vector.

Many users are scored at once, in blocks, as the products of matrices.

Shapes: M movies, B users, L likes of one user or T of all, D dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import Adjacency, Lists
from movierec.embedding.user_encoder import Encoder

__all__ = [
    "KNOWN_LIKES",
    "LikeHistories",
    "Scorer",
    "best_of_rows",
    "block_rows",
    "contributions_of_likes",
    "like_ages",
    "like_ages_of_users",
    "most_diverse",
    "relative_to_best",
    "share_of_largest",
    "similarity_score",
]

DISLIKE_WEIGHT = 0.5  # of the mean disliked movie, subtracted from a profile; see benchmarks.hard_cases
KNOWN_LIKES = 5  # a movie that fewer people like comes last among similar ones
HALF_LIVES_USED = 10  # an older like has no part in the graph score
BLOCK_BYTES = 32 * 2**20  # of one array of scores; some five of them are in memory at the same time
MOST_ROWS = 1_000  # of a block, where movies are few


@dataclass(frozen=True)
class LikeHistories:
    """What B users like: positions of movies, and the age of each like in likes (0: the newest, or no order).

    movies    B lists of positions, T in all
    ages      (T,) float64
    disliked  positions of movies that each of them dislikes
    """

    movies: Lists
    ages: NDArray[np.float64]
    disliked: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    @classmethod
    def of_one(cls, movies: NDArray[np.int64], ages: NDArray[np.float64]) -> LikeHistories:
        """The likes of one user."""
        return cls(Lists.of_sizes([len(movies)], movies), ages)

    def __len__(self) -> int:
        return len(self.movies)

    def part(self, start: int, end: int) -> LikeHistories:
        """Users `start` to `end`."""
        movies, first = self.movies.part(start, end), self.movies.indptr[start]
        return LikeHistories(movies, self.ages[first : first + len(movies.values)], self.disliked)

    def taken(self, chosen: NDArray[np.int64]) -> LikeHistories:
        """The users `chosen`, in that order."""
        return LikeHistories(self.movies.taken(chosen), self.ages[self.movies.entries(chosen)], self.disliked)


@dataclass(frozen=True, kw_only=True)
class Scorer:
    """What the arithmetic reads. Without profiles, and so tables of None, the score is the graph score.

    graph                FOLLOWED_BY / sqrt(likeCount), or CO_LIKED in both directions
    like_half_life       likes after which a like counts half; None: the order of likes is not used
    profiles, contexts   (M, D) float32 P and O; bias (M,) float32 b
    has_profile          (M,) bool: which movies have these three
    ordered_dimensions   so many of the D, the first ones, weigh likes by recency, if sequential; None: all
    profile_temperature  the higher, the flatter the profile score
    graph_weight         maximum graph score, relative to the maximum profile score of 1
    predictions          PREDICTS; None where the model has none
    prediction_half_life likes after which a like counts half there; None: the order of likes is not used
    prediction_weight    maximum prediction score
    encoder              makes vectors of users; None where the model has none
    encoder_vectors      (M, D) float32 of movies; encoder_bias (M,) float32
    is_encoded           (M,) bool: which movies have these two
    encoder_temperature  the higher, the flatter the encoder score
    encoder_weight       maximum encoder score
    """

    graph: Adjacency
    like_half_life: float | None
    profiles: NDArray[np.float32] | None = None
    contexts: NDArray[np.float32] | None = None
    bias: NDArray[np.float32] | None = None
    has_profile: NDArray[np.bool_] | None = None
    ordered_dimensions: int | None = None
    profile_temperature: float = 2.0
    graph_weight: float = 1.0
    predictions: Adjacency | None = None
    prediction_half_life: float | None = None
    prediction_weight: float = 1.0
    encoder: Encoder | None = None
    encoder_vectors: NDArray[np.float32] | None = None
    encoder_bias: NDArray[np.float32] | None = None
    is_encoded: NDArray[np.bool_] | None = None
    encoder_temperature: float = 1.0
    encoder_weight: float = 1.0

    @property
    def n_movies(self) -> int:
        return len(self.graph.indptr) - 1

    @cached_property
    def _wide_contexts(self) -> NDArray[np.float64]:
        """(D, M) O in float64, so that no block converts it again."""
        return np.asarray(self.contexts, dtype=np.float64).T

    def logits(self, likes: LikeHistories) -> NDArray[np.float64] | None:
        """(B, M) how well each movie fits each user's profile; -inf for users without likes that have one.

        None where no movie has a profile.
        """
        if self.profiles is None or self.contexts is None or self.bias is None or self.has_profile is None:
            return None
        profiles = likes.movies.sums(self.weighted_profiles(likes))  # (B, D)
        disliked = likes.disliked[self.has_profile[likes.disliked]]
        if len(disliked):
            profiles = profiles - DISLIKE_WEIGHT * self.profiles[disliked].mean(axis=0)
        logits: NDArray[np.float64] = profiles @ self._wide_contexts
        logits += self.bias
        logits[:, ~self.has_profile] = -np.inf
        logits[likes.movies.sums(self.profile_weights(likes)) == 0] = -np.inf
        return logits

    def weighted_profiles(self, likes: LikeHistories) -> NDArray[np.float64]:
        """(T, D) what each like adds to its user's profile."""
        assert self.profiles is not None
        added: NDArray[np.float64] = self.profile_weights(likes)[:, None] * self.profiles[likes.movies.values]
        if (n := self.ordered_dimensions) is not None and n < added.shape[1]:
            added[:, n:] = self._even_weights(likes)[:, None] * self.profiles[likes.movies.values, n:]
        return added

    def profile_weights(self, likes: LikeHistories) -> NDArray[np.float64]:
        """(T,) weight a of each like in its user's profile; they sum to 1; 0 for movies without a profile."""
        even = self._even_weights(likes)
        if self.like_half_life is None:
            return even
        movies = likes.movies
        recency = (even > 0) * np.exp2(-likes.ages / self.like_half_life)
        sums = movies.sums(recency)
        return np.asarray(0.5 * even + 0.5 * recency / np.where(sums > 0, sums, 1.0)[movies.rows])

    def _even_weights(self, likes: LikeHistories) -> NDArray[np.float64]:
        """(T,) 1 / likes of its user that have a profile, where this one has."""
        movies, known = likes.movies, self.has_profile
        counts = np.ones(len(movies.values)) if known is None else known[movies.values].astype(np.float64)
        return np.asarray(counts / np.maximum(movies.sums(counts), 1.0)[movies.rows])

    def graph_weights(self, likes: LikeHistories) -> NDArray[np.float64]:
        """(T,) weight r of each like in the graph score; 0 for those that are too old."""
        return _recency(likes, self.like_half_life)

    def prediction_weights(self, likes: LikeHistories) -> NDArray[np.float64]:
        """(T,) weight of each like in the prediction score, likewise."""
        return _recency(likes, self.prediction_half_life)

    def graph_sums(self, likes: LikeHistories) -> NDArray[np.float64]:
        """(B, M) g of each movie for each user."""
        return _weighted_sums(self.graph, likes, self.graph_weights(likes))

    def prediction_sums(self, likes: LikeHistories) -> NDArray[np.float64]:
        """(B, M) q of each movie for each user."""
        if self.predictions is None:
            return np.zeros((len(likes), self.n_movies))
        return _weighted_sums(self.predictions, likes, self.prediction_weights(likes))

    def encoded_likes(self, likes: LikeHistories) -> tuple[Lists, NDArray[np.float64]]:
        """Vectors of the likes that the encoder knows, in lists of B users, and their ages."""
        assert self.encoder_vectors is not None
        assert self.is_encoded is not None
        known = self.is_encoded[likes.movies.values]
        movies = likes.movies.kept(known)
        return Lists(movies.indptr, self.encoder_vectors[movies.values]), likes.ages[known]

    def encoder_logits(self, likes: LikeHistories) -> NDArray[np.float64] | None:
        """(B, M) logits of the user encoder; -inf for users whose likes it does not know. None without one."""
        if self.encoder is None or self.encoder_bias is None or self.is_encoded is None:
            return None
        read, ages = self.encoded_likes(likes)
        logits: NDArray[np.float64] = self.encoder.encode(read, ages) @ self._wide_encoder_vectors
        logits += self.encoder_bias
        logits[:, ~self.is_encoded] = -np.inf
        logits[read.sizes == 0] = -np.inf
        return logits

    @cached_property
    def _wide_encoder_vectors(self) -> NDArray[np.float64]:
        """(D, M) V in float64."""
        return np.asarray(self.encoder_vectors, dtype=np.float64).T

    def profile_scores(self, likes: LikeHistories, is_rated: NDArray[np.bool_]) -> NDArray[np.float64]:
        """(B, M) profile scores of users who have rated the movies marked in (B, M) `is_rated`."""
        logits = self.logits(likes)
        if logits is None:
            return np.zeros((len(likes), self.n_movies))
        return relative_to_best(logits, is_rated, self.profile_temperature)

    def graph_scores(self, likes: LikeHistories, is_rated: NDArray[np.bool_]) -> NDArray[np.float64]:
        """(B, M) graph scores, likewise."""
        return share_of_largest(self.graph_sums(likes), is_rated, self.graph_weight)

    def prediction_scores(self, likes: LikeHistories, is_rated: NDArray[np.bool_]) -> NDArray[np.float64]:
        """(B, M) prediction scores, likewise."""
        return share_of_largest(self.prediction_sums(likes), is_rated, self.prediction_weight)

    def encoder_scores(self, likes: LikeHistories, is_rated: NDArray[np.bool_]) -> NDArray[np.float64]:
        """(B, M) encoder scores, likewise."""
        logits = self.encoder_logits(likes)
        if logits is None:
            return np.zeros((len(likes), self.n_movies))
        scores = relative_to_best(logits, is_rated, self.encoder_temperature)
        scores *= self.encoder_weight
        return scores

    def scores(
        self, likes: LikeHistories, is_rated: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """(B, M) profile, graph, prediction and encoder scores, likewise."""
        return (
            self.profile_scores(likes, is_rated),
            self.graph_scores(likes, is_rated),
            self.prediction_scores(likes, is_rated),
            self.encoder_scores(likes, is_rated),
        )


def _recency(likes: LikeHistories, half_life: float | None) -> NDArray[np.float64]:
    """(T,) 2^(-age / half-life), 0 for likes that are too old; ones without a half-life."""
    if half_life is None:
        return np.ones(len(likes.ages))
    weights: NDArray[np.float64] = np.where(
        likes.ages <= HALF_LIVES_USED * half_life, np.exp2(-likes.ages / half_life), 0.0
    )
    return weights


def _weighted_sums(edges: Adjacency, likes: LikeHistories, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """(B, M) for each movie the sum over likes of their weight times that of the edge."""
    used = weights > 0
    return edges.weighted_neighbour_sums(likes.movies.kept(used), weights[used])


def relative_to_best(
    logits: NDArray[np.float64], is_rated: NDArray[np.bool_], temperature: float
) -> NDArray[np.float64]:
    """(B, M) exp((logit - the largest of an unrated movie) / temperature); 0 where all of these are -inf."""
    largest = np.where(is_rated, -np.inf, logits).max(axis=1, initial=-np.inf)
    scores = logits - np.where(np.isfinite(largest), largest, np.inf)[:, None]
    scores /= temperature
    return np.exp(scores, out=scores)


def share_of_largest(sums: NDArray[np.float64], is_rated: NDArray[np.bool_], weight: float) -> NDArray[np.float64]:
    """(B, M) weight * sum / the largest of an unrated movie, in the place of the sums; 0 where these are all 0."""
    largest = np.where(is_rated, 0.0, sums).max(axis=1, initial=0.0)
    # In place: touching new memory takes longer than the arithmetic.
    sums *= weight
    sums /= np.where(largest > 0, largest, np.inf)[:, None]
    return sums


def contributions_of_likes(
    scorer: Scorer, likes: LikeHistories, movies: NDArray[np.int64], scores: Sequence[Sequence[float]]
) -> NDArray[np.float64]:
    """(K, L) what each like of one user contributes to the scores of the movies at K positions; each row sums to
    the movie's `scores`: profile, graph, prediction and encoder score.

    The graph score and the prediction score are sums over likes, and are divided as such. The profile score is
    divided in proportion to what each like adds to the logit, where that is above 0; the encoder score in
    proportion to how far the encoder logit falls without it (`Encoder.shares`), where it does.
    """
    liked = likes.movies.values
    added = np.zeros((len(movies), len(liked)))  # to the encoder logits
    if scorer.encoder is not None and scorer.is_encoded is not None and scorer.encoder_vectors is not None:
        read, ages = scorer.encoded_likes(likes)
        added[:, scorer.is_encoded[liked]] = scorer.encoder.shares(
            read.values, ages, scorer.encoder_vectors[movies]
        ).T
    return np.stack(
        [_contributions(scorer, likes, *one) for one in zip(movies.tolist(), scores, added, strict=True)]
    )


def _contributions(
    scorer: Scorer,
    likes: LikeHistories,
    movie: int,
    scores: Sequence[float],
    by_encoder: NDArray[np.float64],
) -> NDArray[np.float64]:
    """(L,) `contributions_of_likes` for one movie; `by_encoder` (L,): what likes add to its encoder logit."""
    liked = likes.movies.values
    profile_score, graph_score, prediction_score, encoder_score = scores
    contributions = np.zeros(len(liked))
    if scorer.profiles is not None and scorer.contexts is not None and profile_score > 0:
        contributions += _divided(profile_score, scorer.weighted_profiles(likes) @ scorer.contexts[movie])
    if graph_score > 0:
        terms = scorer.graph.weights_to(liked, movie) * scorer.graph_weights(likes)
        contributions += graph_score * terms / terms.sum()
    if prediction_score > 0 and scorer.predictions is not None:
        terms = scorer.predictions.weights_to(liked, movie) * scorer.prediction_weights(likes)
        contributions += prediction_score * terms / terms.sum()
    if encoder_score > 0:
        contributions += _divided(encoder_score, by_encoder)
    return contributions


def _divided(score: float, added: NDArray[np.float64]) -> NDArray[np.float64]:
    """(L,) parts of a score in proportion to what likes added (L,), where that is above 0; else equal ones."""
    added = np.maximum(added, 0.0)
    return score * added / added.sum() if added.any() else np.full(len(added), score / len(added))


def similarity_score(cosine: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """(..., M) cosine + sqrt(weight / the largest weight), of the CO_LIKED weights of a movie (0: no edge)."""
    largest = weights.max(axis=-1, keepdims=True)
    return cosine + np.sqrt(weights / np.where(largest > 0, largest, 1.0))


def like_ages(timestamps: NDArray[np.int64]) -> NDArray[np.float64]:
    """(L,) the age of each like in likes, from (L,) timestamps, newest first; equal ones share their mean age."""
    _, group, sizes = np.unique(-timestamps, return_inverse=True, return_counts=True)
    ends = np.cumsum(sizes)
    means = ends - (sizes + 1) / 2.0
    ages: NDArray[np.float64] = means[group] - means[0] if len(timestamps) else np.zeros(0)
    return ages


def like_ages_of_users(timestamps: Lists) -> NDArray[np.float64]:
    """(T,) `like_ages` of B users' timestamps, each newest first."""
    rows = timestamps.rows
    order = np.lexsort((-timestamps.values, rows))
    users, times = rows[order], timestamps.values[order]
    is_first = np.ones(len(times), dtype=bool)
    is_first[1:] = (users[1:] != users[:-1]) | (times[1:] != times[:-1])
    group = np.cumsum(is_first) - 1
    sizes = np.bincount(group, minlength=1)
    means = np.cumsum(sizes) - (sizes + 1) / 2.0
    first = timestamps.indptr[:-1][timestamps.sizes > 0]
    newest = np.zeros(len(timestamps))
    newest[timestamps.sizes > 0] = means[group[first]]
    ages = np.empty(len(times))
    ages[order] = means[group] - newest[users]
    return ages


def block_rows(n_movies: int) -> int:
    """How many users are scored at the same time, so that an array of their scores takes BLOCK_BYTES."""
    return max(1, min(MOST_ROWS, BLOCK_BYTES // (8 * max(n_movies, 1))))


def best_of_rows(scores: NDArray[np.float64], k: int) -> Lists:
    """The k best positions of each row of (B, M) scores, best first, equal ones by position; -inf is left out."""
    n = scores.shape[1]
    if not n:
        return Lists.of_sizes(np.zeros(len(scores), np.int64), np.empty(0, np.int64))
    least = np.partition(scores, n - k, axis=1)[:, n - k] if k < n else np.full(len(scores), -np.inf)
    found = np.flatnonzero((scores >= least[:, None]) & (scores > -np.inf))
    rows, places = np.divmod(found, n)
    order = np.lexsort((-scores[rows, places], rows))  # stable, so equal scores stay by position
    rows, places = rows[order], places[order]
    rank = np.arange(len(rows)) - np.searchsorted(rows, np.arange(len(scores)))[rows]
    return Lists.of_sizes(np.bincount(rows[rank < k], minlength=len(scores)), places[rank < k])


def most_diverse(
    scores: NDArray[np.float64], unit: NDArray[np.float32], diversity: float, k: int
) -> NDArray[np.int64]:
    """k of N ranked movies by maximal marginal relevance (Carbonell and Goldstein 1998): positions 0..N-1.

    The next is the one with the largest (1 - diversity) * score / best score - diversity * largest cosine with
    those chosen before. `scores` (N,) descending, > 0; `unit` (N, D) vectors of length 1, zeros where there is
    none.
    """
    relevance = (1.0 - diversity) * scores / scores[0] if len(scores) else scores
    nearest = np.zeros(len(scores))
    chosen: list[int] = []
    free = np.ones(len(scores), dtype=bool)
    for _ in range(min(k, len(scores))):
        best = int(np.argmax(np.where(free, relevance - diversity * nearest, -np.inf)))
        chosen.append(best)
        free[best] = False
        nearest = np.maximum(nearest, unit @ unit[best])
    return np.array(chosen, dtype=np.int64)
