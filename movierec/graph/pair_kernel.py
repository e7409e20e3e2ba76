"""The compiled loops that count and weigh pairs of movies over users' lists of likes.

For each movie, the lists of the users who like it are added up in a dense array with one place per movie: a
sparse matrix product row by row (Gustavson 1978). Another user who likes a pair costs one addition, and only the
pairs of one movie are in memory. The weights are those of cypher/_shared/weight.cypher, in the same order of
operations.

Shapes: M movies, U users, L likes. A *place* is the position 0..L-1 of a like in the users' lists. `lists` is a
pair of (U + 1,) int64 pointers and (L,) int32 movies, ascending within a user; `fans` is what `fans_of` gives;
`decays` is (L,) float64, or empty; `sums` (M,) float64 has the likes of each movie, or the sum of their decays;
`thresholds` are measure, D, damping, least weight and least count.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["MEASURE_CODES", "best_cutoffs", "count_following", "count_pairs", "fans_of"]

MEASURE_CODES = {
    name: code
    for code, name in enumerate(
        ("xy_pmi", "count", "pmi", "ppmi", "npmi", "lift", "damped_lift", "jaccard", "cosine", "llr")
    )
}


@njit(inline="always")
def _entropy_term(k):  # type: ignore[no-untyped-def]
    return k * np.log(k) if k > 0 else 0.0


@njit(nogil=True, cache=True)
def _weight_of(measure, xy, x, y, d, damping):  # type: ignore[no-untyped-def]
    """The weight of a pair by one of MEASURE_CODES; x, y and xy > 0."""
    if measure == 0:
        return xy * np.log(xy * d / (x * y))
    if measure == 1:
        return xy
    if measure == 2:
        return np.log(xy * d / (x * y))
    if measure == 3:
        return np.log(xy * d / (x * y)) if xy * d > x * y else 0.0
    if measure == 4:
        return 1.0 if xy >= d else np.log(xy * d / (x * y)) / np.log(d / xy)
    if measure == 5:
        return xy * d / (x * y)
    if measure == 6:
        return xy * d / (x * y) * (xy / (xy + damping))
    if measure == 7:
        return xy / (x + y - xy)
    if measure == 8:
        return xy / np.sqrt(x * y)
    joint = (
        _entropy_term(xy)
        + _entropy_term(x - xy)
        + _entropy_term(y - xy)
        + _entropy_term(d - x - y + xy)
        + _entropy_term(d)
    )
    separate = _entropy_term(x) + _entropy_term(d - x) + _entropy_term(y) + _entropy_term(d - y)
    return (-2.0 if xy * d < x * y else 2.0) * (joint - separate)


@njit(nogil=True, cache=True)
def fans_of(indptr, movies, n_movies):  # type: ignore[no-untyped-def]
    """The users who like each movie: (M + 1,) int64 pointers, (L,) int32 users, ascending, (L,) int64 places."""
    pointers = np.zeros(n_movies + 1, dtype=np.int64)
    for movie in movies:
        pointers[movie + 1] += 1
    for i in range(n_movies):
        pointers[i + 1] += pointers[i]
    free = pointers[:-1].copy()
    users = np.empty(len(movies), dtype=np.int32)
    places = np.empty(len(movies), dtype=np.int64)
    for user in range(len(indptr) - 1):
        for place in range(indptr[user], indptr[user + 1]):
            slot = free[movies[place]]
            users[slot] = user
            places[slot] = place
            free[movies[place]] += 1
    return pointers, users, places


@njit(inline="always")
def _add_up(i, only_later, lists, fans, decays, count, xy, touched):  # type: ignore[no-untyped-def]
    """Add up the lists of the users who like movie i; returns how many movies were touched.

    With `only_later` only movies of a larger index. `count` and `xy`, (M,), must be zero.
    """
    indptr, movies = lists
    pointers, users, places = fans
    n = 0
    for slot in range(pointers[i], pointers[i + 1]):
        own = places[slot]
        end = indptr[users[slot] + 1]
        for place in range(own + 1 if only_later else indptr[users[slot]], end):
            j = movies[place]
            if count[j] == 0:
                touched[n] = j
                n += 1
            count[j] += 1
            if len(decays):
                xy[j] += min(decays[own], decays[place])
    return n


@njit(inline="always")
def _weigh(i, n, touched, weights, count, xy, sums, has_decays, thresholds):  # type: ignore[no-untyped-def]
    """Weigh the n touched movies and forget those below a threshold, and i; returns how many are left."""
    measure, d, damping, min_weight, min_count = thresholds
    n_left = 0
    for t in range(n):
        j = touched[t]
        weight = 0.0
        if j != i and count[j] >= min_count and sums[i] > 0 and sums[j] > 0:
            both = xy[j] if has_decays else np.float64(count[j])
            # The smaller index first, so that both ends of a pair find the same last digit.
            weight = _weight_of(measure, both, sums[min(i, j)], sums[max(i, j)], d, damping)
        if weight > 0 and weight >= min_weight:
            touched[n_left] = j
            weights[n_left] = weight
            n_left += 1
        else:
            count[j] = 0
            xy[j] = 0.0
    return n_left


@njit(nogil=True, cache=True)
def best_cutoffs(first, last, lists, fans, decays, sums, thresholds, top_k, cutoffs):  # type: ignore[no-untyped-def]
    """Of each movie first..last-1 the weight and the index of its `top_k`-th best neighbour, into `cutoffs`.

    `cutoffs` is a pair of arrays, (M,) float64 and int32. A neighbour is better if its weight is larger, or equal
    and its index smaller. A movie with no more than `top_k` neighbours gets weight 0, which all of them exceed.
    """
    cut_weights, cut_indexes = cutoffs
    n_movies = len(sums)
    count, xy = np.zeros(n_movies, dtype=np.int32), np.zeros(n_movies)
    touched, weights = np.empty(n_movies, dtype=np.int32), np.empty(n_movies)
    for i in range(first, last):
        n = _add_up(i, False, lists, fans, decays, count, xy, touched)
        n = _weigh(i, n, touched, weights, count, xy, sums, len(decays) > 0, thresholds)
        for t in range(n):
            count[touched[t]] = 0
            xy[touched[t]] = 0.0
        cut_weights[i] = 0.0
        cut_indexes[i] = 0
        if n > top_k:
            cut_weights[i] = np.partition(weights[:n], n - top_k)[n - top_k]
            n_better, n_equal = 0, 0
            for t in range(n):
                if weights[t] > cut_weights[i]:
                    n_better += 1
                elif weights[t] == cut_weights[i]:
                    touched[n_equal] = touched[t]
                    n_equal += 1
            cut_indexes[i] = np.sort(touched[:n_equal])[top_k - n_better - 1]


@njit(nogil=True, cache=True)
def count_pairs(indexes, only_later, lists, fans, decays, sums, thresholds, cutoffs):  # type: ignore[no-untyped-def]
    """The edges of some movies: (n + 1,) int64 pointers; (E,) int32 neighbours, int32 counts and float64 weights.

    With `only_later` those to movies of a larger index; else all, but a pair of two of `indexes` only once. An
    edge stays if it is not worse than the cutoff of either end.
    """
    cut_weights, cut_indexes = cutoffs
    n_movies = len(sums)
    count, xy = np.zeros(n_movies, dtype=np.int32), np.zeros(n_movies)
    touched, weights = np.empty(n_movies, dtype=np.int32), np.empty(n_movies)
    is_asked = np.zeros(n_movies, dtype=np.bool_)
    is_asked[indexes] = True
    pointers = np.zeros(len(indexes) + 1, dtype=np.int64)
    found_neighbours = np.empty(1024, dtype=np.int32)
    found_counts = np.empty(1024, dtype=np.int32)
    found_weights = np.empty(1024)
    n_found = 0
    for position in range(len(indexes)):
        i = indexes[position]
        n = _add_up(i, only_later, lists, fans, decays, count, xy, touched)
        n = _weigh(i, n, touched, weights, count, xy, sums, len(decays) > 0, thresholds)
        if n_found + n > len(found_weights):
            size = max(2 * len(found_weights), n_found + n)
            found_neighbours = _grown(found_neighbours, n_found, size)
            found_counts = _grown(found_counts, n_found, size)
            found_weights = _grown(found_weights, n_found, size)
        for t in range(n):
            j, weight = touched[t], weights[t]
            is_here = not (is_asked[j] and j < i)
            is_best_of_i = weight > cut_weights[i] or (weight == cut_weights[i] and j <= cut_indexes[i])
            is_best_of_j = weight > cut_weights[j] or (weight == cut_weights[j] and i <= cut_indexes[j])
            if is_here and (is_best_of_i or is_best_of_j):
                found_neighbours[n_found] = j
                found_counts[n_found] = count[j]
                found_weights[n_found] = weight
                n_found += 1
            count[j] = 0
            xy[j] = 0.0
        pointers[position + 1] = n_found
    return pointers, found_neighbours[:n_found], found_counts[:n_found], found_weights[:n_found]


@njit(nogil=True, cache=True)
def count_following(indexes, lists, fans, ages, window, scale, top_k, ranks):  # type: ignore[no-untyped-def]
    """What follows some movies: (n + 1,) int64 pointers; (E,) int32 movies and float64 weights, best first.

    The weight is that of cypher/derive/followed_by.cypher, rounded to six digits. Here lists are newest first, in
    the order of `ages`, (L,). Of movies with equal weights the one with the smaller of `ranks`, (M,), is better.
    """
    indptr, movies = lists
    fan_pointers, users, places = fans
    n_movies = len(ranks)
    sums, is_touched = np.zeros(n_movies), np.zeros(n_movies, dtype=np.bool_)
    touched = np.empty(n_movies, dtype=np.int32)
    pointers = np.zeros(len(indexes) + 1, dtype=np.int64)
    found = np.empty(len(indexes) * min(top_k, n_movies), dtype=np.int32)
    found_weights = np.empty(len(found))
    n_found = 0
    for position in range(len(indexes)):
        i = indexes[position]
        n = 0
        for slot in range(fan_pointers[i], fan_pointers[i + 1]):
            own = places[slot]
            # Back to what is newer by no more than the window, on to what is as old.
            start, end = own, own + 1
            while start > indptr[users[slot]] and ages[own] - ages[start - 1] <= window:
                start -= 1
            while end < indptr[users[slot] + 1] and ages[end] == ages[own]:
                end += 1
            for place in range(start, end):
                if place == own:
                    continue
                j = movies[place]
                if not is_touched[j]:
                    is_touched[j] = True
                    touched[n] = j
                    n += 1
                gap = ages[own] - ages[place]
                sums[j] += 0.5 if gap == 0 else np.exp(-(max(gap, 1.0) - 1.0) / scale)
        weights = np.empty(n)
        by_rank = touched[:n][np.argsort(ranks[touched[:n]])]
        for t in range(n):
            j = by_rank[t]
            weights[t] = -np.rint(sums[j] * 1e6) / 1e6
            sums[j] = 0.0
            is_touched[j] = False
        order = np.argsort(weights, kind="mergesort")
        for t in range(min(n, top_k)):
            found[n_found] = by_rank[order[t]]
            found_weights[n_found] = -weights[order[t]]
            n_found += 1
        pointers[position + 1] = n_found
    return pointers, found[:n_found], found_weights[:n_found]


@njit(inline="always")
def _grown(array, n, size):  # type: ignore[no-untyped-def]
    larger = np.empty(size, dtype=array.dtype)
    larger[:n] = array[:n]
    return larger
