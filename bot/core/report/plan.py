"""`/plan`: what a deployment would do, service by service and gate by gate, before anybody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from bot.core.configuration import ServicePlan
from bot.core.deployment import Deployment
from bot.core.model import Refusal
from bot.core.report.manual import steps
from bot.core.report.phrases import block, cell, clean, commands, sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.configuration import CloudRun

GATES = {
    "permission": "permission",
    "fresh": "asked for just now",
    "opened": "pull request open",
    "draft": "no draft",
    "base": "base branch",
    "fork": "forks",
    "default_branch_only": "default branch only",
    "known_head": "known head",
    "up_to_date": "up to date",
    "contains_live": "contains what is live",
    "after": "succeeded before elsewhere",
    "checks": "checks",
    "approvals": "approvals",
    "objections": "no changes requested",
    "two_person": "second person",
    "calendar": "windows and freezes",
}
"""Each gate as people call it."""


class Change(Struct, frozen=True, kw_only=True):
    """What a deployment would do to one service."""

    plan: ServicePlan
    digest: str
    """The image that would be used again; empty when one would be built."""
    live: ServicePlan | None
    """What the environment's record says runs now; None where it says nothing."""
    same: bool
    """Whether image and settings are what runs now."""


class Outlook(Struct, frozen=True, kw_only=True):
    """Everything that `/plan` has to say."""

    made: Deployment
    """As it would begin; it is not kept."""
    changes: tuple[Change, ...]
    against: tuple[Refusal, ...]
    awaited: tuple[Refusal, ...]
    passed: tuple[str, ...]
    """Gates that have nothing against it, by their function's name."""
    ahead: int
    """Deployments that would go first."""
    at_once: bool
    forecast: tuple[str, ...] = ()
    """What the steps can promise, from last week's traffic."""


def plan_text(seen: Outlook) -> str:
    """Return what the deployment would do; nothing is done."""
    made = seen.made
    origin = f" from #{made.number}" if made.number else ""
    parts = [
        (
            f"**Plan for `{made.environment}`: `{made.sha[:7]}`{origin}.** {_outcome(seen)} "
            "Nothing was done."
        ),
        _services(seen.changes),
        f"Steps: {_steps(seen)}.",
        *_forecast(seen),
        _gates(seen),
        *(f"**Note:** {clean(note)}" for note in made.plan.notes),
        commands(*dict.fromkeys((*_remedies(seen), f"/status {made.environment}"))),
    ]
    return "\n\n".join(parts)


def _forecast(seen: Outlook) -> list[str]:
    if seen.at_once or not seen.forecast:
        return []
    return ["Forecast from last week's traffic:\n\n" + block("\n".join(seen.forecast))]


def _outcome(seen: Outlook) -> str:
    if seen.against:
        return "It would be refused."
    if all(change.same for change in seen.changes):
        return "It would change nothing."
    if seen.awaited:
        return "It would wait for its gates."
    return f"It would wait for {seen.ahead} before it." if seen.ahead else "It would start at once."


def _services(changes: Sequence[Change]) -> str:
    rows = ["| service | image | settings |", "|---|---|---|"]
    rows += [f"| {one.plan.name} | {_image(one)} | {_settings(one)} |" for one in changes]
    return "\n".join(rows)


def _image(change: Change) -> str:
    if change.same:
        return "the one that runs"
    return f"used again: `{change.digest[:19]}`" if change.digest else "is built"


def _settings(change: Change) -> str:
    if change.live is None:
        return "compared with the service when it begins"
    before, after = (_flat(one.cloud_run) for one in (change.live, change.plan))
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    if not keys:
        return "as they are"
    return "<br>".join(_differing(key, before.get(key), after.get(key)) for key in keys)


def _differing(key: str, before: object, after: object) -> str:
    if before is None:
        return f"{cell(f'{key}: {after}')} is new"
    if after is None:
        return f"{cell(key)} is no longer named"
    return f"{cell(f'{key}: {before}')} → {cell(str(after))}"


def _flat(settings: CloudRun) -> dict[str, object]:
    """Return the settings that are named, variables one by one."""
    named: dict[str, object] = msgspec.to_builtins(settings)
    flat: dict[str, object] = {}
    for key, value in named.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{name}": inner for name, inner in value.items()}
        else:
            flat[key] = value
    return flat


def _steps(seen: Outlook) -> str:
    return "to 100 % at once" if seen.at_once else steps(seen.made.plan.rollout)


def _gates(seen: Outlook) -> str:
    lines = [f"- ❌ {sentence(one.reason)}{_remedy(one)}" for one in seen.against]
    lines += [f"- ⏳ {sentence(one.reason)}{_remedy(one)}" for one in seen.awaited]
    fine = ", ".join(GATES.get(name, name) for name in seen.passed)
    return "\n".join(["Gates:", "", *lines, *([f"- ✅ {fine}"] if fine else [])])


def _remedy(refusal: Refusal) -> str:
    return f" {sentence(refusal.remedy)}" if refusal.remedy else ""


def _remedies(seen: Outlook) -> tuple[str, ...]:
    offered = [line for one in (*seen.against, *seen.awaited) for line in one.commands]
    return tuple(offered) or (seen.made.command,)
