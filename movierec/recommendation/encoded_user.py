"""What the user encoder makes of one history, from the database alone: no model is pulled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import Lists
from movierec.database.connection import Database, Row
from movierec.database.query_files import load_query
from movierec.embedding.user_encoder import Encoder
from movierec.ids import Id
from movierec.recommendation.history import History
from movierec.recommendation.model import is_sequential, read_encoder
from movierec.recommendation.scoring import like_ages

__all__ = ["EncodedUser", "encode_user"]


@dataclass(frozen=True)
class EncodedUser:
    """An encoder, the vectors of those likes that it knows, by movieId, and the user's own (D,)."""

    encoder: Encoder
    likes: dict[Id, NDArray[np.float32]]
    embedding: NDArray[np.float64]


def encode_user(database: Database, run: Row, history: History) -> EncodedUser | None:
    """The user with this history; None where the model that `run` is of has no encoder, or it knows no like."""
    encoder = read_encoder(database, run)
    if encoder is None:
        return None
    rows = database.read(
        load_query("recommend/encoder_vectors"), movieIds=history.liked, sequential=is_sequential(run)
    )
    vectors = {row["movieId"]: np.array(row["encoderEmbedding"], dtype=np.float32) for row in rows}
    known = [movie_id in vectors for movie_id in history.liked]
    if not any(known):
        return None
    ages = like_ages(np.array(history.timestamps, dtype=np.int64))[known]
    read = np.stack([vectors[movie_id] for movie_id in history.liked if movie_id in vectors])
    return EncodedUser(encoder, vectors, encoder.encode(Lists.of_sizes([len(read)], read), ages)[0])
