import numpy as np
import pytest

from movierec.embedding.embeddings import Profiles
from movierec.embedding.likes_model import LikesModel, with_genres, with_unordered_profiles
from movierec.embedding.settings import TrainSettings

SETTINGS = TrainSettings()
IDS = np.arange(6)


def profiles(seed: int) -> Profiles:
    drawn = np.random.default_rng(seed).normal(size=(13, 6)).astype(np.float32)
    return Profiles(movie_ids=IDS, profiles=drawn[:6].T[:, :4], contexts=drawn[6:12].T[:, :4], bias=drawn[12])


def logits(one: Profiles, liked: list[int]) -> np.ndarray:
    found: np.ndarray = one.contexts @ one.profiles[liked].mean(axis=0) + one.bias
    return found


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_logits_are_a_mean_of_those_with_the_order_and_without(share: float) -> None:
    one, other = profiles(1), profiles(2)
    sequential = LikesModel(settings=SETTINGS, profiles=one, results={"profiles_sha256": one.sha256(), "a": 1})
    found = with_unordered_profiles(sequential, LikesModel(settings=SETTINGS, profiles=other), share)
    assert found.profiles is not None
    wanted = (1 - share) * logits(one, [0, 3]) + share * logits(other, [0, 3])
    assert logits(found.profiles, [0, 3]) == pytest.approx(wanted, abs=1e-6)
    assert found.profiles.profiles.shape == (6, 8)
    assert found.results == {"profiles_sha256": found.profiles.sha256(), "a": 1}


def test_nothing_is_added_at_a_share_of_zero_or_where_nothing_was_trained() -> None:
    one = LikesModel(settings=SETTINGS, profiles=profiles(1))
    nothing = LikesModel(settings=SETTINGS)
    assert with_unordered_profiles(one, one, 0.0) is one
    assert with_unordered_profiles(one, nothing, 0.5) is one
    assert with_unordered_profiles(nothing, one, 0.5) is nothing


def test_genres_add_their_mean_cosine_with_what_is_liked_to_the_logits() -> None:
    one = profiles(1)
    genres = np.array([[1, 0], [0, 1], [0.6, 0.8], [1, 0], [0, 1], [0.5, 0.5]], np.float32)
    learnt = LikesModel(settings=SETTINGS, profiles=one, results={"profiles_sha256": one.sha256(), "a": 1})
    found = with_genres(learnt, genres, 2.0)
    assert found.profiles is not None
    cosines = (genres[0] + genres[2]) / 2 @ genres.T
    assert logits(found.profiles, [0, 2]) == pytest.approx(logits(one, [0, 2]) + 2.0 * cosines, abs=1e-6)
    assert found.profiles.profiles.shape == found.profiles.contexts.shape == (6, 6)
    assert found.profiles.contexts.dtype == np.float32
    assert found.results == {"profiles_sha256": found.profiles.sha256(), "a": 1}


def test_without_genres_profiles_stay_as_they_are() -> None:
    learnt, nothing = LikesModel(settings=SETTINGS, profiles=profiles(1)), LikesModel(settings=SETTINGS)
    assert with_genres(learnt, np.zeros((6, 0), np.float32), 2.0) is learnt
    assert with_genres(learnt, np.ones((6, 1), np.float32), 0.0) is learnt
    assert with_genres(nothing, np.ones((6, 1), np.float32), 2.0) is nothing
