import dataclasses

import numpy as np
import pytest
import torch
from torch.nn.functional import logsigmoid

from movierec.arrays import MovieGraph, graph_from_edges
from movierec.embedding.settings import TrainSettings
from movierec.embedding.skipgram import SkipGram
from movierec.embedding.train import train_embeddings
from movierec.embedding.validation import Validation, hold_out_edges
from movierec.embedding.walk_kernel import alias_slots
from movierec.errors import BadRequest
from tests.embedding.test_train import SMALL, two_cliques
from tests.embedding.test_walks import hub_graph, hub_graph_with_leaves


def edges_of(graph: MovieGraph) -> dict[tuple[int, int], float]:
    rows = np.repeat(np.arange(graph.n_movies), np.diff(graph.indptr))
    return dict(
        zip(zip(rows.tolist(), graph.neighbours.tolist(), strict=True), graph.weights.tolist(), strict=True)
    )


def test_held_out_edges_and_walked_ones_are_the_graph() -> None:
    graph = hub_graph()
    walked, held_out = hold_out_edges(graph, TrainSettings(validation_fraction=0.3))
    assert 0.15 * graph.n_edges < len(held_out) < 0.45 * graph.n_edges
    both_ways = {(a, b) for a, b in held_out.tolist()} | {(b, a) for a, b in held_out.tolist()}
    before, after = edges_of(graph), edges_of(walked)
    assert both_ways | after.keys() == before.keys()
    assert not both_ways & after.keys()
    assert all(before[edge] == weight for edge, weight in after.items())
    assert np.array_equal(walked.movie_ids, graph.movie_ids)


def test_graph_of_which_nothing_can_be_held_out_is_refused() -> None:
    star = graph_from_edges(np.zeros(9, dtype=int), np.arange(1, 10), np.ones(9))
    with pytest.raises(BadRequest, match=r"No edge of 9 can be held out.*--patience"):
        train_embeddings(star, dataclasses.replace(SMALL, patience=2))


def test_every_movie_keeps_an_edge() -> None:
    for seed in range(20):
        for graph in (hub_graph_with_leaves(), hub_graph()):
            walked, _ = hold_out_edges(graph, TrainSettings(validation_fraction=0.5, seed=seed))
            assert (np.diff(walked.indptr) > 0).all()


def test_validation_loss_is_that_of_the_formula() -> None:
    settings = TrainSettings(embedding_size=4, negative_samples=3)
    edges = np.array([[0, 1], [2, 5]])
    noise = alias_slots(np.array([0, 6]), np.arange(6, dtype=np.int32), np.arange(1.0, 7.0))
    model = SkipGram(6, settings)
    model.context.copy_(torch.randn(6, 4, generator=torch.Generator().manual_seed(1)))
    validation = Validation(edges, noise, settings)
    total = 0.0
    for (i, j), drawn in zip([(0, 1), (2, 5), (1, 0), (5, 2)], validation.negatives.tolist(), strict=True):
        total -= float(logsigmoid(model.centre[i] @ model.context[j]))
        total -= sum(float(logsigmoid(-model.centre[i] @ model.context[n])) for n in drawn)
    assert abs(validation.loss(model) - total / 4) < 1e-5
    assert validation.loss(model) == Validation(edges, noise, settings).loss(model)


def test_early_stopping_keeps_the_best_epoch() -> None:
    # So many epochs on so small a graph that it is learnt by heart.
    settings = dataclasses.replace(SMALL, epochs=60, patience=2, validation_fraction=0.2, learning_rate=1.0)
    stopped = train_embeddings(two_cliques(), settings)
    losses = stopped.validation_losses
    best = losses.index(min(losses))
    assert len(losses) == best + 1 + 2 < 60
    only_so_far = train_embeddings(two_cliques(), dataclasses.replace(settings, epochs=best + 1))
    assert np.array_equal(stopped.vectors, only_so_far.vectors)


def test_without_patience_every_edge_is_walked() -> None:
    settings = dataclasses.replace(SMALL, patience=0)
    assert train_embeddings(two_cliques(), settings).validation_losses == ()
