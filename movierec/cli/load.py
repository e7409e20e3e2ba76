"""`movierec load`: ratings into the graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from movierec.cli.options import connection_options, format_option, open_database


@click.command("load")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--batch-size", type=click.IntRange(min=1), default=10_000, show_default=True, help="Rows a transaction."
)
@connection_options
@format_option
def command(folder: Path, batch_size: int, output_format: str, **connection: Any) -> None:
    """Load FOLDER, a MovieLens folder with movies.csv, ratings.csv and links.csv.

    Loading the same files again changes nothing; newer files update what is there.

    Example: movierec load data/ml-latest-small
    """
    from movierec.cli.output import print_record
    from movierec.cli.progress import bar_or_lines
    from movierec.graph.load import load_ratings

    with open_database(**connection) as database:
        result = load_ratings(database, folder, batch_size, bar_or_lines)
    print_record(result, output_format, title="In the database now")
