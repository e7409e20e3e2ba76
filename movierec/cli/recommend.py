"""`movierec recommend`: movies for a user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from movierec.cli.options import connection_options, format_option, k_option, open_database

if TYPE_CHECKING:
    from movierec.database.connection import Database


@click.command("recommend")
@click.option("--user", required=True, help="The user's id, as it was in the file.")
@k_option
@connection_options
@format_option
def command(user: str, k: int, output_format: str, **connection: Any) -> None:
    """Show movies that a user has not rated, best first, with the reason for each.

    Example: movierec recommend --user 1
    """
    from movierec.recommending.users import find_user

    with open_database(**connection) as database:
        show(database, find_user(database, user), k, output_format)


def show(database: Database, user_id: int, k: int, output_format: str) -> None:
    """Ask and print; `demo` does the same."""
    from movierec.cli.output import print_rows
    from movierec.recommending.recommend import reason_in_words, recommend_for_user

    rows = recommend_for_user(database, user_id, k)
    if not rows:
        click.echo(f"Nothing to recommend: no movie that user {user_id} likes is in the CO_LIKED graph.", err=True)
    print_rows(
        rows,
        output_format,
        {
            "rank": "rank",
            "movieId": "movieId",
            "title": "title",
            "score": "score",
            "because": lambda row: reason_in_words(row["because"]),
        },
    )
