"""`movierec fetch`: a MovieLens data set from GroupLens."""

from __future__ import annotations

from pathlib import Path

import click

from movierec.cli.options import format_option

# The names of movierec.ratings.fetch.DATASETS, spelled out so that --help need not import it.
NAMES = ("ml-latest-small", "ml-latest", "ml-32m", "ml-25m", "ml-20m", "ml-10m", "ml-1m", "ml-100k")


@click.command("fetch", short_help="Download a MovieLens data set.")
@click.argument("name", type=click.Choice(NAMES))
@click.option(
    "--from-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A zip you have already, instead of a download.",
)
@format_option
def command(name: str, from_file: Path | None, output_format: str) -> None:
    """Download a MovieLens data set into the cache and print its folder.

    The data sets are GroupLens's, for research use; read the README in the folder before you use or share
    them. A data set that is in the cache is not downloaded again.

    Example: movierec load "$(movierec fetch ml-latest-small)"
    """
    from movierec.cli.output import print_record
    from movierec.cli.progress import bar_or_lines
    from movierec.database.settings import environment
    from movierec.home import cache_folder
    from movierec.ratings.fetch import DATASETS, GROUPLENS, fetch_dataset

    env = environment()
    folder = fetch_dataset(
        DATASETS[name],
        cache_folder(env) / "datasets",
        from_file,
        env.get("MOVIEREC_DATASETS_URL") or GROUPLENS,
        bar_or_lines,
    )
    if output_format == "table":
        click.echo(folder)
    else:
        print_record({"name": name, "folder": str(folder)}, output_format)
