"""A trained rating model: what it predicts, and its file."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from movierec.errors import CheckpointDamaged, MovieRecError
from movierec.ids import Ids, id_array
from movierec.rating_prediction.array_store import slices, whole_rows
from movierec.rating_prediction.graph import Features, RatingGraph, Side, level_of
from movierec.rating_prediction.message_passing import draw_messages
from movierec.rating_prediction.network import Encoder, RatingConvolution
from movierec.rating_prediction.settings import RatingModelSettings
from movierec.training.checksummed_file import load_with_checksum, save_with_checksum

__all__ = ["RatingModel", "draft_of"]

FORMAT = 2  # to be raised when a file would no longer give the same stars
CHUNK_SIZE = 1_000_000  # ratings whose messages are aggregated at the same time
CHUNK_PAIRS = 100_000


@dataclass(frozen=True, kw_only=True)
class RatingModel:
    """Weights, and the vectors of all users and movies from the ratings it was trained on.

    user_ids (U,), movie_ids (M,) int64 or str, ascending; stars (R,) float64, of each level
    user_vectors (U, D), movie_vectors (M, D) float32
    user_degrees (U,), movie_degrees (M,) int64: ratings in training
    losses             mean cross entropy of a rating, by epoch
    validation_losses  RMSE on the ratings that chose the epochs, by epoch; empty where they were given
    """

    settings: RatingModelSettings
    features: Features
    user_ids: Ids
    movie_ids: Ids
    stars: NDArray[np.float64]
    user_degrees: NDArray[np.int64]
    movie_degrees: NDArray[np.int64]
    user_vectors: NDArray[np.float32]
    movie_vectors: NDArray[np.float32]
    weights: dict[str, Tensor]
    losses: tuple[float, ...]
    validation_losses: tuple[float, ...]

    @classmethod
    def of(
        cls,
        graph: RatingGraph,
        sides: tuple[Side, Side],
        settings: RatingModelSettings,
        *,
        weights: dict[str, Tensor],
        losses: tuple[float, ...],
        validation_losses: tuple[float, ...],
    ) -> RatingModel:
        """The model that these weights make of a graph, of which `sides` are those of users and of movies."""
        by_user, by_movie = sides
        network = _network(settings, weights, len(graph.stars), graph.user_features, graph.movie_features)
        n_levels = len(graph.stars)
        return cls(
            settings=settings,
            features=graph.features,
            user_ids=graph.user_ids,
            movie_ids=graph.movie_ids,
            stars=graph.stars,
            user_degrees=by_user.degrees,
            movie_degrees=by_movie.degrees,
            user_vectors=_encoded(network.users, by_user, by_movie.degrees, n_levels, graph.user_features),
            movie_vectors=_encoded(network.movies, by_movie, by_user.degrees, n_levels, graph.movie_features),
            weights=weights,
            losses=losses,
            validation_losses=validation_losses,
        )

    def probabilities(self, users: NDArray[np.int64], movies: NDArray[np.int64]) -> NDArray[np.float64]:
        """(N, R) probability of each level, for N pairs of positions."""
        found = np.empty((len(users), len(self.stars)))
        for pairs in slices(len(users), CHUNK_PAIRS):
            own, of_user = np.unique(users[pairs], return_inverse=True)
            level_biases = self.weights["users.level_biases"][torch.from_numpy(own)]
            found[pairs] = self._softmax(self.user_vectors[own], level_biases, of_user, movies[pairs])
        return found

    def predicted(self, users: NDArray[np.int64], movies: NDArray[np.int64]) -> NDArray[np.float64]:
        """(N,) expected stars, for N pairs of positions."""
        return self.probabilities(users, movies) @ self.stars

    def rmse(self, graph: RatingGraph) -> float:
        """Root of the mean squared error on the ratings of a graph of the same users and movies."""
        squares = 0.0
        for part in slices(graph.n_ratings, CHUNK_PAIRS):
            predicted = self.predicted(graph.users[part].astype(np.int64), graph.movies[part].astype(np.int64))
            squares += float(np.sum((predicted - graph.stars[graph.levels[part]]) ** 2))
        return float(np.sqrt(squares / graph.n_ratings))

    def user_probabilities(self, user: Mapping[str, Any]) -> NDArray[np.float64]:
        """(M, R) probabilities of each level for all movies, from what a user has rated now.

        `user` has userId, movieIds and ratings, and gender, age and occupation or None. Ratings of movies that are
        newer than the model are skipped. New users have zero biases.
        """
        ids = id_array(user["movieIds"])
        known = np.isin(ids, self.movie_ids)
        known[known] = self.movie_degrees[np.searchsorted(self.movie_ids, ids[known])] > 0
        movies = np.searchsorted(self.movie_ids, ids[known]).astype(np.int32)
        levels = level_of(self.stars, np.array(user["ratings"], dtype=np.float64)[known])
        side = Side.of(1, np.zeros(len(movies), dtype=np.int32), movies, levels)
        features = self.features.of_users([user])
        vector = _encoded(self._network.users, side, self.movie_degrees, len(self.stars), features)
        place = int(np.searchsorted(self.user_ids, user["userId"]))
        level_biases = torch.zeros(1, len(self.stars))
        if place < len(self.user_ids) and self.user_ids[place] == user["userId"]:
            level_biases = self.weights["users.level_biases"][place : place + 1]
        n = len(self.movie_ids)
        return self._softmax(vector, level_biases, np.zeros(n, dtype=np.int64), np.arange(n))

    @torch.no_grad()
    def _softmax(
        self,
        user_vectors: NDArray[np.float32],
        user_biases: Tensor,
        of_user: NDArray[np.int64],
        movies: NDArray[np.int64],
    ) -> NDArray[np.float64]:
        logits = self._network.logits(
            torch.from_numpy(user_vectors),
            torch.from_numpy(self.movie_vectors),
            user_biases=user_biases,
            movie_biases=self.weights["movies.level_biases"],
            of_user=torch.from_numpy(of_user),
            of_movie=torch.from_numpy(movies),
        )
        probabilities: NDArray[np.float64] = logits.to(torch.float64).softmax(1).numpy()
        return probabilities

    @cached_property
    def _network(self) -> RatingConvolution:
        return _network(
            self.settings,
            self.weights,
            len(self.stars),
            self.features.of_users([]),
            self.features.of_movies([]),
        )

    def save(self, path: Path) -> str:
        """Write the file, whole or not at all; returns its hash."""
        draft = draft_of(path)
        # PyTorch has no tensors of texts.
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        tensors = {
            name: array.tolist() if array.dtype.kind == "U" else torch.from_numpy(array)
            for name, array in arrays.items()
        }
        content = {
            "format": FORMAT,
            "settings": self.settings.as_dict(),
            "features": {name: list(values) for name, values in asdict(self.features).items()},
            "arrays": tensors,
            "weights": self.weights,
            "losses": list(self.losses),
            "validation_losses": list(self.validation_losses),
        }
        try:
            digest = save_with_checksum(draft, content)
            draft.replace(path)
        except OSError as error:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise MovieRecError(
                f"Cannot write the model {path} ({error}). The last model stays. Free some space, or move "
                "MOVIEREC_HOME to a disk with more, and run the command again."
            ) from error
        return digest

    @classmethod
    def load(cls, path: Path) -> RatingModel:
        """Raises CheckpointDamaged for a file that is damaged or of another version."""
        try:
            content = load_with_checksum(path, "model")
        except CheckpointDamaged as error:
            raise CheckpointDamaged(f'{error} Run "movierec rating-model train" again.') from error
        if content["format"] != FORMAT:
            raise CheckpointDamaged(
                f'The model {path} is of another version. Run "movierec rating-model train" again.'
            )
        return cls(
            settings=RatingModelSettings(**content["settings"]),
            features=Features(**{name: tuple(values) for name, values in content["features"].items()}),
            weights=content["weights"],
            losses=tuple(content["losses"]),
            validation_losses=tuple(content["validation_losses"]),
            **{
                name: id_array(value) if isinstance(value, list) else value.numpy()
                for name, value in content["arrays"].items()
            },
        )


def draft_of(path: Path) -> Path:
    """Where a model is written before it takes its place."""
    return path.with_suffix(".new")


_ARRAYS = (
    *("user_ids", "movie_ids", "stars", "user_degrees", "movie_degrees"),
    *("user_vectors", "movie_vectors"),
)


def _network(
    settings: RatingModelSettings,
    weights: Mapping[str, Tensor],
    n_levels: int,
    user_features: NDArray[np.float32],
    movie_features: NDArray[np.float32],
) -> RatingConvolution:
    network = RatingConvolution(
        len(weights["users.level_biases"]),
        len(weights["movies.level_biases"]),
        n_levels,
        n_user_features=user_features.shape[1],
        n_movie_features=movie_features.shape[1],
        settings=settings,
    )
    network.load_state_dict(dict(weights))
    return network


@torch.no_grad()
def _encoded(
    encoder: Encoder,
    side: Side,
    sender_degrees: NDArray[np.int64],
    n_levels: int,
    features: NDArray[np.float32],
) -> NDArray[np.float32]:
    """(N, D) vectors of all receivers, in parts of about a million ratings."""
    vectors = np.empty((len(side.indptr) - 1, len(encoder.offset)), dtype=np.float32)
    for rows in whole_rows(side.indptr, CHUNK_SIZE):
        messages = draw_messages(side, sender_degrees, np.arange(rows.start, rows.stop), n_levels)
        vectors[rows] = encoder(messages, torch.from_numpy(features[rows])).numpy()
    return vectors
