from __future__ import annotations

import time
from typing import TYPE_CHECKING

import jwt
import pytest

from tests.localcloud.github.world import Clone

if TYPE_CHECKING:
    from pathlib import Path

    from tests.localcloud.github.world import World


@pytest.mark.parametrize("login", ["owner", "writer"])
def test_who_may_write_pushes(world: World, tmp_path: Path, login: str) -> None:
    clone = Clone(world, tmp_path / "clone", login)
    clone.push("One")
    assert world.told("push")[-1]["sender"]["login"] == login


@pytest.mark.parametrize("login", ["reader", "outsider"])
def test_others_read_a_public_repository_and_cannot_push(
    world: World, clone: Clone, login: str
) -> None:
    clone("remote", "set-url", "origin", world.clone_url(login))
    clone("fetch", "--quiet", "origin")
    clone.commit("Two")
    assert "403" in clone("push", "origin", "HEAD:main", check=False)
    assert len(world.told("push")) == 1


def test_a_token_may_stand_as_the_user_name(world: World, clone: Clone) -> None:
    url = world.gh.url.replace("://", f"://{world.tokens['writer']}@")
    clone("-c", "core.askPass=true", "push", f"{url}/acme/shop.git", "HEAD:other")
    assert world.told("push")[-1]["ref"] == "refs/heads/other"


def test_a_private_repository_is_not_there_for_outsiders(hidden: World, tmp_path: Path) -> None:
    Clone(hidden, tmp_path / "clone").push("One")
    reading = Clone(hidden, tmp_path / "reading", "reader")
    reading("fetch", "--quiet", "origin")
    stranger = Clone(hidden, tmp_path / "stranger", "outsider")
    assert "not found" in stranger("fetch", "origin", check=False)
    stranger.commit("Two")
    assert "not found" in stranger("push", "origin", "main", check=False)
    assert hidden.rest("GET", hidden.repo(), "outsider").status_code == 404
    assert hidden.rest("GET", hidden.repo()).status_code == 404
    assert hidden.rest("GET", hidden.repo(), "reader").status_code == 200


def test_wrong_and_missing_credentials_are_401(world: World, clone: Clone) -> None:
    wrong = {"Authorization": "token ghp_wrong"}
    answer = world.rest("GET", world.repo(), headers=wrong)
    assert (answer.status_code, answer.json()["message"]) == (401, "Bad credentials")
    body = {"body": "hello"}
    assert world.rest("POST", world.repo("/issues/1/comments"), json=body).status_code == 401
    assert world.rest("GET", "/user").status_code == 401
    bad = world.clone_url("writer").replace(world.tokens["writer"], "ghp_wrong")
    clone("remote", "set-url", "origin", bad)
    assert "Authentication failed" in clone("push", "origin", "main", check=False)


@pytest.mark.parametrize(
    ("login", "permission"),
    [("owner", "admin"), ("writer", "write"), ("reader", "read"), ("outsider", "read")],
)
def test_the_permission_of_each_person(world: World, login: str, permission: str) -> None:
    told = world.rest("GET", world.repo(f"/collaborators/{login}/permission"), "owner").json()
    assert (told["permission"], told["role_name"]) == (permission, permission)
    assert told["user"]["login"] == login
    assert world.bot().get_collaborator_permission(login) == permission


def test_an_outsider_has_no_permission_on_a_private_repository(hidden: World) -> None:
    assert hidden.bot().get_collaborator_permission("outsider") == "none"
    path = hidden.repo("/collaborators/writer/permission")
    assert hidden.rest("GET", path, "reader").status_code == 403
    assert (
        hidden.rest("GET", hidden.repo("/collaborators/nobody/permission"), "owner").status_code
        == 404
    )


@pytest.mark.usefixtures("clone")
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/statuses/main", {"state": "success"}),
        ("/deployments", {"ref": "main", "auto_merge": False, "required_contexts": []}),
        ("/git/refs", {"ref": "refs/heads/x", "sha": "main"}),
    ],
)
def test_writing_needs_write_permission(world: World, path: str, body: object) -> None:
    assert world.rest("POST", world.repo(path), "reader", json=body).status_code == 403
    assert world.rest("POST", world.repo(path), json=body).status_code == 401


def test_only_apps_write_check_runs(world: World, clone: Clone) -> None:
    body = {"name": "deploy", "head_sha": clone("rev-parse", "HEAD")}
    assert world.rest("POST", world.repo("/check-runs"), "owner", json=body).status_code == 403


def test_the_app_cannot_write_code(world: World, clone: Clone) -> None:
    body = {"ref": "refs/heads/x", "sha": clone("rev-parse", "HEAD")}
    bot = world.as_installation()
    assert world.rest("POST", world.repo("/git/refs"), headers=bot, json=body).status_code == 403
    token = bot["Authorization"].split()[1]
    url = world.gh.url.replace("://", f"://x-access-token:{token}@")
    clone("fetch", "--quiet", f"{url}/acme/shop.git")
    assert "403" in clone("push", f"{url}/acme/shop.git", "HEAD:x", check=False)


def test_app_tokens_are_judged(world: World) -> None:
    def status(key: str, **claims: int) -> int:
        now = int(time.time())  # tokens are judged by the real clock
        payload = {"iss": str(world.app.id), "iat": now - 60, "exp": now + 300} | claims
        token = jwt.encode(payload, key, algorithm="RS256")
        return world.rest("GET", "/app", headers={"Authorization": f"Bearer {token}"}).status_code

    key, now = world.app.private_key_pem, int(time.time())  # as above
    assert status(key) == 200
    assert status(key, exp=now + 3600) == 401
    assert status(key, exp=now - 5) == 401
    assert status(key, iat=now + 300) == 401
    unsigned = jwt.encode({"iss": str(world.app.id), "exp": now + 60, "iat": now}, "", "none")
    headers = {"Authorization": f"Bearer {unsigned}"}
    assert world.rest("GET", "/app", headers=headers).status_code == 401


@pytest.mark.usefixtures("clone")
def test_an_app_finds_its_installation_and_narrows_its_token(world: World) -> None:
    app = world.as_app()
    assert world.rest("GET", "/app", headers=app).json()["slug"] == "spillway"
    listed = world.rest("GET", "/app/installations", headers=app).json()
    assert [held["id"] for held in listed] == [world.installation]
    found = world.rest("GET", world.repo("/installation"), headers=app).json()
    assert found["id"] == world.installation
    path = f"/app/installations/{world.installation}/access_tokens"
    body = {"permissions": {"contents": "read"}, "repositories": ["shop"]}
    narrow = world.rest("POST", path, headers=app, json=body).json()
    headers = {"Authorization": f"token {narrow['token']}"}
    assert world.rest("GET", world.repo("/branches/main"), headers=headers).status_code == 200
    refused = world.rest(
        "POST", world.repo("/statuses/main"), headers=headers, json={"state": "success"}
    )
    assert refused.status_code == 403
