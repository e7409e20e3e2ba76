"""`movierec plot`: pictures of a training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from movierec.cli.grouped import Command, Group
from movierec.cli.options import connection_options, open_database

path_argument = click.argument("path", type=click.Path(dir_okay=False, path_type=Path))


@click.group("plot", cls=Group, short_help="Draw a map of all movies, the graph, or the training loss.")
def command() -> None:
    """Draw pictures (needs the extra "plots", the map "map").

    \b
    Examples: movierec plot map map.html
              movierec plot graph graph.png
              movierec plot loss loss.png
    """


@command.command("map", cls=Command)
@path_argument
@click.option("--most", type=click.IntRange(min=1), metavar="N", help="Only the N most-liked movies.")
@click.option(
    "--seed", type=click.IntRange(min=0, max=2**32 - 1), default=1, show_default=True, help="Of the layout."
)
@connection_options
def map_(path: Path, most: int | None, seed: int, **connection: Any) -> None:
    """Draw all movies of the live model into PATH, similar ones near each other.

    With the ending .html one page that needs no network: zoom, search, and click a
    movie for those most similar to it. A picture with .png, .svg or .pdf; with .parquet
    a table for Embedding Atlas. Of 6,000 movies it takes half a minute.

    \b
    Examples: movierec plot map map.html
              movierec plot map map.png --most 2000
              movierec plot map map.parquet
    """
    from movierec.cli.progress import bar_or_lines
    from movierec.movie_map.atlas import require_pyarrow, write_atlas
    from movierec.movie_map.layout import regions
    from movierec.movie_map.page import map_page
    from movierec.movie_map.stage import map_of_movies
    from movierec.plots import plot_map, require_picture_file, write_page

    require_picture_file(path, (".html", ".parquet"))
    if path.suffix.lower() == ".parquet":
        require_pyarrow()
    with open_database(**connection) as database:
        movies, run_id = map_of_movies(database, seed=seed, most=most, progress=bar_or_lines)
    if path.suffix.lower() == ".parquet":
        write_atlas(movies, path)
        click.echo(path)
        return
    found = regions(movies.places, movies.genres, movies.years, movies.titles, movies.like_counts)
    if path.suffix.lower() == ".html":
        write_page(map_page(movies, found, run_id), path)
    else:
        plot_map(movies, found, path)
    click.echo(path)


@command.command("graph", cls=Command)
@path_argument
@connection_options
def graph(path: Path, **connection: Any) -> None:
    """Draw how degrees and weights of CO_LIKED and FOLLOWED_BY are distributed into PATH (.png, .svg or .pdf).

    Example: movierec plot graph graph.png
    """
    from movierec.cli.progress import bar_or_lines
    from movierec.graph.pull import derived_graphs, pull_edges
    from movierec.plots import plot_graph, require_picture_file

    require_picture_file(path)
    with open_database(**connection) as database:
        graphs = {name: pull_edges(database, name, bar_or_lines) for name in derived_graphs(database)}
    plot_graph(graphs, path)
    click.echo(path)


@command.command("loss", cls=Command)
@path_argument
@connection_options
def loss(path: Path, **connection: Any) -> None:
    """Draw the loss by epoch of the live model's training into PATH (.png, .svg or .pdf).

    Example: movierec plot loss loss.png
    """
    from movierec.database.runs import require_live_run
    from movierec.plots import plot_loss

    with open_database(**connection) as database:
        plot_loss(require_live_run(database), path)
    click.echo(path)
