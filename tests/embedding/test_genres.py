import numpy as np
import pytest

from movierec.embedding.genres import genre_vectors


def test_rarer_genres_count_more_and_vectors_have_length_one() -> None:
    found = genre_vectors([["Drama"], ["Drama", "War"], ["Drama", "Comedy"], ["Comedy"]])
    # Columns: Drama, of three of the four, Comedy, of two, War, of one.
    drama, comedy, war = np.log(4 / 3), np.log(4 / 2), np.log(4 / 1)
    assert found[0] == pytest.approx([1, 0, 0])
    assert found[1] == pytest.approx(np.array([drama, 0, war]) / np.hypot(drama, war))
    assert found[2] == pytest.approx(np.array([drama, comedy, 0]) / np.hypot(drama, comedy))
    assert found[3] == pytest.approx([0, 1, 0])
    assert found.dtype == np.float32


def test_a_movie_without_genres_gets_the_mean_of_the_others() -> None:
    found = genre_vectors([["Drama"], ["War"], ["War"], []])
    assert found[3] == pytest.approx(found[:3].mean(axis=0))
    assert found[3] == pytest.approx([2 / 3, 1 / 3])  # War, Drama


def test_a_genre_that_every_movie_is_of_tells_nothing() -> None:
    assert genre_vectors([["Film"], ["Film", "War"]]) == pytest.approx(np.array([[1.0], [1.0]]))
    assert genre_vectors([["Film"], ["Film"]]).shape == (2, 0)


def test_without_genres_or_movies_there_is_nothing() -> None:
    assert genre_vectors([[], []]).shape == (2, 0)
    assert genre_vectors([]).shape == (0, 0)


def test_of_many_genres_those_that_most_movies_are_of_are_used() -> None:
    shelves = [["war", f"shelf {i}"] for i in range(9)] + [["love", "shelf 0"]]
    found = genre_vectors(shelves, most=2)
    assert found.shape == (10, 2)  # war, of nine, and shelf 0, of two
    assert found[1] == pytest.approx([1, 0])
    assert found[9] == pytest.approx([0, 1])


def test_a_genre_that_is_listed_twice_counts_once() -> None:
    assert genre_vectors([["War", "War"], ["Love"]]) == pytest.approx(genre_vectors([["War"], ["Love"]]))
