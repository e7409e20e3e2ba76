"""A model of many made-up movies, copied from a real one: for measuring answers without loading that many ratings.

Every movie is a copy of one of a trained model. Copy t of a movie has its vectors with normal noise, 1 / (t + 1)
of its likes and a bias that falls accordingly, and is linked with copies of the movies that it is linked with. So
clusters, norms, biases and popularity are like those of real data. The most liked movies predict each other at
random, as many of them and as often as a training leaves. `write_model` puts it in the place of the
movies and users of a scratch database, whose Runs stay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import query
from movierec.arrays import vector_table
from movierec.database.connection import Database, Row
from movierec.database.query_files import load_query
from movierec.embedding.embeddings import Profiles
from movierec.embedding.likes_model import LikesModel
from movierec.embedding.predictions import MOST_MOVIES, PREDICTED
from movierec.embedding.sequence_encoder import MOST_MOVIES as MOST_ENCODED
from movierec.embedding.settings import TrainSettings
from movierec.embedding.stage import write_likes_model
from movierec.embedding.user_encoder import EncodedMovies, FactorEncoder
from movierec.graph.pull import pull_edges
from movierec.ids import id_array

__all__ = ["ManyMovies", "copied_movies", "write_model", "write_users"]

NOISE = 0.5  # length of the noise, relative to that of a vector
NO_ENCODER = FactorEncoder(gram=np.empty((0, 0), np.float32), ridge=np.zeros(2, np.float32))  # stays as trained
LIKES_SCALE = 100  # times the likes of the real movies
BATCH = 2_000
Edges = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


@dataclass(frozen=True)
class LikesVectors:
    """What answers one question, of M movies.

    profiles, contexts   (M, D) float32; bias (M,)
    encoder_vectors      (M, D) float32, and encoder_bias (M,)
    """

    profiles: NDArray[np.float32]
    contexts: NDArray[np.float32]
    bias: NDArray[np.float64]
    encoder_vectors: NDArray[np.float32]
    encoder_bias: NDArray[np.float64]


@dataclass(frozen=True)
class ManyMovies:
    """M movies with movieIds 1..M.

    vectors      (M, D) float32
    like_counts  (M,)
    questions    whether the order of likes is used -> vectors
    encoded      positions of those that the user encoders know
    links        relationship -> sources, targets (positions), weights
    likes        for each user the positions of what they like, newest first
    """

    vectors: NDArray[np.float32]
    like_counts: NDArray[np.int64]
    questions: dict[bool, LikesVectors]
    encoded: NDArray[np.int64]
    links: dict[str, Edges]
    likes: list[NDArray[np.int64]]


def copied_movies(
    database: Database, n_movies: int, degree: int, users: dict[int, int], seed: int = 1
) -> ManyMovies:
    """From the model of `database`: `n_movies`, each linked with about `degree` others by each relationship.

    `users`: how many users there are with each number of likes.
    """
    generator = np.random.default_rng(seed)
    of_questions = {
        sequential: [
            row
            for row in database.read(load_query("recommend/model"), sequential=sequential)
            if row["embedding"] is not None
        ]
        for sequential in (True, False)
    }
    rows = of_questions[True]
    movie_ids = id_array(row["movieId"] for row in rows)
    n = len(rows)
    originals = np.arange(n_movies) % n
    fraction = 1.0 / (np.arange(n_movies) // n + 1)

    def noisy(rows: list[Row], name: str) -> NDArray[np.float32]:
        table = vector_table([row[name] for row in rows])
        assert table is not None
        copies = table[originals]
        scale = NOISE * np.linalg.norm(copies, axis=1, keepdims=True) / np.sqrt(copies.shape[1])
        return np.asarray(copies + scale * generator.standard_normal(copies.shape, dtype=np.float32), np.float32)

    likes = np.array([row["likeCount"] for row in rows], dtype=np.float64)

    def rarer(rows: list[Row], name: str) -> NDArray[np.float64]:
        """A bias, less for copies as it is for movies that few like."""
        bias = np.array([row[name] for row in rows], dtype=np.float64)
        return np.asarray(bias[originals] + np.polyfit(np.log(likes), bias, 1)[0] * np.log(fraction))

    def copy_of(chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        """A copy of each movie, copy t with probability ~ 1 / (t + 1)."""
        copies = -((chosen - n_movies) // n)
        numbers = ((copies + 1) ** generator.random(len(chosen))).astype(np.int64)  # from 1
        return chosen + n * (numbers - 1)

    def linked(kind: str) -> Edges:
        sources, targets, weights = pull_edges(database, kind)
        known = np.isin(sources, movie_ids) & np.isin(targets, movie_ids)
        heads, tails = np.searchsorted(movie_ids, sources[known]), np.searchsorted(movie_ids, targets[known])
        weights = weights[known]
        if kind == "CO_LIKED":
            heads, tails, weights = (
                np.concatenate([heads, tails]),
                np.concatenate([tails, heads]),
                np.tile(weights, 2),
            )
        order = np.argsort(heads, kind="stable")
        heads, tails, weights = heads[order], tails[order], weights[order]
        total = np.concatenate([[0.0], np.cumsum(weights)])
        first, last = np.searchsorted(heads, originals), np.searchsorted(heads, originals, side="right")
        from_movies = np.flatnonzero(last > first)
        per_movie = degree // 2
        from_movies = np.repeat(from_movies, per_movie)
        at = total[first[from_movies]] + generator.random(len(from_movies)) * (
            total[last[from_movies]] - total[first[from_movies]]
        )
        edge = np.clip(np.searchsorted(total, at, side="right") - 1, first[from_movies], last[from_movies] - 1)
        to_movies = copy_of(tails[edge])
        made = weights[edge] * fraction[from_movies] * fraction[to_movies] * generator.lognormal(0, 0.3, len(edge))
        if kind == "CO_LIKED":
            from_movies, to_movies = np.minimum(from_movies, to_movies), np.maximum(from_movies, to_movies)
        _, kept = np.unique(from_movies * n_movies + to_movies, return_index=True)
        kept = kept[from_movies[kept] != to_movies[kept]]
        return from_movies[kept], to_movies[kept], LIKES_SCALE * made[kept]

    liked = [
        np.searchsorted(movie_ids, np.array(row["liked"])[np.isin(row["liked"], movie_ids)])
        for row in database.read(
            load_query("recommend/history"),
            userIds=[row["userId"] for row in database.read(load_query("derive/raters"), minRating=4.0)],
            minRating=4.0,
        )
    ]
    histories = []
    for size, count in users.items():
        for _ in range(count):
            able = [one for one in liked if len(one) >= size / 5]
            drawn = copy_of(np.resize(able[generator.integers(len(able))], 20 * size))
            _, first_at = np.unique(drawn, return_index=True)
            histories.append(drawn[np.sort(first_at)][:size])
    like_counts = np.maximum(1, LIKES_SCALE * likes[originals] * fraction).astype(np.int64)
    predicting = np.argsort(-like_counts, kind="stable")[:MOST_MOVIES]
    steps = generator.integers(1, len(predicting), (len(predicting), PREDICTED))
    pairs = np.unique(
        np.repeat(np.arange(len(predicting)), PREDICTED) * len(predicting)
        + ((np.arange(len(predicting))[:, None] + steps) % len(predicting)).ravel()
    )
    predictions = (
        predicting[pairs // len(predicting)],
        predicting[pairs % len(predicting)],
        generator.exponential(0.01, len(pairs)),
    )
    return ManyMovies(
        encoded=np.sort(np.argsort(-like_counts, kind="stable")[:MOST_ENCODED]),
        vectors=noisy(rows, "embedding"),
        questions={
            sequential: LikesVectors(
                profiles=noisy(found, "profileEmbedding"),
                contexts=noisy(found, "contextEmbedding"),
                bias=rarer(found, "likeBias"),
                encoder_vectors=noisy(found, "encoderEmbedding"),
                encoder_bias=rarer(found, "encoderBias"),
            )
            for sequential, found in of_questions.items()
        },
        like_counts=like_counts,
        links={kind: linked(kind) for kind in ("CO_LIKED", "FOLLOWED_BY")} | {"PREDICTS": predictions},
        likes=histories,
    )


def write_model(database: Database, movies: ManyMovies) -> None:
    """Delete all movies and users, and write these movies with their links and indexes."""
    database.run_batches(query("many_clear"))
    n = len(movies.vectors)
    for start in range(0, n, BATCH):
        rows = slice(start, min(start + BATCH, n))
        database.write(
            query("many_movies"),
            first=start,
            likeCounts=movies.like_counts[rows].tolist(),
            embeddings=movies.vectors[rows].tolist(),
        )
    for sequential, vectors in movies.questions.items():
        encoded = movies.encoded
        likes_model = LikesModel(
            settings=TrainSettings(sequential="on" if sequential else "off"),
            profiles=Profiles(
                movie_ids=np.arange(1, n + 1),
                profiles=vectors.profiles,
                contexts=vectors.contexts,
                bias=vectors.bias.astype(np.float32),
            ),
            encoded=EncodedMovies(
                encoder=NO_ENCODER,
                movie_ids=encoded + 1,
                vectors=vectors.encoder_vectors[encoded],
                bias=vectors.encoder_bias[encoded].astype(np.float32),
            ),
        )
        with database.transaction() as transaction:
            write_likes_model(transaction.run, likes_model, indexed=True)
    for kind, (sources, targets, weights) in movies.links.items():
        for start in range(0, len(sources), 20 * BATCH):
            rows = slice(start, start + 20 * BATCH)
            database.write(
                query(f"many_{kind.lower()}"),
                sources=(sources[rows] + 1).tolist(),
                targets=(targets[rows] + 1).tolist(),
                weights=weights[rows].tolist(),
            )
    for name in ("embedding/vector_index", "embedding/logit_index"):
        created = load_query(name)
        database.run_batches(replace(created, statements=created.statements[:-1]))
        database.run_batches(query("many_await"))  # longer than the file's own statement does
    database.write(query("many_run"), movies=n)


def write_users(database: Database, movies: ManyMovies) -> None:
    """Write the users, userIds from 1: each rates what they like, a minute apart, and as many others lower."""
    generator = np.random.default_rng(2)
    for user_id, liked in enumerate(movies.likes, start=1):
        others = np.setdiff1d(generator.integers(0, len(movies.vectors), len(liked)), liked)
        database.write(
            query("many_ratings"),
            userId=user_id,
            movieIds=[*(liked + 1).tolist(), *(others + 1).tolist()],
            ratings=[5.0] * len(liked) + [2.0] * len(others),
            timestamps=[1_500_000_000 - 60 * i for i in range(len(liked) + len(others))],
        )
