"""From deploy.yaml and stable's last day to the rule of one rollout."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bot.core.deployment import Phase
from bot.core.rollout.planning import verdict_config
from bot.core.route import Policy
from tests.core.rollout.simulated import Faults, World, deployment, service_plan

if TYPE_CHECKING:
    from bot.core.deployment import Deployment
    from bot.core.sight import Sight

AI, API = service_plan("ai"), service_plan("api")


def under(going: Deployment, **rollout: object) -> Deployment:
    """Return a deployment with other keys of `rollout:`."""
    return replace(going, plan=replace(going.plan, rollout=replace(going.plan.rollout, **rollout)))


def alphas(going: Deployment) -> list[float]:
    return [verdict_config(going, service).alpha for service in going.services]


def test_services_that_are_judged_share_alpha() -> None:
    assert alphas(deployment(AI)) == [0.01]
    assert alphas(deployment(AI, API)) == [0.005, 0.005]
    both = deployment(AI, API)
    one_is_new = replace(both, services=(both.services[0], replace(both.services[1], first=True)))
    assert alphas(one_is_new)[0] == 0.01


@pytest.mark.parametrize(
    ("key", "faults"),
    [
        ("on_not_enough_traffic", Faults(thin=True)),
        ("on_metrics_down", Faults(down="503")),
    ],
)
def test_in_shadow_no_policy_takes_traffic_back(key: str, faults: Faults) -> None:
    world = World(faults).with_stable("ai")
    ended = world.play(under(deployment(AI), judge="shadow", **{key: Policy.ROLL_BACK}), looks=2000)
    assert (ended.phase, ended.failure) == (Phase.SUCCEEDED, None)


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ((20, 100), "steps 20 % → 100 %, from deploy.yaml"),
        ((100,), "no steps: deploy.yaml wants all traffic at once"),
    ],
)
def test_the_first_share_says_whose_steps_they_are(steps: tuple[int, ...], why: str) -> None:
    ended = World().with_stable("ai").play(deployment(AI, steps=steps))
    assert (ended.steps_taken[0].share, ended.steps_taken[0].why) == (steps[0], why)


@dataclass
class Told(World):
    """Cloud Monitoring says where its slow answers begin."""

    slow_above: float = 0.0

    def seen(self, deployment: Deployment) -> Sight:
        seen = super().seen(deployment)
        days = {name: replace(day, slow_above=self.slow_above) for name, day in seen.days.items()}
        return replace(seen, days=days)


@pytest.mark.parametrize("boundary", [math.inf, math.nan, 1e300, 1e10, -1.0])
def test_a_boundary_beyond_every_answer_is_none(boundary: float) -> None:
    ended = Told(slow_above=boundary).with_stable("ai").play(deployment(AI))
    assert (ended.phase, ended.services[0].slow_above) == (Phase.SUCCEEDED, 0.0)
