"""What an ask is answered at once: refusals, problems, help, status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.github import CheckRun
from bot.core.model import Refusal
from bot.core.reasons import Reason
from bot.core.report.phrases import TITLES, clean, commands, inline, sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.core.command import Unreadable
    from bot.core.configuration import EnvironmentPlan
    from bot.core.deployment import Deployment
    from bot.core.model import Ask, Environment


def marker(ask: Ask) -> str:
    """Return what the answer can be found again by."""
    return f"<!-- spillway ask {ask.key} -->"


def refused(ask: Ask, refusals: Iterable[Refusal]) -> str:
    """Return every reason against an ask, and what to type next."""
    asked = inline(ask.text) if ask.text else f"the push to {inline(ask.ref)}"
    lines = [f"👎 @{ask.actor}, {asked} was refused:", ""]
    pasted: list[str] = []
    for refusal in refusals:
        remedy = f" {sentence(refusal.remedy)}" if refusal.remedy else ""
        lines.append(f"- {sentence(refusal.reason)}{remedy}")
        pasted += refusal.commands
    lines += ["", commands(*dict.fromkeys((*pasted, "/help")))]
    return "\n".join(lines)


def unreadable(ask: Ask, read: Unreadable) -> str:
    """Return why a command could not be read, and what was probably meant."""
    lines = [f"👎 @{ask.actor}, {inline(ask.text)} was not understood:", ""]
    lines += [f"- {read.problem}", "", commands(*filter(None, (read.suggestion, "/help")))]
    return "\n".join(lines)


def stale_button(ask: Ask) -> Refusal:
    """Return why a button of an earlier deployment does nothing any more."""
    return Refusal(
        code=Reason.STALE_BUTTON,
        reason=f"that button belongs to the deployment of `{ask.sha[:7]}`, which is over",
        remedy="type the command if you mean what is there now",
        commands=(ask.text, "/status"),
    )


def not_yet(ask: Ask) -> str:
    """Return that a command is known and cannot be followed here yet."""
    return f"👎 @{ask.actor}, {inline(ask.text)} cannot be used here yet.\n\n{commands('/help')}"


def approved(environment: str, sha: str, until: datetime, starts: Sequence[str]) -> str:
    """Return that a second person's word was kept, and what follows from it."""
    follows = (
        f"What {', '.join(f'@{who}' for who in dict.fromkeys(starts))} asked for goes on now."
        if starts
        else "Whoever deploys it now needs no other."
    )
    word = f"✅ `{sha[:7]}` is approved for `{environment}` until {until:%Y-%m-%d %H:%M} UTC."
    return f"{word} {follows}\n\n{commands(f'/deploy {environment} {sha[:7]}', '/status')}"


def reference(ask: Ask) -> str:
    """Return what the operator finds this ask by in the log."""
    return ask.key.replace("/", "-")


def problems(ask: Ask, path: str, where: str, found: Iterable[str]) -> str:
    """Return everything that is wrong with a file; `where` is the branch or the commit's hash."""
    again = f"ask again: {inline(ask.text)}" if ask.text else "push again"
    lines = [
        f"👎 `{path}` of `{where}` cannot be used, so nothing can be deployed:",
        "",
        *(f"- {clean(problem)}" for problem in found),
        "",
        f"Next: mend it, then {again}",
    ]
    return "\n".join(lines)


def refused_push(ask: Ask, body: str, now: datetime) -> CheckRun:
    """Return the check run that stands in for a reply where there is no pull request."""
    return CheckRun(
        name="deploy",
        sha=ask.sha,
        external_id=ask.key,
        status="completed",
        conclusion="failure",
        title="Nothing was deployed",
        summary=body,
        completed_at=now,
    )


def broken(ask: Ask) -> str:
    """Return the admission that something on our side is wrong."""
    return (
        f"👎 @{ask.actor}, {inline(ask.text)} could not be followed: something is "
        f"wrong on our side. Reference for the operator: `{reference(ask)}`."
    )


def help_text(plans: Sequence[EnvironmentPlan]) -> str:
    """Return the commands and what they mean in this repository."""
    lines = [
        "| command | what it does |",
        "|---|---|",
        "| `/deploy <env>` | deploys this pull request's head |",
        "| `/deploy <env> <service>…` | … only these services |",
        "| `/deploy <env> <sha>` | … exactly this commit |",
        "| `/deploy <env> <default branch>` | … the default branch |",
        "| `/deploy <env> … --now` | … to 100 % once it is healthy, without steps |",
        "| `/deploy <env> … --retry` | … also what was taken back before |",
        "| `/promote` | takes the rollout's next step now |",
        "| `/pause`, `/resume` | holds a rollout where it is, goes on |",
        "| `/abort` | ends a deployment; its traffic returns to stable |",
        "| `/rollback <env>` | returns to the release before, by traffic alone |",
        "| `/rollback <env> to <sha>` | … to the release of that commit |",
        "| `/status` | what runs where, and what is on its way |",
        "| `/help` | this |",
        "",
        "| environment | services | steps | who may |",
        "|---|---|---|---|",
        *(_environment_row(plan) for plan in plans),
        "",
        commands(*(f"/deploy {plan.name}" for plan in plans[:2]), "/status"),
    ]
    return "\n".join(lines)


def status(
    names: Sequence[str],
    places: Mapping[str, Environment],
    active: Mapping[str, Deployment],
) -> str:
    """Return what each environment runs and what is on its way there."""
    lines = ["| environment | runs | on its way | waiting |", "|---|---|---|---|"]
    lines += [_status_row(name, places.get(name), active) for name in names]
    lines += ["", commands(*(f"/deploy {name}" for name in names[:2]), "/help")]
    return "\n".join(lines)


def _environment_row(plan: EnvironmentPlan) -> str:
    services = ", ".join(service.name for service in plan.services)
    steps = " → ".join(f"{step} %" for step in plan.rollout.steps)
    pushed = f", and every push to `{plan.on_push}`" if plan.on_push else ""
    return f"| {plan.name} | {services} | {steps} | `{plan.gates.permission}` permission{pushed} |"


def _status_row(name: str, place: Environment | None, active: Mapping[str, Deployment]) -> str:
    if place is None:
        return f"| {name} | nothing yet | | |"
    live = place.live
    runs = "nothing yet"
    if live:
        origin = f" from #{live.number}" if live.number else ""
        runs = f"`{live.sha[:7]}`{origin} since {live.at:%Y-%m-%d %H:%M} UTC"
    moving = active.get(place.active)
    way = ""
    if moving:
        origin = f" from #{moving.number}" if moving.number else ""
        way = f"`{moving.sha[:7]}`{origin}: {TITLES[moving.phase].lower()}, {moving.share} %"
    return f"| {name} | {runs} | {way} | {len(place.queue) or ''} |"
