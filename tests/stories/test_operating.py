"""One bot for several repositories, owners and names, within what its operator allows.

GitHub answers here as an Enterprise Server does, below /api/v3.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.stories import services
from tests.stories.faults import people_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from localcloud.cloud import Cloud
    from tests.stories.console import Console
    from tests.stories.people import Repository

PROJECT, REGION = "senior-mhealth-lee", "asia-northeast3"
AT_ONCE = "{steps: [100]}"


def enterprise(app: WSGIApplication) -> WSGIApplication:
    """Serve the REST API below /api/v3."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix("/api/v3")
        return app(environ, start_response)

    return answer


@pytest.fixture(scope="module")
def listed(live: Callable[..., Repository]) -> Repository:
    """A repository that the operator lists, in prod already."""
    return live(prod=AT_ONCE)


@pytest.fixture(scope="module")
def elsewhere(live: Callable[..., Repository]) -> Repository:
    """Another owner's repository, by another installation; listed too."""
    return live(prod=AT_ONCE, owner="globex")


@pytest.fixture(scope="module")
def unlisted(live: Callable[..., Repository]) -> Repository:
    """A repository that nobody listed."""
    return live(prod=AT_ONCE)


@pytest.fixture(autouse=True, scope="module")
def operated(
    cloud: Cloud, listed: Repository, elsewhere: Repository, unlisted: Repository
) -> Iterator[None]:
    """Have the consumer start anew under an operator's settings."""
    assert unlisted.full_name
    allowed = {
        one.call("GET", "")["id"]: {
            "projects": [PROJECT],
            "regions": [REGION],
            "services": [f"{one.prefix}-*"],
        }
        for one in (listed, elsewhere)
    }
    settings = {
        "SPILLWAY_ALLOWED": json.dumps(allowed),
        "SPILLWAY_GITHUB_URL": f"{cloud.github.url}/api/v3",
    }
    cloud.github.before_response.append(enterprise)
    with cloud.consumer_given(settings):
        yield
    cloud.github.before_response.remove(enterprise)


@pytest.mark.parametrize("whose", ["listed", "elsewhere"])
def test_listed_repositories_of_several_owners_deploy(
    whose: str, request: pytest.FixtureRequest, console: Console
) -> None:
    made = request.getfixturevalue(whose)
    pull = made.pull_request({"web/app.py": services.good(whose)}, "listed")
    pull.comment("/deploy prod")
    assert made.concluded(pull.sha, "prod")["conclusion"] == "success"
    assert pull.sha[:7] in console.serving(f"{made.prefix}-web")


def test_a_repository_that_is_not_listed_deploys_nothing(
    unlisted: Repository, console: Console
) -> None:
    before = console.serving(f"{unlisted.prefix}-web")
    pull = unlisted.pull_request({"web/app.py": services.good("unlisted")})
    told = pull.refusal(pull.comment("/deploy prod"))
    assert "is not set up to deploy anywhere. Whoever operates Spillway here can allow it." in told
    assert console.serving(f"{unlisted.prefix}-web") == before


def test_a_listed_repository_stays_within_its_places(
    listed: Repository, unlisted: Repository, console: Console
) -> None:
    stranger = f"{unlisted.prefix}-web"
    before = console.serving(stranger)
    manifest = (listed.work / "deploy.yaml").read_text(encoding="utf-8")
    theirs = manifest.replace(f"{listed.prefix}-web", stranger).replace(REGION + "\n", "us-west1\n")
    sha = listed.commit({"deploy.yaml": theirs})
    listed.push()
    check = listed.named_check(sha, "deploy")
    listed.git("revert", "--no-edit", "HEAD")
    listed.push()
    assert check["conclusion"] == "failure"
    summary = check["output"]["summary"]
    assert "the push to `main` was refused" in summary
    assert f"region `us-west1`, service `{stranger}-staging`" in summary
    assert console.serving(stranger) == before


def test_a_repository_that_is_renamed_meanwhile_is_followed(
    cloud: Cloud, listed: Repository, console: Console
) -> None:
    pull = listed.pull_request({"web/app.py": services.good("renamed")}, "renamed")
    identity = listed.call("GET", "")["id"]
    people = people_of(cloud)
    followed: list[str] = []

    def renamed(app: WSGIApplication) -> WSGIApplication:
        def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            path = environ["PATH_INFO"].removeprefix("/api/v3")
            if environ.get("HTTP_AUTHORIZATION", "") in people:
                return app(environ, start_response)
            if path.startswith(f"/repos/{listed.full_name}/"):
                status = "301 Moved" if environ["REQUEST_METHOD"] == "GET" else "307 Moved"
                place = path.replace(f"/repos/{listed.full_name}", f"/repositories/{identity}")
                start_response(status, [("Location", f"{cloud.github.url}/api/v3{place}")])
                return [b"{}"]
            if path == f"/repositories/{identity}":
                new = json.dumps({"full_name": "acme/renamed"}).encode()
                start_response("200 OK", [("Content-Type", "application/json")])
                return [new]
            if path.startswith("/repos/acme/renamed"):
                followed.append(f"{environ['REQUEST_METHOD']} {path}")
                path = path.replace("/repos/acme/renamed", f"/repos/{listed.full_name}")
                environ["PATH_INFO"] = path
            return app(environ, start_response)

        return answer

    cloud.github.before_response.append(renamed)
    try:
        asked = pull.comment("/deploy prod")
        assert pull.reacted(asked, "rocket") == ["eyes", "rocket"]
    finally:
        cloud.github.before_response.remove(renamed)
    assert listed.concluded(pull.sha, "prod")["conclusion"] == "success"
    assert pull.sha[:7] in console.serving(f"{listed.prefix}-web")
    assert any(one.startswith("POST") for one in followed)
