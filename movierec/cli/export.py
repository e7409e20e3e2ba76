"""`movierec export`: vectors for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from movierec.cli.grouped import Command
from movierec.cli.options import connection_options, format_option, open_database


@click.command("export", short_help="Export the vectors for TensorBoard.", cls=Command)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@connection_options
@format_option
def command(folder: Path, output_format: str, **connection: Any) -> None:
    """Write vectors.tsv and metadata.tsv into FOLDER, for TensorBoard's embedding projector.

    Example: movierec export projector/
    """
    from movierec.cli.output import print_record
    from movierec.export import export_projector

    with open_database(**connection) as database:
        print_record(export_projector(database, folder), output_format)
