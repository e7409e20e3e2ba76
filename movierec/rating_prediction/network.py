"""The network: a graph convolution over ratings, after van den Berg, Kipf and Welling (2017), GC-MC.

Users receive messages from the movies that they rated, and movies from the users who rated them, with a matrix for
each rating level. The aggregated messages become a vector of each user u and each movie v, and two vectors give a
probability of each level:

    h = ReLU of, side by side for each level r, sum of weight * T_sender W_r          (n, R * D)
    z = h W + features F + c                                                          (n, D)
    logit_r = sum_b a_br (z_u P_b . z_v) + z_u . w_r + z_v . w'_r + b_ur + b_vr + b_r
    stars = sum_r softmax(logits)_r * the stars of level r

Unlike the paper, a sender has one vector T for all levels, and all senders share the matrices W_r of the levels,
instead of a vector for each sender and level; each user and movie has a bias b of its own for each level, with an
L2 penalty; and ratings to be predicted in a step are excluded from its messages (`message_passing`).

Shapes: n receivers, R levels, D embedding size, B rated pairs of a batch.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from movierec.rating_prediction.message_passing import Messages
from movierec.rating_prediction.settings import RatingModelSettings

__all__ = ["Encoder", "RatingConvolution"]

START = 0.1  # standard deviation of the senders' vectors before training


class Encoder(nn.Module):
    """Encoder: aggregates messages into user or movie vectors."""

    def __init__(
        self,
        n_receivers: int,
        n_senders: int,
        n_levels: int,
        *,
        n_features: int,
        settings: RatingModelSettings,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        size, narrow = settings.embedding_size, settings.feature_size
        self.node_dropout, self.dropout = settings.node_dropout, settings.dropout
        self.senders = nn.Parameter(torch.randn(n_senders, size, generator=generator) * START)  # T
        self.by_level = _glorot((n_levels, size, size), generator)  # W_r
        self.dense = _glorot((n_levels, size, size), generator, n_levels * size)  # W
        self.offset = nn.Parameter(torch.zeros(size))  # c
        self.level_biases = nn.Parameter(torch.zeros(n_receivers, n_levels))  # b_u or b_v
        self.to_levels = nn.Parameter(torch.zeros(size, n_levels))  # w or w'
        self.features = None
        if n_features:
            self.features = nn.ParameterList(
                [_glorot((n_features, narrow), generator), _glorot((narrow, size), generator)]
            )

    def forward(self, messages: Messages, features: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """(n, D) vectors z of the receivers, with their (n, A) features; with a `generator`, dropout."""
        device = self.senders.device
        senders, offsets, receivers = (
            torch.from_numpy(x).to(device) for x in (messages.senders, messages.offsets, messages.receivers)
        )
        weights = torch.from_numpy(messages.weights).to(device)
        if generator is not None:
            sends = _mask((len(self.senders),), self.node_dropout, generator, device)
            weights = weights * sends[senders]
        received = functional.embedding_bag(
            senders, self.senders, offsets, mode="sum", per_sample_weights=weights
        )  # (Q, D)
        # An empty bag adds nothing to z, so only the others are computed.
        parts = [
            self._dropped((received[start:end] @ self.by_level[level]).relu(), generator) @ self.dense[level]
            for level, (start, end) in enumerate(pairwise(messages.bounds.tolist()))
        ]
        vectors = self.offset.repeat(len(features), 1).index_add(0, receivers, torch.cat(parts))
        if self.features is not None:
            first, second = self.features
            vectors = vectors + self._dropped((features @ first).relu(), generator) @ second
        return vectors

    def _dropped(self, values: Tensor, generator: torch.Generator | None) -> Tensor:
        if generator is None:
            return values
        return values * _mask(values.shape, self.dropout, generator, values.device)


class RatingConvolution(nn.Module):
    """Both encoders, and the decoder that gives the levels of pairs of their vectors."""

    def __init__(
        self,
        n_users: int,
        n_movies: int,
        n_levels: int,
        *,
        n_user_features: int,
        n_movie_features: int,
        settings: RatingModelSettings,
    ) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(settings.seed)
        size = settings.embedding_size
        if not settings.features:
            n_user_features = n_movie_features = 0
        self.users = Encoder(
            n_users, n_movies, n_levels, n_features=n_user_features, settings=settings, generator=generator
        )
        self.movies = Encoder(
            n_movies, n_users, n_levels, n_features=n_movie_features, settings=settings, generator=generator
        )
        turned = [torch.linalg.qr(torch.randn(size, size, generator=generator))[0] for _ in range(settings.bases)]
        self.bases = nn.Parameter(torch.stack(turned))  # P_b
        self.mixture = _glorot((settings.bases, n_levels), generator)  # a
        self.offset = nn.Parameter(torch.zeros(n_levels))  # b_r

    def logits(
        self,
        users: Tensor,
        movies: Tensor,
        *,
        user_biases: Tensor,
        movie_biases: Tensor,
        of_user: Tensor,
        of_movie: Tensor,
    ) -> Tensor:
        """(B, R) of B pairs: rows `of_user` (B,) and `of_movie` (B,) of vectors (n, D) and biases (n, R)."""
        # Gradients of index_select are summed in one order, those of [] in any.
        met_movies = movies.index_select(0, of_movie)
        met = torch.stack(
            [((users @ basis).index_select(0, of_user) * met_movies).sum(1) for basis in self.bases], 1
        )
        by_users = users @ self.users.to_levels + user_biases
        by_movies = movies @ self.movies.to_levels + movie_biases
        alone = by_users.index_select(0, of_user) + by_movies.index_select(0, of_movie)
        return met @ self.mixture + alone + self.offset

    def penalty(self) -> Tensor:
        """Sum of the squares of all level biases."""
        return self.users.level_biases.square().sum() + self.movies.level_biases.square().sum()


def _glorot(shape: tuple[int, ...], generator: torch.Generator, fan_in: int | None = None) -> nn.Parameter:
    """Uniform numbers of variance 2 / (in + out) (Glorot and Bengio 2010)."""
    bound = (6.0 / (shape[-1] + (fan_in or shape[-2]))) ** 0.5
    return nn.Parameter((torch.rand(shape, generator=generator) * 2.0 - 1.0) * bound)


def _mask(shape: tuple[int, ...], rate: float, generator: torch.Generator, device: torch.device) -> Tensor:
    """0 with probability `rate`, else 1 / (1 - rate)."""
    kept = torch.rand(shape, generator=generator, device=device) >= rate
    return kept.to(torch.float32) / (1.0 - rate)
