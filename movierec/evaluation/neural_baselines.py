"""GRU4Rec and SASRec with the full cross entropy, started from random numbers: baselines that take minutes.

    GRU4Rec   movierec's sequence encoder without the walk embeddings (Hidasi and others 2016)
    SASRec    two blocks of causal self-attention, one head, normalised before each, one table for movies read and
              asked for, positions counted from the newest like (Kang and McAuley 2018)

Both have 64 dimensions, windows of 100 likes, AdamW at 0.002, and a bias that starts as 0.75 ln(likes + 1). Like
the sequence encoder, they know the movies that at least three like. `benchmarks.peers` chooses epochs and dropout
for each data set.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from movierec.arrays import LikeLists, Lists
from movierec.embedding.embeddings import Embeddings
from movierec.embedding.plan import places_among
from movierec.embedding.sequence_encoder import draw_windows, encoder_plan, train_encoder
from movierec.embedding.settings import TrainSettings
from movierec.embedding.user_encoder import MOST_READ
from movierec.evaluation.baselines import Fit
from movierec.evaluation.sequential_baselines import Scores
from movierec.progress import Advance, Progress, by_share, silently
from movierec.recommendation.scoring import LikeHistories

__all__ = ["NEURAL_BASELINES", "gru4rec", "sasrec"]

D, BLOCKS, BATCH = 64, 2, 32
LEARNING_RATE = 0.002
DEVIATION = 0.04


def gru4rec(
    histories: LikeHistories, n_movies: int, seed: int = 1, advance: Advance = silently, *, epochs: float = 24
) -> Scores:
    """(B, C) logits of the next like; `advance` is told of C movies, as by all baselines."""
    nothing = Embeddings(movie_ids=np.empty(0, np.int64), vectors=np.empty((0, D), np.float32))
    settings = TrainSettings(sequential="on", encoder_epochs=int(epochs), seed=seed)
    encoded = train_encoder(_like_lists(histories, n_movies), nothing, settings, _in_movies(advance, n_movies))
    place = places_among(encoded.movie_ids, n_movies)

    def scores(users: LikeHistories) -> NDArray[np.float64]:
        movies = place[users.movies.values]
        known = movies >= 0
        read = users.movies.kept(known, movies)
        vectors = Lists(read.indptr, encoded.vectors[read.values])
        states = encoded.encoder.encode(vectors, users.ages[known])
        return _of_all(states @ encoded.vectors.T + encoded.bias, encoded.movie_ids, n_movies)

    return scores


class _SasRec(nn.Module):
    def __init__(self, like_counts: NDArray[np.int64], dropout: float) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(len(like_counts), D) * DEVIATION)
        self.places = nn.Parameter(torch.randn(MOST_READ, D) * DEVIATION)
        self.bias = nn.Parameter(0.75 * torch.log1p(torch.from_numpy(like_counts).float()))
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(D, 1, D, dropout, batch_first=True, norm_first=True) for _ in range(BLOCKS)
        )
        self.norm = nn.LayerNorm(D)

    def forward(self, movies: Tensor) -> Tensor:
        """(B, W) movies, the last the newest, -1 before the first -> (B, W, D) states."""
        width = movies.shape[1]
        x = self.table[movies.clamp(min=0)] / DEVIATION + self.places[MOST_READ - width :] / DEVIATION
        x = self.dropout(x)
        later = torch.ones(width, width, dtype=torch.bool).triu(1)
        # A place before the first like sees itself, or its softmax would be of nothing.
        hidden = (later[None] | (movies < 0)[:, None, :]) & ~torch.eye(width, dtype=torch.bool)
        for block in self.blocks:
            x = block(x, src_mask=hidden)
        found: Tensor = self.norm(x)
        return found

    def logits(self, states: Tensor) -> Tensor:
        found: Tensor = states @ self.table.T / DEVIATION * D**-0.5 + self.bias
        return found


def sasrec(
    histories: LikeHistories,
    n_movies: int,
    seed: int = 1,
    advance: Advance = silently,
    *,
    epochs: float = 16,
    dropout: float = 0.2,
) -> Scores:
    """(B, C) logits of the next like; `advance` is told of C movies, as by all baselines."""
    likes = _like_lists(histories, n_movies)
    settings = TrainSettings(sequential="on", seed=seed)
    plan = encoder_plan(likes, settings)
    if not len(plan.movies):
        return lambda users: np.zeros((len(users), n_movies))
    torch.manual_seed(settings.seed)
    generator = np.random.default_rng(settings.seed)
    network = _SasRec(likes.like_counts[plan.movies], dropout)
    optimiser = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    reached = by_share(advance, n_movies)
    for epoch in range(int(epochs)):
        windows = draw_windows(likes, plan, generator)
        for start in range(0, len(windows), BATCH):
            own = windows.part(start, min(start + BATCH, len(windows)))
            read, asked = _padded(own, cut=1), _padded(own, cut=0)[:, 1:]
            is_asked = (read >= 0) & (asked >= 0)
            loss = functional.cross_entropy(network.logits(network(read)[is_asked]), asked[is_asked])
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimiser.step()
        reached((epoch + 1) / int(epochs), f"epoch {epoch + 1}")
    network.eval()
    place = places_among(plan.movies, n_movies)

    @torch.no_grad()
    def scores(users: LikeHistories) -> NDArray[np.float64]:
        order = np.lexsort((np.arange(len(users.ages)), -users.ages, users.movies.rows))
        movies = place[users.movies.values[order]]
        read = _padded(users.movies.kept(movies >= 0, movies), cut=0)[:, -MOST_READ:]
        return _of_all(network.logits(network(read)[:, -1]).numpy(), plan.movies, n_movies)

    return scores


def _of_all(logits: NDArray[np.floating], movies: NDArray[np.int64], n_movies: int) -> NDArray[np.float64]:
    """(B, C) from (B, M) logits of the M `movies` that are known; others get the least that the user has.

    Not less, or they alone would be what is left of these scores where they are standardised.
    """
    found = np.zeros((len(logits), n_movies))
    if len(movies):
        found += logits.min(axis=1, keepdims=True)
        found[:, movies] = logits
    return found


def _in_movies(advance: Advance, n_movies: int) -> Progress:
    """A progress of a training that tells `advance` of its share of `n_movies`."""

    @contextmanager
    def progress(title: str, total: int | None, unit: str, done: int = 0) -> Iterator[Advance]:
        reached, so_far = by_share(advance, n_movies), done

        def forward(n: int, note: str = "") -> None:
            nonlocal so_far
            so_far += n
            reached(so_far / (total or 1), note)

        yield forward

    return progress


def _padded(lists: Lists, *, cut: int) -> Tensor:
    """(B, W) the lists at the right, -1 before them; without the last `cut` of each."""
    width = max(int(lists.sizes.max()), 1)
    found = np.full((len(lists), width), -1)
    rows = lists.rows
    place = np.arange(len(rows)) - lists.indptr[:-1][rows] + (width - lists.sizes)[rows]
    found[rows, place] = lists.values
    return torch.from_numpy(found[:, : width - cut] if cut else found)


def _like_lists(histories: LikeHistories, n_movies: int) -> LikeLists:
    """The same, oldest first, with positions as ids."""
    rows = histories.movies.rows
    order = np.lexsort((-histories.ages, rows))
    movies = histories.movies.values[order]
    return LikeLists(
        movie_ids=np.arange(n_movies),
        like_counts=np.bincount(movies, minlength=n_movies),
        indptr=histories.movies.indptr,
        movies=movies.astype(np.int32),
        ages=histories.ages[order].astype(np.float32),
    )


NEURAL_BASELINES: dict[str, Fit] = {"gru4rec": gru4rec, "sasrec": sasrec}
