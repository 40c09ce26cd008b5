"""A repository's name as people type it on the command line."""

from __future__ import annotations

import click


class FullName(click.ParamType[str]):
    """A repository as GitHub writes it."""

    name = "OWNER/NAME"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name, or end with a usage error."""
        owner, _, name = value.partition("/")
        if not owner or not name or "/" in name:
            self.fail(f"{value} is no repository: write OWNER/NAME", param, ctx)
        return value
