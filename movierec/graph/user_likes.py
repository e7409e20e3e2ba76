"""The users' lists of likes as arrays, as a derivation keeps them on the users: newest first. Pure.

Shapes: U users, L likes, M movies, which are known by their likeIndex 0..M-1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from movierec.ids import Ids, id_array

__all__ = ["PulledLikes", "TimeResolution", "UserLikes"]

SITTING = 3600  # seconds between likes whose order a time should tell
MOST_HALF_LIVES = 500  # a decay of more would be too small to be multiplied


@dataclass(frozen=True)
class UserLikes:
    """What U users like, newest first.

    user_ids  (U,) int64 or str, ascending
    indptr    (U + 1,) int64: user u's likes are indexes[indptr[u]:indptr[u + 1]]
    indexes   (L,) int32, likeIndexes; likes of one time by their index
    decays    (L,) float64, 0.5 ^ (age / half-life); None without a half-life
    ages      (L,) float32, how many likes came after each, those of one time sharing their mean; None where the
              order is not known
    """

    user_ids: Ids
    indptr: NDArray[np.int64]
    indexes: NDArray[np.int32]
    decays: NDArray[np.float64] | None
    ages: NDArray[np.float32] | None

    @classmethod
    def from_lists(
        cls,
        user_ids: Ids,
        lists: Sequence[NDArray[np.int32]],
        decays: Sequence[NDArray[np.float64]] | None,
        ages: Sequence[NDArray[np.float32]] | None,
    ) -> UserLikes:
        """From one list per user."""
        sizes = [len(one) for one in lists]
        return cls(
            user_ids,
            np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            np.concatenate([np.empty(0, np.int32), *lists]),
            None if decays is None else np.concatenate([np.empty(0), *decays]),
            None if ages is None else np.concatenate([np.empty(0, np.float32), *ages]),
        )

    @property
    def n_users(self) -> int:
        return len(self.indptr) - 1

    @property
    def n_likes(self) -> int:
        return len(self.indexes)

    def by_index(self) -> UserLikes:
        """The same with each list in the order of the indexes."""
        users = np.repeat(np.arange(self.n_users), np.diff(self.indptr))
        order = np.lexsort((self.indexes, users))
        return UserLikes(
            self.user_ids,
            self.indptr,
            self.indexes[order],
            None if self.decays is None else self.decays[order],
            None if self.ages is None else self.ages[order],
        )

    def paths(self, n_movies: int) -> NDArray[np.int64]:
        """(M,) of each movie the sizes of the lists it is in: the additions that counting its pairs takes."""
        sizes = np.diff(self.indptr)
        sums = np.bincount(self.indexes, np.repeat(sizes, sizes), minlength=n_movies)
        return sums.astype(np.int64)


@dataclass
class TimeResolution:
    """Likes of one user that follow each other within an hour: with different times, and with the same."""

    distinct: int = 0
    tied: int = 0

    @property
    def tells_order(self) -> bool:
        return self.distinct >= max(1, self.tied)


@dataclass(frozen=True)
class PulledLikes:
    """All likes of some users as they come from the graph, sorted: each user's newest first.

    user_ids    (U,) int64 or str, ascending
    indptr      (U + 1,) int64
    indexes     (L,) int32, likeIndexes
    timestamps  (L,) int64, Unix seconds
    """

    user_ids: Ids
    indptr: NDArray[np.int64]
    indexes: NDArray[np.int32]
    timestamps: NDArray[np.int64]

    @classmethod
    def of(
        cls, user_ids: Ids, sizes: NDArray[np.int64], indexes: NDArray[np.int32], timestamps: NDArray[np.int64]
    ) -> PulledLikes:
        """From each user's likes in any order."""
        users = np.repeat(np.arange(len(sizes)), sizes)
        order = np.lexsort((indexes, -timestamps, users))
        indptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        return cls(user_ids, indptr, indexes[order], timestamps[order])

    @classmethod
    def joined(cls, parts: Sequence[PulledLikes]) -> PulledLikes:
        sizes = np.concatenate([np.empty(0, np.int64), *(np.diff(part.indptr) for part in parts)])
        return cls(
            np.concatenate([part.user_ids for part in parts]) if parts else id_array([]),
            np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            np.concatenate([np.empty(0, np.int32), *(part.indexes for part in parts)]),
            np.concatenate([np.empty(0, np.int64), *(part.timestamps for part in parts)]),
        )

    @property
    def newest_at(self) -> int:
        """Unix seconds of the newest like; 0 without any."""
        return int(self.timestamps.max(initial=0))

    def resolution(self) -> TimeResolution:
        gaps = self.timestamps[:-1] - self.timestamps[1:]
        is_within = np.ones(len(gaps), dtype=bool)
        borders = self.indptr[1:-1]
        is_within[borders[(borders > 0) & (borders <= len(gaps))] - 1] = False
        gaps = gaps[is_within & (gaps <= SITTING)]
        return TimeResolution(int((gaps > 0).sum()), int((gaps == 0).sum()))

    def kept(
        self, max_user_likes: int | None, half_life_seconds: float | None, reference_time: int, with_ages: bool
    ) -> UserLikes:
        """The newest `max_user_likes` of each user, with decays and ages where asked for."""
        sizes = np.diff(self.indptr)
        ages = self._ages() if with_ages else None
        indexes, timestamps, indptr = self.indexes, self.timestamps, self.indptr
        if max_user_likes is not None:
            position = np.arange(len(indexes)) - np.repeat(self.indptr[:-1], sizes)
            is_kept = position < max_user_likes
            indexes, timestamps = indexes[is_kept], timestamps[is_kept]
            ages = None if ages is None else ages[is_kept]
            indptr = np.concatenate([[0], np.cumsum(np.minimum(sizes, max_user_likes))]).astype(np.int64)
        decays = None
        if half_life_seconds is not None:
            half_lives = np.clip((reference_time - timestamps) / half_life_seconds, 0, MOST_HALF_LIVES)
            decays = 0.5**half_lives
        return UserLikes(self.user_ids, indptr, indexes, decays, ages)

    def _ages(self) -> NDArray[np.float32]:
        """(L,) likes of the user that came after each; of those with one time the mean of their positions."""
        n = len(self.indexes)
        if not n:
            return np.empty(0, np.float32)
        is_first = np.ones(n, dtype=bool)
        is_first[1:] = self.timestamps[1:] != self.timestamps[:-1]
        starts_of_users = self.indptr[:-1]
        is_first[starts_of_users[starts_of_users < n]] = True
        starts = np.flatnonzero(is_first)
        sizes = np.diff(np.append(starts, n))
        users = np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))
        ages = starts - self.indptr[users[starts]] + (sizes - 1) / 2
        return np.repeat(ages, sizes).astype(np.float32)
