"""Export: the live vectors as files for other tools.

TensorBoard's embedding projector takes two tab-separated files whose rows belong together by position:
vectors.tsv without a header, metadata.tsv with one (because it has several columns).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.database.runs import consistent_read, require_live_run
from movierec.errors import BadRequest

__all__ = ["ExportResult", "export_projector"]


@dataclass(frozen=True, kw_only=True)
class ExportResult:
    """What was exported."""

    movies: int
    folder: Path
    run_id: str
    """the training that the vectors are of"""


def export_projector(database: Database, folder: Path) -> ExportResult:
    """Write vectors.tsv and metadata.tsv; row i of the first is row i + 1 of the second, after its header."""
    with consistent_read(database, "train"):
        run = require_live_run(database)
        rows = database.read(load_query("embedding/read"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (
            (folder / "vectors.tsv").open("w", encoding="utf-8", newline="\n") as vectors,
            (folder / "metadata.tsv").open("w", encoding="utf-8", newline="\n") as metadata,
        ):
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
    except OSError as error:
        raise BadRequest(f"Cannot write to {folder}: {error.strerror}.") from error
    return ExportResult(movies=len(rows), folder=folder, run_id=run["runId"])


def _one_line(text: str) -> str:
    """A tab or line end inside a title would shift everything after it."""
    return re.sub(r"[\t\r\n]+", " ", text)
