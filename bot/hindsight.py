"""`forecast`, `explain` and `replay` on the command line: rollouts to come, and rollouts past.

Imports are made when a command runs, so that `--help` stays quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bot.ending import ASKED_EXITS, known, trouble
from bot.full_name import FullName

if TYPE_CHECKING:
    from bot.core.configuration import Rollout
    from bot.core.deployment import Deployment


RECENT = 20
"""Deployments among which the newest is looked for that is no rollback, which has no steps."""


@click.command(epilog=ASKED_EXITS)
@click.argument("environment")
@click.option("--repository", required=True, type=FullName(), help="Where the App is installed.")
def forecast(environment: str, repository: str) -> None:
    """Say how long each step to ENVIRONMENT needs, and the smallest regression it can catch."""
    from bot import settings, wiring  # noqa: PLC0415  # see above
    from bot.looking_ahead import lines, now_running  # noqa: PLC0415  # see above
    from bot.records import live, past  # noqa: PLC0415  # see above

    with trouble():
        found = settings.load()
        desk = wiring.desk(found)
        made = known(past(desk, repository, environment, RECENT))
        if not made:
            click.echo(f"Nothing was deployed to {environment} yet, so there is no traffic yet.")
            return
        likely = next((one for one in made if not one.restores), made[0])
        running = now_running(live(desk, likely), likely)
        for line in lines(wiring.foresight(found), likely, running, desk.clock()):
            click.echo(line)


@click.command(epilog=ASKED_EXITS)
@click.argument("deployment")
def explain(deployment: str) -> None:
    """Show the steps DEPLOYMENT took with their reasons, what went into them, and every window."""
    from bot.core import replay as past  # noqa: PLC0415  # see above

    found = _found(deployment)
    for service in found.services:
        if service.splits:
            click.echo("\n".join(past.inputs(found, service)))
    for line in past.course_of(found):
        click.echo(line)
    _judge(found)


@click.command(epilog=ASKED_EXITS)
@click.argument("deployment")
@click.option("--config", type=click.Path(exists=True, dir_okay=False), help="A deploy.yaml.")
def replay(deployment: str, config: str | None) -> None:
    """Judge every window of DEPLOYMENT again: as it was, or by the rules of another file.

    Of that file only what the verdict reads is used: alpha, max_error_rate, max_p95. The traffic
    had the shares that it had, so other steps, bakes, watches and policies change nothing.
    """
    from bot.core import replay as past  # noqa: PLC0415  # see above

    found = _found(deployment)
    _judge(past.under(found, _rules(config, found.environment)) if config else found)


COMMANDS = (forecast, explain, replay)


def _judge(found: Deployment) -> None:
    from bot.core import replay as past  # noqa: PLC0415  # see above

    for judged in past.replayed(found):
        click.echo(f"{judged.service} {past.line(judged)}")


def _found(deployment: str) -> Deployment:
    from bot import records, settings, wiring  # noqa: PLC0415  # see above

    with trouble():
        return known(records.deployment(wiring.desk(settings.load()), deployment))


def _rules(path: str, environment: str) -> Rollout:
    from pathlib import Path  # noqa: PLC0415  # see above

    from bot.core.manifest import Manifest, parse  # noqa: PLC0415  # see above

    read = parse(Path(path).read_text(encoding="utf-8", errors="replace"))
    if not isinstance(read, Manifest):
        problems = "\n".join(f"{path}:{problem.line}: {problem}" for problem in read)
        raise click.UsageError(problems)
    if environment not in read.environments:
        msg = f"{path} has no environment {environment}; it has {', '.join(read.environments)}"
        raise click.UsageError(msg)
    return read.resolve(environment).rollout
