"""Reasons: which likes carry the score of a recommended movie, with how many people liked both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import Adjacency, vector_table
from movierec.database.connection import Database, Row
from movierec.database.query_files import load_query
from movierec.recommendation.scoring import Liked, Scorer, carried

__all__ = ["N_REASONS", "read_links", "reason_in_words", "reasons_for", "reasons_from", "strongest"]

N_REASONS = 3

Links = Mapping[tuple[int, int], Row]  # (likedId, movieId) -> row of recommend/links


def reasons_for(
    database: Database,
    rows: Sequence[Row],
    liked_ids: Sequence[int],
    ago: NDArray[np.float64],
    recency: float | None,
    n: int = N_REASONS,
) -> list[list[dict[str, Any]]]:
    """For each of K rows of an answer (movieId, taste, evidence) its reasons, from the database alone.

    `liked_ids` (L,), newest first, and `ago` (L,), as in `scoring.Liked`; `recency` as in `scoring.Scorer`.
    """
    movie_ids = [row["movieId"] for row in rows]
    ids = sorted({*liked_ids, *movie_ids})
    found = {row["movieId"]: row for row in database.read(load_query("recommend/vectors"), movieIds=ids)}
    links = read_links(database, list(product(liked_ids, movie_ids)))
    places = {movie_id: i for i, movie_id in enumerate(ids)}
    # A model of these movies only.
    if recency is None:
        edges = [(places[liked], places[movie], link["weight"]) for (liked, movie), link in links.items()]
    else:
        followed = database.read(load_query("recommend/followed"), likes=list(liked_ids), movieIds=movie_ids)
        edges = [
            (places[row["likedId"]], places[row["movieId"]], row["weight"] / np.sqrt(row["likeCount"]))
            for row in followed
        ]
    sources, targets, weights = (
        (np.array(column) for column in zip(*edges, strict=True)) if edges else ([], [], [])
    )
    scorer = Scorer(
        Adjacency.from_edges(
            len(ids), np.array(sources, np.int64), np.array(targets, np.int64), np.array(weights, np.float64)
        ),
        recency,
        vector_table([found[movie_id]["profileEmbedding"] for movie_id in ids]),
        vector_table([found[movie_id]["contextEmbedding"] for movie_id in ids]),
        tuned=np.array([found[movie_id]["profileEmbedding"] is not None for movie_id in ids]),
    )
    liked = Liked(np.array([places[movie_id] for movie_id in liked_ids], dtype=np.int64), np.asarray(ago))
    return [
        reasons_from(
            carried(scorer, liked, places[row["movieId"]], row["taste"], row["evidence"]), liked_ids, row, links, n
        )
        for row in rows
    ]


def strongest(parts: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """Which of (L,) likes carry most, best first: more than `n`, as not all of them have a link."""
    order: NDArray[np.int64] = np.argsort(-parts, kind="stable")[: 2 * n]
    return order


def reasons_from(
    parts: NDArray[np.float64], liked_ids: Sequence[int], row: Row, links: Links, n: int = N_REASONS
) -> list[dict[str, Any]]:
    """The `n` likes that carry most of a row's score and are linked to it by CO_LIKED.

    movieId, title, count (users who liked both), lift (times more than by chance), share (of taste + evidence).
    """
    reasons: list[dict[str, Any]] = []
    total = row["taste"] + row["evidence"]
    for place in strongest(parts, n):
        link = links.get((int(liked_ids[place]), row["movieId"]))
        if len(reasons) == n or parts[place] <= 0:
            break
        if link is not None:
            reasons.append(
                {
                    "movieId": link["likedId"],
                    "title": link["liked"],
                    "count": link["count"],
                    "lift": link["lift"],
                    "share": float(parts[place] / total),
                }
            )
    return reasons


def read_links(database: Database, pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Row]:
    """CO_LIKED of (likedId, movieId) pairs; without those that have none."""
    rows = database.read(
        load_query("recommend/links"), likes=[liked for liked, _ in pairs], movieIds=[movie for _, movie in pairs]
    )
    return {(row["likedId"], row["movieId"]): row for row in rows}


def reason_in_words(because: Sequence[Mapping[str, Any]]) -> str:
    """The strongest piece of evidence as a sentence for people."""
    if not because:
        return "near what you like"
    first = because[0]
    people = "1 person" if first["count"] == 1 else f"{first['count']} people"
    return f"you liked {first['title']}: {people} liked both, {first['lift']:.1f} x chance"
