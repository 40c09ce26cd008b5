"""`/help`: every command, and what this repository's deploy.yaml makes of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from bot.core.command import USAGE, duration
from bot.core.gates import demands_live
from bot.core.report.phrases import cell, commands

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.configuration import EnvironmentPlan, Rollout
    from bot.core.gates import Gates

MEANS = {
    "deploy": "deploys this pull request's head, or the commit named; all services, or those named",
    "plan": "says what that would do, gate by gate and service by service, and does nothing",
    "promote": "takes the rollout's next step now",
    "pause": "leaves the traffic where it is",
    "resume": "goes on after a pause, or after somebody else moved the traffic",
    "abort": "ends a deployment and returns its traffic to stable",
    "rollback": "returns to the release before, or to that of a commit: traffic only, no build",
    "approve": "gives the second person's word for one commit",
    "status": "what runs where, what is on its way, who locked what",
    "history": "what went there, and how it ended",
    "lock": "keeps deployments out until somebody unlocks",
    "unlock": "lets them in again; what waits starts by itself",
    "help": "this",
}

OPTIONS = {
    "--now": "to all traffic once it is healthy, without the steps between",
    "--retry": "also what was rolled back before",
    "--replace #12": "may push out the change of #12 that runs there",
    '--override --reason "…"': "in a closed window or freeze, for administrators",
    '--reason "…"': "stays on record",
}


def manual(plans: Sequence[EnvironmentPlan], required: Sequence[str] = ()) -> str:
    """Return the commands, then the environments with their services, steps and gates.

    `required` names those whose check every pull request gets.
    """
    lines = [
        "| command | what it does |",
        "|---|---|",
        *(f"| {cell(usage)} | {MEANS[name]} |" for name, usage in USAGE.items()),
        *(f"| `/deploy` … {cell(option)} | … {what} |" for option, what in OPTIONS.items()),
        "",
        "| environment | services | steps | who may | gates |",
        "|---|---|---|---|---|",
        *(_environment(plan, required) for plan in plans),
        "",
        commands(*(f"/plan {plan.name}" for plan in plans[:2]), "/status"),
    ]
    return "\n".join(lines)


def _environment(plan: EnvironmentPlan, required: Sequence[str]) -> str:
    services = ", ".join(service.name for service in plan.services)
    pushed = f", and every push to `{plan.on_push}`" if plan.on_push else ""
    who = f"`{plan.gates.permission}` permission{_teams(plan.gates)}{pushed}"
    gates = ", ".join((*(["`required`"] if plan.name in required else []), _gates(plan)))
    return f"| {plan.name} | {services} | {steps(plan.rollout)} | {who} | {gates} |"


def steps(rollout: Rollout) -> str:
    """Return a rollout's steps and its watch."""
    shares = " → ".join(
        f"{step} %{' (approved)' if step in rollout.approve else ''}" for step in rollout.steps
    )
    shares = shares or "as many steps as the traffic asks for"
    return f"{shares}, watched {duration(rollout.watch)}" if rollout.watch else shares


def _teams(gates: Gates) -> str:
    return "".join(f" or `{team}`" for team in gates.teams)


def _gates(plan: EnvironmentPlan) -> str:
    """Return the gates as deploy.yaml writes them: those that hold here, and the one on forks."""
    given = msgspec.structs.asdict(plan.gates)
    usual = msgspec.structs.asdict(type(plan.gates)())
    if demands_live(plan.name, plan.gates):
        given["contains_live"] = True
    shown = {
        key: value
        for key, value in given.items()
        if key not in {"permission", "teams"} and (value != usual[key] or key == "forks")
    }
    return ", ".join(cell(f"{key}: {_value(value)}") for key, value in shown.items())


def _value(value: object) -> str:
    match value:
        case timedelta():
            return duration(value)
        case bool():
            return str(value).lower()
        case tuple():
            return ", ".join(_value(one) for one in value)
        case msgspec.Struct():
            said = msgspec.structs.asdict(value)
            return " ".join(str(one) for one in said.values() if one)
        case _:
            return str(value)
