"""The table for Embedding Atlas, as its `--x --y --neighbors --text` ask for it."""

from pathlib import Path

import pandas as pd
import pytest

from movierec.errors import BadRequest, MissingExtra
from movierec.movie_map.atlas import require_pyarrow, write_atlas
from movierec.movie_map.movies import MapMovies


def test_table_has_a_row_a_movie_with_its_place_and_its_neighbours(movies: MapMovies, tmp_path: Path) -> None:
    write_atlas(movies, tmp_path / "map.parquet")
    table = pd.read_parquet(tmp_path / "map.parquet")
    assert table["movieId"].tolist() == ["a", "b", "c", "d"]
    assert table["title"].tolist() == list(movies.titles)
    assert table["year"].astype("Int64").tolist() == [1990, pd.NA, 2001, 1850]
    assert table["genres"].tolist() == ["Drama", "", "Comedy|Drama", "<i>"]
    assert table[["x", "y"]].to_numpy().tolist() == movies.places.tolist()
    assert [one["ids"].tolist() for one in table["neighbors"]] == [[2, 1], [0], [0, 3], []]
    assert [one["distances"].tolist() for one in table["neighbors"]] == [
        pytest.approx([0.1, 0.5]),
        [0.5],
        pytest.approx([0.1, 0.25]),
        [],
    ]


def test_what_is_missing_is_named(movies: MapMovies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadRequest, match="Cannot write"):
        write_atlas(movies, tmp_path / "no folder" / "map.parquet")
    monkeypatch.setattr("movierec.movie_map.atlas.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"movierec\[parquet\]"):
        require_pyarrow()
