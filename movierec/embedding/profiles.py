"""Profiles: vectors that recommend. A part of a user's likes predicts the rest. Pure: arrays in, arrays out.

The walk embeddings show which movies are liked together, but not which a user with these likes will like next.
So two tables P and O start from them and are trained on the lists of likes themselves, in the manner of a
denoising autoencoder with one linear layer (Wu and others 2016; Liang and others 2018 for the loss):

    p = sum over the input likes i of a_i P_i                        the user's profile
    loss = - sum over the target likes j of t_j log softmax_j(p . O_j + b_j)   over all movies that are not input

with the weights a and t of `profile_tasks`. Where the movies are many, the softmax runs over candidates, of which
each stands for all that might have been in its place:

    logit_j = p . O_j + b_j - ln(chance that one of the other B - 1 users likes j)    where j is not a target

A target is always there, so nothing is taken off its logit. On average the denominator of the softmax then is that
over all movies. Only the rows of candidates are updated.

Shapes: U users, M movies, L likes, D dimensions, B users of a batch, C candidates.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from movierec.arrays import LikeLists
from movierec.embedding.embeddings import Embeddings, Profiles
from movierec.embedding.plan import resolved_for_likes, users_to_learn_from
from movierec.embedding.profile_tasks import ProfileTask, chances_by_size, draw_task
from movierec.embedding.row_adam import RowAdam
from movierec.embedding.settings import TrainSettings
from movierec.errors import MovieRecError
from movierec.progress import Progress, silent
from movierec.random_streams import Stream, generator_state, random_generator, restore_generator
from movierec.training.checkpoint import Checkpoint, TrainingState
from movierec.training.peers import Merged, Peers, alone
from movierec.training.threads import RunTasks, run_sequentially, training_threads

__all__ = ["profile_checkpoint", "softmax_gradients", "starting_tables", "train_profiles"]

_log = logging.getLogger(__name__)

CHECKPOINT_SECONDS = 15.0
MERGE_STEPS = 16  # of a process, after which, as after an epoch, several processes add up what they changed
FINAL_LEARNING_RATE_FRACTION = 0.05  # of the initial one; linear decay


def profile_checkpoint(
    folder: Path, likes: LikeLists, embeddings: Embeddings, settings: TrainSettings, processes: int = 1
) -> Checkpoint:
    """The checkpoint of this training of profiles and no other."""
    key = ["profiles", likes.fingerprint(), embeddings.sha256(), settings.as_dict()]
    return Checkpoint.for_key(folder, key, processes)


def train_profiles(
    likes: LikeLists,
    embeddings: Embeddings,
    settings: TrainSettings,
    progress: Progress = silent,
    threads: int = 2,
    *,
    checkpoint: Checkpoint | None = None,
    peers: Peers = alone,
) -> Profiles:
    """Tables of all M liked movies, trained from those of the walks; the same bytes with any number of threads.

    With `settings.sequential` "on", `likes.ages` must be there. Users with one like are skipped. A `checkpoint`
    is resumed, to the same bytes. `peers` must all call this with the same arguments (the checkpoint is the
    first one's). Raises MovieRecError when the loss is not finite.
    """
    settings = resolved_for_likes(settings, likes)
    users, batch_size = users_to_learn_from(likes), settings.profile_batch_size
    epochs = (settings.profile_epochs or 0) if len(users) else 0
    optimiser = RowAdam([torch.from_numpy(one).to(settings.device) for one in starting_tables(likes, embeddings)])
    generator = random_generator(Stream.PROFILES, settings.seed)
    state = TrainingState()
    saved = peers.of_first(checkpoint.load() if checkpoint is not None else None)
    if saved is not None:
        state, kept = saved
        optimiser.load_state(kept)
        restore_generator(generator, kept["epoch draws"].numpy())
        _log.info("resuming profiles from epoch %d, step %d", state.epoch + 1, state.step + 1)
    shared = state  # whose losses are those of all processes
    first_user, end_user = peers.part(len(users))
    n_own = end_user - first_user
    most_steps = math.ceil(math.ceil(len(users) / peers.size) / batch_size)  # of a process, in an epoch
    chances = chances_by_size(likes, len(users), n_own, settings)
    merged = Merged(
        peers,
        optimiser.tables,
        optimiser.visits,
        means=[*optimiser.first, *optimiser.second, optimiser.visits],
    )
    trained_before = state.epoch * n_own + min(state.step * batch_size, n_own)
    last_saved = time.monotonic()
    with (
        training_threads(threads if settings.device == "cpu" else 1) as run,
        progress("train profiles", epochs * n_own, "users", trained_before) as advance,
    ):
        while state.epoch < epochs:
            epoch_draws = generator_state(generator)
            shuffled = generator.permutation(users)
            if saved is not None:
                restore_generator(generator, saved[1]["draws"].numpy())
                saved = None
            own_users = shuffled[first_user:end_user]
            for step in range(state.step, most_steps):
                batch = own_users[step * batch_size : (step + 1) * batch_size]
                loss = 0.0
                if len(batch):  # the last step of an epoch may be another process's alone
                    draws = generator
                    if peers.size > 1:
                        draws = random_generator(Stream.PROFILES, settings.seed, state.epoch + 1, int(batch[0]))
                    task = draw_task(likes, batch, settings, draws, chances.get(len(batch)))
                    # Over all movies the rate falls by epochs, as it always did; few epochs need it to fall by
                    # steps.
                    done = state.epoch + (step * batch_size / n_own if chances else 0)
                    rate = settings.profile_learning_rate * (
                        1.0 - (1.0 - FINAL_LEARNING_RATE_FRACTION) * done / epochs
                    )
                    loss = _step(optimiser, task.to(settings.device), rate, run)
                state = state.after_step(loss, len(batch))
                advance(len(batch), f"epoch {state.epoch + 1} loss {state.loss:.3f}")
                if is_merged := peers.size == 1 or state.step % MERGE_STEPS == 0 or state.step == most_steps:
                    merged.merge()
                    state = shared = peers.share(state, shared)
                if checkpoint is not None and is_merged and time.monotonic() - last_saved > CHECKPOINT_SECONDS:
                    words = {"epoch draws": epoch_draws, "draws": generator_state(generator)}
                    tensors = {name: torch.from_numpy(word) for name, word in words.items()}
                    checkpoint = checkpoint.try_save(state, optimiser.state() | tensors)
                    last_saved = time.monotonic()
            if not np.isfinite(state.loss):
                if checkpoint is not None:
                    checkpoint.discard()
                raise MovieRecError(
                    f"Training profiles diverged in epoch {state.epoch + 1}: the loss is not finite. The live "
                    "model stays as it is. Lower --profile-learning-rate."
                )
            state = shared = state.after_epoch(None)
    profiles, contexts, bias = (table.cpu().numpy() for table in optimiser.tables)
    if state.losses:
        _log.info("profiles: loss %.4f to %.4f", state.losses[0], state.losses[-1])
    return Profiles(
        movie_ids=likes.movie_ids, profiles=profiles, contexts=contexts, bias=bias, losses=state.losses
    )


def starting_tables(
    likes: LikeLists, embeddings: Embeddings
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """P and O (M, D) from the walks' centres and contexts, zeros elsewhere; b (M,) = ln(share of likes)."""
    if embeddings.contexts is None:
        raise ValueError("These embeddings have no contexts to start from.")
    n, size = likes.n_movies, embeddings.vectors.shape[1]
    profiles, contexts = np.zeros((n, size), np.float32), np.zeros((n, size), np.float32)
    _, here, there = np.intersect1d(likes.movie_ids, embeddings.movie_ids, assume_unique=True, return_indices=True)
    profiles[here], contexts[here] = embeddings.vectors[there], embeddings.contexts[there]
    bias = np.log(np.maximum(likes.like_counts, 0.5) / max(likes.like_counts.sum(), 1))
    return profiles, contexts, bias.astype(np.float32)


@torch.no_grad()
def softmax_gradients(tables: Sequence[Tensor], task: ProfileTask) -> tuple[Tensor, list[Tensor]]:
    """Summed loss of B users, and its gradients by P, O and b, of which `tables` holds the candidates' rows."""
    profiles, contexts, bias = tables
    given = task.inputs.rows, task.inputs.columns
    asked, asked_for = (task.targets.rows, task.targets.columns), task.targets.values
    profile = task.inputs.times(profiles)  # (B, D)
    logits = torch.addmm(bias, profile, contexts.T)  # (B, C)
    if task.log_chances is not None:
        of_targets = logits[asked]
        logits.sub_(task.log_chances)
        logits[asked] = of_targets
    logits[given] = -torch.inf
    logarithms = torch.log_softmax(logits, dim=1)
    loss = -(asked_for * logarithms[asked]).sum()
    slope = logarithms.exp_()  # (B, C): of the loss by each logit
    slope[asked] = slope[asked] - asked_for
    of_profiles = task.inputs.transposed_times(slope @ contexts, len(profiles))
    return loss, [of_profiles, slope.T @ profile, slope.sum(0)]


def _step(optimiser: RowAdam, task: ProfileTask, rate: float, run: RunTasks = run_sequentially) -> float:
    """One step on the mean loss; returns the summed loss. The halves are summed in a fixed order."""
    rows, n_users = task.candidates, len(task.inputs)
    half = (n_users + 1) // 2
    parts = [(0, half), (half, n_users)]
    tables = optimiser.tables if rows is None else [table.index_select(0, rows) for table in optimiser.tables]
    found: list[list[Tensor]] = [[], []]

    def gradients(i: int) -> float:
        loss, found[i] = softmax_gradients(tables, task.users(*parts[i]))
        return float(loss)

    losses = run([lambda: gradients(0), lambda: gradients(1)])
    mean = [one.add_(other).div_(n_users) for one, other in zip(*found, strict=True)]
    optimiser.step(rows, mean, rate, run)
    return losses[0] + losses[1]
