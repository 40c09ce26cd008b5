"""What the command line prints: the same story as on the pull request, in plain lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.core.deployment import Phase
from bot.core.report.deployment import state
from bot.core.report.phrases import SYMBOLS, clean, plain, title

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.core.deployment import Deployment, StepTaken
    from bot.core.model import Ask, Environment

_COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)
GOOD = frozenset({Phase.SUCCEEDED, Phase.WATCHING, Phase.UNCHANGED})


def said(ask: Ask) -> str:
    """Return an answer as it would stand on the pull request, without what only programs read."""
    return clean(_COMMENT.sub("", ask.said)).strip()


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


def places(environments: Iterable[Environment], going: dict[str, Deployment]) -> list[str]:
    """Return a line for what each environment runs, one for what is on its way."""
    lines = []
    for place in environments:
        live, moving = place.live, going.get(place.active)
        runs = f"{live.sha[:7]} since {live.at:%Y-%m-%d %H:%M} UTC" if live else "nothing yet"
        lines.append(f"{place.name}: {runs}")
        if place.lock:
            lines.append(f"  locked by {plain(place.lock.owner)}: {plain(place.lock.reason)}")
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
