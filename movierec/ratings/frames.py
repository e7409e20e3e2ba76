"""Tables of other libraries as files, so that they are read as strictly as any file, and loaded as exactly once.

A pandas DataFrame is taken as it is. Others are converted by the Arrow PyCapsule interface (polars, duckdb,
pyarrow), which needs pyarrow.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from movierec.errors import BadRequest, MissingExtra

__all__ = ["as_pandas", "write_frame"]

NO_TEXTS = (list, tuple, set, frozenset, np.ndarray, bytes)


def as_pandas(frame: Any) -> pd.DataFrame:
    """As a pandas DataFrame. Raises BadRequest for what is no table, MissingExtra where pyarrow is needed."""
    if isinstance(frame, pd.DataFrame):
        return frame
    if hasattr(frame, "__arrow_c_stream__"):
        try:
            import pyarrow as pa
        except ImportError as error:
            raise MissingExtra("Reading a table through Arrow", "parquet") from error
        converted: pd.DataFrame = pa.table(frame).to_pandas()
        return converted
    raise BadRequest(
        f"A {type(frame).__name__} is no table; expected a pandas DataFrame, or one with the Arrow PyCapsule "
        "interface, such as those of polars, duckdb and pyarrow."
    )


def write_frame(frame: Any, folder: Path, name: str) -> Path:
    """Write a table as `folder/name.csv`, times as Unix seconds, lists as JSON; equal tables give equal bytes."""
    table = as_pandas(frame)
    times = {
        str(column): (values - pd.Timestamp(0, tz=getattr(values.dt, "tz", None))) // pd.Timedelta(seconds=1)
        for column, values in table.items()
        if pd.api.types.is_datetime64_any_dtype(values)
    }
    texts = {
        str(column): values.map(_text)
        for column, values in table.items()
        if values.dtype == object and values.map(type).isin(NO_TEXTS).any()
    }
    path = folder / f"{name}.csv"
    table.assign(**times, **texts).to_csv(path, index=False, lineterminator="\n", errors="surrogateescape")
    return path


def _text(value: Any) -> Any:
    """Lists as JSON and bytes as the text that they are; others stay."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, set | frozenset):
        value = sorted(map(str, value))
    return json.dumps(list(value), ensure_ascii=False, default=str) if isinstance(value, NO_TEXTS) else value
