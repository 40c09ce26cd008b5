"""The command line: `python -m bot --help` says it all."""

from __future__ import annotations

from datetime import timedelta

import click

from bot import console, hindsight

METRIC_WINDOW = timedelta(seconds=60)
"""Cloud Monitoring's."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Spillway ships GitHub repositories to Google Cloud Run.

    \b
    It runs as two services, each configured by its environment:
      receiver   takes GitHub's webhooks and puts them on a topic
      consumer   takes the topics' messages and does the work

    \b
    Who operates it asks as people do on pull requests, and is answered here:
      deploy, rollback, status, history

    `python -m bot settings` lists what the environment must hold.
    """  # noqa: D301  # click reads \b as a character


@main.command()
@click.option("--host", default="0.0.0.0", show_default=True, help="Address to listen on.")  # noqa: S104  # containers are reached from outside
@click.option("--port", default=8080, envvar="PORT", show_default=True, help="Port to listen on.")
def receiver(host: str, port: int) -> None:
    """Serve POST /webhooks/github, /healthz and /readyz."""
    _serve("bot.serve:receiver", host, port, threads=8)


@main.command()
@click.option("--host", default="0.0.0.0", show_default=True, help="Address to listen on.")  # noqa: S104  # as above
@click.option("--port", default=8080, envvar="PORT", show_default=True, help="Port to listen on.")
def consumer(host: str, port: int) -> None:
    """Serve the push subscriptions of events, builds and ticks."""
    _serve("bot.serve:consumer", host, port, threads=16)


@main.command()
@click.option("--check", is_flag=True, help="Read the environment and say what is wrong with it.")
def settings(*, check: bool) -> None:
    """List the environment variables that configure Spillway."""
    from bot import settings as environment  # noqa: PLC0415  # --help stays quick

    if check:
        _complete_settings()
        click.echo("The settings are complete.")
        return
    for name in environment.REQUIRED.values():
        click.echo(f"{name}  (required)")
    for name in environment.OPTIONAL.values():
        click.echo(name)


@main.command()
@click.option("--project", help="Where services run, if not in the bot's own project.")
@click.option("--region", help="Where services run, if not where they were deployed to of late.")
@click.option(
    "--patience", default=8.0, show_default=True, help="Seconds that the slowest look may take."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list of findings.")
def doctor(project: str | None, region: str | None, patience: float, *, as_json: bool) -> None:
    """Look at all that Spillway needs, one line each, and say what to do about what is wrong.

    Nothing is changed. To be run with the consumer's environment and rights.

    \b
    Exit code: 0 all is well, 1 something is wrong, 2 the settings are incomplete.
    """  # noqa: D301  # click reads \b as a character
    import msgspec  # noqa: PLC0415  # --help stays quick

    from bot import settings as environment  # noqa: PLC0415  # as above
    from bot import wiring  # noqa: PLC0415  # as above
    from bot.doctor import examine  # noqa: PLC0415  # as above

    try:
        found = environment.load()
    except environment.SettingsError as wrong:
        click.echo(str(wrong), err=True)
        raise SystemExit(2) from wrong
    checks = []
    place = project or found.project, region
    for check in examine(wiring.clinic(found, place, timedelta(seconds=patience))):
        checks.append(check)
        if not as_json:
            click.echo(f"{'✓' if check.good else '✗'} {check.name}: {check.said}")
            click.echo(f"    → {check.remedy}") if check.remedy else None
    if as_json:
        click.echo(msgspec.json.encode(checks).decode())
    raise SystemExit(0 if all(check.good for check in checks) else 1)


@main.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False), default="deploy.yaml")
def check(path: str) -> None:
    """Check a deploy.yaml and say everything that is wrong with it, each with its line."""
    from pathlib import Path  # noqa: PLC0415  # --help stays quick

    from bot.core.manifest import Manifest, parse  # noqa: PLC0415  # as above

    read = parse(Path(path).read_text(encoding="utf-8", errors="replace"), METRIC_WINDOW)
    if isinstance(read, Manifest):
        click.echo(f"{path} is good: {', '.join(read.environments)}.")
        return
    for problem in read:
        click.echo(f"{path}:{problem.line}: {problem}", err=True)
    raise SystemExit(1)


def _complete_settings() -> None:
    """End with every problem of the environment in plain words, before anything is started."""
    from bot import settings as environment  # noqa: PLC0415  # --help stays quick

    try:
        environment.load()
    except environment.SettingsError as wrong:
        raise click.ClickException(str(wrong)) from wrong


def _serve(target: str, host: str, port: int, *, threads: int) -> None:
    _complete_settings()

    from granian.constants import Interfaces  # noqa: PLC0415  # --help stays quick
    from granian.server import Server  # noqa: PLC0415  # as above

    Server(
        target,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        blocking_threads=threads,
        backpressure=4 * threads,
        log_access=False,
    ).serve()


for command in (*console.COMMANDS, *hindsight.COMMANDS):
    main.add_command(command)

if __name__ == "__main__":
    main()
