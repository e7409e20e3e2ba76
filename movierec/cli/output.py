"""Rows and records on standard output, as table, json, jsonl or csv."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

from movierec.records import record_fields, to_record, to_records

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["print_record", "print_rows"]

NARROWEST = 80  # columns of a table, in however narrow a terminal
PIPED_WIDTH = 160  # columns of a table that no terminal limits


def print_rows(
    results: Iterable[Any],
    output_format: str,
    columns: Mapping[str, Callable[[Mapping[str, Any]], Any] | str],
    title: str | None = None,
    kind: type[DataclassInstance] | None = None,
) -> None:
    """Print results, or rows. `columns` are those of the table: heading -> key of a record, or function of it.

    A CSV has a header also without rows: the keys of `kind`, or those of `columns`.
    """
    rows = to_records(results)
    if output_format == "json":
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif output_format == "jsonl":
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False))
    elif output_format == "csv":
        names = list(dict.fromkeys(name for row in rows for name in row))
        if not rows:
            names = (
                [name for name in columns.values() if isinstance(name, str)]
                if kind is None
                else [*record_fields(kind)]
            )
        writer = csv.DictWriter(sys.stdout, fieldnames=names, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _flat(value) for name, value in row.items()} for row in rows)
    else:
        _print_table([[_cell(row, column) for column in columns.values()] for row in rows], list(columns), title)


def print_record(result: Any, output_format: str, title: str | None = None) -> None:
    """Print one result, or a mapping: a JSON object, or a table with a row for each entry."""
    record = to_record(result)
    if output_format == "json":
        click.echo(json.dumps(record, indent=2, ensure_ascii=False))
    elif output_format in ("jsonl", "csv"):
        print_rows([record], output_format, {})
    else:
        _print_table([[name, _text(value)] for name, value in record.items()], ["", ""], title)


def _print_table(cells: list[list[str]], headings: list[str], title: str | None) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    # Narrower, columns would vanish: a terminal that breaks lines loses nothing.
    console.width = max(console.width, NARROWEST) if sys.stdout.isatty() else PIPED_WIDTH
    numeric = [
        bool(cells) and all(row[i].replace(".", "").replace(",", "").replace("-", "").isdigit() for row in cells)
        for i in range(len(headings))
    ]
    if title:
        click.echo(title)
    table = Table(box=box.SIMPLE_HEAD, show_header=any(headings), show_edge=False)
    for heading, right in zip(headings, numeric, strict=True):
        table.add_column(heading, justify="right" if right else "left", no_wrap=right, overflow="fold")
    for row in cells:
        table.add_row(*map(Text, row))  # Text: titles may hold what rich takes for markup
    console.print(table)


def _cell(row: Mapping[str, Any], column: Callable[[Mapping[str, Any]], Any] | str) -> str:
    return _text(row.get(column) if isinstance(column, str) else column(row))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.4f}" if abs(value) < 100 else f"{value:,.1f}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_text, value))
    return str(value)


def _flat(value: Any) -> Any:
    """A CSV field: lists of plain values joined by |, anything deeper as JSON."""
    if isinstance(value, (list, tuple)):
        if all(isinstance(item, (str, int, float)) for item in value):
            return "|".join(map(str, value))
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value
