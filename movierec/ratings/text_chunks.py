"""The chunks of one table, over all the files that it is in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from movierec.ratings.files import Files
from movierec.ratings.source import Table, partition_values
from movierec.ratings.tables import TextChunk, read_parquet, read_text

__all__ = ["text_chunks"]


def text_chunks(
    files: Files, table: Table, wanted: tuple[str, ...], chunk_rows: int
) -> Iterator[tuple[str, TextChunk]]:
    """(label of the file, chunk) with the columns `wanted`; rows are numbered through all the files."""
    first = 0
    for member in table.members:
        label = files.label(member)
        in_folders = {name: text for name, text in partition_values(member).items() if name in table.partitions}
        in_file = tuple(name for name in wanted if name not in in_folders)
        n_rows = 0
        with files.open(member) as stream:
            chunks = (
                read_parquet(stream, label, in_file, chunk_rows)
                if table.layout is None
                else read_text(stream, label, table.layout, in_file, chunk_rows)
            )
            for chunk in chunks:
                n_rows = chunk.end_row
                constants = {name: [text] * len(chunk.rows) for name, text in in_folders.items()}
                yield (
                    label,
                    replace(
                        chunk,
                        first_row=first + chunk.first_row,
                        end_row=first + chunk.end_row,
                        columns=chunk.columns | constants,
                        rows=first + chunk.rows,
                    ),
                )
        first += n_rows
