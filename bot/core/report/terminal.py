"""What the command line prints: the same story as on the pull request, in plain lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.core.deployment import Phase
from bot.core.releases import called
from bot.core.report.deployment import state
from bot.core.report.phrases import SYMBOLS, age, clean, plain, title

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.core.command import Unreadable
    from bot.core.deployment import Deployment, StepTaken
    from bot.core.model import Ask, Environment

_COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)
_TYPED = re.compile(r"`/(?=(deploy|rollback|promote|pause|resume|abort|status|history)\b)")
MOST_SHOWN = 5
"""Deployments that are offered instead of one that is not there."""
GOOD = frozenset({Phase.SUCCEEDED, Phase.WATCHING, Phase.UNCHANGED})


def said(ask: Ask) -> str:
    """Return an answer as it would stand on the pull request, without what only programs read.

    What to type next is typed here.
    """
    lines = clean(_COMMENT.sub("", ask.said)).strip().splitlines()
    return "\n".join(_typed_here(line) if line.startswith("Next: ") else line for line in lines)


def _typed_here(line: str) -> str:
    return _TYPED.sub("`python -m bot ", line).replace("`/help`", "`python -m bot --help`")


def headline(deployment: Deployment) -> str:
    """Return one line that says where a deployment is."""
    symbol = SYMBOLS.get(deployment.phase, "…")
    where = f"{deployment.environment} {deployment.sha[:7]}"
    return f"{symbol} {where}: {title(deployment, 0)}"


def step(taken: StepTaken) -> str:
    """Return one line of a rollout's story."""
    names = ", ".join(taken.services)
    return f"  {taken.at:%H:%M:%S} {names} at {taken.share} %: {plain(taken.why)}"


def ending(deployment: Deployment) -> list[str]:
    """Return what else there is to say at the end: addresses, or why not."""
    lines = []
    if deployment.failure:
        lines += [f"  {plain(deployment.failure.reason)}"]
        lines += [f"    {line}" for line in clean(deployment.failure.detail).splitlines()]
        lines += [f"    | {clean(line)}" for line in deployment.failure.logs or ()]
    if deployment.phase in GOOD:
        lines += [f"  {one.plan.name}: {one.url}" for one in deployment.services if one.url]
    return lines


def places(
    environments: Iterable[Environment], going: dict[str, Deployment], now: datetime
) -> list[str]:
    """Return a line for what each environment runs, one for what is on its way."""
    lines = []
    for place in environments:
        live, moving = place.live, going.get(place.active)
        runs = f"{called(live)} since {live.at:%Y-%m-%d %H:%M} UTC" if live else "nothing yet"
        lines.append(f"{place.name}: {runs}")
        if place.lock:
            owner, length = plain(place.lock.owner), age(now - place.lock.since)
            lines.append(f"  locked by {owner} for {length}: {plain(place.lock.reason)}")
        lines += [f"  {headline(moving)}"] if moving else []
        lines += [f"  {len(place.queue)} waiting"] if place.queue else []
    return lines or ["Nothing has been deployed from this repository yet."]


def past(deployments: Iterable[Deployment]) -> list[str]:
    """Return one line for each deployment, newest first."""
    lines = [
        f"{one.created_at:%Y-%m-%d %H:%M} {one.sha[:7]} {title(one, 0)} by {plain(one.actor)}"
        + (f" for #{one.number}" if one.number else "")
        for one in deployments
    ]
    return lines or ["Nothing has been deployed there yet."]


def no_environment(read: Unreadable, known: Sequence[str], repository: str) -> str:
    """Return what environments there are instead, and which was probably meant."""
    if not known:
        where = f"the default branch of {repository} has no deploy.yaml that names any"
        return f"{read.problem.partition(';')[0]}: {where}."
    meant = read.suggestion.removeprefix("/")
    again = f"\nNext: `python -m bot {meant} --repository {repository}`" if meant else ""
    return f"{read.problem}{again}"


def no_deployment(name: str, like: Sequence[Deployment], newest: Sequence[Deployment]) -> str:
    """Return which deployments there are instead, best those that could be meant."""
    said = f"There is no deployment `{clean(name)}`"
    if not newest:
        return f"{said}: nothing was deployed yet."
    shown = [f"  {one.id}  {headline(one)}" for one in (like or newest)[:MOST_SHOWN]]
    return "\n".join((f"{said}; {'meant could be' if like else 'the newest are'}", *shown))


def deployment_state(deployment: Deployment) -> dict[str, object]:
    """Return what programs read of a deployment, here as in its comment."""
    asked = {"at": deployment.created_at.isoformat(), "by": deployment.actor}
    return {**state(deployment), **asked, "pull_request": deployment.number}


def place_state(place: Environment, going: dict[str, Deployment]) -> dict[str, object]:
    """Return what programs read of an environment."""
    live, moving = place.live, going.get(place.active)
    return {
        "environment": place.name,
        "live": {"sha": live.sha, "deployment": live.deployment, "at": live.at.isoformat()}
        if live
        else None,
        "active": deployment_state(moving) if moving else None,
        "waiting": list(place.queue),
        "locked": bool(place.lock),
    }


def outcome(ask: Ask | None, deployment: Deployment | None) -> dict[str, object]:
    """Return what programs read of a command and what came of it."""
    return {
        "ask": ask.key if ask else None,
        "state": ask.state.value if ask else "new",
        "reasons": [reason.value for reason in ask.reasons] if ask else [],
        "said": said(ask) if ask else "",
        "deployment": state(deployment) if deployment else None,
    }
