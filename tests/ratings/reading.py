"""Reading a source from beginning to end, as the tests of the formats want it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from movierec.ratings.files import Files
from movierec.ratings.formats import recognise
from movierec.ratings.rejects import BadRows
from movierec.ratings.source import ReadSettings
from movierec.ratings.survey import survey_source
from movierec.ratings.validate import CheckedReader

Rows = list[dict[str, Any]]


def read(path: Path | str, limit: int = 0, chunk_rows: int = 10_000, **settings: Any) -> dict[str, Rows]:
    """Table -> its rows, one dictionary each."""
    tables: dict[str, Rows] = {}
    with Files(path) as files, BadRows(limit) as bad_rows:
        source = survey_source(files, recognise(files, ReadSettings(**settings))).source
        reader = CheckedReader(files, source, bad_rows)
        for table in source.tables:
            rows = tables.setdefault(table.kind, [])
            for chunk in reader.chunks(table, chunk_rows):
                columns = {name: plain(values) for name, values in chunk.columns.items()}
                rows += [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return tables


def plain(values: Any) -> list[Any]:
    return values.tolist() if isinstance(values, np.ndarray) else list(values)
