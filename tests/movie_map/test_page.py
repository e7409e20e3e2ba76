import base64
import hashlib
import json
import re

import numpy as np
import pytest

from movierec.movie_map.movies import MapMovies, Region, shown_genres
from movierec.movie_map.page import map_page
from tests.movie_map.conftest import NASTY


def data_of(page: str) -> dict[str, object]:
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    found: dict[str, object] = json.loads(text)
    return found


def test_data_is_read_back_as_it_was(movies: MapMovies) -> None:
    found = data_of(map_page(movies, [Region(name="<u>", x=0.5, y=-0.5, movies=4)], "train-1"))
    assert found["titles"] == NASTY
    assert found["ids"] == ["a", "b", "c", "d"]
    assert found["regions"] == [["<u>", 0.5, -0.5, 4]]
    assert np.frombuffer(base64.b64decode(str(found["places"])), "<f4") == pytest.approx(movies.places.ravel())
    assert np.frombuffer(base64.b64decode(str(found["counts"])), "<i4").tolist() == movies.counts.ravel().tolist()


def test_page_needs_no_network_and_runs_its_own_script_only(movies: MapMovies) -> None:
    page = map_page(movies, [], "train-<1>")
    assert not re.search(r"https?://|//[a-z]+\.", page)
    assert page.count("<script") == 2, "a title that closes the element opens no other"
    assert "train-&lt;1&gt;" in page
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    assert "default-src &#x27;none&#x27;" in policy
    script = page.rsplit("<script>", 1)[1].split("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"sha256-{digest}" in policy
    assert "unsafe" not in policy


def test_genres_of_most_movies_come_first() -> None:
    assert shown_genres([["b", "a"], ["b"], ["c"], []], 2) == ["b", "a"]
