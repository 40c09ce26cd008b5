"""What is judged anew when a deployment's turn comes: what cannot be read refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Self

import pytest
from msgspec.structs import replace

from bot.clients.store_sqlite import SqliteStore
from bot.core.gates import Gates
from bot.core.github import BranchSeen, PullRequest
from bot.core.reasons import Reason
from bot.core.standing import Standing
from bot.engine.standing import refusals_now
from tests.core.rollout.simulated import START, deployment, service_plan
from tests.engine.worlds import world

if TYPE_CHECKING:
    from pathlib import Path

    from bot.core.deployment import Deployment
    from bot.ports import World

BEFORE, NOW = "b" * 40, "c" * 40
STANDING = Standing(branch="main", asked_at=START, judged_at=START, first_seen=START)


class GitHub:
    """A repository whose default branch has moved on, and in which no pull request is left."""

    def at_a_glance(self, *_: object) -> Self:
        return self

    def pull_request(self, *_: object) -> PullRequest | None:
        return None

    def permission(self, *_: object) -> str:
        return "write"

    def branch(self, *_: object) -> BranchSeen:
        return BranchSeen(sha=NOW)

    def behind(self, _repository: object, _sha: str, branch: str) -> int:
        return 1 if branch == NOW else 0


class Open(GitHub):
    """The same with the pull request that was judged."""

    def pull_request(self, *_: object) -> PullRequest:
        return PullRequest(
            number=1,
            title="",
            state="open",
            merged=False,
            draft=False,
            head_sha=MADE.sha,
            head_repository=MADE.repository.id,
            base_ref="main",
            default_branch="main",
        )


MADE = replace(
    deployment(service_plan("ai")),
    number=1,
    trusted_sha=BEFORE,
    standing=replace(STANDING, asked_at=START + timedelta(seconds=1)),
)


def turn(tmp_path: Path, github: object, *, minutes: int) -> World:
    """The world when the deployment's turn comes."""
    store = SqliteStore(tmp_path / "store.sqlite")
    return world(clock=lambda: START + timedelta(minutes=minutes), store=store, github=github)


def with_gates(gates: Gates) -> Deployment:
    return replace(MADE, plan=replace(MADE.plan, gates=gates))


@pytest.mark.parametrize("minutes", [0, 2])
def test_a_pull_request_that_is_gone_speaks_for_nothing(tmp_path: Path, minutes: int) -> None:
    """GitHub shows none of somebody whose account it hides."""
    found = refusals_now(turn(tmp_path, GitHub(), minutes=minutes), MADE)
    assert [refusal.code for refusal in found] == [Reason.NO_PULL_REQUEST]
    assert refusals_now(turn(tmp_path, Open(), minutes=minutes), MADE) == ()


def test_a_commit_is_up_to_date_with_the_branch_as_it_is_then(tmp_path: Path) -> None:
    strict = with_gates(Gates(up_to_date="require"))
    assert refusals_now(turn(tmp_path, Open(), minutes=0), strict) == ()
    found = refusals_now(turn(tmp_path, Open(), minutes=2), strict)
    assert [refusal.code for refusal in found] == [Reason.NOT_UP_TO_DATE]


class Unasked(GitHub):
    """A repository of which nothing has to be read."""

    def at_a_glance(self, *_: object) -> Self:
        raise AssertionError


def test_a_push_whose_gates_look_at_nothing_costs_nothing(tmp_path: Path) -> None:
    pushed = replace(MADE, number=None, standing=replace(STANDING, pushed=True))
    assert refusals_now(turn(tmp_path, Unasked(), minutes=2), pushed) == ()
