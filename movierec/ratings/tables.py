"""Tables in files, read in chunks of text columns, each row with the number of its line.

In: the bytes of a file and its `Layout`. Out: `TextChunk`s of at most `chunk_rows` records. Lines in which
nothing is out of the ordinary are taken apart as bytes (`plain_lines.py`), many times as fast as the others.
Nothing is converted here; `columns.py` does that. A record with the wrong number of columns is a Reject. Rows are
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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress, islice
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from movierec.errors import DataRejected, MissingExtra
from movierec.ratings.plain_lines import LineBlocks, is_plain_encoding, n_line_ends, plain_columns
from movierec.ratings.rejects import Reject, quoted
from movierec.ratings.text_columns import NumberColumn

__all__ = [
    "LONGEST_LINE",
    "Layout",
    "TextChunk",
    "begins_as_array",
    "first_lines",
    "has_several_rows_a_line",
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

    `form` is "delimited"; "json": an object a line, or an array of objects; "netflix": the line "17:" before
    the lines of movie 17, whose number then is the first column; or "sequences": a line of a user and items is
    as many records of user, item, and place in the line from 1.
    """

    columns: tuple[str, ...]
    delimiter: str = ","
    has_header: bool = True
    is_quoted: bool = True  # fields may be quoted as in RFC 4180
    encoding: str = "utf-8"
    form: str = "delimited"
    n_skipped: int = 0  # lines before the header or the first row
    last_takes_rest: bool = False  # a delimiter in the last column is a part of it


def has_several_rows_a_line(layout: Layout | None) -> bool:
    """Is a line more than one row, so that lines say nothing of how many rows there are?"""
    return layout is not None and layout.form == "sequences"


@dataclass(kw_only=True)
class TextChunk:
    """`columns` of equal length, beside `lines`, `rows` (row numbers, (N,) int64), and what was rejected.

    The chunk covers row numbers `first_row` to `end_row` - 1, rejects included.
    """

    first_row: int
    end_row: int
    columns: dict[str, Sequence[str]]
    lines: Sequence[int]
    rows: NDArray[np.int64]
    rejects: list[Reject] = field(default_factory=list)


def read_text(
    stream: IO[bytes], label: str, layout: Layout, wanted: tuple[str, ...], chunk_rows: int
) -> Iterator[TextChunk]:
    """The `wanted` columns of a table of text. Raises DataRejected for another header than that of the layout."""
    blocks = LineBlocks(stream)
    n_before = layout.n_skipped + layout.has_header
    beginning = blocks.take(n_before, LONGEST_LINE) if _may_be_plain(stream, layout) else None
    if beginning is None or _is_no_plain_header(beginning, layout):
        yield from _careful_chunks(blocks.rest(beginning or b""), label, layout, wanted, chunk_rows)
        return
    if layout.has_header and beginning.count(b"\n") < n_before:
        return  # an empty part of a table
    yield from _careful_chunks(io.BytesIO(beginning), label, layout, wanted, chunk_rows)
    positions = [layout.columns.index(name) for name in wanted]
    place = _Place(line=n_before, row=0, is_first=False)
    while (raw := blocks.take(chunk_rows, LONGEST_LINE)) != b"":
        columns = None
        if raw is not None and not _has_lone_return(raw):
            columns = plain_columns(raw, layout.delimiter, len(layout.columns), positions, layout.is_quoted)
        if raw is None or (columns is None and _may_run_over_lines(raw, layout)):
            rest = blocks.rest(raw or b"")
            yield from _careful_chunks(rest, label, layout, wanted, chunk_rows, place=place)
            return
        n_lines = n_line_ends(raw)
        if columns is None:  # each line is a row, or none
            for chunk in _careful_chunks(io.BytesIO(raw), label, layout, wanted, chunk_rows, place=place):
                place = replace(place, row=chunk.end_row)
                yield chunk
        else:
            end = place.row + n_lines
            yield TextChunk(
                first_row=place.row,
                end_row=end,
                columns=dict(zip(wanted, columns, strict=True)),
                lines=range(place.line + 1, place.line + 1 + n_lines),
                rows=np.arange(place.row, end),
            )
            place = replace(place, row=end)
        place = replace(place, line=place.line + n_lines)


@dataclass(frozen=True)
class _Place:
    """How much of a file was read before: lines and rows; `is_first`: whether its header comes now."""

    line: int = 0
    row: int = 0
    is_first: bool = True


def _may_be_plain(stream: IO[bytes], layout: Layout) -> bool:
    head = stream.peek(4)[:4] if hasattr(stream, "peek") else b""
    return (
        not head.startswith(tuple(BYTE_ORDER_MARKS))
        and layout.form == "delimited"
        and layout.delimiter != BLANKS
        and layout.delimiter.isascii()
        and not layout.last_takes_rest
        and is_plain_encoding(layout.encoding)
    )


def _is_no_plain_header(beginning: bytes, layout: Layout) -> bool:
    """Does what stands before the rows need the careful reader, and the rows then too?"""
    lines = beginning.splitlines()
    has_blank = layout.has_header and bool(lines) and not lines[-1].strip()
    is_open = layout.is_quoted and beginning.count(b'"') % 2 == 1
    return has_blank or is_open or not beginning.isascii() or _has_lone_return(beginning)


def _may_run_over_lines(raw: bytes, layout: Layout) -> bool:
    """Can a record have other ends than these lines have?"""
    return (layout.is_quoted and b'"' in raw) or _has_lone_return(raw)


def _has_lone_return(raw: bytes) -> bool:
    """Is there a line end of the old Macintosh, which is no line end in `LineBlocks`?"""
    return b"\r" in raw and raw.count(b"\r") != raw.count(b"\r\n")


def _careful_chunks(
    stream: IO[bytes],
    label: str,
    layout: Layout,
    wanted: tuple[str, ...],
    chunk_rows: int,
    *,
    place: _Place | None = None,
) -> Iterator[TextChunk]:
    """The chunks of what begins at `place`, record by record."""
    place = place or _Place()
    positions = [layout.columns.index(name) for name in wanted]
    records = _records(stream, label, layout, place)
    if place.is_first and layout.form == "delimited" and layout.has_header:
        _, first, _ = next(records, (1, [], ""))
        header = first.split(layout.delimiter) if isinstance(first, str) else first
        if not header:
            return  # an empty part of a table
        names = tuple(name.strip() for name in header)
        if names not in (layout.columns[-len(names) :], layout.columns[: len(names)]):
            found = quoted(layout.delimiter.join(header))
            expected = layout.delimiter.join(layout.columns)
            raise DataRejected(f"{label}: the header is {found!r}; expected {expected!r}.")
    row = place.row
    while taken := list(islice(records, chunk_rows)):
        rows, lines = np.arange(row, row + len(taken)), [line for line, _, _ in taken]
        columns = _split_at_once(taken, layout)
        rejects: list[Reject] = []
        if columns is None:
            is_good, columns, rejects = _split_one_by_one(taken, layout, label)
            rows, lines = rows[is_good], list(compress(lines, is_good))
        yield TextChunk(
            first_row=row,
            end_row=row + len(taken),
            columns={name: columns[position] for name, position in zip(wanted, positions, strict=True)},
            lines=lines,
            rows=rows,
            rejects=rejects,
        )
        row += len(taken)


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
            columns: dict[str, Sequence[str]] = {
                name: _texts(pa, _column(batch, name, label), label) for name in wanted
            }
            yield TextChunk(
                first_row=row,
                end_row=row + n,
                columns=columns,
                lines=range(row + 1, row + n + 1),
                rows=np.arange(row, row + n),
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


def _split_at_once(records: list[Record], layout: Layout) -> list[list[str]] | None:
    """The columns of records that are all whole lines with the right number of columns; else None.

    A list for each record would keep Python's garbage collector busy for longer than the reading takes.
    """
    n_columns, delimiter = len(layout.columns), layout.delimiter
    texts = [text for _, text, _ in records if isinstance(text, str)]
    if len(texts) < len(records) or not all(text.count(delimiter) == n_columns - 1 for text in texts):
        return None
    values = delimiter.join(texts).split(delimiter)
    return [values[position::n_columns] for position in range(n_columns)]


def _split_one_by_one(
    records: list[Record], layout: Layout, label: str
) -> tuple[list[bool], list[list[str]], list[Reject]]:
    """Which records have the right number of columns, the columns of these, and the others as rejects."""
    n_columns, delimiter = len(layout.columns), layout.delimiter
    split = [
        (line, values.split(delimiter) if isinstance(values, str) else values, fault)
        for line, values, fault in records
    ]
    is_good = [len(values) == n_columns for _, values, _ in split]
    rejects = [
        Reject(
            file=label,
            line=line,
            column="row",
            value=quoted(delimiter.join(values)),
            expectation=fault or f"{n_columns} columns, not {len(values)}",
        )
        for (line, values, fault), good in zip(split, is_good, strict=True)
        if not good
    ]
    good_values = [values for (_, values, _), good in zip(split, is_good, strict=True) if good]
    columns = [list(column) for column in zip(*good_values, strict=True)] if good_values else [[]] * n_columns
    return is_good, columns, rejects


def _records(stream: IO[bytes], label: str, layout: Layout, place: _Place) -> Iterator[Record]:
    """(line number, values, fault) of each record that is not blank; a faulty one has no columns' count.

    Where a line is only to be split at its delimiters, it stands for its values.
    """
    if layout.form == "json":
        for number, record, fault in json_records(stream, label, layout.encoding):
            yield number, [] if fault else [record.get(name, "") for name in layout.columns], fault
        return
    lines = _lines(stream, label, layout.encoding, place.line)
    before = place.line
    if place.is_first:
        lines, before = islice(lines, layout.n_skipped, None), layout.n_skipped
    if layout.form == "netflix":
        yield from _netflix_records(lines)
    elif layout.form == "sequences":
        yield from _sequence_records(lines)
    elif layout.is_quoted:
        yield from _quoted_records(lines, layout, before)
    else:
        is_plain = layout.delimiter != BLANKS and not layout.last_takes_rest
        most = len(layout.columns) - 1 if layout.last_takes_rest else -1
        delimiter = None if layout.delimiter == BLANKS else layout.delimiter
        for number, line in enumerate(lines, start=before + 1):
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


def _sequence_records(lines: Iterator[str]) -> Iterator[Record]:
    for number, line in enumerate(lines, start=1):
        values = line.split()
        if len(values) == 1:
            yield number, values, "a user and at least one item"
        for place, item in enumerate(values[1:], start=1):
            yield number, [values[0], item, str(place)], ""


def _quoted_records(lines: Iterator[str], layout: Layout, n_before: int) -> Iterator[Record]:
    delimiter = " " if layout.delimiter == BLANKS else layout.delimiter
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    before = 0
    while True:
        first = n_before + before + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            last = n_before + reader.line_num
            gone = f"; lines to {last} went with it" if last > first else ""
            yield first, [], f"fields quoted as in CSV ({error}{gone})"
        else:
            if values:
                yield first, values, ""
        before = reader.line_num


def _lines(stream: IO[bytes], label: str, encoding: str, n_before: int = 0) -> Iterator[str]:
    """Lines with their ends; a byte order mark decides. Raises DataRejected where there is no end."""
    head = stream.peek(4)[:4] if n_before == 0 and hasattr(stream, "peek") else b""
    encoding = _encoding_of(head, encoding)
    # Closing the text closes the stream, which its owner then need not do; that is no harm.
    with io.TextIOWrapper(stream, encoding=encoding, errors="surrogateescape", newline="") as text:
        number, rest = n_before, ""
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


def _texts(pa: Any, column: Any, label: str) -> Sequence[str]:
    """An Arrow column as text."""
    kind = column.type
    if column.null_count == 0 and (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return NumberColumn(column.to_numpy(zero_copy_only=False))
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
