"""Metadata server and token issuer, as google-auth uses them in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests
from google.auth.transport.requests import Request
from google.oauth2 import id_token

if TYPE_CHECKING:
    from tests.localcloud.google.conftest import Client, World

PROGRAM = """
import json
import google.auth
from google.auth.transport.requests import Request
from google.oauth2 import id_token
credentials, project = google.auth.default()
credentials.refresh(Request())
token = id_token.fetch_id_token(Request(), "https://web.example")
print(json.dumps([project, credentials.service_account_email, credentials.token, token]))
"""


@pytest.fixture
def inside(world: World) -> Client:
    """What a program sees that runs on Cloud Run with nothing but the environment."""
    environment = {"PATH": os.environ["PATH"], **world.google.metadata_environment()}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, env=environment, capture_output=True, check=True, timeout=30)  # noqa: S603  # our own interpreter
    return json.loads(done.stdout)


def test_google_auth_finds_project_account_and_tokens(world: World, inside: Client) -> None:
    project, email, access_token, token = inside
    assert project == "demo"
    assert email.endswith("-compute@developer.gserviceaccount.com")
    assert access_token
    certs = f"{world.google.url}/oauth2/v1/certs"
    claims = id_token.verify_token(token, Request(), "https://web.example", certs_url=certs)
    assert claims["email"] == email
    assert world.google.issuer.verify(token, "https://web.example")["email"] == email


def test_tokens_stay_good_over_a_restart(world: World) -> None:
    token = world.google.issuer.mint("a", "x@demo.iam.gserviceaccount.com")
    world.restart()
    assert world.google.issuer.verify(token, "a")["email"] == "x@demo.iam.gserviceaccount.com"


@pytest.mark.parametrize("damage", ["audience", "signature", "nonsense"])
def test_a_token_of_another_kind_is_refused(world: World, damage: str) -> None:
    token = world.google.issuer.mint("a", "x@demo.iam.gserviceaccount.com")
    head, body, signature = token.split(".")
    damaged = {
        "audience": (token, "b"),
        "signature": (f"{head}.{body}.{signature[::-1]}", "a"),
        "nonsense": ("nonsense", "a"),
    }
    with pytest.raises(ValueError, match=r"."):
        world.google.issuer.verify(*damaged[damage])


def test_the_metadata_server_wants_its_header(world: World) -> None:
    address = f"{world.google.url}/computeMetadata/v1/project/project-id"
    assert requests.get(address, timeout=5).status_code == 403
    flavored = {"Metadata-Flavor": "Google"}
    answer = requests.get(address, headers=flavored, timeout=5)
    assert (answer.text, answer.headers["Metadata-Flavor"]) == ("demo", "Google")
    accounts = f"{world.google.url}/computeMetadata/v1/instance/service-accounts"
    listed = requests.get(f"{accounts}/", headers=flavored, timeout=5)
    assert "default/" in listed.text.splitlines()
    tree = requests.get(f"{accounts}/?recursive=true", headers=flavored, timeout=5)
    assert tree.json()["default"]["aliases"] == ["default"]
    assert requests.get(f"{accounts}/x", headers=flavored, timeout=5).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nowhere", None, 404),
        ("GET", "/v2/projects/demo/nowhere", None, 404),
        ("POST", "/v2/projects/demo/locations/l/services?serviceId=web", b"{", 400),
        ("POST", "/v2/projects/demo/locations/l/services?serviceId=web", b'{"nope": 1}', 400),
        ("POST", "/v2/projects/demo/locations/l/services?serviceId=web", b"\xff\xfe", 400),
        ("POST", "/v2/projects/demo/locations/l/services?nope=web", b"{}", 400),
        ("POST", "/v2/projects/demo/locations/l/services?serviceId=Bad_Id", b"{}", 400),
        ("GET", "/v2/projects/demo/locations/l/services?pageToken=x", None, 400),
        ("GET", "/v1/projects/demo/builds?filter=((", None, 400),
        ("GET", "/v1/projects/demo/builds/x", None, 404),
        ("GET", "/v1/operations/build/demo/%3d%3d", None, 404),
    ],
)
def test_bad_requests_get_googles_error_shape(
    world: World, method: str, path: str, body: bytes | None, status: int
) -> None:
    answer = requests.request(method, f"{world.google.url}{path}", data=body, timeout=5)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert error["code"] == status
    assert error["message"]
    assert error["status"] in {"NOT_FOUND", "INVALID_ARGUMENT"}
