import math

import numpy as np
import pytest

from movierec.arrays import Adjacency
from movierec.database.connection import Database
from movierec.evaluation.dataset import EvaluationData, pull_evaluation_data
from movierec.evaluation.item_to_item import (
    by_graph,
    by_item_knn,
    by_similar,
    by_vectors,
    genre_probe,
    genres_in_common,
    next_like,
)
from movierec.evaluation.tables import Catalogue, HeldOutCases
from movierec.lookup.filters import Filters
from movierec.recommendation.in_memory import Recommender
from tests.evaluation.cases import cases_of, users_of

LIKES = np.array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 0], [1, 0, 0, 1]])
GENRES = np.array([[1, 0], [1, 1], [0, 1], [0, 0]], dtype=bool)


def data(cases: HeldOutCases) -> EvaluationData:
    catalogue = Catalogue(
        movie_ids=np.array([10, 20, 30, 40]),
        like_counts=LIKES.sum(0).astype(np.float64),
        genres=GENRES,
        n_rated_movies=4,
        n_users=4,
    )
    edges = (np.array([0, 1]), np.array([1, 2]), np.array([5.0, 7.0]))
    return EvaluationData(
        cases=cases,
        n_held_out_users=len(cases),
        catalogue=catalogue,
        likes=users_of([np.flatnonzero(row).tolist() for row in LIKES]).likes,
        co_liked=Adjacency.from_undirected(4, *edges),
    )


def test_similarity_of_item_knn_is_the_shrunk_cosine() -> None:
    both = LIKES.T @ LIKES
    counts = LIKES.sum(0)
    for movie in range(4):
        expected = [both[movie, j] / (math.sqrt(counts[movie] * counts[j]) + 30) for j in range(4)]
        assert by_item_knn(data(cases_of()))(np.array([0, movie]))[1] == pytest.approx(expected)


def test_next_like_is_looked_for_from_the_newest_alone() -> None:
    # User 1's newest like is movie 10 (position 0), nearest in the graph: 20. User 2's is 20: 30, then 10.
    # User 3 has no like in training: a miss.
    asked = data(cases_of(([0, 3], [1]), ([1], [0]), ([], [0])))
    similarity = by_graph(asked.candidates(np.array([10]), np.ones((1, 2), dtype=np.float32)))
    assert next_like(similarity, asked) == pytest.approx((1 + 1 / math.log2(3) + 0) / 3)
    assert next_like(similarity, data(cases_of(([], [0])))) == 0.0


def test_genres_in_common_are_counted_among_the_others() -> None:
    # Jaccards: 10-20 1/2, 10-30 0, 20-30 1/2, and 0 with 40, which has no genre.
    expected = np.mean([(1 / 2 + 0 + 0) / 3, (1 / 2 + 1 / 2 + 0) / 3, (0 + 1 / 2 + 0) / 3, 0])
    found = genres_in_common(lambda movies: np.tile(np.arange(4.0), (len(movies), 1)), data(cases_of()).catalogue)
    # Only three others are there; the movie itself comes last and counts with itself at rank four.
    own = np.mean([1, 1, 1, 0])
    assert found == pytest.approx((3 * expected + own) / 4)


def test_genres_are_read_off_vectors_that_hold_them_and_off_no_others() -> None:
    generator = np.random.default_rng(1)
    genres = generator.random((600, 3)) < (0.5, 0.2, 0.01)
    genres[:, 0] |= ~genres.any(1)
    told = np.concatenate([genres, generator.normal(size=(600, 5))], axis=1).astype(np.float32)
    noise = generator.normal(size=(600, 8)).astype(np.float32)
    knows, knows_nothing = genre_probe(told, genres), genre_probe(noise, genres)
    assert knows["average_precision"] > 0.99
    assert knows["genres"] == 2, "a genre of six movies is not asked"
    assert knows["by_chance"] == pytest.approx(genres[:, :2].mean())
    assert knows_nothing["average_precision"] == pytest.approx(knows["by_chance"], abs=0.06)
    told[:100] = 0.0
    assert genre_probe(told, genres)["movies"] == 500, "movies without a vector are skipped"
    assert genre_probe(told[:110], genres[:110])["genres"] == 0


@pytest.mark.one_version
def test_evaluated_similarity_is_the_one_that_similar_ranks_by(keras_database: Database) -> None:
    data = pull_evaluation_data(keras_database, 5.0)
    recommender = Recommender(keras_database)
    model = recommender.model()
    candidates = data.candidates(model.movie_ids, model.unit)
    for plain, similarity in ((False, by_similar(candidates)), (True, by_vectors(candidates))):
        for movie_id in model.movie_ids[:5].tolist():
            listed = recommender.similar(movie_id, 10, Filters(), plain_cosine=plain)
            place = {movie: i for i, movie in enumerate(candidates.movie_ids.tolist())}
            (scores,) = similarity(np.array([place[movie_id]]))
            scores[(candidates.movie_ids == movie_id) | ~candidates.unit.any(axis=1)] = -np.inf
            best = candidates.movie_ids[np.argsort(-scores, kind="stable")[:10]]
            assert [row.movie_id for row in listed] == best.tolist()
