"""Layout: how the text of a table is laid out, told from its first lines.

delimiter   Excel's line "sep=;", or what divides the first lines alike
header      the first line; a comment before it; or none, and then --columns names the columns
quotes      enclose fields as in CSV where there are texts; between tabs only if the header's are quoted
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice

from movierec.errors import BadRequest, DataRejected
from movierec.ratings.column_names import are_usual_names
from movierec.ratings.files import Files
from movierec.ratings.rejects import quoted_columns
from movierec.ratings.source import N_LOOKED_AT, ReadSettings, lines_of
from movierec.ratings.tables import BLANKS, Layout, begins_as_array, json_records, parquet_columns

__all__ = ["is_parquet", "layout_of"]

PARQUET_MAGIC = b"PAR1"
DELIMITERS = (",", "\t", ";", "|", "::")
COMMENTS = ("#", "%")
N_OBJECTS = 10_000  # of JSON, whose keys are the columns
N_COMPARED = 20  # lines that a delimiter has to divide alike
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)  # Excel's first line
LETTER = re.compile(r"[^\W\d_]")


def is_parquet(files: Files, member: str) -> bool:
    """Does the file begin as Parquet does?"""
    return files.head(member, len(PARQUET_MAGIC)) == PARQUET_MAGIC


@lru_cache(maxsize=1)  # recognising a file asks for it, and reading it does once more
def layout_of(files: Files, member: str, settings: ReadSettings) -> tuple[Layout | None, tuple[str, ...]]:
    """How a file is laid out, None for Parquet, and its columns. Raises DataRejected for what is no table."""
    label = files.label(member)
    files.refuse_foreign(member)
    if is_parquet(files, member):
        with files.open(member) as stream:
            return None, parquet_columns(stream, label)
    encoding = settings.encoding or "utf-8"
    if begins_as_array(files.head(member, 64)) and settings.delimiter is None:
        return _json_layout(files, member, encoding)
    lines = lines_of(files, member, encoding, N_LOOKED_AT)
    first = next((line for line in lines if line.strip()), "")
    if "\x00" in first:
        is_utf16 = first.count("\x00") >= len(first) // 3
        remedy = "If it is UTF-16 text, name the encoding: --encoding utf-16-le." if is_utf16 else "It is no text."
        raise DataRejected(f"{label}: NUL bytes in its first line. {remedy}")
    if not first:
        raise DataRejected(f"{label}: empty; expected a header with the names of the columns.")
    if first.lstrip().startswith("{") and settings.delimiter is None:
        return _json_layout(files, member, encoding)
    layout = _delimited_layout(lines, settings, encoding, label)
    named = [name for name in layout.columns if name]
    if len(set(named)) < len(named):
        raise DataRejected(f"{label}: a column's name comes twice: {quoted_columns(layout.columns)}. Rename one.")
    return layout, layout.columns


def _json_layout(files: Files, member: str, encoding: str) -> tuple[Layout, tuple[str, ...]]:
    columns: dict[str, None] = {}
    with files.open(member) as stream:
        for _, record, _ in islice(json_records(stream, files.label(member), encoding), N_OBJECTS):
            columns.update(dict.fromkeys(record))
    if not columns:
        raise DataRejected(
            f"{files.label(member)}: no JSON object in its first lines; expected an object a line, or an array of "
            "objects. jq -c writes such lines."
        )
    return Layout(columns=tuple(columns), form="json", encoding=encoding, has_header=False), tuple(columns)


def _delimited_layout(lines: Sequence[str], settings: ReadSettings, encoding: str, label: str) -> Layout:
    n_skipped, separator, comment = _introduction(lines, settings)
    rest = [line for line in lines[n_skipped:] if line.strip()]
    if not rest:
        raise DataRejected(f"{label}: only comments in its first lines; expected a table.")
    delimiter = settings.delimiter or separator or _delimiter(rest)
    is_quoted = _is_quoted(rest, delimiter, settings.quoting)
    place = f"{label} line {n_skipped + 1}"
    first, *rows = [_values(line, delimiter, is_quoted) for line in rest[:N_COMPARED]]
    columns, has_header = _header(first, rows, _values(comment, delimiter, is_quoted), settings, place)
    return Layout(
        columns=columns,
        delimiter=delimiter,
        is_quoted=is_quoted,
        encoding=encoding,
        n_skipped=n_skipped,
        has_header=has_header,
    )


def _introduction(lines: Sequence[str], settings: ReadSettings) -> tuple[int, str | None, str]:
    """What stands before the table: how many lines, the delimiter that one names, and the last comment."""
    separator, comment = None, ""
    for number, line in enumerate(lines):
        found = SEPARATOR_LINE.fullmatch(line.strip())
        if found and number == 0:
            separator = found[1]
        elif line.startswith(COMMENTS) and not _is_row(line, lines, settings):
            comment = line.lstrip("#% ")
        elif line.strip():
            return number, separator, comment
    return len(lines), separator, comment


def _is_row(line: str, lines: Sequence[str], settings: ReadSettings) -> bool:
    """Is a line that begins as a comment one of the rows, whose columns the user has named?"""
    if settings.columns is None:
        return False
    delimiter = settings.delimiter or _delimiter([one for one in lines if one.strip()])
    return len(_fields_of(line, delimiter)) == len(settings.columns)


def _is_quoted(lines: Sequence[str], delimiter: str, quoting: str) -> bool:
    """Whether fields may be quoted.

    Numbers need no quotation marks: among them one is a fault, not the start of a field that may run over a
    thousand lines. Texts may be quoted, also further on than the first lines.
    """
    if len(delimiter) > 1 or quoting == "none":
        return False
    if quoting == "csv":
        return True
    if delimiter == "\t":
        return '"' in lines[0]
    return any('"' in line for line in lines) or any(LETTER.search(line) for line in lines[1:])


def _header(
    first: list[str], rows: list[list[str]], comment: list[str], settings: ReadSettings, place: str
) -> tuple[tuple[str, ...], bool]:
    """The names of the columns, and whether the first line holds them; DataRejected where nobody says them."""
    if settings.columns is not None:
        if len(settings.columns) != len(first):
            raise BadRequest(
                f"--columns names {len(settings.columns)} columns, but {place} has {len(first)}: "
                f"{quoted_columns(first)}."
            )
        return tuple(settings.columns), False
    has_letters = any(re.search(r"[^\W\d]", value) for value in first)
    if len(comment) == len(first) and (not has_letters or are_usual_names(comment)):
        return tuple(name.strip() for name in comment), False
    if not has_letters:
        raise DataRejected(
            f"{place}: {quoted_columns(first)}; expected a header with the columns' names. "
            f"Without one, name them: --columns {_example(first)}."
        )
    columns = tuple(name.strip() for name in first)
    if rows and all(len(values) == len(columns) + 1 for values in rows):
        # A delimiter at the end of each row; or R, which writes the names of rows without a header of their own.
        is_trailing = not any(values[-1].strip() for values in rows)
        columns = (*columns, "") if is_trailing else ("", *columns)
    return columns, True


def _delimiter(lines: Sequence[str]) -> str:
    """What divides all of the first lines into equally many columns, the most; else the most of the first line."""
    compared = lines[:N_COMPARED]
    best, most = "", (False, 1)
    for delimiter in DELIMITERS:
        counts = [len(_fields_of(line, delimiter)) for line in compared]
        # R's header is one short.
        found = (counts[0] > 1 and len(set(counts[1:] or counts)) == 1, counts[0])
        if found > most:
            best, most = delimiter, found
    if best:
        return best
    return BLANKS if len(lines[0].split()) > 1 else ","


def _values(line: str, delimiter: str, is_quoted: bool) -> list[str]:
    if not line:
        return []
    if is_quoted:
        return _fields_of(line, delimiter)
    return line.split(None if delimiter == BLANKS else delimiter)


def _fields_of(line: str, delimiter: str) -> list[str]:
    if len(delimiter) > 1:
        return line.split(delimiter)
    return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])


def _example(values: Sequence[str]) -> str:
    names = ["userId", "movieId", "rating", "timestamp"]
    return ",".join(names[: len(values)] + [f"column{i}" for i in range(5, len(values) + 1)])
