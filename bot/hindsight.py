"""`forecast`, `explain` and `replay` on the command line: rollouts to come, and rollouts past.

Imports are made when a command runs, so that `--help` stays quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bot.full_name import FullName

if TYPE_CHECKING:
    from bot.core.configuration import Rollout
    from bot.core.deployment import Deployment


@click.command()
@click.argument("environment")
@click.option("--repository", required=True, type=FullName(), help="Where the App is installed.")
def forecast(environment: str, repository: str) -> None:
    """Say how long each step to ENVIRONMENT needs, and the smallest regression it can catch."""
    from bot import settings, wiring  # noqa: PLC0415  # see above
    from bot.looking_ahead import lines, running_after  # noqa: PLC0415  # see above
    from bot.operate import past_deployments  # noqa: PLC0415  # see above

    found = settings.load()
    desk = wiring.desk(found)
    past = past_deployments(desk, repository, environment, 1)
    if not past:
        msg = f"nothing was deployed to {environment} yet, so there is no traffic to look at"
        raise click.ClickException(msg)
    for line in lines(wiring.foresight(found), past[0], running_after(past[0]), desk.clock()):
        click.echo(line)


@click.command()
@click.argument("deployment")
def explain(deployment: str) -> None:
    """Show every decision of DEPLOYMENT with what went into it."""
    from bot.core import replay as past  # noqa: PLC0415  # see above

    found = _found(deployment)
    for service in found.services:
        if service.splits:
            click.echo("\n".join(past.inputs(found, service)))
    for line in past.course_of(found):
        click.echo(line)
    _judge(found)


@click.command()
@click.argument("deployment")
@click.option("--config", type=click.Path(exists=True, dir_okay=False), help="A deploy.yaml.")
def replay(deployment: str, config: str | None) -> None:
    """Judge every window of DEPLOYMENT again: as it was, or by the rules of another file."""
    from bot.core import replay as past  # noqa: PLC0415  # see above

    found = _found(deployment)
    _judge(past.under(found, _rules(config, found.environment)) if config else found)


COMMANDS = (forecast, explain, replay)


def _judge(found: Deployment) -> None:
    from bot.core import replay as past  # noqa: PLC0415  # see above

    for judged in past.replayed(found):
        click.echo(f"{judged.service} {past.line(judged)}")


def _found(deployment: str) -> Deployment:
    from bot import settings, wiring  # noqa: PLC0415  # see above
    from bot.core.deployment import Deployment  # noqa: PLC0415  # see above

    found = wiring.desk(settings.load()).store.get(Deployment, deployment)
    if found is None:
        msg = f"there is no deployment {deployment}; its comment names it"
        raise click.ClickException(msg)
    return found[0]


def _rules(path: str, environment: str) -> Rollout:
    from pathlib import Path  # noqa: PLC0415  # see above

    from bot.core.manifest import Manifest, parse  # noqa: PLC0415  # see above

    read = parse(Path(path).read_text(encoding="utf-8"))
    if not isinstance(read, Manifest):
        raise click.ClickException("; ".join(map(str, read)))
    if environment not in read.environments:
        msg = f"{path} has no environment {environment}"
        raise click.ClickException(msg)
    return read.resolve(environment).rollout
