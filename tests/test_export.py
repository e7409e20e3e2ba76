from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from movierec.cli.export import KINDS
from movierec.database.connection import Database
from movierec.database.query_files import load_query, parse_query
from movierec.errors import BadRequest, MissingExtra, StageMissing
from movierec.export import FORMATS, export_model, to_networkx, to_pyg

RENAME = parse_query(
    "tests/rename",
    "// T.\n// Parameters: title.\n// Returns: n.\n"
    "MATCH (m:Movie {movieId: 1}) SET m.title = $title RETURN 1 AS n;",
)

RENUMBER = parse_query(
    "tests/renumber",
    "// T.\n// Parameters: none.\n// Returns: n.\n"
    "MATCH (m:Movie) SET m.movieId = CASE m.movieId WHEN 3 THEN 'blue shirt' ELSE toString(m.movieId) END "
    "RETURN count(m) AS n;",
)


@pytest.mark.one_version
def test_rows_of_both_files_belong_to_the_same_movie(keras_database: Database, tmp_path: Path) -> None:
    result = export_model(keras_database, tmp_path / "projector")
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
        export_model(keras_database, tmp_path / "file" / "x")


@pytest.mark.one_version
def test_export_before_training_names_it(empty_database: Database, tmp_path: Path) -> None:
    with pytest.raises(StageMissing, match="movierec train"):
        export_model(empty_database, tmp_path)


def vectors_by_id(database: Database) -> dict[int, list[float]]:
    return {row["movieId"]: row["embedding"] for row in database.read(load_query("embedding/read"))}


def test_command_has_all_formats(small_database: Database, tmp_path: Path) -> None:
    assert tuple(FORMATS) == KINDS
    with pytest.raises(BadRequest, match="No format 'csv'; expected one of tensorboard, word2vec"):
        export_model(small_database, tmp_path, "csv")


@pytest.mark.parametrize("binary", [False, True])
def test_gensim_reads_the_vectors(small_database: Database, tmp_path: Path, binary: bool) -> None:
    gensim = pytest.importorskip("gensim.models", reason="gensim has no wheel for Python 3.14")
    result = export_model(small_database, tmp_path, "word2vec-binary" if binary else "word2vec")
    found = gensim.KeyedVectors.load_word2vec_format(str(tmp_path / result.files[0]), binary=binary)
    expected = vectors_by_id(small_database)
    assert set(found.index_to_key) == set(map(str, expected))
    for movie_id, vector in expected.items():
        assert np.array_equal(found[str(movie_id)], np.array(vector, dtype=np.float32))


def test_numpy_and_parquet_hold_the_same_vectors(small_database: Database, tmp_path: Path) -> None:
    assert export_model(small_database, tmp_path, "numpy").files == ("vectors.npz",)
    with np.load(tmp_path / "vectors.npz") as arrays:
        found = dict(zip(arrays["movie_ids"].tolist(), arrays["vectors"].tolist(), strict=True))
    expected = {
        one: np.array(vector, np.float32).tolist() for one, vector in vectors_by_id(small_database).items()
    }
    assert found == expected
    export_model(small_database, tmp_path, "parquet")
    table = pd.read_parquet(tmp_path / "movies.parquet")
    assert list(table.columns) == ["movieId", "title", "year", "genres", "likeCount", "embedding"]
    embeddings = [one.tolist() for one in table["embedding"]]
    assert dict(zip(table["movieId"], embeddings, strict=True)) == expected
    assert table["genres"].map(len).gt(0).all()


@pytest.mark.parametrize("file_format", ["edge-list", "graphml"])
def test_networkx_reads_the_graphs(small_database: Database, tmp_path: Path, file_format: str) -> None:
    result = export_model(small_database, tmp_path, file_format)
    assert [Path(one).stem for one in result.files] == ["co_liked", "followed_by", "predicts"]
    n_edges = 0
    for one, kind in zip(result.files, (nx.Graph, nx.DiGraph, nx.DiGraph), strict=True):
        path = tmp_path / one
        if file_format == "graphml":
            found = nx.read_graphml(path, node_type=int)
        else:
            found = nx.read_weighted_edgelist(path, create_using=kind, nodetype=int, delimiter="\t")
        expected = to_networkx(small_database, Path(one).stem.upper())
        assert type(found) is type(expected) is kind
        assert nx.utils.edges_equal(found.edges(data="weight"), expected.edges(data="weight"))
        n_edges += found.number_of_edges()
        if file_format == "graphml":
            assert all("title" in attributes for _, attributes in found.nodes(data=True)), "every end is declared"
            assert dict(found.nodes(data="title")) == dict(expected.nodes(data="title"))
            assert dict(found.nodes(data="likeCount")) == dict(expected.nodes(data="likeCount"))
    assert result.edges == n_edges > 100


@pytest.mark.one_version
def test_model_without_an_order_has_no_graph_of_it(keras_database: Database, tmp_path: Path) -> None:
    assert export_model(keras_database, tmp_path, "edge-list").files == ("co_liked.tsv",)
    with pytest.raises(StageMissing, match="no FOLLOWED_BY"):
        to_networkx(keras_database, "FOLLOWED_BY")


@pytest.mark.parametrize("graph", ["CO_LIKED", "FOLLOWED_BY", "PREDICTS"])
def test_pyg_has_the_graph_that_networkx_has(small_database: Database, graph: str) -> None:
    from torch_geometric.utils import to_networkx as from_pyg

    data, expected = to_pyg(small_database, graph), to_networkx(small_database, graph)
    data.validate()
    assert data.is_undirected() == (graph == "CO_LIKED")
    # As PyG itself makes a networkx graph of it: nodes are positions.
    found = from_pyg(data, edge_attrs=["edge_weight"], to_undirected=graph == "CO_LIKED")
    found = nx.relabel_nodes(found, dict(enumerate(data.movie_id)))
    assert set(found) == set(expected)
    assert found.number_of_edges() == expected.number_of_edges() > 100
    for source, target, weight in found.edges(data="edge_weight"):
        assert weight == pytest.approx(expected[source][target]["weight"], rel=1e-6)
    for position, movie_id in enumerate(data.movie_id):
        described = expected.nodes[movie_id]
        assert data.title[position] == described["title"]
        assert data.like_count[position] == described["likeCount"]
        vector = described["embedding"]
        assert (
            data.x[position].tolist()
            == (np.zeros(data.num_features) if vector is None else np.array(vector, np.float32)).tolist()
        )


def test_graphml_holds_any_title(changed_small_database: Database, tmp_path: Path) -> None:
    title = '\u202eA <b> & "c" \x07 ]]> ' + 500 * "x"
    changed_small_database.write(RENAME, title=title)
    export_model(changed_small_database, tmp_path, "graphml")
    found = nx.read_graphml(tmp_path / "co_liked.graphml", node_type=int)
    assert found.nodes[1]["title"] == title.replace("\x07", " ")


def test_id_with_white_space_is_refused_where_it_separates_columns(
    changed_small_database: Database, tmp_path: Path
) -> None:
    changed_small_database.write(RENUMBER)
    for file_format in ("word2vec", "word2vec-binary", "edge-list"):
        with pytest.raises(BadRequest, match=r"'blue shirt' has white space.*Use graphml"):
            export_model(changed_small_database, tmp_path, file_format)
    assert not list(tmp_path.iterdir()), "a file that is not whole is none"


def test_unknown_graph_and_missing_libraries_are_named(
    small_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadRequest, match="No graph 'LIKES'; expected one of CO_LIKED, FOLLOWED_BY, PREDICTS"):
        to_networkx(small_database, "LIKES")
    monkeypatch.setattr("movierec.export.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"movierec\[graphs\]"):
        to_networkx(small_database)
    with pytest.raises(MissingExtra, match=r"movierec\[pyg\]"):
        to_pyg(small_database)
