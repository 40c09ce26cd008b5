"""How a command on the command line ends where it cannot do what it is for."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.records import Nothing

T = TypeVar("T")
ASKED_EXITS = """\b
Exit code:
  0  answered
  2  the command line or the environment's settings are wrong
  3  nothing has that name; what there is is printed
  5  GitHub, Google Cloud or the store cannot be used"""
DOCTOR = "Next: `python -m bot doctor` looks at all that is needed."


@contextmanager
def trouble() -> Iterator[None]:
    """Say in one line what cannot be used, and end with the code for it."""
    from bot.operate import Exit  # noqa: PLC0415  # --help stays quick
    from bot.settings import SettingsError  # noqa: PLC0415  # as above
    from bot.trouble import Broken, Transient  # noqa: PLC0415  # as above

    try:
        yield
    except SettingsError as wrong:
        click.echo(f"{wrong}\nNext: `python -m bot settings` lists what must be set.", err=True)
        raise SystemExit(Exit.USAGE) from wrong
    except (Broken, Transient) as unusable:
        click.echo(f"{unusable}\n{DOCTOR}", err=True)
        raise SystemExit(Exit.UNREACHABLE) from unusable


def known(found: T | Nothing, *, as_json: bool = False) -> T:
    """Return what was found, or end and say that nothing has that name."""
    import msgspec  # noqa: PLC0415  # --help stays quick

    from bot.operate import Exit  # noqa: PLC0415  # as above
    from bot.records import Nothing  # noqa: PLC0415  # as above

    if not isinstance(found, Nothing):
        return found
    refused = {"state": "refused", "reasons": [found.reason], "said": found.said}
    if as_json:
        click.echo(msgspec.json.encode(refused).decode())
    else:
        click.secho(f"👎 {found.said}", fg="red")
    raise SystemExit(Exit.REFUSED)
