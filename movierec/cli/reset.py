"""`movierec reset`: empty the database."""

from __future__ import annotations

import sys
from typing import Any

import click

from movierec.cli.grouped import Command
from movierec.cli.options import connection_options, format_option, open_database
from movierec.errors import BadRequest


@click.command("reset", short_help="Delete everything movierec has put into the database.", cls=Command)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Show what would be deleted, and delete nothing.")
@connection_options
@format_option
def command(*, yes: bool, dry_run: bool, output_format: str, **connection: Any) -> None:
    """Delete all users, movies, ratings, tags, loads, vectors and Runs from the database. Other nodes, the schema
    and saved rating models stay. To take back one load only: movierec load --remove.

    \b
    Examples: movierec reset --dry-run
              movierec reset --yes
    """
    from movierec.cli.output import print_record
    from movierec.cli.progress import bar_or_lines
    from movierec.database.query_files import load_query
    from movierec.graph.reset import reset_database

    with open_database(**connection) as database:
        counts = database.read_one(load_query("doctor/counts"))
        if dry_run:
            print_record(counts, output_format, title="Would be deleted")
            return
        if not yes:
            if not sys.stdin.isatty():
                raise BadRequest("A reset deletes everything, and nobody can be asked here. Give --yes.")
            sure = click.confirm(
                f"Delete {counts['users']:,} users, {counts['movies']:,} movies and {counts['ratings']:,} ratings "
                f"from {database.settings.uri}?",
                err=True,
            )
            if not sure:
                click.echo("Nothing was deleted.", err=True)
                return
        print_record(reset_database(database, bar_or_lines), output_format, title="Deleted")
