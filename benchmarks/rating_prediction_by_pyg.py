"""The rating model's network in PyTorch Geometric's layers, for `benchmarks.rating_prediction speed`.

A `SimpleConv` for each level and side sums weighted messages, and layers of PyTorch do the rest: the same tables
and matrices, the same dropout of messages and of what was heard, the same decoder, optimiser and loss.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch_geometric.nn import SimpleConv

from movierec.rating_prediction.graph import RatingGraph
from movierec.rating_prediction.network import Encoder, RatingConvolution
from movierec.rating_prediction.settings import RatingModelSettings

__all__ = ["ByPyG"]


class ByPyG:
    """Trains by epochs of `steps`, each of which predicts a part of the ratings from all others."""

    def __init__(self, graph: RatingGraph, settings: RatingModelSettings, steps: int) -> None:
        self.graph, self.settings, self.steps = graph, settings, steps
        self.network = RatingConvolution(  # its tables and its decoder
            len(graph.user_ids),
            len(graph.movie_ids),
            len(graph.stars),
            n_user_features=graph.user_features.shape[1],
            n_movie_features=graph.movie_features.shape[1],
            settings=settings,
        )
        self.conv = SimpleConv(aggr="sum")
        self.linears = [
            nn.ModuleList(
                nn.Linear(settings.embedding_size, settings.embedding_size, bias=False) for _ in graph.stars
            )
            for _ in range(4)
        ]
        parameters = [*self.network.parameters(), *nn.ModuleList(self.linears).parameters()]
        self.optimiser = torch.optim.Adam(parameters, lr=settings.learning_rate)
        self.edges = torch.from_numpy(np.stack([graph.users, graph.movies]).astype(np.int64))
        self.levels = torch.from_numpy(graph.levels.astype(np.int64))
        self.features = [torch.from_numpy(x) for x in (graph.user_features, graph.movie_features)]
        self.generator = np.random.default_rng(settings.seed)

    def one_epoch(self) -> float:
        """The mean loss of a rating."""
        shuffled = self.generator.permutation(self.graph.n_ratings)
        return sum(self._step(batch) for batch in np.array_split(shuffled, self.steps)) / self.graph.n_ratings

    def _step(self, batch: NDArray[np.int64]) -> float:
        used = torch.ones(self.graph.n_ratings, dtype=torch.bool)
        used[batch] = False
        edges, levels = self.edges[:, used], self.levels[used]
        degrees = [
            torch.bincount(row, minlength=n).clamp(min=1) for row, n in zip(edges, self._sizes, strict=True)
        ]
        weights = (degrees[0][edges[0]] * degrees[1][edges[1]]).rsqrt()
        network = self.network
        users = self._heard(network.users, 0, edges.flip(0), weights, levels)
        movies = self._heard(network.movies, 1, edges, weights, levels)
        asked = self.edges[:, batch]
        logits = network.logits(
            users,
            movies,
            user_biases=network.users.level_biases,
            movie_biases=network.movies.level_biases,
            of_user=asked[0],
            of_movie=asked[1],
        )
        loss = functional.cross_entropy(logits, self.levels[batch])
        penalised = loss + self.settings.bias_regularization * network.penalty() / self.graph.n_ratings
        self.optimiser.zero_grad()
        penalised.backward()
        self.optimiser.step()
        return float(loss.detach()) * len(batch)

    @property
    def _sizes(self) -> tuple[int, int]:
        return len(self.graph.user_ids), len(self.graph.movie_ids)

    def _heard(self, encoder: Encoder, side: int, edges: Tensor, weights: Tensor, levels: Tensor) -> Tensor:
        """Vectors of all users (side 0) or movies (1)."""
        rate, n = self.settings.dropout, self._sizes[side]
        speaks = functional.dropout(torch.ones(len(encoder.senders)), self.settings.node_dropout)
        vectors: Tensor = encoder.offset.expand(n, -1)
        for level, (by_level, dense) in enumerate(zip(self.linears[side], self.linears[2 + side], strict=True)):
            own = levels == level
            sent = (encoder.senders * speaks[:, None], torch.empty(n, 0))
            heard = self.conv(sent, edges[:, own], weights[own], size=(len(encoder.senders), n))
            vectors = vectors + dense(functional.dropout(by_level(heard).relu(), rate))
        assert encoder.features is not None
        first, second = encoder.features
        hidden = functional.dropout((self.features[side] @ first).relu(), rate)
        vectors = vectors + hidden @ second
        return vectors
