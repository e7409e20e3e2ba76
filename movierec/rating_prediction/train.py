"""Train the rating model: choose the number of epochs by validation, then train on all ratings for as many.

A step predicts a batch of ratings from all others; an epoch predicts each once. The loss is the cross entropy of
the levels. The model is an exponential moving average of the weights (Polyak and Juditsky 1992).

Pure: arrays in, arrays out. The same graph, settings and number of threads give the same bytes on the CPU,
interrupted and resumed or not.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from functools import partial
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from movierec.errors import BadRequest, MovieRecError
from movierec.progress import Advance, Progress, silent
from movierec.random_streams import Stream, random_generator
from movierec.rating_prediction.graph import RatingGraph, check_levels
from movierec.rating_prediction.message_passing import draw_messages
from movierec.rating_prediction.model import RatingModel
from movierec.rating_prediction.network import RatingConvolution
from movierec.rating_prediction.settings import RatingModelSettings
from movierec.training.checkpoint import Checkpoint, TrainingState
from movierec.training.threads import pytorch_threads

__all__ = ["Training", "checkpoint_for", "train_rating_model", "validation_masks"]

_log = logging.getLogger(__name__)

CHECKPOINT_SECONDS = 15.0
MIN_STEPS = 5  # of an epoch: ratings predicted in a step are removed from its messages; most must be left in
CHOSEN = "chosen"  # in a checkpoint: how many epochs


def checkpoint_for(folder: Path, graph: RatingGraph, settings: RatingModelSettings, threads: int) -> Checkpoint:
    """The checkpoint of this training and no other."""
    return Checkpoint.for_key(folder, ["stars", graph.fingerprint(), settings.as_dict(), threads])


def train_rating_model(
    graph: RatingGraph,
    settings: RatingModelSettings,
    checkpoint: Checkpoint | None = None,
    progress: Progress = silent,
    threads: int = 2,
) -> RatingModel:
    """Choose the number of epochs, unless `settings.epochs` says it, and train on all ratings.

    Raises BadRequest where there is nothing to learn from, MovieRecError when the loss is not finite.
    """
    check_levels(graph.stars)
    with pytorch_threads(threads):
        epochs, validation_losses = settings.epochs, tuple[float, ...]()
        if not epochs:
            epochs, validation_losses = _chosen_epochs(graph, settings, checkpoint, progress)
        training = Training(graph, settings, Stream.FINAL_FIT)
        training.chosen = epochs
        state = training.resumed(checkpoint, TrainingState(validation_losses=validation_losses))
        with progress("train", epochs, "epochs", state.epoch) as advance:
            return training.model(training.run(epochs, state, checkpoint, advance))


def _chosen_epochs(
    graph: RatingGraph, settings: RatingModelSettings, checkpoint: Checkpoint | None, progress: Progress
) -> tuple[int, tuple[float, ...]]:
    """The number of epochs that validation finds best, and the validation RMSE after each epoch."""
    saved = checkpoint.load() if checkpoint is not None else None
    if saved is not None and CHOSEN in saved[1]:
        return int(saved[1][CHOSEN]), saved[0].validation_losses
    del saved
    train_mask, validation_mask = validation_masks(graph, settings)
    training = Training(graph.part(train_mask), settings, Stream.EPOCH_SELECTION)
    state = training.resumed(checkpoint, TrainingState())
    with progress("choose epochs", settings.max_epochs, "epochs", state.epoch) as advance:
        state = training.run(settings.max_epochs, state, checkpoint, advance, graph.part(validation_mask))
    losses = state.validation_losses
    epochs = int(np.argmin(losses)) + 1
    _log.info("chosen: %d epochs, validation RMSE %.4f", epochs, losses[epochs - 1])
    return epochs, losses


def validation_masks(
    graph: RatingGraph, settings: RatingModelSettings
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(E,) which ratings to train on, and which to validate on, to choose the epochs."""
    generator = random_generator(Stream.VALIDATION_RATINGS, settings.seed)
    validation_mask = graph.store.zeros(graph.n_ratings, np.bool_)
    for part in _shuffled(graph.n_ratings, generator, graph.store.chunk_size):
        validation_mask[part[: int(len(part) * settings.validation_fraction)]] = True
    if not validation_mask.any():
        raise BadRequest(
            f"{graph.n_ratings} ratings are too few to hold a part out and choose the epochs. Use --epochs."
        )
    train_mask = graph.store.zeros(graph.n_ratings, np.bool_)
    np.logical_not(validation_mask, out=train_mask)
    return train_mask, validation_mask


def _shuffled(n: int, generator: np.random.Generator, chunk_size: int) -> Iterator[NDArray[np.int64]]:
    """0..n-1 in parts of at most `chunk_size`; each takes every n-th index, shuffled, which bounds the memory."""
    n_parts = -(-n // chunk_size)
    for first in range(n_parts):
        yield first + n_parts * generator.permutation(-(-(n - first) // n_parts))


class Training:
    """One training on one graph, by epochs. Its random numbers depend on epoch and step alone."""

    def __init__(self, graph: RatingGraph, settings: RatingModelSettings, stream: Stream) -> None:
        self.graph, self.settings, self.stream = graph, settings, stream
        self.device = torch.device(settings.device)
        self.network = RatingConvolution(
            len(graph.user_ids),
            len(graph.movie_ids),
            len(graph.stars),
            n_user_features=graph.user_features.shape[1],
            n_movie_features=graph.movie_features.shape[1],
            settings=settings,
        ).to(self.device)
        self.by_user, self.by_movie = graph.by_user(), graph.by_movie()
        self.user_features = torch.from_numpy(graph.user_features).to(self.device)
        self.movie_features = torch.from_numpy(graph.movie_features).to(self.device)
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=settings.learning_rate)
        self.averaged = {name: value.detach().clone() for name, value in self.network.named_parameters()}
        self.left_out = graph.store.zeros(graph.n_ratings, np.bool_)
        self.chosen: int | None = None  # epochs, where all ratings are trained on

    def resumed(self, checkpoint: Checkpoint | None, otherwise: TrainingState) -> TrainingState:
        """Where the `checkpoint` of this training stands, which is taken up; where there is none, `otherwise`."""
        saved = checkpoint.load() if checkpoint is not None else None
        if saved is None or (CHOSEN in saved[1]) != (self.chosen is not None):
            return otherwise
        state, tensors = saved
        self._restore(tensors)
        _log.info("resuming from epoch %d, step %d", state.epoch + 1, state.step + 1)
        return state

    def run(
        self,
        epochs: int,
        state: TrainingState,
        checkpoint: Checkpoint | None,
        advance: Advance,
        validation: RatingGraph | None = None,
    ) -> TrainingState:
        """Train on from `state` up to `epochs`; with ratings that are `asked`, until these get no better."""
        last_saved = time.monotonic()
        while state.epoch < epochs and not (
            validation is not None and state.has_plateaued(self.settings.patience)
        ):
            for batch in islice(self.batches(state.epoch), state.step, None):
                loss = self.step(batch, self.numbers(state.epoch, 1 + state.step))
                state = state.after_step(loss, len(batch))
                if checkpoint is not None and time.monotonic() - last_saved > CHECKPOINT_SECONDS:
                    checkpoint = checkpoint.try_save(state, self.tensors())
                    last_saved = time.monotonic()
            note = f"loss {state.loss:.4f}"
            if not np.isfinite(state.loss):
                if checkpoint is not None:
                    checkpoint.discard()
                raise MovieRecError(
                    f"The training diverged in epoch {state.epoch + 1}: its loss is not a finite number. "
                    "The last model stays. Lower --learning-rate."
                )
            found = None if validation is None else self.model(state).rmse(validation)
            note += "" if found is None else f", validation RMSE {found:.4f}"
            state = state.after_epoch(found)
            advance(1, note)
        return state

    def batches(self, epoch: int) -> Iterator[NDArray[np.int64]]:
        """TrainingStates of the ratings that a step predicts; each rating is in one."""
        for part in _shuffled(self.graph.n_ratings, self.numbers(epoch), self.graph.store.chunk_size):
            steps = max(MIN_STEPS, round(len(part) / self.settings.batch_size))
            bounds = np.linspace(0, len(part), min(len(part), steps) + 1).astype(np.int64)
            for start, end in pairwise(bounds.tolist()):
                yield part[start:end]

    def numbers(self, epoch: int, step: int = 0) -> np.random.Generator:
        """Random numbers of a step; those of step 0 shuffle the epoch."""
        return random_generator(self.stream, self.settings.seed, epoch, step)

    def step(self, batch: NDArray[np.int64], numbers: np.random.Generator) -> float:
        """Predict a batch of ratings from all others; the summed loss."""
        graph, settings, network = self.graph, self.settings, self.network
        generator = torch.Generator(self.device).manual_seed(int(numbers.integers(2**62)))
        self.left_out[batch] = True
        users, of_user = np.unique(graph.users[batch].astype(np.int64), return_inverse=True)
        movies, of_movie = np.unique(graph.movies[batch].astype(np.int64), return_inverse=True)
        draw = partial(
            draw_messages,
            n_levels=len(graph.stars),
            left_out=self.left_out,
            max_neighbours=settings.max_neighbours,
            generator=numbers,
        )
        to_users = draw(self.by_user, self.by_movie.degrees, users)
        to_movies = draw(self.by_movie, self.by_user.degrees, movies)
        self.left_out[batch] = False
        at_users, at_movies, user_of, movie_of, wanted = (
            torch.from_numpy(x.astype(np.int64)).to(self.device)
            for x in (users, movies, of_user, of_movie, graph.levels[batch])
        )
        user_vectors = network.users(to_users, self.user_features[at_users], generator)
        movie_vectors = network.movies(to_movies, self.movie_features[at_movies], generator)
        logits = network.logits(
            user_vectors,
            movie_vectors,
            user_biases=network.users.level_biases.index_select(0, at_users),
            movie_biases=network.movies.level_biases.index_select(0, at_movies),
            of_user=user_of,
            of_movie=movie_of,
        )
        loss = functional.cross_entropy(logits, wanted)
        self.optimiser.zero_grad()
        penalised = loss + settings.bias_regularization * network.penalty() / graph.n_ratings
        penalised.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        self._average()
        return float(loss.detach()) * len(batch)

    @torch.no_grad()
    def _average(self) -> None:
        """The mean follows quickly at first, when the weights are far from where they go."""
        (step,) = {int(state["step"]) for state in self.optimiser.state.values()}
        left = min(self.settings.ema_decay, (1 + step) / (10 + step))
        for name, value in self.network.named_parameters():
            self.averaged[name].lerp_(value, 1.0 - left)

    def model(self, state: TrainingState) -> RatingModel:
        """What is averaged, as a model."""
        return RatingModel.of(
            self.graph,
            (self.by_user, self.by_movie),
            self.settings,
            weights={name: value.cpu().clone() for name, value in self.averaged.items()},
            losses=state.losses,
            validation_losses=state.validation_losses,
        )

    def tensors(self) -> dict[str, Tensor]:
        tensors = {} if self.chosen is None else {CHOSEN: torch.tensor(self.chosen)}
        for name, value in self.network.named_parameters():
            tensors[f"weights.{name}"] = value.detach()
            tensors[f"averaged.{name}"] = self.averaged[name]
            for key, moment in self.optimiser.state[value].items():
                tensors[f"adam.{key}.{name}"] = moment
        return tensors

    @torch.no_grad()
    def _restore(self, tensors: dict[str, Tensor]) -> None:
        for name, value in self.network.named_parameters():
            value.copy_(tensors[f"weights.{name}"])
            self.averaged[name].copy_(tensors[f"averaged.{name}"])
            self.optimiser.state[value] = {
                key: tensors[f"adam.{key}.{name}"].to(value.device if key != "step" else "cpu")
                for key in ("step", "exp_avg", "exp_avg_sq")
            }
