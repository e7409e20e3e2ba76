"""Train the GRU of `user_encoder`: at every like of every user it is asked for the next. Pure: arrays in and out.

GRU4Rec (Hidasi and others 2016) with the cross entropy over movies as its loss, one table for movies read and
movies asked for, which starts from the walk embeddings, and dropout on both sides of the unit:

    h_t = GRU(h_(t-1), dropout(sqrt(D) V_i_t))      u_t = A dropout(h_t) + a
    loss = - mean over likes of log softmax_j (u_t . V_j + c_j) at the next like

V starts as the walk embeddings at a length of about 1, c at 0.75 ln(likes + 1). Movies that fewer than three like
are neither read nor asked for: of them there is little to learn, and many. Users' likes are cut into windows
of 100, somewhere else in every epoch; likes of the same second are shuffled anew. Steps are those of AdamW
(Loshchilov and Hutter 2019), and the result is their moving average. Where the movies are many, the softmax runs
over those that the step's windows have, with the correction of `profile_tasks`.

Each step is computed in two halves, on one thread or two, that are added up in one order: the same bytes either
way. What is drawn depends on seed, epoch and step alone, so a resumed training draws the same numbers.

Shapes: M movies, B windows of a step, N likes to be predicted, C candidates, D dimensions, H units.
"""

from __future__ import annotations

import copy
import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import PackedSequence

from movierec.arrays import LikeLists, Lists
from movierec.embedding.embeddings import Embeddings
from movierec.embedding.gru_loss import packed_gru, softmax_loss, weights_of
from movierec.embedding.plan import LEAST_LIKES, most_liked, places_among, users_for
from movierec.embedding.profile_tasks import log_chances
from movierec.embedding.settings import TrainSettings
from movierec.embedding.user_encoder import MOST_READ, EncodedMovies, GruEncoder
from movierec.errors import MovieRecError
from movierec.ids import Ids
from movierec.progress import Progress, silent
from movierec.random_streams import Stream, random_generator
from movierec.training.checkpoint import Checkpoint, TrainingState
from movierec.training.threads import RunTasks, training_threads

__all__ = ["EncoderPlan", "draw_windows", "encoder_checkpoint", "encoder_plan", "train_encoder"]

_log = logging.getLogger(__name__)
T = TypeVar("T")

UNITS = 128
DROPOUT = 0.5
LEARNING_RATE, WEIGHT_DECAY, LARGEST_GRADIENT = 0.002, 0.01, 5.0
AVERAGED = 0.98  # of the moving average of the weights, that a step keeps
WEIGHT_DEVIATION = 0.04  # of the numbers of the table that is trained: the learning rate is relative to it
BIAS_OF_LIKES = 0.75
STEP_LIKES, FEWEST_WINDOWS, MOST_WINDOWS, FEWEST_STEPS = 512, 32, 128, 20
MOST_MOVIES = 60_000  # that take part, the most liked
MOST_PREDICTED = 2_500_000  # likes, in all epochs: some minutes
FULL_SOFTMAX = 2**30  # likes * movies of an epoch, up to which the softmax runs over all movies
CHECKPOINT_SECONDS = 15.0


@dataclass(frozen=True, kw_only=True)
class EncoderPlan:
    """How a training is cut: epochs, users that are learnt from, windows in a step, and movies that take part."""

    epochs: int
    users: NDArray[np.int64]
    step_windows: int
    movies: NDArray[np.int64]  # positions, ascending
    every_movie: bool  # in the softmax
    likes: int  # that one epoch predicts: of these users all but the first


def encoder_plan(likes: LikeLists, settings: TrainSettings) -> EncoderPlan:
    """The sizes of a training, with fewer epochs and at last fewer users where likes are many."""
    movies = most_liked(likes.like_counts, LEAST_LIKES, MOST_MOVIES)
    taking_part = places_among(movies, likes.n_movies)[likes.movies] >= 0
    sizes = Lists(likes.indptr, likes.movies).kept(taking_part).sizes
    every = np.flatnonzero(sizes >= 2)
    users = users_for(sizes, every, MOST_PREDICTED, random_generator(Stream.ENCODER, settings.seed))
    if len(users) < len(every):
        _log.info("the encoder learns from %d of %d users", len(users), len(every))
    n_likes = int(sizes[users].sum())
    windows = int(np.maximum(1, np.ceil(sizes[users] / MOST_READ)).sum())
    by_likes = STEP_LIKES * windows // max(n_likes, 1)
    step = min(max(by_likes, FEWEST_WINDOWS), MOST_WINDOWS, max(1, windows // FEWEST_STEPS))
    return EncoderPlan(
        epochs=max(1, min(settings.encoder_epochs, MOST_PREDICTED // max(n_likes, 1))),
        users=users,
        step_windows=step,
        movies=movies,
        every_movie=n_likes * len(movies) <= FULL_SOFTMAX,
        likes=n_likes - len(users),
    )


def encoder_checkpoint(
    folder: Path, likes: LikeLists, embeddings: Embeddings, settings: TrainSettings
) -> Checkpoint:
    """The checkpoint of this training of an encoder and no other."""
    key = ["encoder", likes.fingerprint(), embeddings.sha256(), settings.as_dict()]
    return Checkpoint.for_key(folder, key)


def train_encoder(
    likes: LikeLists,
    embeddings: Embeddings,
    settings: TrainSettings,
    progress: Progress = silent,
    threads: int = 2,
    *,
    checkpoint: Checkpoint | None = None,
) -> EncodedMovies:
    """The encoder, and the vectors of the movies that take part; the same bytes with any number of threads.

    `likes.ages` must be there. A `checkpoint` is resumed, to the same bytes. Raises MovieRecError when the loss is
    not finite.
    """
    plan, device = encoder_plan(likes, settings), settings.device
    learner = _Learner(_starting_network(likes, embeddings, plan, settings.seed).to(device))
    state, done = TrainingState(), 0
    saved = checkpoint.load() if checkpoint is not None else None
    if saved is not None:
        state, kept = saved
        done = int(kept["likes done"])
        learner.restore(kept)
        _log.info("resuming the encoder from epoch %d, step %d", state.epoch + 1, state.step + 1)
    last_saved = time.monotonic()
    with (
        training_threads(threads if device == "cpu" else 1) as run,
        progress("train the encoder", plan.epochs * plan.likes, "likes", done) as advance,
    ):
        while state.epoch < plan.epochs:
            windows = draw_windows(likes, plan, random_generator(Stream.ENCODER, settings.seed, state.epoch + 1))
            chances = {} if plan.every_movie else _chances_by_size(windows, plan)
            for step in range(state.step, -(-len(windows) // plan.step_windows)):
                own = windows.part(step * plan.step_windows, min((step + 1) * plan.step_windows, len(windows)))
                draws = random_generator(Stream.ENCODER, settings.seed, state.epoch + 1, step + 1)
                task = _draw_task(own, chances.get(len(own)), learner.network.sizes, draws)
                losses = learner.step(task, run)
                state = state.after_step(losses, task.n_predicted)
                done += task.n_predicted
                advance(task.n_predicted, f"epoch {state.epoch + 1} loss {state.loss:.3f}")
                if checkpoint is not None and time.monotonic() - last_saved > CHECKPOINT_SECONDS:
                    checkpoint = checkpoint.try_save(state, learner.kept() | {"likes done": torch.tensor(done)})
                    last_saved = time.monotonic()
            if not np.isfinite(state.loss):
                if checkpoint is not None:
                    checkpoint.discard()
                raise MovieRecError(
                    f"Training the encoder diverged in epoch {state.epoch + 1}: the loss is not finite. The live "
                    "model stays as it is. Train with --encoder-weight 0."
                )
            state = state.after_epoch(None)
    if state.losses:
        _log.info("encoder: loss %.4f to %.4f", state.losses[0], state.losses[-1])
    return learner.average.encoded(likes.movie_ids[plan.movies], state.losses)


class _Network(nn.Module):
    """The table of V, c, and the unit with its linear layer."""

    def __init__(self, vectors: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.table = nn.Parameter(vectors)  # V times WEIGHT_DEVIATION * sqrt(D)
        self.bias = nn.Parameter(bias)
        self.unit = nn.GRU(vectors.shape[1], UNITS, batch_first=True)
        self.output = nn.Linear(UNITS, vectors.shape[1])

    @property
    def sizes(self) -> tuple[int, int]:
        """D and H."""
        return self.table.shape[1], UNITS

    def loss(self, half: _Half, task: _Task) -> Tensor:
        """Summed cross entropy of the likes that a half predicts."""
        read = functional.embedding(half.read, self.table) * (half.inputs_kept / WEIGHT_DEVIATION)
        states = self._states(read, half.batch_sizes)
        users = self.output(states * half.states_kept)
        table: Tensor = self.table
        bias: Tensor = self.bias
        if task.candidates is not None:
            table, bias = table[task.candidates], bias[task.candidates]
        lowered = None
        if task.log_chances is not None and half.is_own is not None:
            lowered = torch.where(half.is_own, 0.0, task.log_chances), half.windows
        scale = 1.0 / (WEIGHT_DEVIATION * self.sizes[0] ** 0.5)
        return softmax_loss(users, (table, bias), half.asked, scale=scale, lowered=lowered)

    def _states(self, read: Tensor, batch_sizes: Tensor) -> Tensor:
        """(N, H) of the unit; on a GPU by a library of its maker's."""
        if read.device.type != "cpu":
            found: Tensor = self.unit(PackedSequence(read, batch_sizes))[0].data
            return found
        return packed_gru(read, batch_sizes, weights_of(self.unit))

    @torch.no_grad()
    def encoded(self, movie_ids: Ids, losses: tuple[float, ...]) -> EncodedMovies:
        """The same without PyTorch."""
        found = {name: one.detach().cpu().numpy().copy() for name, one in self.state_dict().items()}
        encoder = GruEncoder(
            input_weights=found["unit.weight_ih_l0"],
            state_weights=found["unit.weight_hh_l0"],
            input_bias=found["unit.bias_ih_l0"],
            state_bias=found["unit.bias_hh_l0"],
            output_weights=found["output.weight"],
            output_bias=found["output.bias"],
        )
        vectors = found["table"] / np.float32(WEIGHT_DEVIATION * self.sizes[0] ** 0.5)
        return EncodedMovies(
            encoder=encoder, movie_ids=movie_ids, vectors=vectors, bias=found["bias"], losses=losses
        )


@dataclass(frozen=True, kw_only=True)
class _Half:
    """Half of the windows of a step, which predict N likes: the first of each window, then the second, and so on.

    read         (N,) int64: movies
    batch_sizes  how many first ones there are, how many second ones, and so on: see `PackedSequence`
    asked        (N,) int64: the next movie, as a position among the candidates
    inputs_kept  (N, D), states_kept (N, H): 0 for what is dropped, and what makes up for it
    windows      (N,) int64: which window
    is_own       (B, C) bool: which candidates a window has; None: the softmax runs over all movies
    """

    read: Tensor
    batch_sizes: Tensor
    asked: Tensor
    inputs_kept: Tensor
    states_kept: Tensor
    windows: Tensor
    is_own: Tensor | None


@dataclass(frozen=True, kw_only=True)
class _Task:
    """What a step is to learn, and the C candidates (None: all movies) with the ln of their chances."""

    halves: tuple[_Half, ...]
    candidates: Tensor | None
    log_chances: Tensor | None
    n_predicted: int


class _Learner:
    """A network, what AdamW knows of it, and its moving average."""

    def __init__(self, network: _Network) -> None:
        self.network = network
        self.average = copy.deepcopy(network)
        self.optimiser = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        self.steps = 0

    def step(self, task: _Task, run: RunTasks) -> float:
        """One step on the mean loss; returns the summed loss. The halves are summed in a fixed order."""
        parameters = list(self.network.parameters())
        device = parameters[0].device
        gradients: list[tuple[Tensor, ...]] = [()] * len(task.halves)

        def of_half(i: int) -> float:
            loss = self.network.loss(_to(task.halves[i], device), _to(task, device))
            gradients[i] = torch.autograd.grad(loss / task.n_predicted, parameters)
            return loss.item()

        losses = run([lambda i=i: of_half(i) for i in range(len(task.halves))])  # type: ignore[misc]
        for parameter, parts in zip(parameters, zip(*gradients, strict=True), strict=True):
            parameter.grad = sum(parts[1:], start=parts[0])
        nn.utils.clip_grad_norm_(parameters, LARGEST_GRADIENT)
        self.optimiser.step()
        self.steps += 1
        kept = min(AVERAGED, (1 + self.steps) / (10 + self.steps))  # a short training has no long average
        with torch.no_grad():
            for mean, parameter in zip(self.average.parameters(), parameters, strict=True):
                mean.lerp_(parameter, 1.0 - kept)
        return sum(losses)

    def kept(self) -> dict[str, Tensor]:
        """Everything that the next steps depend on."""
        found = {"steps": torch.tensor(self.steps)}
        for name, parameter in self.network.named_parameters():
            of_adam = self.optimiser.state.get(parameter, {})
            found |= {f"{key} of {name}": one for key, one in of_adam.items()}
            found[f"weights of {name}"] = parameter.detach()
            found[f"average of {name}"] = self.average.get_parameter(name).detach()
        return found

    @torch.no_grad()
    def restore(self, kept: dict[str, Tensor]) -> None:
        """Go on where `kept` was asked for."""
        self.steps = int(kept["steps"])
        for name, parameter in self.network.named_parameters():
            parameter.copy_(kept[f"weights of {name}"])
            self.average.get_parameter(name).copy_(kept[f"average of {name}"])
            self.optimiser.state[parameter] = {
                key: kept[f"{key} of {name}"].to("cpu" if key == "step" else parameter.device)
                for key in ("step", "exp_avg", "exp_avg_sq")
            }


def _starting_network(likes: LikeLists, embeddings: Embeddings, plan: EncoderPlan, seed: int) -> _Network:
    """V from the walk embeddings, small random numbers where there is none."""
    generator = random_generator(Stream.ENCODER, seed)
    size = embeddings.vectors.shape[1]
    movie_ids = likes.movie_ids[plan.movies]
    table = generator.normal(0.0, WEIGHT_DEVIATION, (len(movie_ids), size)).astype(np.float32)
    _, here, there = np.intersect1d(movie_ids, embeddings.movie_ids, assume_unique=True, return_indices=True)
    if len(here):
        deviation = float(embeddings.vectors.std()) or 1.0
        table[here] = embeddings.vectors[there] * np.float32(WEIGHT_DEVIATION / deviation)
    bias = (BIAS_OF_LIKES * np.log1p(likes.like_counts[plan.movies])).astype(np.float32)
    network = _Network(torch.from_numpy(table), torch.from_numpy(bias))
    largest = UNITS**-0.5  # as PyTorch draws them, from numbers of our own
    with torch.no_grad():
        for layer in (network.unit, network.output):
            for parameter in layer.parameters():
                drawn = generator.uniform(-largest, largest, tuple(parameter.shape)).astype(np.float32)
                parameter.copy_(torch.from_numpy(drawn))
    return network


def draw_windows(likes: LikeLists, plan: EncoderPlan, generator: np.random.Generator) -> Lists:
    """The windows of an epoch, in the order of its steps: movies as positions in `plan.movies`, oldest first.

    A window begins with the last like of the one before it, so every like but a user's first is predicted once.
    """
    assert likes.ages is not None
    place = places_among(plan.movies, likes.n_movies)
    lists = Lists(likes.indptr, np.arange(len(likes.movies))).taken(plan.users)
    order = np.lexsort((generator.random(len(lists.values)), -likes.ages[lists.values], lists.rows))
    movies = place[likes.movies[lists.values[order]]]
    lists = lists.kept(movies >= 0, movies)
    sizes = lists.sizes
    first_end = np.where(sizes > MOST_READ, generator.integers(1, MOST_READ + 1, len(sizes)), MOST_READ)
    counts = 1 + np.maximum(0, -(-(sizes - first_end) // MOST_READ))  # windows of each user
    users = np.repeat(np.arange(len(sizes)), counts)
    number = np.arange(len(users)) - np.repeat(np.cumsum(counts) - counts, counts)
    ends = np.minimum(first_end[users] + number * MOST_READ, sizes[users])
    starts = np.where(number == 0, 0, first_end[users] + (number - 1) * MOST_READ - 1)
    lengths = ends - starts
    entries = Lists.of_sizes(lengths, np.arange(lengths.sum()))
    entries = Lists.of_sizes(
        lengths, entries.values - np.repeat(entries.indptr[:-1] - starts - lists.indptr[users], lengths)
    )
    cut = Lists(entries.indptr, lists.values[entries.values])
    return cut.taken(generator.permutation(np.flatnonzero(lengths >= 2)))


def _chances_by_size(windows: Lists, plan: EncoderPlan) -> dict[int, NDArray[np.float32]]:
    """`log_chances` by the number of windows in a step, of which the last may have fewer."""
    having = np.bincount(windows.values, minlength=len(plan.movies))  # no window has a movie twice
    sizes = {min(plan.step_windows, len(windows)), len(windows) % plan.step_windows}
    return {size: log_chances(having, len(windows), size) for size in sizes if size}


def _draw_task(
    windows: Lists, chances: NDArray[np.float32] | None, sizes: tuple[int, int], generator: np.random.Generator
) -> _Task:
    """The task of a step; with `chances` (M,) over the movies that its windows have."""
    candidates, values = None, windows.values
    if chances is not None:
        candidates, values = np.unique(windows.values, return_inverse=True)
    middle = (len(windows) + 1) // 2
    halves = []
    for start, end in ((0, middle), (middle, len(windows))):
        if start < end:
            own = windows.part(start, end)
            columns = Lists(windows.indptr, values).part(start, end)
            n_columns = None if candidates is None else len(candidates)
            halves.append(_half(own, columns, n_columns, sizes, generator))
    return _Task(
        halves=tuple(halves),
        candidates=None if candidates is None else torch.from_numpy(candidates),
        log_chances=None if chances is None else torch.from_numpy(chances[candidates]),
        n_predicted=int((windows.sizes - 1).sum()),
    )


def _half(
    windows: Lists,
    columns: Lists,
    n_columns: int | None,
    sizes: tuple[int, int],
    generator: np.random.Generator,
) -> _Half:
    """`columns`: the windows with positions among the candidates, of which there are `n_columns`."""
    rows = windows.rows
    place = np.arange(len(rows)) - windows.indptr[:-1][rows]  # of a like in its window
    read = np.flatnonzero(place < windows.sizes[rows] - 1)  # the next one is asked for
    rank = np.argsort(np.argsort(-windows.sizes, kind="stable"))
    read = read[np.lexsort((rank[rows[read]], place[read]))]
    return _Half(
        read=torch.from_numpy(windows.values[read]),
        batch_sizes=torch.from_numpy(np.bincount(place[read])),
        asked=torch.from_numpy(columns.values[read + 1]),
        inputs_kept=_kept((len(read), sizes[0]), generator),
        states_kept=_kept((len(read), sizes[1]), generator),
        windows=torch.from_numpy(rows[read]),
        is_own=None if n_columns is None else torch.from_numpy(columns.marked(n_columns)),
    )


def _kept(shape: tuple[int, ...], generator: np.random.Generator) -> Tensor:
    """Which numbers dropout keeps, as what they are multiplied by."""
    kept = generator.random(shape, dtype=np.float32) >= DROPOUT
    return torch.from_numpy(kept.astype(np.float32) / np.float32(1.0 - DROPOUT))


def _to(one: T, device: torch.device) -> T:
    """The same with its tensors on a device."""
    if device.type == "cpu":
        return one
    moved = {
        name: value.to(device)
        for name, value in vars(one).items()
        if isinstance(value, Tensor) and name != "batch_sizes"  # which PyTorch wants in memory
    }
    return replace(one, **moved)  # type: ignore[type-var]
