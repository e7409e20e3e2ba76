"""`movierec similar`: movies like a movie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from movierec.cli.options import connection_options, format_option, k_option, open_database

if TYPE_CHECKING:
    from movierec.database.connection import Database

COLUMNS = {
    "rank": "rank",
    "movieId": "movieId",
    "title": "title",
    "score": "score",
    "likes": "likeCount",
    "genres": "genres",
}


@click.command("similar")
@click.argument("movie")
@k_option
@connection_options
@format_option
def command(movie: str, k: int, output_format: str, **connection: Any) -> None:
    """Show the movies most like MOVIE, a title or an id, by the cosine of their vectors.

    Example: movierec similar "Matrix, The (1999)"
    """
    with open_database(**connection) as database:
        show(database, movie, k, output_format)


def show(database: Database, movie: str, k: int, output_format: str) -> None:
    """Ask and print; `demo` does the same."""
    from movierec.cli.output import print_rows
    from movierec.recommending.similar import similar_movies

    print_rows(similar_movies(database, movie, k), output_format, COLUMNS)
