import numpy as np
import pytest

from movierec.movie_map.layout import places_of_vectors, regions

N = 60


def two_kinds() -> np.ndarray:
    """Vectors of 2 N movies, in two directions."""
    generator = np.random.default_rng(1)
    middles = np.repeat(np.eye(8, dtype=np.float32)[:2], N, axis=0)
    return middles + generator.normal(0, 0.1, (2 * N, 8)).astype(np.float32)


def test_similar_movies_lie_near_each_other() -> None:
    places = places_of_vectors(two_kinds(), seed=1)
    assert places.shape == (2 * N, 2)
    assert np.abs(places).max() == pytest.approx(1.0)
    distances = np.linalg.norm(places[:, None] - places, axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.argmin(axis=1)
    assert np.mean((nearest < N) == (np.arange(2 * N) < N)) == 1.0


def test_places_depend_on_the_seed_and_not_on_threads() -> None:
    one, two = (places_of_vectors(two_kinds(), seed=1, threads=threads) for threads in (1, 2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, places_of_vectors(two_kinds(), seed=2))


@pytest.mark.parametrize("n", [0, 1, 4, 5, 7])
def test_few_movies_have_places_too(n: int) -> None:
    places = places_of_vectors(two_kinds()[:n], seed=1)
    assert places.shape == (n, 2)
    assert np.isfinite(places).all()


def test_regions_are_named_by_what_is_common_there_and_rare_elsewhere() -> None:
    angles = np.repeat([0.0, 2.0, 4.0], 30)
    places = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    places += np.random.default_rng(1).normal(0, 0.01, places.shape).astype(np.float32)
    genres = [["Drama", "Horror"]] * 30 + [["Drama", "War"]] * 30 + [[]] * 30
    years = [1984] * 30 + [1970 + i for i in range(30)] + [None] * 30
    likes = np.arange(90)
    titles = [f"Movie {i}" for i in range(90)]
    found = {one.name: one for one in regions(places, genres, years, titles, likes)}
    assert set(found) == {"Horror, Drama 1980s", "War, Drama", "around Movie 89"}
    assert {one.movies for one in found.values()} == {30}
    for one in found.values():  # a name stands at a movie
        assert np.linalg.norm(places - [one.x, one.y], axis=1).min() == pytest.approx(0.0, abs=1e-6)
    assert regions(places[:2], genres[:2], years[:2], titles[:2], likes[:2]) == []
