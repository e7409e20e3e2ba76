"""`movierec export`: vectors and graphs for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from movierec.cli.grouped import Command
from movierec.cli.options import connection_options, format_option, open_database

# As `movierec.export.FORMATS` has them, which is not imported for --help; a test compares both.
KINDS = ("tensorboard", "word2vec", "word2vec-binary", "numpy", "parquet", "edge-list", "graphml")


@click.command("export", short_help="Export vectors and graphs for other tools.", cls=Command)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--for",
    "file_format",
    type=click.Choice(KINDS),
    default=KINDS[0],
    show_default=True,
    help="Which files: of vectors, or of graphs (edge-list, graphml).",
)
@connection_options
@format_option
def command(folder: Path, file_format: str, output_format: str, **connection: Any) -> None:
    """Write the vectors, or the graphs, of the live model into FOLDER.

    For TensorBoard's embedding projector vectors.tsv and metadata.tsv; for gensim
    vectors.txt or vectors.bin; vectors.npz; movies.parquet; or a file for each of
    CO_LIKED, FOLLOWED_BY and PREDICTS, which networkx reads.

    \b
    Examples: movierec export projector/
              movierec export gensim/ --for word2vec
              movierec export graphs/ --for graphml
    """
    from movierec.cli.output import print_record
    from movierec.export import export_model

    with open_database(**connection) as database:
        print_record(export_model(database, folder, file_format), output_format)
