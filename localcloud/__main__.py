"""The command line of the local cloud: `python -m localcloud --help`."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from msgspec import MsgspecError

from localcloud.alone import alone
from localcloud.bot_environment import exports
from localcloud.runtimes import PROCESSES, RUNTIMES
from localcloud.visit import visit_command

if TYPE_CHECKING:
    from localcloud.cloud import Cloud, Options

STOPS = (signal.SIGINT, signal.SIGTERM)
_TURN = 0.25
"""Seconds: a signal that comes just before a longer sleep would be noticed only after it."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """GitHub and Google Cloud on a laptop, wire-compatible, with Spillway running on them."""


@main.command()
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder that everything lives in; the same folder resumes where it was.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_531),
    default=0,
    help="First of five ports in a row; free ones unless given.",
)
@click.option(
    "--metric-window",
    default=1.0,
    show_default=True,
    help="Seconds per metric window (Cloud Monitoring: 60).",
)
@click.option(
    "--metric-lag",
    default=1.0,
    show_default=True,
    help="Seconds until a window can be seen (Cloud Monitoring: up to 180).",
)
@click.option(
    "--tick", default=1.0, show_default=True, help="Seconds between ticks (Cloud Scheduler: 60)."
)
@click.option(
    "--cloud-latency",
    default=0.0,
    show_default=True,
    help="Seconds that Google's operations take on top.",
)
@click.option(
    "--disorder",
    type=int,
    metavar="SEED",
    help="Let Pub/Sub deliver every message twice and shuffled, by this seed.",
)
@click.option(
    "--runtime",
    type=click.Choice(RUNTIMES),
    default=PROCESSES,
    show_default=True,
    help="What services run as; containers need an engine and a registry.",
)
@click.option("--seed/--no-seed", default=True, help="Bring in and deploy the sample services.")
@click.option("--quiet", is_flag=True, help="Keep the bot's log in DIRECTORY/logs, not on stderr.")
def up(
    state: Path, *, seed: bool, quiet: bool, disorder: int | None, runtime: str, **seconds: float
) -> None:
    """Start everything, deploy the sample once, print one JSON line, serve until Ctrl-C.

    The line says where everything is; it is kept in DIRECTORY/up.json, too. A shell that has read
    DIRECTORY/bot.env (`. DIRECTORY/bot.env`) can run `python -m bot` beside it.
    """
    from localcloud.cloud import CloudError, Options  # noqa: PLC0415  # --help stays quick

    for signum in STOPS:
        signal.signal(signum, _interrupt)
    port = int(seconds.pop("port"))
    options = Options(
        port=port,
        disorder=disorder,
        runtime=runtime,
        log_to_stderr=not quiet,
        seed=seed,
        **seconds,
    )
    try:
        with alone(state):
            _serve(_opened(state, options))
    except (CloudError, OSError) as reason:
        raise click.ClickException(str(reason)) from reason


def _opened(state: Path, options: Options) -> Cloud:
    from localcloud.cloud import Cloud, CloudError  # noqa: PLC0415  # --help stays quick

    try:
        return Cloud(state, options)
    except (MsgspecError, sqlite3.Error, KeyError, ValueError) as reason:
        said = (
            f"what lies in {state} cannot be read, maybe another version wrote it: remove it, or "
            f"name another folder ({type(reason).__name__}: {reason})"
        )
        raise CloudError(said) from reason


def _serve(cloud: Cloud) -> None:
    """Start it, say where everything is, and serve until Ctrl-C."""
    cloud.on_progress = lambda line: click.echo(line, err=True)
    try:
        cloud.start()
        _tell(cloud)
        while True:
            time.sleep(_TURN)
    except KeyboardInterrupt:
        click.echo("stopping", err=True)
    finally:
        cloud.stop()


def _tell(cloud: Cloud) -> None:
    line = json.dumps(cloud.info()) + "\n"
    _keep(cloud.state / "bot.env", exports(cloud.bot_environment))
    _keep(cloud.state / "up.json", line)
    sys.stdout.write(line)
    sys.stdout.flush()


def _keep(path: Path, text: str) -> None:
    """Write what holds tokens and keys so that its owner alone can read it."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)


def _interrupt(*_: object) -> NoReturn:
    """Stop in full, however often Ctrl-C is pressed meanwhile: only the first is heard."""
    for signum in STOPS:
        signal.signal(signum, signal.SIG_IGN)
    raise KeyboardInterrupt


main.add_command(visit_command, "visit")

if __name__ == "__main__":
    main()
