"""Profiles: vectors that recommend. A part of a user's likes predicts the rest. Pure: arrays in, arrays out.

The walk embeddings show which movies are liked together, but not which a user with these likes will like next.
So two tables P and O start from them and are trained on the lists of likes themselves, in the manner of a
denoising autoencoder with one linear layer (Wu and others 2016; Liang and others 2018 for the loss):

    p = sum over the input likes i of a_i P_i                        the user's profile
    loss = - sum over the target likes j of t_j log softmax_j(p . O_j + b_j)   over all movies that are not input

Sequentially, a user's likes are cut at a random position; those before it are input, those after it targets, and
nearer ones weigh more:

    a_i = 1/2 of 1/n + 1/2 of 2^(-likes from i to the last input / like_half_life), each normalised
    t_j = 2^(-likes from the first target to j / 10), normalised

Without the order of likes a random fifth of them are the targets, all weighing the same.

Shapes: U users, M movies, L likes, D dimensions, B users of a batch.
"""

from __future__ import annotations

import logging

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from movierec.arrays import LikeLists
from movierec.embedding.embeddings import Embeddings, Profiles
from movierec.embedding.settings import TrainSettings
from movierec.errors import MovieRecError
from movierec.progress import Progress, silent
from movierec.random_streams import Stream, random_generator
from movierec.training.threads import RunTasks, run_sequentially, training_threads

__all__ = ["draw_input_and_targets", "profile_weights", "softmax_gradients", "starting_tables", "train_profiles"]

_log = logging.getLogger(__name__)

TARGET_HALF_LIFE = 10.0  # likes over which the weight of a target halves
TARGETS = 5  # one like in so many is a target, without the order of likes
FINAL_LEARNING_RATE_FRACTION = 0.05  # of the initial one; linear decay


def train_profiles(
    likes: LikeLists,
    embeddings: Embeddings,
    settings: TrainSettings,
    progress: Progress = silent,
    threads: int = 2,
) -> Profiles:
    """Tables of all M liked movies, trained from those of the walks; the same bytes with any number of threads.

    With `settings.sequential` "on", `likes.ages` must be there. Users with one like are skipped. Raises
    MovieRecError when the loss is not finite.
    """
    starts = [torch.from_numpy(table) for table in starting_tables(likes, embeddings)]
    tables = [start.clone() for start in starts]  # P (M, D), O (M, D), b (M,)
    for table in tables:
        table.requires_grad_(True)
    optimiser = torch.optim.Adam(tables, lr=settings.profile_learning_rate)
    users = np.flatnonzero(np.diff(likes.indptr) >= 2)
    sequential = settings.sequential == "on"
    generator = random_generator(Stream.PROFILES, settings.seed)
    losses = []
    settings = settings.resolved(settings.sequential == "on")
    epochs = (settings.profile_epochs or 0) if len(users) else 0
    with (
        training_threads(threads) as run,
        progress("train profiles", epochs * len(users), "users") as advance,
    ):
        for epoch in range(epochs):
            for group in optimiser.param_groups:
                group["lr"] = settings.profile_learning_rate * (
                    1.0 - (1.0 - FINAL_LEARNING_RATE_FRACTION) * epoch / epochs
                )
            total = 0.0
            shuffled = generator.permutation(users)
            for start in range(0, len(shuffled), settings.profile_batch_size):
                batch = shuffled[start : start + settings.profile_batch_size]
                inputs, targets = draw_input_and_targets(
                    likes, batch, sequential, settings.like_half_life, generator
                )
                total += _step(tables, optimiser, torch.from_numpy(inputs), torch.from_numpy(targets), run)
                advance(len(batch), f"epoch {epoch + 1} loss {total / (start + len(batch)):.3f}")
            losses.append(total / len(users))
            if not np.isfinite(losses[-1]):
                raise MovieRecError(
                    f"Training profiles diverged in epoch {epoch + 1}: the loss is not finite. The live model "
                    "stays as it is. Lower --profile-learning-rate."
                )
    profiles, contexts, bias = (table.detach().numpy() for table in tables)
    if losses:
        _log.info("profiles: loss %.4f to %.4f", losses[0], losses[-1])
    return Profiles(
        movie_ids=likes.movie_ids, profiles=profiles, contexts=contexts, bias=bias, losses=tuple(losses)
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


def profile_weights(
    ages: NDArray[np.float64] | NDArray[np.float32] | None,
    rows: NDArray[np.int64],
    n_rows: int,
    like_half_life: float,
) -> NDArray[np.float64]:
    """(L,) weights a of likes in a profile, summing to 1 in each of the `rows` (L,) that they belong to.

    `ages` (L,): likes from each to the last of its row; None: all weigh the same.
    """
    sizes = np.bincount(rows, minlength=n_rows)
    even = 1.0 / sizes[rows]
    if ages is None:
        return even
    recency = np.exp2(-ages.astype(np.float64) / like_half_life)
    weights: NDArray[np.float64] = 0.5 * even + 0.5 * recency / np.bincount(rows, recency, minlength=n_rows)[rows]
    return weights


def draw_input_and_targets(
    likes: LikeLists,
    users: NDArray[np.int64],
    sequential: bool,
    like_half_life: float,
    generator: np.random.Generator,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The input and the target likes of each of B users: (B, M) weights each; rows sum to 1."""
    first, sizes = likes.indptr[users], np.diff(likes.indptr)[users]
    rows = np.repeat(np.arange(len(users)), sizes)  # (L of the batch,)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)  # of a like in its user's list
    entries = np.repeat(first, sizes) + place
    movies = likes.movies[entries]
    if sequential:
        if likes.ages is None:
            raise ValueError("These likes have no order.")
        cut = 1 + (generator.random(len(users)) * (sizes - 1)).astype(np.int64)
        is_input = place < cut[rows]
        ages = likes.ages[entries]
        before = ages - likes.ages[first + cut - 1][rows]
        after = likes.ages[first + cut][rows] - ages
        weights = profile_weights(before[is_input], rows[is_input], len(users), like_half_life)
        target_weights = np.exp2(-after[~is_input].astype(np.float64) / TARGET_HALF_LIFE)
    else:
        order = np.lexsort((generator.random(len(rows)), rows))
        is_input = np.empty(len(rows), dtype=bool)
        is_input[order] = place >= np.maximum(1, sizes // TARGETS)[rows]
        weights = profile_weights(None, rows[is_input], len(users), like_half_life)
        target_weights = np.ones(np.count_nonzero(~is_input))
    inputs, targets = np.zeros((2, len(users), likes.n_movies), dtype=np.float32)
    inputs[rows[is_input], movies[is_input]] = weights
    others = rows[~is_input]
    targets[others, movies[~is_input]] = (
        target_weights / np.bincount(others, target_weights, minlength=len(users))[others]
    )
    return inputs, targets


@torch.no_grad()
def softmax_gradients(
    tables: list[Tensor], inputs: Tensor, targets: Tensor
) -> tuple[float, tuple[Tensor, Tensor, Tensor]]:
    """Summed loss of B users, and its gradients by P, O and b."""
    profiles, contexts, bias = tables
    profile = inputs @ profiles  # (B, D)
    logits = torch.addmm(bias, profile, contexts.T).masked_fill_(inputs > 0, -torch.inf)  # (B, M)
    logarithms = torch.log_softmax(logits, dim=1)
    loss = -torch.where(targets > 0, targets * logarithms, 0.0).sum()
    slope = logarithms.exp_().sub_(targets)  # (B, M): of the loss by each logit
    return float(loss), (inputs.T @ (slope @ contexts), slope.T @ profile, slope.sum(0))


def _step(
    tables: list[Tensor],
    optimiser: torch.optim.Adam,
    inputs: Tensor,
    targets: Tensor,
    run: RunTasks = run_sequentially,
) -> float:
    """One step of Adam on the mean loss; returns the summed loss. The halves are summed in a fixed order."""
    half = (len(inputs) + 1) // 2
    parts = [slice(0, half), slice(half, len(inputs))]
    found: list[tuple[Tensor, Tensor, Tensor]] = [None, None]  # type: ignore[list-item]

    def task(i: int) -> float:
        loss, found[i] = softmax_gradients(tables, inputs[parts[i]], targets[parts[i]])
        return loss

    losses = run([lambda: task(0), lambda: task(1)])
    for table, one, other in zip(tables, *found, strict=True):
        table.grad = one.add_(other).div_(len(inputs))
    optimiser.step()
    return losses[0] + losses[1]
