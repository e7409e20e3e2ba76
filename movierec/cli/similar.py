"""`movierec similar`: movies similar to a movie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from movierec.cli.grouped import Command
from movierec.cli.options import connection_options, format_option, k_option, open_database
from movierec.cli.request_options import filter_options, popularity_option

if TYPE_CHECKING:
    from movierec.database.connection import Database
    from movierec.lookup.filters import Filters

COLUMNS = {
    "rank": "rank",
    "movieId": "movieId",
    "title": "title",
    "score": "score",
    "cosine": "cosine",
    "likes": "likeCount",
    "genres": "genres",
}


@click.command("similar", short_help="Show movies similar to a movie.", cls=Command)
@click.argument("movie")
@k_option
@click.option("--plain-cosine", is_flag=True, help="Rank by the cosine of the vectors alone.")
@popularity_option
@filter_options
@connection_options
@format_option
def command(
    *,
    movie: str,
    k: int,
    plain_cosine: bool,
    popularity: float,
    output_format: str,
    conditions: dict[str, Any],
    **connection: Any,
) -> None:
    """Show the movies most similar to MOVIE, a title or an id, by their vectors and by who liked both.

    \b
    Examples: movierec similar "Matrix, The (1999)"
              movierec similar "Matrix, The (1999)" --plain-cosine --year 1990..1999 --without-genre Sci-Fi
              movierec similar "Matrix, The (1999)" --popularity -0.1
    """
    from movierec.lookup.filters import named_filters

    with open_database(**connection) as database:
        show(
            database,
            movie,
            k,
            output_format,
            filters=named_filters(database, **conditions),
            plain_cosine=plain_cosine,
            popularity=popularity,
        )


def show(
    database: Database,
    movie: str,
    k: int,
    output_format: str,
    *,
    filters: Filters | None = None,
    plain_cosine: bool = False,
    popularity: float = 0.0,
) -> None:
    """Find and print; `demo` does the same."""
    from movierec.cli.output import print_rows
    from movierec.recommendation.in_database import similar_movies
    from movierec.recommendation.results import SimilarMovie

    rows = similar_movies(database, movie, k, filters, plain_cosine, popularity=popularity)
    if rows and rows[0].estimated_from:
        click.echo(f"It has no vector of its own; this is by the mean of its {rows[0].estimated_from}.", err=True)
    print_rows(rows, output_format, COLUMNS, kind=SimilarMovie)
