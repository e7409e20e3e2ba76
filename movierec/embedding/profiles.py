"""Tune: what recommends. Part of a user's likes, as a profile, predicts the rest. Pure: arrays in, arrays out.

The walks give every movie two vectors; they know which movies go together, but not which a user with these likes
goes on to like. So two tables P and O start from them, and are trained on the lists of likes themselves, in the
manner of a denoising autoencoder with one linear layer (Wu and others 2016; Liang and others 2018 for the loss):

    p = sum over the likes i that are given of a_i P_i               the user's profile
    loss = - sum over the others j of t_j log softmax_j(p . O_j + b_j)   over all movies that are not given

Where times tell an order, a user's likes are cut at a random place, and what came before predicts what came
after, the nearer the more:

    a_i = 1/2 of 1/n + 1/2 of 2^(-steps from i to the last that is given / recency), each normalised
    t_j = 2^(-steps from the first that is not given to j / 10), normalised

Where they do not, a random fifth of the likes is predicted from the others, all weighing the same.

Shapes: U users, M movies, L likes, D embedding size, B users of a batch.
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

__all__ = ["draw_task", "profile_weights", "softmax_gradients", "starting_tables", "tune_profiles"]

_log = logging.getLogger(__name__)

TARGET_RECENCY = 10.0  # likes in which a like that is to be predicted loses half its weight
PREDICTED = 5  # one in so many likes is predicted, where there is no order
LAST_RATE = 0.05  # of the first; it falls linearly


def tune_profiles(
    likes: LikeLists,
    embeddings: Embeddings,
    settings: TrainSettings,
    progress: Progress = silent,
    threads: int = 2,
) -> Profiles:
    """Tables of all M liked movies, trained from those of the walks; the same bytes with any number of threads.

    With `settings.order` "on", `likes.steps` must be there. Users with one like teach nothing. Raises
    MovieRecError when the loss is not finite.
    """
    starts = [torch.from_numpy(table) for table in starting_tables(likes, embeddings)]
    tables = [start.clone() for start in starts]  # P (M, D), O (M, D), b (M,)
    for table in tables:
        table.requires_grad_(True)
    optimiser = torch.optim.Adam(tables, lr=settings.tune_rate)
    users = np.flatnonzero(np.diff(likes.indptr) >= 2)
    ordered = settings.order == "on"
    generator = random_generator(Stream.PROFILES, settings.seed)
    losses = []
    settings = settings.resolved(settings.order == "on")
    epochs = (settings.tune_epochs or 0) if len(users) else 0
    with (
        training_threads(threads) as run,
        progress("tune profiles", epochs * len(users), "users") as advance,
    ):
        for epoch in range(epochs):
            for group in optimiser.param_groups:
                group["lr"] = settings.tune_rate * (1.0 - (1.0 - LAST_RATE) * epoch / epochs)
            total = 0.0
            shuffled = generator.permutation(users)
            for start in range(0, len(shuffled), settings.tune_batch):
                batch = shuffled[start : start + settings.tune_batch]
                given, predicted = draw_task(likes, batch, ordered, settings.recency, generator)
                total += _step(tables, optimiser, torch.from_numpy(given), torch.from_numpy(predicted), run)
                advance(len(batch), f"epoch {epoch + 1} loss {total / (start + len(batch)):.3f}")
            losses.append(total / len(users))
            if not np.isfinite(losses[-1]):
                raise MovieRecError(
                    f"The tuning diverged in epoch {epoch + 1}: its loss is not a finite number. The last vectors "
                    "stay live. Lower --tune-rate."
                )
    profiles, contexts, bias = (table.detach().numpy() for table in tables)
    if losses:
        _log.info("tuned: loss %.4f to %.4f", losses[0], losses[-1])
    return Profiles(likes.movie_ids, profiles, contexts, bias, tuple(losses))


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
    steps: NDArray[np.float64] | NDArray[np.float32] | None, rows: NDArray[np.int64], n_rows: int, recency: float
) -> NDArray[np.float64]:
    """(L,) weights a of likes in a profile, summing to 1 in each of the `rows` (L,) that they belong to.

    `steps` (L,): how many likes before the row's last each was; None: all weigh the same.
    """
    sizes = np.bincount(rows, minlength=n_rows)
    even = 1.0 / sizes[rows]
    if steps is None:
        return even
    recent = np.exp2(-steps.astype(np.float64) / recency)
    weights: NDArray[np.float64] = 0.5 * even + 0.5 * recent / np.bincount(rows, recent, minlength=n_rows)[rows]
    return weights


def draw_task(
    likes: LikeLists, users: NDArray[np.int64], ordered: bool, recency: float, generator: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What is given of each of B users' likes and what is to be predicted: (B, M) weights each, rows sum to 1."""
    first, sizes = likes.indptr[users], np.diff(likes.indptr)[users]
    rows = np.repeat(np.arange(len(users)), sizes)  # (L of the batch,)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)  # of a like in its user's list
    entries = np.repeat(first, sizes) + place
    movies = likes.movies[entries]
    if ordered:
        if likes.steps is None:
            raise ValueError("These likes have no order.")
        cut = 1 + (generator.random(len(users)) * (sizes - 1)).astype(np.int64)
        is_given = place < cut[rows]
        steps = likes.steps[entries]
        before = steps - likes.steps[first + cut - 1][rows]
        after = likes.steps[first + cut][rows] - steps
        weights = profile_weights(before[is_given], rows[is_given], len(users), recency)
        wanted = np.exp2(-after[~is_given].astype(np.float64) / TARGET_RECENCY)
    else:
        order = np.lexsort((generator.random(len(rows)), rows))
        is_given = np.empty(len(rows), dtype=bool)
        is_given[order] = place >= np.maximum(1, sizes // PREDICTED)[rows]
        weights = profile_weights(None, rows[is_given], len(users), recency)
        wanted = np.ones(np.count_nonzero(~is_given))
    given, predicted = np.zeros((2, len(users), likes.n_movies), dtype=np.float32)
    given[rows[is_given], movies[is_given]] = weights
    others = rows[~is_given]
    predicted[others, movies[~is_given]] = wanted / np.bincount(others, wanted, minlength=len(users))[others]
    return given, predicted


@torch.no_grad()
def softmax_gradients(
    tables: list[Tensor], given: Tensor, predicted: Tensor
) -> tuple[float, tuple[Tensor, Tensor, Tensor]]:
    """Summed loss of B users, and its gradients by P, O and b."""
    profiles, contexts, bias = tables
    profile = given @ profiles  # (B, D)
    logits = torch.addmm(bias, profile, contexts.T).masked_fill_(given > 0, -torch.inf)  # (B, M)
    logarithms = torch.log_softmax(logits, dim=1)
    loss = -torch.where(predicted > 0, predicted * logarithms, 0.0).sum()
    slope = logarithms.exp_().sub_(predicted)  # (B, M): of the loss by each logit
    return float(loss), (given.T @ (slope @ contexts), slope.T @ profile, slope.sum(0))


def _step(
    tables: list[Tensor],
    optimiser: torch.optim.Adam,
    given: Tensor,
    predicted: Tensor,
    run: RunTasks = run_sequentially,
) -> float:
    """One step of Adam on the mean loss; returns the summed loss. The halves are summed in a fixed order."""
    half = (len(given) + 1) // 2
    parts = [slice(0, half), slice(half, len(given))]
    found: list[tuple[Tensor, Tensor, Tensor]] = [None, None]  # type: ignore[list-item]

    def task(i: int) -> float:
        loss, found[i] = softmax_gradients(tables, given[parts[i]], predicted[parts[i]])
        return loss

    losses = run([lambda: task(0), lambda: task(1)])
    for table, one, other in zip(tables, *found, strict=True):
        table.grad = one.add_(other).div_(len(given))
    optimiser.step()
    return losses[0] + losses[1]
