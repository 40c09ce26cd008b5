"""Buttons: those that are right now, within GitHub's limits, and none that do nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from bot.core.command import parse
from bot.core.control import Pause
from bot.core.deployment import Deployment, Phase
from bot.core.environment import pressed
from bot.core.report.controls import buttons, controls
from bot.core.told import Told
from tests.core.rollout.simulated import deployment, service_plan

MADE = deployment(service_plan("web"))
NOW = MADE.created_at
PAUSED = Pause(by="writer", since=NOW, until=NOW + timedelta(days=7))


def at(phase: Phase, share: int = 20, **more: object) -> Deployment:
    """The deployment in a phase."""
    return replace(MADE, phase=phase, share=share, **more)


def shown(made: Deployment) -> tuple[str, ...] | None:
    """The labels of the buttons, or nothing where no run stands."""
    run = controls(made, NOW)
    return None if run is None else tuple(button.label for button in run.buttons)


@pytest.mark.parametrize(
    ("made", "labels"),
    [
        (at(Phase.QUEUED), None),
        (at(Phase.BUILDING), None),
        (at(Phase.SMOKE), None),
        (at(Phase.SMOKE, paused=PAUSED), ("Resume", "Abort")),
        (at(Phase.SHIFTING), ("Promote", "Pause", "Abort")),
        (at(Phase.SHIFTING, paused=PAUSED), ("Resume", "Promote", "Abort")),
        (at(Phase.SHIFTING, approval_since=NOW), ("Promote", "Abort")),
        (at(Phase.SHIFTING, share=100), None),
        (at(Phase.WATCHING), ("Roll back",)),
        (at(Phase.SUCCEEDED), ("Roll back",)),
        (at(Phase.FAILED, finished_at=NOW), None),
        (at(Phase.ROLLED_BACK, finished_at=NOW, told=Told(controls=1)), ()),
    ],
)
def test_the_buttons_are_those_that_are_right(
    made: Deployment, labels: tuple[str, ...] | None
) -> None:
    assert shown(made) == labels


def test_the_run_is_completed_and_keeps_its_name() -> None:
    run = controls(at(Phase.SHIFTING), NOW)
    assert run is not None
    assert (run.name, run.status, run.conclusion) == (
        "deploy / prod · controls",
        "completed",
        "neutral",
    )


def test_a_wait_for_approval_asks_for_action() -> None:
    run = controls(at(Phase.SHIFTING, approval_since=NOW), NOW)
    assert run is not None
    assert run.conclusion == "action_required"


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("paused", [None, PAUSED])
def test_every_button_is_a_command_within_githubs_limits(phase: Phase, paused: Pause) -> None:
    made = at(phase, paused=paused)
    offered = buttons(made)
    assert len(offered) <= 3
    for button in offered:
        assert len(button.label) <= 20
        assert len(button.identifier) <= 20
        assert len(button.description) <= 40
        assert type(parse(pressed(made, button.identifier))).__name__.lower() == button.identifier
