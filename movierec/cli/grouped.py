"""Help in groups: a command's common options first, the others under headings, none left out."""

from __future__ import annotations

from typing import Any

import click

__all__ = ["Command", "Option"]

COMMON = "Options"
CONNECTION = "Connection"


class Option(click.Option):
    """An option that `--help` lists under the heading `group`."""

    def __init__(self, *arguments: Any, group: str = COMMON, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.group = group


class Command(click.Command):
    """A command whose help lists the options by their groups: common ones first, the connection last."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, as click calls it."""
        groups: dict[str, list[tuple[str, str]]] = {COMMON: []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                groups.setdefault(getattr(parameter, "group", COMMON), []).append(record)
        for group, records in sorted(groups.items(), key=lambda item: item[0] == CONNECTION):
            if records:
                with formatter.section(group):
                    formatter.write_dl(records)
