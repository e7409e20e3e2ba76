from pathlib import Path

import numpy as np
import pytest

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.errors import BadRequest, StageMissing
from movierec.export import export_projector


@pytest.mark.one_version
def test_rows_of_both_files_belong_to_the_same_movie(keras_database: Database, tmp_path: Path) -> None:
    result = export_projector(keras_database, tmp_path / "projector")
    vectors = (tmp_path / "projector" / "vectors.tsv").read_text().splitlines()
    header, *metadata = (tmp_path / "projector" / "metadata.tsv").read_text(encoding="utf-8").splitlines()
    assert header.split("\t") == ["movieId", "title", "year", "genres", "likeCount"]
    assert len(vectors) == len(metadata) == result.movies == 1405
    by_id = {row["movieId"]: row for row in keras_database.read(load_query("embedding/read"))}
    for vector, described in zip(vectors, metadata, strict=True):
        movie_id, title, *_ = described.split("\t")
        assert by_id[int(movie_id)]["title"] == title
        assert np.array_equal([float(v) for v in vector.split("\t")], by_id[int(movie_id)]["embedding"])


@pytest.mark.one_version
def test_folder_that_cannot_be_written_is_named(keras_database: Database, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadRequest, match="Cannot write to"):
        export_projector(keras_database, tmp_path / "file" / "x")


@pytest.mark.one_version
def test_export_before_training_names_it(empty_database: Database, tmp_path: Path) -> None:
    with pytest.raises(StageMissing, match="movierec train"):
        export_projector(empty_database, tmp_path)
