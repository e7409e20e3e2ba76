"""Tables in files, read in chunks of text columns, each row with the number of its line.

In: the bytes of a file and its `Layout`. Out: `TextChunk`s of at most `chunk_rows` records. Nothing is
converted here; `columns.py` does that. A record with the wrong number of columns is a Reject. Rows are
numbered from 0 in the order of the file, rejects included and blank lines not, so that a row keeps its
number whatever is rejected and however the file is cut into chunks.

Text is decoded with "surrogateescape": a byte that is not of the encoding becomes a lone surrogate, which
`columns.py` finds in the value where it stands.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import compress, islice
from operator import not_
from typing import IO, Any

from movierec.errors import DataRejected, MissingExtra
from movierec.ratings.rejects import Reject, quoted

__all__ = [
    "LONGEST_LINE",
    "Layout",
    "TextChunk",
    "begins_as_array",
    "first_lines",
    "json_records",
    "parquet_columns",
    "read_parquet",
    "read_text",
]

LONGEST_LINE = 1 << 20  # characters; more without a line end is no table of text
BLOCK = 1 << 18  # characters
LONGEST_ARRAY = 1 << 28  # bytes of JSON in one array, which is read as a whole
csv.field_size_limit(LONGEST_LINE)
BYTE_ORDER_MARKS = {  # the longer ones first: that of UTF-32 begins as that of UTF-16 does
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
BLANKS = " "  # as a delimiter: any number of blanks and tabs
Record = tuple[int, list[str] | str, str]
_MOVIE_LINE = re.compile(r"([0-9]+):")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How the text of a table is laid out; `columns` are all its columns, in the order of the file.

    `form` is "delimited"; "json": an object a line, or an array of objects; or "netflix": the line "17:" before
    the lines of movie 17, whose number then is the first column.
    """

    columns: tuple[str, ...]
    delimiter: str = ","
    has_header: bool = True
    is_quoted: bool = True  # fields may be quoted as in RFC 4180
    encoding: str = "utf-8"
    form: str = "delimited"
    n_skipped: int = 0  # lines before the header or the first row
    last_takes_rest: bool = False  # a delimiter in the last column is a part of it


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
    """The `wanted` columns of a table of text. Raises DataRejected for another header than that of the layout."""
    positions = [layout.columns.index(name) for name in wanted]
    n_columns = len(layout.columns)
    records = _records(stream, label, layout)
    if layout.form == "delimited" and layout.has_header:
        _, first, _ = next(records, (1, [], ""))
        header = first.split(layout.delimiter) if isinstance(first, str) else first
        if not header:
            return  # an empty part of a table
        names = tuple(name.strip() for name in header)
        if names not in (layout.columns[-len(names) :], layout.columns[: len(names)]):
            found = quoted(layout.delimiter.join(header))
            expected = layout.delimiter.join(layout.columns)
            raise DataRejected(f"{label}: the header is {found!r}; expected {expected!r}.")
    row = 0
    while unsplit := list(islice(records, chunk_rows)):
        rows = list(range(row, row + len(unsplit)))
        columns = _split_at_once(unsplit, layout.delimiter, n_columns)
        if columns is not None:
            row += len(unsplit)
            yield TextChunk(
                first_row=row - len(unsplit),
                end_row=row,
                columns={name: columns[position] for name, position in zip(wanted, positions, strict=True)},
                lines=[line for line, _, _ in unsplit],
                rows=rows,
            )
            continue
        taken = [
            (line, values.split(layout.delimiter) if isinstance(values, str) else values, fault)
            for line, values, fault in unsplit
        ]
        rejects = []
        good = taken
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
                        expectation=fault or f"{n_columns} columns, not {len(values)}",
                    )
                )
            good, rows = list(compress(taken, fits)), list(compress(rows, fits))
        row += len(taken)
        by_column = list(zip(*(values for _, values, _ in good), strict=True)) if good else []
        yield TextChunk(
            first_row=row - len(taken),
            end_row=row,
            columns={
                name: list(by_column[position]) if by_column else []
                for name, position in zip(wanted, positions, strict=True)
            },
            lines=[line for line, _, _ in good],
            rows=rows,
            rejects=rejects,
        )


def read_parquet(stream: IO[bytes], label: str, wanted: tuple[str, ...], chunk_rows: int) -> Iterator[TextChunk]:
    """The `wanted` columns of a Parquet file, as the text that a CSV of it would hold; null is empty.

    `lines` count rows from 1. Times are in ISO 8601, lists in JSON. Needs pyarrow, the extra "parquet".
    """
    pa, pq = _pyarrow()
    try:
        file = pq.ParquetFile(stream)
        row = 0
        for batch in file.iter_batches(batch_size=chunk_rows, columns=list(wanted)):
            n = batch.num_rows
            columns = {name: _texts(pa, _column(batch, name, label), label) for name in wanted}
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


def parquet_columns(stream: IO[bytes], label: str) -> tuple[str, ...]:
    """The names of the columns of a Parquet file."""
    pa, pq = _pyarrow()
    try:
        return tuple(pq.ParquetFile(stream).schema_arrow.names)
    except (pa.ArrowException, OSError) as error:
        raise DataRejected(f"{label}: not a whole Parquet file ({str(error).splitlines()[0]}).") from error


def first_lines(stream: IO[bytes], label: str, encoding: str, n: int) -> list[str]:
    """The first lines of a text, without line ends, to recognise it by."""
    return [line.rstrip("\r\n") for line in islice(_lines(stream, label, encoding), n)]


def json_records(stream: IO[bytes], label: str, encoding: str) -> Iterator[tuple[int, dict[str, str], str]]:
    """(line or element number, flat object, fault) of JSON lines, or of one array of objects.

    The keys of an object within an object are joined by a dot, such as "movie.title"; lists stay JSON.
    """
    if begins_as_array(stream.peek(64) if hasattr(stream, "peek") else b""):
        content = stream.read(LONGEST_ARRAY + 1)
        if len(content) > LONGEST_ARRAY:
            raise DataRejected(f"{label}: an array of JSON this long has to be one object a line.")
        try:
            elements = json.loads(content.decode(_encoding_of(content, encoding), "surrogateescape"))
        except ValueError as error:
            raise DataRejected(f"{label}: not JSON ({error}).") from error
        for position, element in enumerate(elements, start=1):
            yield position, *_flattened(element)
        return
    for number, line in enumerate(_lines(stream, label, encoding), start=1):
        text = line.strip()
        if text:
            try:
                yield number, *_flattened(json.loads(text))
            except ValueError as error:
                yield number, {}, f"JSON ({error})"


def begins_as_array(head: bytes) -> bool:
    """Does a file with this beginning hold one JSON array?"""
    mark = next((mark for mark in BYTE_ORDER_MARKS if head.startswith(mark)), b"")
    return head[len(mark) :].replace(b"\x00", b"").lstrip().startswith(b"[")


def _flattened(element: Any) -> tuple[dict[str, str], str]:
    """The flat object, and what was expected of what is none."""
    return (dict(_flat("", element)), "") if isinstance(element, dict) else ({}, "a JSON object")


def _flat(prefix: str, element: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in element.items():
        if isinstance(value, dict):
            yield from _flat(f"{prefix}{name}.", value)
        else:
            yield f"{prefix}{name}", _text(value)


def _text(value: Any) -> str:
    """A value of JSON or Arrow as a CSV would hold it."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _split_at_once(records: list[Record], delimiter: str, n_columns: int) -> list[list[str]] | None:
    """The columns of records that are all whole lines with the right number of columns; else None.

    A list for each record would keep Python's garbage collector busy for longer than the reading takes.
    """
    texts = [text for _, text, _ in records if isinstance(text, str)]
    if len(texts) < len(records) or not all(text.count(delimiter) == n_columns - 1 for text in texts):
        return None
    values = delimiter.join(texts).split(delimiter)
    return [values[position::n_columns] for position in range(n_columns)]


def _records(stream: IO[bytes], label: str, layout: Layout) -> Iterator[Record]:
    """(line number, values, fault) of each record that is not blank; a faulty one has no columns' count.

    Where a line is only to be split at its delimiters, it stands for its values.
    """
    if layout.form == "json":
        for number, record, fault in json_records(stream, label, layout.encoding):
            yield number, [] if fault else [record.get(name, "") for name in layout.columns], fault
        return
    lines = islice(_lines(stream, label, layout.encoding), layout.n_skipped, None)
    if layout.form == "netflix":
        yield from _netflix_records(lines)
    elif layout.is_quoted:
        yield from _quoted_records(lines, layout)
    else:
        is_plain = layout.delimiter != BLANKS and not layout.last_takes_rest
        most = len(layout.columns) - 1 if layout.last_takes_rest else -1
        delimiter = None if layout.delimiter == BLANKS else layout.delimiter
        for number, line in enumerate(lines, start=layout.n_skipped + 1):
            text = line.rstrip("\r\n")
            if text:
                yield number, text if is_plain else text.split(delimiter, most), ""


def _netflix_records(lines: Iterator[str]) -> Iterator[Record]:
    movie: list[str] = []
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        heading = _MOVIE_LINE.fullmatch(text)
        if heading:
            movie = [heading[1]]
        elif text:
            yield number, [*movie, *text.split(",")], ""


def _quoted_records(lines: Iterator[str], layout: Layout) -> Iterator[Record]:
    delimiter = " " if layout.delimiter == BLANKS else layout.delimiter
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    before = 0
    while True:
        first = layout.n_skipped + before + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            last = layout.n_skipped + reader.line_num
            gone = f"; lines to {last} went with it" if last > first else ""
            yield first, [], f"fields quoted as in CSV ({error}{gone})"
        else:
            if values:
                yield first, values, ""
        before = reader.line_num


def _lines(stream: IO[bytes], label: str, encoding: str) -> Iterator[str]:
    """Lines with their ends; a byte order mark decides. Raises DataRejected where there is no end."""
    head = stream.peek(4)[:4] if hasattr(stream, "peek") else b""
    encoding = _encoding_of(head, encoding)
    # Closing the text closes the stream, which its owner then need not do; that is no harm.
    with io.TextIOWrapper(stream, encoding=encoding, errors="surrogateescape", newline="") as text:
        number, rest = 0, ""
        try:
            while block := text.read(BLOCK):
                whole = io.StringIO(rest + block, newline="").readlines()
                # The last line goes on in the next block; so may a line end of two characters.
                rest = "" if whole[-1].endswith("\n") else whole.pop()
                if len(rest) > LONGEST_LINE:
                    raise DataRejected(
                        f"{label} line {number + len(whole) + 1}: no line end in a million characters; no table."
                    )
                number += len(whole)
                yield from whole
        except UnicodeError as error:
            raise DataRejected(
                f"{label} line {number + 1}: not {encoding} text ({error}). Name its encoding with --encoding."
            ) from error
        if rest:
            yield rest


def _encoding_of(head: bytes, encoding: str) -> str:
    """That of the byte order mark, which is not a character of the first column's name; else the given one."""
    return next((name for mark, name in BYTE_ORDER_MARKS.items() if head.startswith(mark)), encoding)


def _column(batch: Any, name: str, label: str) -> Any:
    position = batch.schema.get_field_index(name)
    if position < 0:
        raise DataRejected(
            f"{label}: no column {quoted(name)}, or more than one; other parts of the table have it."
        )
    return batch.column(position)


def _texts(pa: Any, column: Any, label: str) -> list[str]:
    """An Arrow column as text."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)  # what Python's times can hold
    try:
        return [_text(value) for value in column.to_pylist()]
    except (UnicodeDecodeError, ValueError, OverflowError) as error:
        raise DataRejected(f"{label}: a column of {kind} cannot be read ({error}).") from error


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtra("Reading Parquet", "parquet") from error
    return pyarrow, pyarrow.parquet
