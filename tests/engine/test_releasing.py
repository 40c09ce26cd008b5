"""A release tag and its images, whichever comes first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bot.clients.store_sqlite import SqliteStore
from bot.core.action import Accepted, Conflicted, Rejected, Tag
from bot.core.deployment import Phase
from bot.core.github import BranchSeen
from bot.core.model import Ask, AskKind, Environment
from bot.core.reasons import Reason
from bot.engine.found import Answer, Found, Ignore, Later, Refuse
from bot.engine.release import GIVE_UP, release
from bot.ports import World, Write
from tests.core.rollout.simulated import REPOSITORY, deployment, service_plan
from tests.engine.worlds import world

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
OURS = deployment(service_plan("ai"), service_plan("api"))


class Outside:
    """GitHub with a deploy.yaml, and a registry that says what it is told to say."""

    def __init__(self) -> None:
        self.tags: list[Tag] = []
        self.says: Accepted | Conflicted | Rejected = Accepted(service="", operation="")
        self.down = False
        self.manifest: str | None = "project: p\n"

    def default_branch(self, repository: object) -> str:
        assert not self.down
        assert repository == REPOSITORY
        return "main"

    def branch(self, _repository: object, name: str) -> BranchSeen:
        return BranchSeen(sha=f"head of {name}")

    def file(self, _repository: object, path: str, _sha: str) -> str | None:
        assert path == "deploy.yaml"
        return self.manifest

    def pull_request_of(self, _repository: object, _sha: str) -> None:
        return None

    def tag(self, wanted: Tag) -> Accepted | Conflicted | Rejected:
        self.tags.append(wanted)
        return self.says


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def here(tmp_path: Path, outside: Outside) -> World:
    store = SqliteStore(tmp_path / "store.sqlite")
    place = Environment(key=OURS.environment_key, name="prod", repository=REPOSITORY)
    store.commit(Write(place, 0))
    return world(store=store, github=outside, registry=outside, clock=lambda: NOON)


def tagged(here: World, name: str = "v1.2.3", age: timedelta = timedelta(0)) -> Found:
    ask = Ask(
        key="7/tag/x",
        kind=AskKind.TAG,
        repository=REPOSITORY,
        actor="writer",
        ref=name,
        sha=OURS.sha,
        created_at=NOON - age,
    )
    return release(here, ask)


def built(here: World, *digests: str, phase: Phase = Phase.SUCCEEDED) -> None:
    services = tuple(replace(s, digest=d) for s, d in zip(OURS.services, digests, strict=True))
    here.store.commit(Write(replace(OURS, phase=phase, services=services), 0))


def test_a_tag_that_comes_before_its_images_waits_for_them(here: World, outside: Outside) -> None:
    outside.down = True
    assert isinstance(tagged(here), Later)
    built(here, "sha256:1", "", phase=Phase.BUILDING)
    assert isinstance(tagged(here), Later)
    assert outside.tags == []


def test_it_waits_ever_more_slowly(here: World) -> None:
    pauses = [
        found.until - NOON
        for hours in (0, 1, 12)
        if isinstance(found := tagged(here, age=timedelta(hours=hours)), Later)
    ]
    assert pauses == [timedelta(seconds=15), timedelta(minutes=10), timedelta(minutes=10)]


def test_every_image_of_the_commit_gets_the_version(here: World, outside: Outside) -> None:
    built(here, "sha256:1", "sha256:2")
    found = tagged(here)
    assert isinstance(found, Answer)
    assert [(tag.image, tag.tag, tag.digest, tag.moves) for tag in outside.tags] == [
        ("images/ai", "v1.2.3", "sha256:1", False),
        ("images/api", "v1.2.3", "sha256:2", False),
    ]


def test_a_commit_that_nobody_builds_is_told_after_a_day(here: World) -> None:
    found = tagged(here, age=GIVE_UP + timedelta(seconds=1))
    assert isinstance(found, Refuse)
    assert found.reasons == (Reason.NOTHING_BUILT,)


def test_a_registry_that_refuses_is_asked_again_for_a_day(here: World, outside: Outside) -> None:
    built(here, "sha256:1", "sha256:2")
    outside.says = Rejected(service="x", detail="no leave")
    assert isinstance(tagged(here), Later)
    found = tagged(here, age=GIVE_UP + timedelta(seconds=1))
    assert isinstance(found, Refuse)
    assert "`images/ai:v1.2.3`: no leave" in found.body


def test_a_version_of_another_image_is_told_at_once(here: World, outside: Outside) -> None:
    built(here, "sha256:1", "sha256:2")
    outside.says = Conflicted(service="x")
    found = tagged(here)
    assert isinstance(found, Refuse)
    assert found.reasons == (Reason.NOT_NAMED,)


def test_where_nothing_is_deployed_tags_are_nobodys_business(here: World, outside: Outside) -> None:
    outside.manifest = None
    assert isinstance(tagged(here, "v1"), Ignore)
