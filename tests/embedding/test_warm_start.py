import dataclasses

import numpy as np
import pytest

from movierec.arrays import graph_from_edges
from movierec.embedding.train import train_embeddings
from movierec.embedding.warm_start import initial_vectors
from movierec.errors import BadRequest
from tests.embedding.test_train import SMALL, two_cliques


def test_new_movies_begin_at_the_weighted_mean_of_their_neighbours() -> None:
    # 10 and 20 are known; 30 is next to both; 40 only to 30; 50 and 60 only to each other.
    graph = graph_from_edges(
        np.array([10, 10, 20, 30, 50]), np.array([20, 30, 30, 40, 60]), np.array([9.0, 1.0, 3.0, 5.0, 1.0])
    )
    live = np.array([[4.0, 0.0], [0.0, 8.0], [2.0, 1.0]], dtype=np.float32)
    initial = initial_vectors(graph, np.array([10, 20, 99]), live, 2)
    expected = {10: [4, 0], 20: [0, 8], 30: [1, 6], 40: [1, 6], 50: [2, 3], 60: [2, 3]}
    assert initial.dtype == np.float32
    assert {int(i): row.tolist() for i, row in zip(graph.movie_ids, initial, strict=True)} == expected


def test_vectors_of_another_length_are_refused_by_number() -> None:
    with pytest.raises(BadRequest, match=r"have 3 numbers, embedding_size is 8.*--embedding-size 3"):
        initial_vectors(two_cliques(), np.array([0]), np.zeros((1, 3), dtype=np.float32), 8)


@pytest.mark.parametrize("tied_embeddings", [False, True])
def test_warm_start_learns_faster_and_stays_nearer(tied_embeddings: bool) -> None:
    settings = dataclasses.replace(SMALL, tied_embeddings=tied_embeddings)
    first = train_embeddings(two_cliques(), settings)
    short = dataclasses.replace(settings, epochs=1, seed=9)
    cold = train_embeddings(two_cliques(), short)
    warm = train_embeddings(two_cliques(), short, initial=first.vectors)
    assert warm.losses[0] < cold.losses[0]

    def moved(vectors: np.ndarray) -> float:
        return float(np.linalg.norm(vectors - first.vectors) / np.linalg.norm(first.vectors))

    assert moved(warm.vectors) < moved(cold.vectors) / 2
