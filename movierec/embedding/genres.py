"""Genres as further dimensions of the profile vectors. Pure.

Two movies of the same genres are close even where few people like them. A movie's genre vector G has one number
for each genre: ln(movies / movies of this genre) if the movie is of this genre, else 0, scaled to length 1
(tf-idf; Spärck Jones 1972). A logit of the profiles gets w times the mean cosine of the candidate with what the
user likes:

    logit_j = (sum over likes i of a_i P_i) . O_j + w * sum over likes i of a_i (G_i . G_j) + b_j

which is the logit of the concatenated vectors [G, P] and [w G, O]. Queries and indexes of profile vectors stay as
they are; a sequential model only has to know the number of genres, to weight these dimensions by recency too.

Shapes: M movies, G genres.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_GENRES", "genre_vectors"]

MOST_GENRES = 32  # the most frequent ones; the profile vectors get no longer than this


def genre_vectors(genres: Sequence[Sequence[str]], most: int = MOST_GENRES) -> NDArray[np.float32]:
    """(M, G) float32 from the genres of each movie, of length 1; a movie without gets the mean of the others,
    which is shorter.

    The columns are the `most` most frequent genres, but for one that every movie has; G is 0 where there is none.
    """
    counts = Counter(genre for one in genres for genre in set(one))
    telling = [genre for genre, count in counts.items() if count < len(genres)]
    chosen = sorted(telling, key=lambda genre: (-counts[genre], genre))[:most]
    column = {genre: i for i, genre in enumerate(chosen)}
    vectors = np.zeros((len(genres), len(chosen)), np.float32)
    for movie, one in enumerate(genres):
        for genre in one:
            if genre in column:
                vectors[movie, column[genre]] = np.log(len(genres) / counts[genre])
    lengths = np.linalg.norm(vectors, axis=1)
    known = lengths > 0
    vectors[known] /= lengths[known, None]
    if known.any():
        vectors[~known] = vectors[known].mean(axis=0)
    return vectors
