"""`movierec doctor`: what the database is and what it lacks."""

from __future__ import annotations

from typing import Any

import click

from movierec.cli.grouped import Command
from movierec.cli.options import connection_options, format_option, open_database


@click.command("doctor", short_help="Check the server and its contents.", cls=Command)
@connection_options
@format_option
def command(output_format: str, **connection: Any) -> None:
    """Show version, memory, indexes, counts and runs, with a remedy for what is missing.

    Example: movierec doctor
    """
    from movierec.cli.output import print_rows
    from movierec.doctor import examine
    from movierec.records import to_record

    with open_database(**connection) as database:
        findings = examine(database)
    print_rows(
        [to_record(finding) | {"ok": finding.ok} for finding in findings],
        output_format,
        {
            "": lambda row: "ok" if row["ok"] else "!",
            "check": "check",
            "found": "value",
            "remedy": "remedy",
        },
    )
