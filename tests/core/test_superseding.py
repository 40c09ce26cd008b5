"""Which deployments give way to which."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bot.core.deployment import Deployment, Phase
from bot.core.environment import enqueued
from bot.core.model import Environment, Release
from bot.core.superseding import gives_way, names
from tests.core.rollout.simulated import REPOSITORY, START, deployment, service_plan

EMPTY = Environment(key="7/prod", name="prod", repository=REPOSITORY)


def one(name: str, branch: str = "", phase: Phase = Phase.QUEUED, number: int = 1) -> Deployment:
    made = deployment(service_plan("ai"))
    return replace(made, id=name, branch=branch, phase=phase, number=number)


def rollback(name: str) -> Deployment:
    release = Release(deployment="d", sha="c" * 40, number=1, at=START, services={})
    return replace(one(name), restores=release, actor="owner")


def latest_wins(made: Deployment) -> Deployment:
    return replace(made, plan=replace(made.plan, superseding="latest_wins"))


ACTIVE = replace(EMPTY, active="old")
WAITING = enqueued(EMPTY, "old")


@pytest.mark.parametrize(
    ("older", "newer", "place", "expected"),
    [
        (one("old", "main"), one("new", "main"), WAITING, True),
        (one("old", "main"), one("new", "release"), WAITING, False),
        (one("old", "main"), one("new"), WAITING, False),
        (one("old"), one("new", "main"), WAITING, False),
        (one("old", "main", Phase.BUILDING), one("new", "main"), ACTIVE, False),
        (one("old", "", Phase.SHIFTING), latest_wins(one("new")), ACTIVE, True),
        (one("old"), latest_wins(one("new")), WAITING, True),
        (one("old", "", Phase.ROLLING_BACK), latest_wins(one("new")), ACTIVE, False),
        (rollback("old"), latest_wins(one("new")), WAITING, False),
        (rollback("old"), rollback("new"), ACTIVE, False),
        (one("old", "", Phase.SHIFTING), rollback("new"), ACTIVE, True),
        (one("old", "main"), rollback("new"), WAITING, False),
        (one("old"), latest_wins(one("old")), WAITING, False),
    ],
)
def test_what_gives_way(
    older: Deployment, newer: Deployment, place: Environment, expected: object
) -> None:
    assert gives_way(older, newer, place) is expected


def test_what_takes_a_place_is_named() -> None:
    assert names(one("new", "main")) == "aaaaaaa, the newer push to main"
    assert names(one("new", number=12)) == "aaaaaaa of pull request 12"
    assert names(rollback("new")) == "the rollback to ccccccc that owner asked for"
