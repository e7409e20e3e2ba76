"""A map of four movies with titles that are hard to show."""

import numpy as np
import pytest

from movierec.movie_map.movies import MapMovies

NASTY = ["</script><script>alert(1)</script>", "[[data]] \u2028 \u202eright to left", "a" * 500, "\"quotes' & <b>"]


@pytest.fixture
def movies() -> MapMovies:
    return MapMovies(
        movie_ids=np.array(["a", "b", "c", "d"]),
        titles=NASTY,
        years=[1990, None, 2001, 1850],
        genres=[["Drama"], [], ["Comedy", "Drama"], ["<i>"]],
        like_counts=np.array([5, 0, 7, 1]),
        places=np.array([[-1, 0], [1, 0.5], [0.25, 0], [0, 1]], np.float32),
        neighbours=np.array([[2, 1], [0, -1], [0, 3], [-1, -1]], np.int32),
        counts=np.array([[3, 1], [1, 0], [3, 2], [0, 0]], np.int32),
        distances=np.array([[0.1, 0.5], [0.5, 0], [0.1, 0.25], [0, 0]], np.float32),
    )
