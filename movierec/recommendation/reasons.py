"""Reasons: the most convincing of the likes that a score is due to, and how many people liked both.

What contributes most need not convince: many people like both of two famous movies. So of the likes that
contribute most those come first which have the largest

    share of the score * ln(lift * (1 - 1 / sqrt(count)))

The factor of the lift is one standard error of a count: few people prove little.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import Adjacency, vector_table
from movierec.database.connection import Database, Row
from movierec.database.query_files import load_query
from movierec.ids import Id
from movierec.recommendation.encoded_user import EncodedUser
from movierec.recommendation.model import is_sequential, ordered_dimensions, prediction_half_life
from movierec.recommendation.results import Reason, Recommendation
from movierec.recommendation.scoring import HALF_LIVES_USED, LikeHistories, Scorer, contributions_of_likes

__all__ = ["N_REASONS", "read_links", "reason_in_words", "reasons_for", "reasons_from", "strongest"]

N_REASONS = 3
CONSIDERED = 4  # times as many likes as reasons, those that contribute most
OFTEN_AFTER = 0.25  # of those who like both, from which on "soon after" is said

Links = Mapping[tuple[Id, Id], Row]  # (likedId, movieId) -> row of recommend/links


def reasons_for(
    database: Database,
    rows: Sequence[Recommendation],
    liked_ids: Sequence[Id],
    ages: NDArray[np.float64],
    run: Row,
    *,
    user: EncodedUser | None = None,
    n: int = N_REASONS,
) -> list[tuple[Reason, ...]]:
    """The reasons of each of K recommendations, from the database alone.

    `liked_ids` (L,), newest first, and `ages` (L,), as in `scoring.LikeHistories`; `run` as it answers
    (`model.answering`); `user` as the encoder knows them.
    """
    like_half_life = run["likeHalfLife"] if is_sequential(run) else None
    movie_ids = [row.movie_id for row in rows]
    ids = sorted({*liked_ids, *movie_ids})
    positions = {movie_id: i for i, movie_id in enumerate(ids)}
    rows_of_vectors = database.read(
        load_query("recommend/vectors"), movieIds=movie_ids, sequential=is_sequential(run)
    )
    contexts = {row["movieId"]: row["contextEmbedding"] for row in rows_of_vectors}
    encoded: dict[Id, Any] = {row["movieId"]: row["encoderEmbedding"] for row in rows_of_vectors}
    encoded |= {} if user is None else user.likes
    profiles = {
        row["movieId"]: row["profileEmbedding"]
        for row in database.read(
            load_query("recommend/profile_vectors"), movieIds=list(liked_ids), sequential=is_sequential(run)
        )
    }
    # A model of these movies only.
    if like_half_life is None:
        edges = [
            (positions[row["likedId"]], positions[row["movieId"]], row["weight"])
            for row in database.read(load_query("recommend/co_liked"), likes=list(liked_ids), movieIds=movie_ids)
        ]
    else:
        used = [one for one, age in zip(liked_ids, ages, strict=True) if age <= HALF_LIVES_USED * like_half_life]
        edges = [
            (positions[row["likedId"]], positions[row["movieId"]], row["weight"] / np.sqrt(row["likeCount"]))
            for row in database.read(load_query("recommend/followed"), likes=used, movieIds=movie_ids)
        ]
    predicted = [
        (positions[row["likedId"]], positions[row["movieId"]], row["weight"])
        for row in database.read(
            load_query("recommend/predicted"),
            likes=list(liked_ids),
            movieIds=movie_ids,
            generation=run.get("predictionGeneration"),
        )
    ]
    scorer = Scorer(
        graph=_adjacency(len(ids), edges),
        like_half_life=like_half_life,
        predictions=_adjacency(len(ids), predicted),
        prediction_half_life=prediction_half_life(run),
        profiles=vector_table([profiles.get(movie_id) for movie_id in ids]),
        contexts=vector_table([contexts.get(movie_id) for movie_id in ids]),
        has_profile=np.array([profiles.get(movie_id) is not None for movie_id in ids]),
        ordered_dimensions=ordered_dimensions(run),
        encoder=None if user is None else user.encoder,
        encoder_vectors=vector_table([encoded.get(movie_id) for movie_id in ids]),
        is_encoded=np.array([encoded.get(movie_id) is not None for movie_id in ids]),
    )
    liked = np.array([positions[movie_id] for movie_id in liked_ids], np.int64)
    likes = LikeHistories.of_one(liked, np.asarray(ages))
    places = np.array([positions[movie_id] for movie_id in movie_ids], np.int64)
    contributions = contributions_of_likes(scorer, likes, places, [row.scores for row in rows])
    links = read_links(
        database,
        [
            (liked_ids[like], row.movie_id)
            for row, contribution in zip(rows, contributions, strict=True)
            for like in strongest(contribution, n)
        ],
    )
    return [
        reasons_from(contribution, liked_ids, row, links, n)
        for row, contribution in zip(rows, contributions, strict=True)
    ]


def _adjacency(n: int, edges: Sequence[tuple[int, int, float]]) -> Adjacency:
    """From edges as positions and weights."""
    sources, targets, weights = zip(*edges, strict=True) if edges else ((), (), ())
    return Adjacency.from_edges(
        n, np.array(sources, np.int64), np.array(targets, np.int64), np.array(weights, np.float64)
    )


def strongest(contribution: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """Which of (L,) likes contribute most, best first: more than `n`, from which the reasons are chosen."""
    order: NDArray[np.int64] = np.argsort(-contribution, kind="stable")[: CONSIDERED * n]
    return order[contribution[order] > 0]


def reasons_from(
    contribution: NDArray[np.float64], liked_ids: Sequence[Id], row: Recommendation, links: Links, n: int
) -> tuple[Reason, ...]:
    """The `n` most convincing reasons for a movie, of likes that contribute most and have CO_LIKED to it.

    `contribution` (L,), of each of `liked_ids`. Likes that no more people share than by chance are no reasons.
    """
    total = sum(row.scores)
    found = []
    for position in strongest(contribution, n):
        link = links.get((liked_ids[position], row.movie_id))
        if link is not None and link["lift"] > 1:
            reason = Reason(
                movie_id=link["likedId"],
                title=link["liked"],
                count=link["count"],
                lift=link["lift"],
                share=float(contribution[position] / total),
                followed=link["followed"] if row.sequential else None,
            )
            found.append(reason)
    return tuple(sorted(found, key=_conviction, reverse=True)[:n])  # stable: equal ones by their share


def _conviction(reason: Reason) -> float:
    bound = reason.lift * (1.0 - reason.count**-0.5)
    return reason.share * math.log(bound) if bound > 1 else 0.0


def read_links(database: Database, pairs: Sequence[tuple[Id, Id]]) -> dict[tuple[Id, Id], Row]:
    """CO_LIKED of (likedId, movieId) pairs; without those that have none."""
    rows = database.read(
        load_query("recommend/links"), likes=[liked for liked, _ in pairs], movieIds=[movie for _, movie in pairs]
    )
    return {(row["likedId"], row["movieId"]): row for row in rows}


def reason_in_words(because: Sequence[Reason]) -> str:
    """The first reason as a sentence."""
    if not because:
        return "near what you like"
    first = because[0]
    people = "1 person" if first.count == 1 else f"{first.count} people"
    often = first.followed is not None and first.followed >= OFTEN_AFTER * first.count
    soon = ", often this soon after," if often else ","
    return f"you liked {first.title}: {people} liked both{soon} {first.lift:.1f} x chance"
