"""`python -m localcloud.demo`: exit 0 only if every story ended as expected."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from localcloud.cloud import CloudError
from localcloud.demo.conversation import show_conversations
from localcloud.demo.screens import Lines, LiveView
from localcloud.demo.show import play, stage
from localcloud.demo.stories import STORIES
from localcloud.demo.summary import as_json, table
from localcloud.runtimes import PROCESSES, RUNTIMES

if TYPE_CHECKING:
    from localcloud.demo.scene import Outcome, Screen

WIDTH = 120
"""Columns where there is no terminal to ask."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    help="Empty folder for the cloud; one of our own, removed when all went well, unless given.",
)
@click.option("--no-color", is_flag=True, help="Print plain lines without colours.")
@click.option(
    "--json",
    "report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what happened to this file.",
)
@click.option(
    "--runtime",
    type=click.Choice(RUNTIMES),
    default=PROCESSES,
    show_default=True,
    help="What services run as; containers need an engine and a registry.",
)
def main(state: Path | None, report: Path | None, runtime: str, *, no_color: bool) -> None:
    """Play the stories on a fresh local cloud, with live visitors."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if state and state.exists() and any(state.iterdir()):
        message = f"{state} is not empty; the demo needs a fresh cloud."
        raise click.UsageError(message)
    folder = state or Path(tempfile.mkdtemp(prefix="spillway-demo-"))
    outcomes = _show(folder, runtime, no_color=no_color)
    if report:
        text = json.dumps(as_json(outcomes), ensure_ascii=False, indent=2)
        report.write_text(text + "\n", encoding="utf-8")
    good = len(outcomes) == len(STORIES) and all(outcome.good for outcome in outcomes)
    if not good:
        click.echo(
            f"Not as expected. The logs are in {folder}/logs, all records beside them.", err=True
        )
    elif not state:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if good else 1)


def _show(folder: Path, runtime: str, *, no_color: bool) -> list[Outcome]:
    console = _console(no_color=no_color)
    begun = time.monotonic()
    try:
        with closing(_screen(console)) as screen, stage(folder, screen, runtime) as on:
            screen.say(f"The cloud was ready after {time.monotonic() - begun:.0f} s.")
            outcomes = play(on)
            screen.close()
            show_conversations(console, on.writer)
    except CloudError as reason:
        click.echo(f"The local cloud did not start: {reason}", err=True)
        return []
    console.print(table(outcomes))
    return outcomes


def _screen(console: Console) -> Screen:
    return LiveView(console) if console.is_terminal and not console.no_color else Lines(console)


def _console(*, no_color: bool) -> Console:
    console = Console(no_color=no_color, highlight=False)
    return console if console.is_terminal else Console(no_color=True, highlight=False, width=WIDTH)


if __name__ == "__main__":
    main()
