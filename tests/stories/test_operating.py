"""One bot for several repositories, owners and names, within what its operator allows.

GitHub answers here as an Enterprise Server does, below /api/v3.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.stories import services
from tests.stories.people import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from localcloud.cloud import Cloud
    from tests.stories.budget import Ledger
    from tests.stories.console import Console
    from tests.stories.people import Repository

PROJECT, REGION = "senior-mhealth-lee", "asia-northeast3"
AT_ONCE = "{steps: [100]}"
SLOWLY = "{steps: [50, 100], min_bake: 1s, max_bake: 3s, watch: 0s}"


def enterprise(app: WSGIApplication) -> WSGIApplication:
    """Serve the REST API below /api/v3."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix("/api/v3")
        return app(environ, start_response)

    return answer


@pytest.fixture(scope="module")
def listed(live: Callable[..., Repository]) -> Repository:
    """A repository that the operator lists, in prod already."""
    return live(prod=SLOWLY)


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
    cloud: Cloud, listed: Repository, elsewhere: Repository, unlisted: Repository, ledger: Ledger
) -> Iterator[None]:
    """Have the consumer start anew under an operator's settings."""
    assert unlisted.full_name
    ledger.restarted()
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


def test_a_repository_that_moves_in_mid_rollout_is_followed(
    cloud: Cloud, listed: Repository, console: Console
) -> None:
    service = f"{listed.prefix}-web"
    pull = listed.pull_request({"web/app.py": services.good("moves")}, "moves")
    asked = pull.comment("/deploy prod")
    for new in ("acme/renamed", f"globex/{listed.prefix}"):
        eventually(lambda: console.shares(service), lambda seen: len(seen) > 1, "a canary")
        cloud.github.move(listed.full_name, new)
        listed.full_name = new
    assert pull.reacted(asked, "rocket") == ["eyes", "rocket"]
    assert listed.concluded(pull.sha, "prod")["conclusion"] == "success"
    assert pull.sha[:7] in console.serving(service)
    assert len(pull.told()) == 1


def test_what_is_on_its_way_where_the_app_is_uninstalled_ends_and_nothing_begins(
    cloud: Cloud, listed: Repository, console: Console
) -> None:
    service = f"{listed.prefix}-web"
    before = console.serving(service)
    pull = listed.pull_request({"web/app.py": services.good("uninstalled")}, "uninstalled")
    pull.comment("/deploy prod")
    eventually(lambda: console.shares(service), lambda seen: len(seen) > 1, "a canary")

    cloud.github.uninstall("spillway", listed.full_name)

    eventually(
        lambda: console.shares(service),
        lambda seen: len(seen) == 1 and pull.sha[:7] in next(iter(seen)),
        "the verdict",
    )
    other = listed.pull_request({"web/app.py": services.good("unheard")}, "unheard")
    unheard = other.comment("/deploy prod")
    cloud.github.install("spillway", listed.full_name)
    other.push({"web/app.py": services.good("heard")})
    heard = other.comment("/deploy prod")
    assert other.reacted(heard, "rocket") == ["eyes", "rocket"]
    assert other.reactions(unheard) == []
    assert console.serving(service) != before
