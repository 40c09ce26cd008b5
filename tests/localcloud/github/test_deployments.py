from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.localcloud.github.world import NAME

if TYPE_CHECKING:
    from github.Deployment import Deployment

    from tests.localcloud.github.world import Clone, World


def deploy(
    world: World, ref: str, environment: str = "staging", payload: dict[str, str] | None = None
) -> Deployment:
    return world.bot().create_deployment(
        ref,
        auto_merge=False,
        required_contexts=[],
        environment=environment,
        payload=payload or {},
    )


def states(deployment: Deployment) -> list[str]:
    return [status.state for status in deployment.get_statuses()]


def test_a_deployment_and_its_statuses_are_told(world: World, clone: Clone) -> None:
    head = clone("rev-parse", "HEAD")
    deployment = deploy(world, head, "production", payload={"dep_id": "7"})
    deployment.create_status(
        "success", environment_url="https://shop.example.com", description="100 %"
    )
    created = world.told("deployment", "created")[0]["deployment"]
    assert (created["sha"], created["environment"]) == (head, "production")
    assert (created["payload"], created["production_environment"]) == ({"dep_id": "7"}, True)
    status = world.told("deployment_status", "created")[0]["deployment_status"]
    assert (status["state"], status["description"]) == ("success", "100 %")
    assert status["environment_url"] == "https://shop.example.com"
    assert status["creator"]["login"] == "spillway[bot]"


def test_deployments_are_found_by_sha_and_environment(world: World, clone: Clone) -> None:
    first = clone("rev-parse", "HEAD")
    second = clone.push("Two")
    made = [deploy(world, first), deploy(world, second), deploy(world, second, "production")]
    found = world.bot().get_deployments(sha=second, environment="production")
    assert [one.id for one in found] == [made[2].id]
    assert [one.id for one in world.bot().get_deployments()] == [one.id for one in made[::-1]]


@pytest.mark.usefixtures("clone")
def test_success_retires_earlier_successes_outside_production(world: World) -> None:
    old, failed, new = (deploy(world, "main") for _ in range(3))
    live, next_live = (deploy(world, "main", "production") for _ in range(2))
    old.create_status("success")
    failed.create_status("failure")
    new.create_status("success")
    live.create_status("success")
    next_live.create_status("success")
    assert states(old) == ["inactive", "success"]
    assert states(failed) == ["failure"]
    assert states(live) == ["success"]


@pytest.mark.usefixtures("clone")
def test_auto_inactive_can_be_switched_off(world: World) -> None:
    old, new = deploy(world, "main"), deploy(world, "main")
    old.create_status("success")
    new.create_status("success", auto_inactive=False)
    assert states(old) == ["success"]


def test_by_default_every_context_must_be_green(world: World, clone: Clone) -> None:
    commit = world.bot().get_commit(clone("rev-parse", "HEAD"))
    body = {"ref": "main"}
    assert world.rest("POST", world.repo("/deployments"), "writer", json=body).status_code == 201
    commit.create_status("pending", context="ci")
    assert world.rest("POST", world.repo("/deployments"), "writer", json=body).status_code == 409
    required = body | {"required_contexts": ["lint"]}
    refused = world.rest("POST", world.repo("/deployments"), "writer", json=required)
    assert refused.status_code == 409
    commit.create_status("success", context="ci")
    assert world.rest("POST", world.repo("/deployments"), "writer", json=body).status_code == 201


def test_by_default_the_default_branch_is_merged_in(world: World, clone: Clone) -> None:
    topic = clone.push("Topic", "topic", TOPIC="topic\n")
    clone("checkout", "--quiet", "-b", "more", "HEAD~1")
    clone.push("Main goes on", "main", MAIN="main\n")
    answer = world.rest("POST", world.repo("/deployments"), "writer", json={"ref": "topic"})
    assert (answer.status_code, "id" in answer.json()) == (202, False)
    pushed = world.told("push")[-1]
    assert (pushed["ref"], pushed["before"]) == ("refs/heads/topic", topic)
    again = world.rest("POST", world.repo("/deployments"), "writer", json={"ref": "topic"})
    assert (again.status_code, again.json()["sha"]) == (201, pushed["after"])


@pytest.mark.usefixtures("clone")
@pytest.mark.parametrize("wrong", [{"description": "x" * 141}, {"state": "superb"}])
def test_a_status_has_its_limits(world: World, wrong: dict[str, str]) -> None:
    deployment = deploy(world, "main")
    path = world.repo(f"/deployments/{deployment.id}/statuses")
    refused = world.rest("POST", path, "writer", json={"state": "queued"} | wrong)
    assert refused.status_code == 422
    assert states(deployment) == []
    world.judge.violations.clear()


@pytest.mark.usefixtures("clone")
def test_an_unknown_ref_is_refused(world: World) -> None:
    answer = world.rest("POST", world.repo("/deployments"), "writer", json={"ref": "nowhere"})
    assert answer.status_code == 422
    assert "nowhere" in answer.json()["message"]
    assert list(world.github("owner").get_repo(NAME).get_deployments()) == []
