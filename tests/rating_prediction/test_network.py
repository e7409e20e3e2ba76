import numpy as np
import pytest
import torch

from movierec.rating_prediction.message_passing import draw_messages
from movierec.rating_prediction.network import RatingConvolution
from movierec.rating_prediction.settings import RatingModelSettings
from tests.rating_prediction.planted import planted


def test_vectors_and_logits_are_those_of_a_loop() -> None:
    """The formulas of the module, node by node and level by level, in plain numpy."""
    graph = planted(12, 9)
    settings = RatingModelSettings(embedding_size=6, bases=2, feature_size=3)
    network = RatingConvolution(
        12,
        9,
        5,
        n_user_features=graph.user_features.shape[1],
        n_movie_features=graph.movie_features.shape[1],
        settings=settings,
    ).double()
    with torch.no_grad():
        for parameter in network.parameters():  # zeros would hide a term
            parameter.add_(torch.randn(parameter.shape, dtype=torch.float64) * 0.3)
    weights = {name: value.detach().numpy() for name, value in network.named_parameters()}
    by_user, by_movie = graph.by_user(), graph.by_movie()
    features = [torch.from_numpy(x).double() for x in (graph.user_features, graph.movie_features)]

    def loop(side: str, receivers: np.ndarray, senders: np.ndarray, n: int, described: np.ndarray) -> np.ndarray:
        found = []
        own_degrees, sender_degrees = np.bincount(receivers, minlength=n), np.bincount(senders)
        for node in range(n):
            vector = weights[f"{side}.offset"].copy()
            for level in range(5):
                rated = senders[(receivers == node) & (graph.levels == level)]
                heard = np.zeros(6)
                for sender in rated:
                    weight = 1 / np.sqrt(own_degrees[node] * sender_degrees[sender])
                    heard += weight * weights[f"{side}.senders"][sender]
                hidden = np.maximum(heard @ weights[f"{side}.by_level"][level], 0)
                vector += hidden @ weights[f"{side}.dense"][level]
            known = np.maximum(described[node] @ weights[f"{side}.features.0"], 0)
            found.append(vector + known @ weights[f"{side}.features.1"])
        return np.array(found)

    users = loop("users", graph.users, graph.movies, 12, graph.user_features)
    movies = loop("movies", graph.movies, graph.users, 9, graph.movie_features)
    to_users = draw_messages(by_user, by_movie.degrees, np.arange(12), 5)
    to_movies = draw_messages(by_movie, by_user.degrees, np.arange(9), 5)
    with torch.no_grad():
        user_vectors = _in_double(network.users, to_users, features[0])
        movie_vectors = _in_double(network.movies, to_movies, features[1])
        pairs = torch.tensor([0, 3, 11, 3]), torch.tensor([8, 2, 0, 2])
        logits = network.logits(
            user_vectors,
            movie_vectors,
            user_biases=network.users.level_biases,
            movie_biases=network.movies.level_biases,
            of_user=pairs[0],
            of_movie=pairs[1],
        )
    np.testing.assert_allclose(user_vectors.numpy(), users, atol=1e-6)
    np.testing.assert_allclose(movie_vectors.numpy(), movies, atol=1e-6)
    for row, (user, movie) in enumerate(zip(*(x.tolist() for x in pairs), strict=True)):
        expected = weights["offset"] + weights["users.level_biases"][user] + weights["movies.level_biases"][movie]
        expected = (
            expected + users[user] @ weights["users.to_levels"] + movies[movie] @ weights["movies.to_levels"]
        )
        for basis in range(2):
            expected = expected + weights["mixture"][basis] * (
                users[user] @ weights["bases"][basis] @ movies[movie]
            )
        np.testing.assert_allclose(logits[row].numpy(), expected, atol=1e-5)


def _in_double(encoder: torch.nn.Module, messages: object, features: torch.Tensor) -> torch.Tensor:
    """Weights of messages are 32 bits long; the tables are not."""
    object.__setattr__(messages, "weights", messages.weights.astype(np.float64))  # type: ignore[attr-defined]
    vectors: torch.Tensor = encoder(messages, features)
    return vectors


def test_dropout_is_right_on_average_and_off_without_a_generator() -> None:
    graph = planted(12, 9)
    settings = RatingModelSettings(embedding_size=4, node_dropout=0.0, dropout=0.5, features=False)
    network = RatingConvolution(12, 9, 5, n_user_features=0, n_movie_features=0, settings=settings)
    messages = draw_messages(graph.by_user(), graph.by_movie().degrees, np.arange(12), 5)
    features = torch.from_numpy(graph.user_features)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        plain = network.users(messages, features)
        assert torch.equal(plain, network.users(messages, features))
        drawn = torch.stack([network.users(messages, features, generator) for _ in range(2_000)])
    assert drawn.std(0).mean() > 0.01
    np.testing.assert_allclose(drawn.mean(0).numpy(), plain.numpy(), atol=0.02)


def test_user_who_hears_nothing_has_a_vector() -> None:
    graph = planted(12, 9)
    settings = RatingModelSettings(embedding_size=4, features=False)
    network = RatingConvolution(12, 9, 5, n_user_features=0, n_movie_features=0, settings=settings)
    everything = np.ones(graph.n_ratings, dtype=bool)
    messages = draw_messages(graph.by_user(), graph.by_movie().degrees, np.arange(12), 5, left_out=everything)
    vectors = network.users(messages, torch.zeros(12, 0), torch.Generator().manual_seed(1))
    assert vectors.shape == (12, 4)
    assert vectors.detach().numpy() == pytest.approx(0.0)
