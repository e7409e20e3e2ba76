"""What a step of the profiles learns from: the likes that are given, those to be predicted, and candidates.

Sequentially, a user's likes are cut at a random position; those before it are input, those after it targets, and
nearer ones weigh more:

    a_i = 1/2 of 1/n + 1/2 of 2^(-likes from i to the last input / like_half_life), each normalised
    t_j = 2^(-likes from the first target to j / 10), normalised

Without the order of likes a random fifth of them are the targets, all weighing the same.

A softmax over all M movies costs the same for every user, however few movies the user likes. Where there are many,
it runs over the movies that the users of the step like: a sampled softmax (Bengio and Senecal 2008) that draws
from the batch itself (Yi and others 2019). A candidate stands for all that might have been in its place, so the
chance of its being there is taken off its logit (`profiles`).

Shapes: U users, M movies, L likes, B users of a batch, C candidates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from movierec.arrays import LikeLists
from movierec.embedding.settings import TrainSettings
from movierec.embedding.sparse_rows import SparseRows

__all__ = ["ProfileTask", "chances_by_size", "draw_task", "log_chances", "profile_weights"]

TARGET_HALF_LIFE = 10.0  # likes over which the weight of a target halves
TARGETS = 5  # one like in so many is a target, without the order of likes


@dataclass(frozen=True, kw_only=True)
class ProfileTask:
    """What B users are to learn, and the C movies that take part.

    inputs       (B, C) float32, sparse: weight a of each like in its user's profile; rows sum to 1
    targets      (B, C) float32, sparse: weight t of each like that is to be predicted; rows sum to 1
    candidates   (C,) int64, positions of the movies, ascending; None: all M
    log_chances  (C,) float32: ln of the chance that each is a candidate for a user who does not like it; None: 0
    """

    inputs: SparseRows
    targets: SparseRows
    candidates: Tensor | None = None
    log_chances: Tensor | None = None

    def users(self, start: int, end: int) -> ProfileTask:
        """That of the users from `start` to before `end`."""
        return replace(self, inputs=self.inputs.part(start, end), targets=self.targets.part(start, end))

    def to(self, device: str) -> ProfileTask:
        """The same on a device."""
        return replace(self, **{name: one.to(device) for name, one in vars(self).items() if one is not None})


def chances_by_size(
    likes: LikeLists, n_users: int, steps_of: int, settings: TrainSettings
) -> dict[int, NDArray[np.float32]]:
    """`log_chances` by the number of users in a step; none for all movies.

    Steps are cut from `steps_of` of the `n_users` that are learnt from; the last may have fewer users.
    """
    if settings.profile_candidates == "all":
        return {}
    sizes = np.diff(likes.indptr)
    fans = np.bincount(likes.movies[np.repeat(sizes >= 2, sizes)], minlength=likes.n_movies)
    full, last = min(settings.profile_batch_size, steps_of), steps_of % settings.profile_batch_size
    return {size: log_chances(fans, n_users, size) for size in (full, last) if size}


def log_chances(fans: NDArray[np.int64], n_users: int, batch_size: int) -> NDArray[np.float32]:
    """(M,) ln of the chance that a batch with a user who does not like a movie has one who does.

    `fans` (M,): how many of the U users like each. The other B - 1 are drawn from the other U - 1, none twice.
    """
    none = np.zeros(len(fans))  # ln of the chance that none of them does
    with np.errstate(divide="ignore"):
        for drawn in range(batch_size - 1):
            none += np.log1p(-np.minimum(fans / (n_users - 1 - drawn), 1.0))
        return np.log(-np.expm1(none)).astype(np.float32)


def draw_task(
    likes: LikeLists,
    users: NDArray[np.int64],
    settings: TrainSettings,
    generator: np.random.Generator,
    chances: NDArray[np.float32] | None = None,
) -> ProfileTask:
    """The input and the target likes of each of B users: over all movies, or with `chances` over what they like.

    `chances` (M,): `log_chances` of all movies for so many users.
    """
    first = likes.indptr[users]
    sizes = likes.indptr[users + 1] - first
    rows = np.repeat(np.arange(len(users)), sizes)  # (L of the batch,)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)  # of a like in its user's list
    entries = np.repeat(first, sizes) + place
    movies = likes.movies[entries]
    if settings.sequential == "on":
        if likes.ages is None:
            raise ValueError("These likes have no order.")
        cut = 1 + (generator.random(len(users)) * (sizes - 1)).astype(np.int64)
        is_input = place < cut[rows]
        ages = likes.ages[entries]
        before = ages - likes.ages[first + cut - 1][rows]
        after = likes.ages[first + cut][rows] - ages
        weights = profile_weights(before[is_input], rows[is_input], len(users), settings.like_half_life)
        target_weights = np.exp2(-after[~is_input].astype(np.float64) / TARGET_HALF_LIFE)
    else:
        order = np.lexsort((generator.random(len(rows)), rows))
        is_input = np.empty(len(rows), dtype=bool)
        is_input[order] = place >= np.maximum(1, sizes // TARGETS)[rows]
        weights = profile_weights(None, rows[is_input], len(users), settings.like_half_life)
        target_weights = np.ones(np.count_nonzero(~is_input))
    candidates, columns = None, movies
    if chances is not None:
        candidates, columns = np.unique(movies, return_inverse=True)
    others = rows[~is_input]
    target_weights = target_weights / np.bincount(others, target_weights, minlength=len(users))[others]
    task = ProfileTask(
        inputs=SparseRows.of(len(users), rows[is_input], columns[is_input], weights),
        targets=SparseRows.of(len(users), others, columns[~is_input], target_weights),
    )
    if candidates is None or chances is None:
        return task
    return replace(
        task,
        candidates=torch.from_numpy(candidates.astype(np.int64)),
        log_chances=torch.from_numpy(chances[candidates]),
    )


def profile_weights(
    ages: NDArray[np.float64] | NDArray[np.float32] | None,
    rows: NDArray[np.int64],
    n_rows: int,
    like_half_life: float,
) -> NDArray[np.float64]:
    """(L,) weights a of likes in a profile, summing to 1 in each of the `rows` (L,) that they belong to.

    `ages` (L,): likes from each to the last of its row; None: all weigh the same.
    """
    sizes = np.bincount(rows, minlength=n_rows)
    even = 1.0 / sizes[rows]
    if ages is None:
        return even
    recency = np.exp2(-ages.astype(np.float64) / like_half_life)
    weights: NDArray[np.float64] = 0.5 * even + 0.5 * recency / np.bincount(rows, recency, minlength=n_rows)[rows]
    return weights
