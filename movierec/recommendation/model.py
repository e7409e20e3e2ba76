"""The model as arrays, for many answers from one process: pulled once, and again after a new training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from movierec.arrays import Adjacency, Lists, places_of, positions_in, unit_vectors, vector_table
from movierec.database.connection import Database, Row
from movierec.database.query_files import load_query
from movierec.database.runs import consistent_read, require_live_run
from movierec.embedding.settings import SCORE_SETTINGS
from movierec.embedding.user_encoder import Encoder, encoder_from_bytes
from movierec.errors import StageMissing
from movierec.graph.pull import pull_edges
from movierec.ids import Id, Ids, id_array
from movierec.lookup.filters import Filters
from movierec.recommendation.history import History
from movierec.recommendation.scoring import LikeHistories, Scorer, like_ages_of_users
from movierec.records import camel_case, snake_case

__all__ = [
    "Model",
    "answering",
    "is_sequential",
    "ordered_dimensions",
    "prediction_half_life",
    "pull_model",
    "read_encoder",
    "require_model",
]


@dataclass(frozen=True, kw_only=True)
class Model:
    """Everything that a recommendation depends on but users' likes; M movies, those with a like.

    movie_ids      (M,) int64, ascending
    like_counts    (M,) int64, rating_counts (M,) int64: users who like, and who rated each
    titles, years, genres   of each; a year may be None
    unit           (M, D) float32: Movie.embedding at length 1, zeros where a movie has none
    scorer         the profiles and the graph
    min_rating     stars from which a rating is a like
    run_id         of the live model
    derive_id      the derivation that made the graph
    """

    movie_ids: Ids
    like_counts: NDArray[np.int64]
    rating_counts: NDArray[np.int64]
    titles: list[str]
    years: list[int | None]
    genres: list[list[str]]
    unit: NDArray[np.float32]
    scorer: Scorer
    min_rating: float
    run_id: str
    derive_id: str

    @property
    def sequential(self) -> bool:
        """Whether the order of likes is used."""
        return self.scorer.like_half_life is not None

    @cached_property
    def known_genres(self) -> set[str]:
        return {genre for genres in self.genres for genre in genres}

    @cached_property
    def _year_numbers(self) -> NDArray[np.float64]:
        return np.array([np.nan if year is None else year for year in self.years])

    @cached_property
    def _genre_members(self) -> dict[str, NDArray[np.bool_]]:
        return {genre: np.array([genre in one for one in self.genres]) for genre in self.known_genres}

    def positions(self, movie_ids: Sequence[Id] | Ids) -> NDArray[np.int64]:
        """Positions of those of `movie_ids` that are in the model, in the order given."""
        return positions_in(self.movie_ids, movie_ids)

    def like_histories(self, histories: Sequence[History], disliked: Sequence[Id] = ()) -> LikeHistories:
        """Users' likes, newest first; one that is not in the model counts for the ages of the others."""
        ages = like_ages_of_users(Lists.of([history.timestamps for history in histories]))
        places = places_of(self.movie_ids, [history.liked for history in histories])
        known = places.values >= 0
        return LikeHistories(places.kept(known), ages[known], self.positions(disliked))

    def lists_of(self, lists: Sequence[Sequence[Id]]) -> Lists:
        """Positions of those movieIds of each list that are in the model."""
        places = places_of(self.movie_ids, lists)
        return places.kept(places.values >= 0)

    def allowed(self, filters: Filters) -> NDArray[np.bool_]:
        """(M,) which movies the filters let through, whatever the user has rated."""
        allowed = np.ones(len(self.movie_ids), dtype=bool)
        nobody = np.zeros(len(self.movie_ids), dtype=bool)
        if filters.genres:
            allowed &= np.any([self._genre_members.get(genre, nobody) for genre in filters.genres], axis=0)
        for genre in filters.with_genres:
            allowed &= self._genre_members.get(genre, nobody)
        for genre in filters.without_genres:
            allowed &= ~self._genre_members.get(genre, nobody)
        if filters.from_year is not None:
            allowed &= self._year_numbers >= filters.from_year
        if filters.to_year is not None:
            allowed &= self._year_numbers <= filters.to_year
        allowed &= self.rating_counts >= filters.min_ratings
        allowed[self.positions(filters.exclude)] = False
        return allowed

    def describe(self, position: int) -> dict[str, Any]:
        """What all results say of a movie."""
        return {
            "movie_id": self.movie_ids[position].item(),
            "title": self.titles[position],
            "year": self.years[position],
            "genres": tuple(self.genres[position]),
            "like_count": int(self.like_counts[position]),
        }


def is_sequential(run: Row) -> bool:
    """Whether a training used the order of likes."""
    return bool(run["sequential"] == "on")


def ordered_dimensions(run: Row) -> int | None:
    """How many dimensions of profile vectors, the first ones, weigh likes by recency; None without the order."""
    return run.get("genreDimensions", 0) + run["embeddingSize"] if is_sequential(run) else None


def prediction_half_life(run: Row) -> float | None:
    """Likes after which a like counts half in what it predicts; None where a training did not use their order."""
    half_life: float | None = run.get("predictionHalfLife")
    return half_life if is_sequential(run) else None


def answering(run: Row, sequential: bool | None = None) -> Row:
    """The settings of a train Run that answer what comes next, or without the order what fits at any time; of a
    sequential training both are there, and None is its own. Under the names of a training for this question alone.

    Raises StageMissing for an order that the training did not use.
    """
    if sequential is None or sequential == is_sequential(run):
        return run
    if sequential:
        raise StageMissing(
            f"{run['runId']} did not use the order of likes. Train with --sequential on, or ask without it."
        )
    scores = {name: run[camel_case(f"unordered_{name}")] for name in SCORE_SETTINGS}
    others = {name: run.get(camel_case(f"unordered_{name}")) for name in ("prediction_generation", "encoder")}
    return run | {camel_case(name): value for name, value in (scores | others).items()} | {"sequential": "off"}


def require_model(database: Database, derived: Row, sequential: bool | None = None) -> Row:
    """The live Run, as it answers with the order of likes or without (`answering`).

    Raises StageMissing when nothing was trained yet, or with an order of likes that `derived`, the latest
    derivation, did not keep.
    """
    run = answering(require_live_run(database), sequential)
    if is_sequential(run) and not derived["isSequential"]:
        raise StageMissing(
            f"{run['runId']} uses the order of likes, which {derived['runId']} did not keep. "
            'Run "movierec train" again, "movierec derive --sequential on", or ask with --sequential off.'
        )
    return run


def pull_model(database: Database, sequential: bool | None = None) -> Model:
    """The live model and the latest derivation, for what comes next or without the order of likes (`answering`);
    StageMissing before both are done.
    """
    with consistent_read(database, "derive") as derived, consistent_read(database, "train"):
        run = require_model(database, derived, sequential)
        # Streamed: of a large database it takes longer than a query may that a person waits for.
        rows = list(database.stream(load_query("recommend/model"), sequential=is_sequential(run)))
        encoder = read_encoder(database, run)
        generation = run.get("predictionGeneration")
        predicted = []
        if generation is not None:
            predicted = list(database.stream(load_query("pull/predictions"), generation=generation))
        sequential = is_sequential(run)
        sources, targets, weights = pull_edges(database, "FOLLOWED_BY" if sequential else "CO_LIKED")
    movie_ids = id_array(row["movieId"] for row in rows)
    like_counts = np.array([row["likeCount"] for row in rows], dtype=np.int64)
    if not np.isin(np.concatenate([sources, targets]), movie_ids).all():
        raise StageMissing('A movie that nobody likes is still linked. Run "movierec derive" again.')
    heads, tails = np.searchsorted(movie_ids, sources), np.searchsorted(movie_ids, targets)
    if sequential:
        graph = Adjacency.from_edges(len(rows), heads, tails, weights / np.sqrt(like_counts[tails]))
    else:
        graph = Adjacency.from_undirected(len(rows), heads, tails, weights)
    vectors = vector_table([row["embedding"] for row in rows])
    if vectors is None:
        raise StageMissing('No movie has a vector. Run "movierec train" first.')
    profiles = vector_table([row["profileEmbedding"] for row in rows])
    encoder_vectors = vector_table([row["encoderEmbedding"] for row in rows])
    bias = has_profile = None
    if profiles is not None:
        bias = np.array([row["likeBias"] or 0.0 for row in rows], dtype=np.float32)
        has_profile = np.array([row["likeBias"] is not None for row in rows])
    return Model(
        movie_ids=movie_ids,
        like_counts=like_counts,
        rating_counts=np.array([row["ratings"] for row in rows], dtype=np.int64),
        titles=[row["title"] for row in rows],
        years=[row["year"] for row in rows],
        genres=[row["genres"] or [] for row in rows],
        unit=unit_vectors(vectors),
        scorer=Scorer(
            graph=graph,
            like_half_life=run["likeHalfLife"] if sequential else None,
            profiles=profiles,
            contexts=vector_table([row["contextEmbedding"] for row in rows]),
            bias=bias,
            has_profile=has_profile,
            ordered_dimensions=ordered_dimensions(run),
            profile_temperature=run["profileTemperature"],
            graph_weight=run["graphWeight"],
            predictions=_predictions(predicted, movie_ids),
            prediction_half_life=prediction_half_life(run),
            prediction_weight=run.get("predictionWeight", 0.0),
            encoder=encoder,
            encoder_vectors=encoder_vectors if encoder is not None else None,
            encoder_bias=np.array([row["encoderBias"] or 0.0 for row in rows], dtype=np.float32),
            is_encoded=np.array([row["encoderBias"] is not None for row in rows]),
            encoder_temperature=run.get("encoderTemperature", 1.0),
            encoder_weight=run.get("encoderWeight", 0.0),
        ),
        min_rating=derived["minRating"],
        run_id=run["runId"],
        derive_id=derived["runId"],
    )


def read_encoder(database: Database, run: Row) -> Encoder | None:
    """The user encoder of the live model, which answers with `run`; None where it was trained without one."""
    if not run.get("encoder"):
        return None
    rows = database.read(load_query("pull/encoder"), kind=run["encoder"])
    if not rows:
        raise StageMissing('The user encoder of the live model is missing. Run "movierec train" again.')
    (row,) = rows
    content = {
        snake_case(name): bytes(one) for name, one in row["content"].items() if isinstance(one, bytes | bytearray)
    }
    return encoder_from_bytes(row["kind"], content, row["dimensions"])


def _predictions(rows: Sequence[Row], movie_ids: Ids) -> Adjacency | None:
    """PREDICTS between positions in `movie_ids`; None where there is none."""
    if not rows:
        return None
    targets = places_of(movie_ids, [row["targets"] for row in rows])
    sources = places_of(movie_ids, [[row["movieId"] for row in rows]]).values[targets.rows]
    weights = np.concatenate([row["weights"] for row in rows])
    known = (sources >= 0) & (targets.values >= 0)  # a movie that nobody likes any more is not in the model
    return Adjacency.from_edges(len(movie_ids), sources[known], targets.values[known], weights[known])
