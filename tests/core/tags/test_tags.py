"""Which tags an image should carry, and which names are versions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from bot.core import tags
from bot.core.deployment import Phase
from bot.core.model import Environment, Release, ReleasedService
from tests.core.rollout.simulated import REPOSITORY, deployment, service_plan

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def live(deployment_id: str, **digests: str) -> Environment:
    services = {
        name: ReleasedService(revision="r", digest=digest, settings_hash="s", sha="c")
        for name, digest in digests.items()
    }
    release = Release(deployment=deployment_id, sha="c", number=None, at=NOW, services=services)
    return Environment(key="7/prod", name="prod", repository=REPOSITORY, live=release)


def written(phase: Phase, place: Environment, **fields: object) -> list[str]:
    made = deployment(service_plan("ai"), service_plan("api"))
    services = tuple(replace(one, digest="new", **fields) for one in made.services)
    ours = replace(made, phase=phase, services=services)
    return [tags.written(tag) for tag in tags.wanted(ours, place)]


def test_only_an_image_that_was_used_again_needs_the_commit() -> None:
    sha = "a" * 40
    assert written(Phase.STAGING, live("other"), build="projects/p/builds/1") == []
    assert written(Phase.STAGING, live("other")) == [
        f"images/ai:{sha}@new",
        f"images/api:{sha}@new",
    ]
    assert written(Phase.STAGING, live("other"), changed=False) == []


@pytest.mark.parametrize("phase", [Phase.WATCHING, Phase.SUCCEEDED])
def test_the_environment_follows_what_is_live(phase: Phase) -> None:
    place = live("d1", ai="new", api="kept")
    assert written(phase, place, build="b") == ["images/ai:prod@new", "images/api:prod@kept"]
    assert written(phase, live("a later one", ai="newer"), build="b") == []


def test_after_a_rollback_the_environment_names_what_ran_before() -> None:
    assert written(Phase.ROLLED_BACK, live("d0", ai="old"), build="b") == ["images/ai:prod@old"]


@pytest.mark.parametrize("phase", [Phase.SHIFTING, Phase.FAILED, Phase.QUEUED])
def test_before_and_without_success_the_environment_stays(phase: Phase) -> None:
    assert written(phase, live("d1", ai="old"), build="b") == []


def test_an_environment_where_nothing_was_released_has_no_name() -> None:
    empty = Environment(key="7/prod", name="prod", repository=REPOSITORY)
    assert written(Phase.SUCCEEDED, empty, build="b") == []


@pytest.mark.parametrize("name", ["v0.0.0", "v1.2.3", "v10.20.30", "v1.2.3-rc.1", "v1.2.3-x-y.0"])
def test_versions(name: str) -> None:
    assert tags.is_meant(name)
    assert tags.trouble(name) == ""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("latest", "says nothing"),
        ("v1", "no version"),
        ("v1.2", "no version"),
        ("1.2.3", "no version"),
        ("v01.2.3", "no version"),
        ("v1.2.3.4", "no version"),
        ("v1.2.3-", "no version"),
        ("v1.2.3-ä", "no version"),
        ("v1.2.3\n", "no version"),
        ("v1.2.3+build.5", "no `+`"),
        (f"v1.2.3-{'a' * 130}", "at most 128"),
    ],
)
def test_what_wants_to_be_a_version_and_is_none(name: str, why: str) -> None:
    assert tags.is_meant(name)
    assert why in tags.trouble(name)


@pytest.mark.parametrize("name", ["final", "nightly", "release/4", "view", "2026.01.05", "1.2", ""])
def test_other_names_are_nobodys_business(name: str) -> None:
    assert not tags.is_meant(name)
