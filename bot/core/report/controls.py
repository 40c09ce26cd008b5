"""The check run `deploy / <environment> · controls`: what can be done now, as buttons.

GitHub shows buttons on completed runs only, and a completed run cannot go back to in_progress.
So the live run has none, and this one, completed from the start, is made anew whenever other
buttons are right. They are a convenience: each does what the command of its name does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.deployment import Deployment, Phase
from bot.core.github import Button, CheckRun
from bot.core.report.holding import next_commands
from bot.core.report.phrases import commands, title
from bot.core.rollout.turn import ENDS, more_levels

if TYPE_CHECKING:
    from datetime import datetime

MOST = 3
_BUTTONS = {
    "promote": ("Promote", "Take the next step now"),
    "pause": ("Pause", "Leave the traffic as it is"),
    "resume": ("Resume", "Go on"),
    "abort": ("Abort", "End it and return traffic to stable"),
    "rollback": ("Roll back", "Return to the release before"),
}
FULL = 100


def name(environment: str) -> str:
    """Return the run's name, which stays, so that people can find it and leave it out."""
    return f"deploy / {environment} · controls"


def buttons(deployment: Deployment) -> tuple[Button, ...]:
    """Return what can be done now: the commands that are offered, where they have a button."""
    verbs = (line.removeprefix("/").split()[0] for line in next_commands(deployment))
    return tuple(_button(verb) for verb in verbs if verb in _BUTTONS)[:MOST]


def controls(deployment: Deployment, now: datetime) -> CheckRun | None:
    """Return the run that should stand, or None while none is needed."""
    told, offered = deployment.told, buttons(deployment) if _shown(deployment) else ()
    if not offered and not (told.controls and deployment.finished_at):
        return None
    waits = deployment.phase is Phase.SHIFTING and deployment.approval_since is not None
    return CheckRun(
        name=name(deployment.environment),
        sha=deployment.sha,
        external_id=f"{deployment.id}/controls/{told.controls}",
        status="completed",
        conclusion="action_required" if waits else "neutral",
        title="Waits for somebody's approval" if waits else _title(deployment, offered),
        summary=commands(*next_commands(deployment)),
        buttons=offered,
        completed_at=now,
    )


def _shown(deployment: Deployment) -> bool:
    """Tell whether buttons are of use: before traffic moves they would come and go in seconds."""
    if deployment.phase is Phase.SHIFTING:
        return deployment.share < FULL or more_levels(deployment)
    held = deployment.paused is not None and deployment.phase not in ENDS
    return held or deployment.phase in {Phase.WATCHING, Phase.SUCCEEDED}


def _button(verb: str) -> Button:
    label, description = _BUTTONS[verb]
    return Button(label=label, identifier=verb, description=description)


def _title(deployment: Deployment, offered: tuple[Button, ...]) -> str:
    if not offered:
        return title(deployment, 0)
    return " · ".join(button.label for button in offered)
