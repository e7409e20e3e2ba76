"""Help in groups: a command's common options first, the others under headings, none left out."""

from __future__ import annotations

import difflib
from typing import Any

import click

__all__ = ["Command", "Group", "Option"]

COMMON = "Options"
CONNECTION = "Connection"
CUTOFF = 0.5  # of difflib's ratio, below which a name is not near


class Option(click.Option):
    """An option that `--help` lists under the heading `group`."""

    def __init__(self, *arguments: Any, group: str = COMMON, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.group = group


class Group(click.Group):
    """A group that suggests the command that was meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is asked for. Raises UsageError, with what is near, where there is none."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            near = difflib.get_close_matches(name.lower(), self.list_commands(ctx), 2, CUTOFF)
            hint = " or ".join(f'"{one}"' for one in near)
            ctx.fail(f"No such command {name!r}." + (f" Did you mean {hint}?" if near else ""))
        return super().resolve_command(ctx, args)


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
