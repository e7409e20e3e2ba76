import numpy as np
import pytest
import torch

from movierec.arrays import Lists
from movierec.embedding.ials import fit_factors, solve_rows
from movierec.embedding.settings import TrainSettings
from movierec.embedding.user_encoder import FactorEncoder, GruEncoder, encoder_from_bytes
from tests.embedding.test_profiles import two_crowds

D, UNITS = 6, 5


@pytest.fixture
def layers() -> tuple[torch.nn.GRU, torch.nn.Linear]:
    torch.manual_seed(3)
    return torch.nn.GRU(D, UNITS), torch.nn.Linear(UNITS, D)


@pytest.fixture
def gru(layers: tuple[torch.nn.GRU, torch.nn.Linear]) -> GruEncoder:
    found = {name: one.detach().numpy() for layer in layers for name, one in layer.named_parameters()}
    return GruEncoder(
        input_weights=found["weight_ih_l0"],
        state_weights=found["weight_hh_l0"],
        input_bias=found["bias_ih_l0"],
        state_bias=found["bias_hh_l0"],
        output_weights=found["weight"],
        output_bias=found["bias"],
    )


@pytest.fixture
def factors() -> FactorEncoder:
    some = np.random.default_rng(2).normal(size=(30, D)).astype(np.float32)
    return FactorEncoder(gram=some.T @ some, ridge=np.array([0.5, 1.5], dtype=np.float32))


def some_likes() -> tuple[Lists, np.ndarray]:
    """Vectors of the likes of users with 3, 0, 1, 140 and 7 likes, the newest first, and their ages."""
    generator = np.random.default_rng(4)
    sizes = [3, 0, 1, 140, 7]
    ages = np.concatenate([np.arange(size, dtype=np.float64) for size in sizes])
    ages[:3] = [0, 1.5, 1.5]
    return Lists.of_sizes(sizes, generator.normal(size=(sum(sizes), D)).astype(np.float32)), ages


def test_users_are_those_of_pytorch_reading_the_newest_hundred_from_the_oldest_on(
    gru: GruEncoder, layers: tuple[torch.nn.GRU, torch.nn.Linear]
) -> None:
    likes, ages = some_likes()
    found = gru.encode(likes, ages)
    unit, output = (layer.double() for layer in layers)
    for user, own in enumerate(likes):
        own_ages = ages[likes.indptr[user] : likes.indptr[user + 1]]
        read = own[np.argsort(-own_ages, kind="stable")][-100:]
        if not len(read):
            assert not found[user].any()
            continue
        with torch.no_grad():
            expected = output(unit(torch.from_numpy(read.astype(np.float64) * D**0.5))[0][-1])
        assert found[user] == pytest.approx(expected.numpy(), abs=1e-12)


def test_share_of_a_like_is_what_the_logit_loses_without_it(gru: GruEncoder) -> None:
    likes, ages = some_likes()
    movies = np.random.default_rng(5).normal(size=(4, D)).astype(np.float32)
    for user in (0, 4):
        own, own_ages = likes[user], ages[likes.indptr[user] : likes.indptr[user + 1]]
        found = gru.shares(own, own_ages, movies)
        whole = movies @ gru.encode(Lists.of_sizes([len(own)], own), own_ages)[0]
        for like in range(len(own)):
            rest = np.delete(own, like, axis=0)
            without = gru.encode(Lists.of_sizes([len(rest)], rest), np.delete(own_ages, like))[0]
            assert found[like] == pytest.approx(whole - movies @ without, abs=1e-9)
    long = gru.shares(likes[3], ages[likes.indptr[3] : likes.indptr[4]], movies)
    assert np.flatnonzero(long.any(axis=1)).tolist() == list(range(20)), "older ones have none"
    own, own_ages = likes[3], ages[likes.indptr[3] : likes.indptr[4]]
    read = own[:100]  # the newest
    rest = np.delete(read, 19, axis=0)
    with_all, without = (
        gru.encode(Lists.of_sizes([len(one)], one), np.arange(len(one), dtype=np.float64))[0]
        for one in (read, rest)
    )
    assert long[19] == pytest.approx(movies @ (with_all - without), abs=1e-9)
    assert gru.shares(likes[2], np.zeros(1), movies).shape == (1, 4)


def test_factors_of_users_are_those_of_ials_and_shares_add_up_to_the_logits() -> None:
    import scipy.sparse as sp

    lists = two_crowds()
    encoded = fit_factors(lists, TrainSettings(embedding_size=8))
    own = Lists(lists.indptr, lists.movies.astype(np.int64))
    read = Lists(own.indptr, encoded.vectors[own.values])
    found = encoded.encoder.encode(read, np.zeros(len(own.values)))
    ones = np.ones(len(own.values))
    matrix = sp.csr_array((ones, own.values, own.indptr), shape=(len(own), lists.n_movies))
    assert found == pytest.approx(solve_rows(matrix, encoded.vectors.astype(np.float64), 0.1, 0.02), abs=1e-5)
    shares = encoded.encoder.shares(read[0], np.zeros(10), encoded.vectors)
    assert shares.sum(axis=0) == pytest.approx(encoded.vectors @ found[0], abs=1e-6)
    logits = found @ encoded.vectors.T
    in_crowd = np.arange(40) >= 20
    assert logits[0][in_crowd].min() > logits[0][~in_crowd].max()
    assert not encoded.bias.any()


def test_encoder_is_kept_as_bytes(gru: GruEncoder, factors: FactorEncoder) -> None:
    likes, ages = some_likes()
    for encoder in (gru, factors):
        content = {name: one.astype("<f4").tobytes() for name, one in encoder.arrays().items()}
        again = encoder_from_bytes(encoder.kind, content, D)
        assert type(again) is type(encoder)
        assert np.array_equal(again.encode(likes, ages), encoder.encode(likes, ages))


def test_nobody_is_encoded_as_nothing(gru: GruEncoder, factors: FactorEncoder) -> None:
    for encoder in (gru, factors):
        nobody = Lists.of_sizes([], np.empty((0, D), np.float32))
        assert encoder.encode(nobody, np.empty(0)).shape == (0, D)
        assert not encoder.encode(Lists.of_sizes([0], nobody.values), np.empty(0)).any()
