"""Secrets by version: pinned at the start, the same in a rollback, a new one is deployed."""

from __future__ import annotations

from msgspec.structs import replace

from bot.core.action import Stage
from bot.core.configuration import CloudRun
from bot.core.deployment import Deployment, Phase
from bot.core.environment import release_of
from bot.core.rollout.labels import revision_name
from bot.core.rollout.secrets import floating, pinned
from bot.core.sight import RevisionSeen, ServiceSeen, TrafficSeen
from tests.core.rollout.simulated import World, deployment, service_plan

SECRETS = {"DB": "db:latest", "KEY": "key:3", "/etc/tls": "projects/p/secrets/tls:latest"}


def reading(secrets: dict[str, str] = SECRETS) -> Deployment:
    plan = service_plan("ai")
    return deployment(replace(plan, cloud_run=replace(plan.cloud_run, secrets=secrets)))


def knowing(**versions: str) -> World:
    world = World().with_stable("ai")
    world.secrets = {"ai": versions}
    return world


def test_only_what_floats_is_asked_for_and_pinned() -> None:
    settings = CloudRun(secrets=SECRETS)
    assert floating(settings) == ("db", "projects/p/secrets/tls")
    fixed = pinned(settings, {"db": "7", "projects/p/secrets/tls": "2"})
    assert fixed.secrets == {
        "DB": "db:7",
        "KEY": "key:3",
        "/etc/tls": "projects/p/secrets/tls:2",
    }
    assert pinned(settings, {}).secrets == SECRETS


def test_the_revision_and_the_release_hold_the_versions_of_the_start() -> None:
    world = knowing(db="7")
    ended = world.play(reading({"DB": "db:latest"}))
    assert ended.phase is Phase.SUCCEEDED
    (staged,) = [action for action in world.actions if isinstance(action, Stage)]
    assert staged.cloud_run.secrets == {"DB": "db:7"}
    assert release_of(None, ended, world.now).services["ai"].secrets == {"db": "7"}


def test_a_secret_without_a_version_fails_before_anything_is_made() -> None:
    world = knowing(db="")
    ended = world.play(reading({"DB": "db:latest"}))
    assert ended.phase is Phase.FAILED
    assert ended.failure is not None
    assert "reads the latest version of db, of which there is none" in ended.failure.reason
    assert world.actions == []


def test_what_may_not_be_read_is_deployed_unpinned_and_said() -> None:
    world = knowing()
    world.unpinned = "Secret Manager: 403 no"
    ended = world.play(reading({"DB": "db:latest"}))
    assert ended.phase is Phase.SUCCEEDED
    (note,) = ended.plan.notes
    assert "secrets are not pinned" in note
    assert "roles/secretmanager.viewer" in note


def test_a_new_version_is_a_reason_to_deploy_and_the_same_one_is_none() -> None:
    for version, phase in (("7", Phase.UNCHANGED), ("8", Phase.SUCCEEDED)):
        first = knowing(db="7")
        ended = first.play(reading({"DB": "db:latest"}))
        (staged,) = [action for action in first.actions if isinstance(action, Stage)]
        name = revision_name("ai", ended.sha, ended.id)
        serving = RevisionSeen(name=name, ready=True, labels=staged.labels, image="i@sha256:ai")
        world = knowing(db=version)
        world.services["ai"] = ServiceSeen(
            exists=True,
            traffic=(TrafficSeen(revision=name, percent=100),),
            revisions={name: serving},
        )
        assert world.play(reading({"DB": "db:latest"})).phase is phase
