"""Export: vectors and graphs of the live model as files for other tools.

    tensorboard      vectors.tsv, metadata.tsv  TensorBoard's embedding projector: rows belong together by position
    word2vec         vectors.txt                gensim's KeyedVectors.load_word2vec_format; the words are movieIds
    word2vec-binary  vectors.bin                the same with binary=True
    numpy            vectors.npz                arrays movie_ids (M,) and vectors (M, D), float32
    parquet          movies.parquet             a row a movie: what describes it, and its vector as a list
    edge-list        co_liked.tsv, ...          networkx's read_weighted_edgelist: a line an edge, by movieId
    graphml          co_liked.graphml, ...      networkx's read_graphml, Gephi, yEd: with titles, years and likes

CO_LIKED has no direction; FOLLOWED_BY and PREDICTS have one, and are there where the model has them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

import numpy as np

from movierec.database.connection import Database, Row
from movierec.database.query_files import load_query
from movierec.database.runs import consistent_read, require_live_run
from movierec.errors import BadRequest, MissingExtra
from movierec.graph.pull import Edges, derived_graphs, pull_edges
from movierec.ids import Id, id_array
from movierec.whole_file import whole_file

if TYPE_CHECKING:
    import networkx as nx
    from torch_geometric.data import Data

__all__ = ["FORMATS", "GRAPHS", "ExportResult", "export_model", "to_networkx", "to_pyg"]

GRAPHS = ("CO_LIKED", "FOLLOWED_BY", "PREDICTS")
UNDIRECTED = "CO_LIKED"


@dataclass(frozen=True, kw_only=True)
class ExportResult:
    """What was exported."""

    movies: int
    """with a vector"""
    edges: int = 0
    """of all graphs, where graphs were exported"""
    folder: Path
    files: tuple[str, ...]
    """their names, in that folder"""
    run_id: str
    """the training that they are of"""


def export_model(database: Database, folder: Path, file_format: str = "tensorboard") -> ExportResult:
    """Write the files of one of FORMATS into `folder`, which is made where there is none.

    Raises BadRequest for an unknown format, a folder that cannot be written, or an id that the format cannot hold;
    StageMissing before `train` is done.
    """
    if file_format not in FORMATS:
        raise BadRequest(f"No format {file_format!r}; expected one of {', '.join(FORMATS)}.")
    write = FORMATS[file_format]
    with consistent_read(database, "train"):
        run = require_live_run(database)
        rows = database.read(load_query("embedding/read"))
        movies, graphs = len(rows), dict[str, Edges]()
        if write in (_edge_list, _graphml):
            rows, graphs = _nodes(database), _graphs(database)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files = write(folder, rows, graphs)
    except OSError as error:
        raise BadRequest(f"Cannot write to {folder}: {error.strerror}.") from error
    return ExportResult(
        movies=movies,
        edges=sum(len(weights) for _, _, weights in graphs.values()),
        folder=folder,
        files=tuple(files),
        run_id=run["runId"],
    )


def to_networkx(database: Database, graph: str = UNDIRECTED) -> nx.Graph:
    """One of GRAPHS as a networkx Graph, or a DiGraph where it has directions.

    Nodes are movieIds with title, year, genres, likeCount and embedding (None where there is none); edges have
    weight. Raises MissingExtra
    without networkx, StageMissing before `train` is done.
    """
    if not find_spec("networkx"):
        raise MissingExtra("Making a networkx graph", "graphs")
    import networkx as nx

    rows, (sources, targets, weights) = _of_one_graph(database, graph)
    found = nx.Graph() if graph == UNDIRECTED else nx.DiGraph()
    for row in rows:
        found.add_node(row.pop("movieId"), **row)
    found.add_weighted_edges_from(zip(sources.tolist(), targets.tolist(), weights.tolist(), strict=True))
    return found


def to_pyg(database: Database, graph: str = UNDIRECTED) -> Data:
    """One of GRAPHS with M movies and E edges as a PyTorch Geometric Data object, of tensors and lists:

    x            (M, D) float32, the embeddings; zeros where there is none
    edge_index   (2, E) int64; CO_LIKED has each pair in both directions
    edge_weight  (E,) float32
    like_count   (M,) int64
    movie_id, title, year, genres   lists of M

    Raises MissingExtra without PyTorch Geometric, StageMissing before `train` is done.
    """
    if not find_spec("torch_geometric"):
        raise MissingExtra("Making a PyTorch Geometric graph", "pyg")
    import torch
    from torch_geometric.data import Data

    rows, (sources, targets, weights) = _of_one_graph(database, graph)
    ids = id_array(row["movieId"] for row in rows)
    order = np.argsort(ids)
    edges = np.stack([order[np.searchsorted(ids, one, sorter=order)] for one in (sources, targets)])
    if graph == UNDIRECTED:
        edges, weights = np.hstack([edges, edges[::-1]]), np.tile(weights, 2)
    size = next((len(row["embedding"]) for row in rows if row["embedding"]), 0)
    vectors = np.array([row["embedding"] or [0.0] * size for row in rows], dtype=np.float32)
    return Data(
        x=torch.from_numpy(vectors),
        edge_index=torch.from_numpy(edges.astype(np.int64)),
        edge_weight=torch.from_numpy(weights.astype(np.float32)),
        like_count=torch.tensor([row["likeCount"] for row in rows]),
        movie_id=ids.tolist(),
        title=[row["title"] for row in rows],
        year=[row["year"] for row in rows],
        genres=[row["genres"] for row in rows],
    )


def _of_one_graph(database: Database, graph: str) -> tuple[list[Row], Edges]:
    if graph not in GRAPHS:
        raise BadRequest(f"No graph {graph!r}; expected one of {', '.join(GRAPHS)}.")
    with consistent_read(database, "train"):
        require_live_run(database)
        return _nodes(database), _pull(database, graph)


def _nodes(database: Database) -> list[Row]:
    """Every movie that somebody likes; not all of them need to have a vector."""
    keys = ("movieId", "title", "year", "genres", "likeCount", "embedding")
    return [
        {key: row[key] for key in keys} for row in database.read(load_query("recommend/model"), sequential=True)
    ]


def _graphs(database: Database) -> dict[str, Edges]:
    """Those that have an edge."""
    found = {name: _pull(database, name) for name in (*derived_graphs(database), "PREDICTS")}
    return {name: edges for name, edges in found.items() if len(edges[2])}


def _pull(database: Database, graph: str) -> Edges:
    if graph != "PREDICTS":
        return pull_edges(database, graph)
    generation = require_live_run(database).get("predictionGeneration")
    rows = database.read(load_query("pull/predictions"), generation=generation)
    sources = id_array(row["movieId"] for row in rows for _ in row["targets"])
    targets = id_array(target for row in rows for target in row["targets"])
    return sources, targets, np.array([weight for row in rows for weight in row["weights"]])


def _tensorboard(folder: Path, rows: Sequence[Row], graphs: dict[str, Edges]) -> list[str]:
    """Row i of the first is row i + 1 of the second, after its header, which it has because of its columns."""
    with _text(folder / "vectors.tsv") as vectors, _text(folder / "metadata.tsv") as metadata:
        metadata.write("movieId\ttitle\tyear\tgenres\tlikeCount\n")
        for row in rows:
            vectors.write("\t".join(repr(float(value)) for value in row["embedding"]) + "\n")
            described = [
                row["movieId"],
                row["title"],
                row["year"],
                "|".join(row["genres"] or []),
                row["likeCount"],
            ]
            metadata.write("\t".join("" if v is None else _one_line(str(v)) for v in described) + "\n")
    return ["vectors.tsv", "metadata.tsv"]


def _word2vec(folder: Path, rows: Sequence[Row], graphs: dict[str, Edges]) -> list[str]:
    with _text(folder / "vectors.txt") as file:
        file.write(_first_line(rows))
        for row in rows:
            numbers = " ".join(repr(float(value)) for value in row["embedding"])
            file.write(f"{_word(row['movieId'])} {numbers}\n")
    return ["vectors.txt"]


def _word2vec_binary(folder: Path, rows: Sequence[Row], graphs: dict[str, Edges]) -> list[str]:
    with whole_file(folder / "vectors.bin") as file:
        file.write(_first_line(rows).encode())
        for row in rows:
            file.write(f"{_word(row['movieId'])} ".encode())
            file.write(np.array(row["embedding"], dtype="<f4").tobytes() + b"\n")
    return ["vectors.bin"]


def _numpy(folder: Path, rows: Sequence[Row], graphs: dict[str, Edges]) -> list[str]:
    with whole_file(folder / "vectors.npz") as file:
        np.savez(
            file,
            movie_ids=id_array(row["movieId"] for row in rows),
            vectors=np.array([row["embedding"] for row in rows], dtype=np.float32),
        )
    return ["vectors.npz"]


def _parquet(folder: Path, rows: Sequence[Row], graphs: dict[str, Edges]) -> list[str]:
    if not find_spec("pyarrow"):
        raise MissingExtra("Writing Parquet", "parquet")
    import pyarrow as pa
    from pyarrow import parquet

    ids = pa.string() if rows and isinstance(rows[0]["movieId"], str) else pa.int64()
    kinds = {
        "movieId": ids,
        "title": pa.string(),
        "year": pa.int32(),
        "genres": pa.list_(pa.string()),
        "likeCount": pa.int64(),
        "embedding": pa.list_(pa.float32()),
    }
    table = pa.table({name: [row[name] for row in rows] for name in kinds}, schema=pa.schema(list(kinds.items())))
    with whole_file(folder / "movies.parquet") as file:
        parquet.write_table(table, file)
    return ["movies.parquet"]


def _edge_list(folder: Path, rows: Sequence[Row], graphs: dict[str, Edges]) -> list[str]:
    files = []
    for name, edges in graphs.items():
        files.append(f"{name.lower()}.tsv")
        with _text(folder / files[-1]) as file:
            for source, target, weight in _each(edges):
                file.write(f"{_word(source)}\t{_word(target)}\t{weight!r}\n")
    return files


def _graphml(folder: Path, rows: Sequence[Row], graphs: dict[str, Edges]) -> list[str]:
    """Written as it goes: the XML of a large graph does not have to fit into memory."""
    files = []
    for name, edges in graphs.items():
        files.append(f"{name.lower()}.graphml")
        with _text(folder / files[-1]) as file:
            _write_graphml(file, rows, edges, directed=name != UNDIRECTED)
    return files


def _write_graphml(file: TextIOWrapper, rows: Sequence[Row], edges: Edges, *, directed: bool) -> None:
    xml = XMLGenerator(file, "utf-8", short_empty_elements=True)

    def start(tag: str, **attributes: str) -> None:
        xml.startElement(tag, AttributesImpl(attributes))

    def element(tag: str, attributes: dict[str, str], text: str | None = None) -> None:
        xml.startElement(tag, AttributesImpl(attributes))
        if text is not None:
            xml.characters(text)
        xml.endElement(tag)
        xml.ignorableWhitespace("\n")

    xml.startDocument()
    start("graphml", xmlns="http://graphml.graphdrawing.org/xmlns")
    keys = {"title": "string", "year": "int", "genres": "string", "likeCount": "int"}
    for key, kind in keys.items():
        element("key", {"id": key, "for": "node", "attr.name": key, "attr.type": kind})
    element("key", {"id": "weight", "for": "edge", "attr.name": "weight", "attr.type": "double"})
    start("graph", edgedefault="directed" if directed else "undirected")
    xml.ignorableWhitespace("\n")
    for row in rows:
        start("node", id=str(row["movieId"]))
        described = {key: row[key] for key in keys} | {"genres": "|".join(row["genres"] or [])}
        for key, value in described.items():
            if value is not None:
                element("data", {"key": key}, _in_xml(str(value)))
        xml.endElement("node")
        xml.ignorableWhitespace("\n")
    for source, target, weight in _each(edges):
        start("edge", source=str(source), target=str(target))
        element("data", {"key": "weight"}, repr(weight))
        xml.endElement("edge")
        xml.ignorableWhitespace("\n")
    xml.endElement("graph")
    xml.endElement("graphml")
    xml.endDocument()


FORMATS: dict[str, Callable[[Path, Sequence[Row], dict[str, Edges]], list[str]]] = {
    "tensorboard": _tensorboard,
    "word2vec": _word2vec,
    "word2vec-binary": _word2vec_binary,
    "numpy": _numpy,
    "parquet": _parquet,
    "edge-list": _edge_list,
    "graphml": _graphml,
}


def _each(edges: Edges) -> Iterator[tuple[Id, Id, float]]:
    sources, targets, weights = edges
    return zip(sources.tolist(), targets.tolist(), weights.tolist(), strict=True)


@contextmanager
def _text(path: Path) -> Iterator[TextIOWrapper]:
    with whole_file(path) as file:
        text = TextIOWrapper(file, encoding="utf-8", newline="\n")
        try:
            yield text
        finally:
            text.detach()  # which leaves the file open


def _first_line(rows: Sequence[Row]) -> str:
    """How many vectors there are, and of how many numbers."""
    return f"{len(rows)} {len(rows[0]['embedding']) if rows else 0}\n"


def _word(movie_id: Id) -> str:
    """The id, as one word of a line."""
    word = str(movie_id)
    if not word or re.search(r"\s", word):
        raise BadRequest(
            f"The movieId {word!r} has white space, which separates the columns of this format. Use graphml, "
            "parquet or numpy."
        )
    return word


def _one_line(text: str) -> str:
    """A tab or line end inside a title would shift everything after it."""
    return re.sub(r"[\t\r\n]+", " ", text)


def _in_xml(text: str) -> str:
    """Without what XML 1.0 cannot hold."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", " ", text)
