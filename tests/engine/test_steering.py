"""What is steered: never what was asked for later, nothing upwards long after it was written."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Self

import pytest
from msgspec.structs import replace

from bot.clients.store_sqlite import SqliteStore
from bot.core import command
from bot.core.deployment import Deployment, Phase
from bot.core.events import Look, encode
from bot.core.github import BranchSeen, PullRequest
from bot.core.manifest import Manifest, parse
from bot.core.model import Ask, AskKind, Environment, Lock, Release, ReleasedService
from bot.core.reasons import Reason
from bot.engine.admit import admit
from bot.engine.asked import Asked
from bot.engine.found import Accept, Answer, Refuse
from bot.engine.rules import Rules, rules_at
from bot.engine.steering import steer
from bot.ports import World, Write
from tests.core.manifest.test_problems import GOOD
from tests.core.rollout.simulated import REPOSITORY, START, deployment, service_plan
from tests.engine.worlds import world

if TYPE_CHECKING:
    from pathlib import Path

MINUTE = timedelta(minutes=1)
LIVE = Release(
    deployment="live",
    sha="1" * 40,
    number=None,
    at=START,
    services={"ai": ReleasedService(revision="r", digest="d", settings_hash="h", sha="1" * 40)},
)


class Roles:
    """Everybody may write."""

    def permission(self, _repository: object, _login: str) -> str:
        return "write"


class GitHub(Roles):
    """A pull request of a repository that can be deployed."""

    def at_a_glance(self, *_: object) -> Self:
        return self

    def pull_request(self, _repository: object, number: int) -> PullRequest:
        return PullRequest(
            number=number,
            title="",
            state="open",
            merged=False,
            draft=False,
            head_sha="a" * 40,
            head_repository=REPOSITORY.id,
            base_ref="main",
            default_branch="main",
        )

    def branch(self, _repository: object, _name: str) -> BranchSeen:
        return BranchSeen(sha="b" * 40)

    def file(self, _repository: object, _path: str, _sha: str) -> str:
        return GOOD


class Voice:
    """GitHub, as far as it hears us."""

    def react(self, _repository: object, _comment: int, _content: str) -> None:
        """Take it."""

    def comment(self, _repository: object, _number: int, _body: str) -> int:
        return 1


class Topic:
    """What was published."""

    def __init__(self) -> None:
        self.said: list[bytes] = []

    def publish(self, data: bytes, _attributes: dict[str, str]) -> None:
        self.said.append(data)


class Overtaken(SqliteStore):
    """A store in which a look comes between the first decision about a deployment and its write."""

    looks = 1

    def commit(self, *writes: Write) -> bool:
        changed = [write for write in writes if isinstance(write.record, Deployment)]
        if changed and changed[0].version and self.looks:
            self.looks -= 1
            found = self.get(Deployment, changed[0].record.key)
            assert found is not None
            super().commit(Write(replace(found[0], waiting="looked"), found[1]))
        return super().commit(*writes)


def ask(key: str, minutes: int, number: int = 1) -> Ask:
    return Ask(
        key=key,
        kind=AskKind.COMMENT,
        repository=REPOSITORY,
        actor="writer",
        number=number,
        created_at=START + minutes * MINUTE,
    )


def at_a_step(tmp_path: Path, *, now: int) -> World:
    """A canary of pull request 1 in prod, asked for in minute 10."""
    store = SqliteStore(tmp_path / "store.sqlite")
    made = world(
        clock=lambda: START + now * MINUTE, store=store, github=Roles(), publisher=object()
    )
    going = replace(
        deployment(service_plan("ai")),
        ask="7/deploy/0",
        number=1,
        phase=Phase.SHIFTING,
        share=5,
        share_since=START,
    )
    place = Environment(key="7/prod", name="prod", repository=REPOSITORY, active=going.id)
    assert store.commit(Write(ask("7/deploy/0", minutes=10), 0), Write(going, 0), Write(place, 0))
    return made


def asked(minutes: int, number: int = 1) -> Asked:
    manifest = parse(GOOD)
    assert isinstance(manifest, Manifest)
    rules = Rules(branch="main", sha="b" * 40, manifest=manifest)
    return Asked(ask=ask("7/control/0", minutes, number), pull=None, rules=rules, manifest=manifest)


def test_what_was_asked_for_later_is_not_met(tmp_path: Path) -> None:
    found = steer(at_a_step(tmp_path, now=30), command.Abort(environment="prod"), asked(9))
    assert isinstance(found, Refuse)
    assert found.reasons == (Reason.NOTHING_GOING,)


@pytest.mark.parametrize("late", [command.Promote(), command.Resume()])
def test_what_goes_up_is_not_followed_late(tmp_path: Path, late: command.Steering) -> None:
    found = steer(at_a_step(tmp_path, now=60), late, asked(11))
    assert isinstance(found, Refuse)
    assert found.reasons == (Reason.TOO_LATE,)
    assert f"Next: `/{type(late).__name__.lower()} prod`" in found.body


@pytest.mark.parametrize("late", [command.Abort(), command.Pause()])
def test_what_makes_things_safer_is_followed_however_late(
    tmp_path: Path, late: command.Steering
) -> None:
    found = steer(at_a_step(tmp_path, now=60), late, asked(11))
    assert isinstance(found, Answer)
    changed = [write.record for write in found.records if isinstance(write.record, Deployment)]
    assert changed[0].phase is Phase.ROLLING_BACK or changed[0].paused


def test_another_pull_request_names_the_environment_or_steers_nothing(tmp_path: Path) -> None:
    there = at_a_step(tmp_path, now=12)
    found = steer(there, command.Abort(), asked(11, number=2))
    assert isinstance(found, Refuse)
    assert "No deployment of this pull request is on its way" in found.body
    assert "Next: `/abort prod`" in found.body
    assert isinstance(steer(there, command.Abort(environment="prod"), asked(11, number=2)), Answer)


def test_a_rollback_from_traffic_not_yet_seen_goes_to_what_is_live(tmp_path: Path) -> None:
    world = at_a_step(tmp_path, now=11)
    for kind, key in ((Environment, "7/prod"), (Deployment, "d1")):
        found = world.store.get(kind, key)
        assert found is not None
        changed = {"live": LIVE} if kind is Environment else {"share": 100, "share_since": None}
        assert world.store.commit(Write(replace(found[0], **changed), found[1]))
    made_it = replace(deployment(service_plan("ai")), id=LIVE.deployment)
    assert world.store.commit(Write(made_it, 0))
    found = steer(world, command.Rollback(environment="prod"), asked(11))
    assert isinstance(found, Accept)
    assert found.deployments[0].restores == LIVE


def test_a_look_in_between_costs_no_tick(tmp_path: Path) -> None:
    topic = Topic()
    there = at_a_step(tmp_path, now=12)
    store = Overtaken(tmp_path / "store.sqlite")
    there = replace(there, store=store, publisher=topic, github=GitHub(), voice=Voice())
    asked = replace(ask("7/100/0", 11), text="/abort", comment_id=100, wake_at=START)
    assert store.commit(Write(asked, 0))
    assert admit(there, asked.key) == ()
    assert topic.said == [encode(Look(ask=asked.key))]
    assert admit(there, asked.key) == ("7/prod",)
    found = store.get(Deployment, "d1")
    assert found is not None
    assert found[0].phase is Phase.ROLLING_BACK


class Broken(GitHub):
    """The same, after somebody merged a deploy.yaml that cannot be used, or took prod out of it."""

    def __init__(self, text: str) -> None:
        """Take what stands in deploy.yaml by now."""
        self.text = text

    def branch(self, _repository: object, _name: str) -> BranchSeen:
        return BranchSeen(sha="9" * 40)

    def file(self, _repository: object, _path: str, sha: str) -> str:
        return GOOD if sha == TRUSTED else self.text


TRUSTED = deployment(service_plan("ai")).trusted_sha


BROKEN, RENAMED = "environments: [", GOOD.replace("  prod:", "  live:")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (BROKEN, "/abort"),
        (BROKEN, "/pause prod"),
        (BROKEN, "/rollback prod"),
        (RENAMED, "/abort"),
        (RENAMED, "/pause prod"),
    ],
)
def test_the_brake_works_whatever_became_of_the_rules(tmp_path: Path, text: str, line: str) -> None:
    there = at_a_step(tmp_path, now=12)
    found = there.store.get(Environment, "7/prod")
    assert found is not None
    made_it = replace(deployment(service_plan("ai")), id=LIVE.deployment)
    live = Write(replace(found[0], live=LIVE), found[1])
    assert there.store.commit(live, Write(made_it, 0))
    rules_at(replace(there, github=GitHub()), REPOSITORY, "main")
    there = replace(there, publisher=Topic(), github=Broken(text), voice=Voice())
    asked = replace(ask("7/100/0", 11), text=line, comment_id=100, wake_at=START)
    assert there.store.commit(Write(asked, 0))
    assert admit(there, asked.key) == ("7/prod",)


def test_nothing_begins_by_rules_that_cannot_be_used(tmp_path: Path) -> None:
    there = at_a_step(tmp_path, now=12)
    rules_at(replace(there, github=GitHub()), REPOSITORY, "main")
    there = replace(there, publisher=Topic(), github=Broken(BROKEN), voice=Voice())
    asked = replace(ask("7/100/0", 11), text="/deploy prod", comment_id=100, wake_at=START)
    assert there.store.commit(Write(asked, 0))
    assert admit(there, asked.key) == ()
    found = there.store.get(Ask, asked.key)
    assert found is not None
    assert found[0].reasons == (Reason.BAD_MANIFEST,)


def test_a_lock_can_be_taken_from_an_environment_that_is_named_no_more(tmp_path: Path) -> None:
    there = at_a_step(tmp_path, now=12)
    found = there.store.get(Environment, "7/prod")
    assert found is not None
    lock = Lock(key="k", reason="trouble", owner="owner", since=START)
    assert there.store.commit(Write(replace(found[0], lock=lock), found[1]))
    there = replace(there, publisher=Topic(), github=Broken(RENAMED), voice=Voice())
    for number, line in (("100", "/unlock prd"), ("101", "/unlock prod")):
        asked = replace(ask(f"7/{number}/0", 11), text=line, comment_id=100, wake_at=START)
        assert there.store.commit(Write(asked, 0))
        admit(there, asked.key)
    found = there.store.get(Environment, "7/prod")
    assert found is not None
    assert found[0].lock is None
