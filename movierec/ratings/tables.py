"""Tables in files, read in chunks of text columns, each row with the number of its line.

In: the bytes of a file and its `Layout`. Out: `TextChunk`s of at most `chunk_rows` records. Nothing is
converted here; `columns.py` does that. A record with the wrong number of columns is a Reject. Rows are
numbered from 0 in the order of the file, rejects included and blank lines not, so that a row keeps its
number whatever is rejected and however the file is cut into chunks.

Text is decoded with "surrogateescape": a byte that is not of the encoding becomes a lone surrogate, which
`columns.py` finds in the value where it stands.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import compress, islice
from operator import not_
from typing import IO, Any

from movierec.errors import DataRejected, MissingExtra
from movierec.ratings.rejects import Reject, quoted

__all__ = ["LONGEST_LINE", "Layout", "TextChunk", "first_lines", "parquet_columns", "read_parquet", "read_text"]

LONGEST_LINE = 1 << 20  # characters; more without a line end is no table of text
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How the text of a table is laid out; `columns` are all its columns, in the order of the file."""

    columns: tuple[str, ...]
    delimiter: str = ","
    has_header: bool = True
    is_quoted: bool = True  # fields may be quoted as in RFC 4180
    encoding: str = "utf-8"


@dataclass(kw_only=True)
class TextChunk:
    """`columns` of equal length, beside `lines`, `rows` (row numbers), and what was rejected.

    The chunk covers row numbers `first_row` to `end_row` - 1, rejects included.
    """

    first_row: int
    end_row: int
    columns: dict[str, list[str]]
    lines: list[int]
    rows: list[int]
    rejects: list[Reject] = field(default_factory=list)


def read_text(
    stream: IO[bytes], label: str, layout: Layout, wanted: tuple[str, ...], chunk_rows: int
) -> Iterator[TextChunk]:
    """The `wanted` columns of a table of text. Raises DataRejected for a wrong header or no text at all."""
    positions = [layout.columns.index(name) for name in wanted]
    n_columns = len(layout.columns)
    records = _records(stream, label, layout)
    if layout.has_header:
        _, header, _ = next(records, (1, [], ""))
        if tuple(name.strip() for name in header) != layout.columns:
            found = quoted(layout.delimiter.join(header))
            expected = layout.delimiter.join(layout.columns)
            raise DataRejected(f"{label} line 1: the header is {found!r}; expected {expected!r}.")
    row = 0
    while taken := list(islice(records, chunk_rows)):
        rejects = []
        good = taken
        rows = list(range(row, row + len(taken)))
        if any(len(values) != n_columns for _, values, _ in taken):
            fits = [len(values) == n_columns for _, values, _ in taken]
            for line, values, fault in compress(taken, map(not_, fits)):
                text = quoted(layout.delimiter.join(values))
                rejects.append(
                    Reject(
                        file=label,
                        line=line,
                        column="row",
                        value=text,
                        expectation=fault or _count(n_columns, len(values)),
                    )
                )
            good, rows = list(compress(taken, fits)), list(compress(rows, fits))
        row += len(taken)
        columns = list(zip(*(values for _, values, _ in good), strict=True)) if good else []
        yield TextChunk(
            first_row=row - len(taken),
            end_row=row,
            columns={
                name: list(columns[position]) if columns else []
                for name, position in zip(wanted, positions, strict=True)
            },
            lines=[line for line, _, _ in good],
            rows=rows,
            rejects=rejects,
        )


def read_parquet(stream: IO[bytes], label: str, wanted: tuple[str, ...], chunk_rows: int) -> Iterator[TextChunk]:
    """The `wanted` columns of a Parquet file, as the text that a CSV of it would hold; null is empty.

    `lines` count rows from 1. Times become Unix seconds. Needs pyarrow, the extra "parquet".
    """
    pa, pq = _pyarrow()
    try:
        file = pq.ParquetFile(stream)
        row = 0
        for batch in file.iter_batches(batch_size=chunk_rows, columns=list(wanted)):
            n = batch.num_rows
            columns = {name: _as_text(pa, batch.column(batch.schema.get_field_index(name))) for name in wanted}
            numbers = list(range(row, row + n))
            yield TextChunk(
                first_row=row,
                end_row=row + n,
                columns=columns,
                lines=[number + 1 for number in numbers],
                rows=numbers,
            )
            row += n
    except (pa.ArrowException, OSError) as error:
        raise DataRejected(f"{label}: not a whole Parquet file ({str(error).splitlines()[0]}).") from error


def parquet_columns(stream: IO[bytes], label: str) -> dict[str, str]:
    """Column name -> "text" or "number", of a Parquet file."""
    pa, pq = _pyarrow()
    try:
        schema = pq.ParquetFile(stream).schema_arrow
    except (pa.ArrowException, OSError) as error:
        raise DataRejected(f"{label}: not a whole Parquet file ({str(error).splitlines()[0]}).") from error
    texts = (pa.types.is_string, pa.types.is_large_string, pa.types.is_dictionary, pa.types.is_string_view)
    return {column.name: "text" if any(is_a(column.type) for is_a in texts) else "number" for column in schema}


def first_lines(stream: IO[bytes], label: str, encoding: str, n: int) -> list[str]:
    """The first lines of a text, without line ends, to recognise it by."""
    return [line.rstrip("\r\n") for line in islice(_lines(stream, label, encoding), n)]


def _records(stream: IO[bytes], label: str, layout: Layout) -> Iterator[tuple[int, list[str], str]]:
    """(line number, values, fault) of each record that is not blank; a faulty one has no columns' count."""
    lines = _lines(stream, label, layout.encoding)
    if not layout.is_quoted:
        for number, line in enumerate(lines, start=1):
            text = line.rstrip("\r\n")
            if text:
                yield number, text.split(layout.delimiter), ""
        return
    reader = csv.reader(lines, delimiter=layout.delimiter, strict=True)
    before = 0
    while True:
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            gone = f"; lines to {reader.line_num} went with it" if reader.line_num > before + 1 else ""
            yield before + 1, [], f"fields quoted as in CSV ({error}{gone})"
        else:
            if values:
                yield before + 1, values, ""
        before = reader.line_num


def _lines(stream: IO[bytes], label: str, encoding: str) -> Iterator[str]:
    """Lines with their ends; a byte order mark is dropped. Raises DataRejected where there is no end."""
    head = stream.peek(4)[:4] if hasattr(stream, "peek") else b""
    if head[:2] in UTF16_MARKS:
        raise DataRejected(f"{label}: this is UTF-16 text; save it as UTF-8.")
    # A byte order mark is not a character of the first column's name.
    name = "utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding
    # Closing the text closes the stream, which its owner then need not do; that is no harm.
    with io.TextIOWrapper(stream, encoding=name, errors="surrogateescape", newline="") as text:
        number = 0
        while line := text.readline(LONGEST_LINE):
            number += 1
            if len(line) == LONGEST_LINE and line[-1] not in "\r\n":
                raise DataRejected(f"{label} line {number}: no line end in a million characters; not a table.")
            yield line


def _count(expected: int, found: int) -> str:
    return f"{expected} columns, not {found}"


def _as_text(pa: Any, column: Any) -> list[str]:
    """An Arrow column as text; times as whole Unix seconds."""
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("s"), safe=False).cast(pa.int64())
    elif pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    try:
        return ["" if value is None else str(value) for value in column.to_pylist()]
    except UnicodeDecodeError as error:
        raise DataRejected(f"a text column is not UTF-8 ({error.reason} at byte {error.start}).") from error


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtra("Reading Parquet", "parquet") from error
    return pyarrow, pyarrow.parquet
