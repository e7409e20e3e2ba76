"""`movierec explain`: why a movie is recommended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from movierec.cli.grouped import Command
from movierec.cli.options import connection_options, format_option, open_database
from movierec.cli.request_options import request_from_options, use_of_order_option, user_options


@click.command("explain", short_help="Show the reasons for a recommendation.", cls=Command)
@click.argument("movie")
@user_options
@use_of_order_option
@click.option("-n", type=click.IntRange(1, 50), default=10, show_default=True, help="How many reasons.")
@click.option("--cypher", is_flag=True, help="Print a query that shows the reasons as a graph in Neo4j Browser.")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    help='Draw the reasons into a page that needs no network (extra "notebook").',
)
@connection_options
@format_option
def command(
    *,
    movie: str,
    user: str | None,
    named: Mapping[str, Sequence[str]],
    sequential: bool | None,
    n: int,
    cypher: bool,
    html: Path | None,
    output_format: str,
    **connection: Any,
) -> None:
    """Show which of a user's likes contribute to the score of MOVIE, a title or an id, and how much.

    \b
    Examples: movierec explain "Aliens (1986)" --user 1
              movierec explain "Aliens (1986)" --likes "Alien (1979)" --format json
              movierec explain "Aliens (1986)" --user 1 --cypher
              movierec explain "Aliens (1986)" --user 1 --html aliens.html
    """
    from movierec.cli.output import print_record, print_rows
    from movierec.database.query_files import load_query, with_literals
    from movierec.drawings import require_neo4j_viz, write_reasons
    from movierec.lookup.movies import find_movies
    from movierec.recommendation.in_database import explain

    if html:
        require_neo4j_viz()
    with open_database(**connection) as database:
        request = request_from_options(database, user, named, sequential=sequential)
        (movie_id,) = find_movies(database, [movie])
        explained = explain(database, request, movie_id, n)
    if html:
        write_reasons(explained, html)
        click.echo(html)
        return
    if cypher:
        because = [reason.movie_id for reason in explained.because]
        click.echo(with_literals(load_query("recommend/paths"), {"movieId": movie_id, "likes": because}))
        return
    if output_format != "table":
        print_record(explained, output_format)
        return
    click.echo(
        f"{explained.title} has rank {explained.rank}: score {explained.score:.3f} = profile score "
        f"{explained.profile_score:.3f} + graph score {explained.graph_score:.3f} + prediction score "
        f"{explained.prediction_score:.3f} + encoder score {explained.encoder_score:.3f}"
        f"{', newer likes counting more' if explained.sequential else ''}.",
        err=True,
    )
    if not explained.because:
        click.echo("No like is linked with it: it is near to all of them together.", err=True)
    print_rows(
        explained.because,
        output_format,
        {
            "liked": "title",
            "people liked both": "count",
            "times chance": lambda row: f"{row['lift']:.1f}",
            "share of the score": lambda row: f"{row['share']:.0%}",
        },
    )
