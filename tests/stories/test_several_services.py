"""Services that call each other: the callee first, and all of them back when one fails."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.stories import services
from tests.stories.faults import standing_still

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.cloud import Cloud
    from localcloud.visit import Visitors
    from tests.stories.console import Console
    from tests.stories.people import Repository

STEP = re.compile(r"^\| \d\d:\d\d:\d\d \| (\S+) \| (\d+) % \|", re.MULTILINE)


@pytest.fixture(scope="module")
def made(live: Callable[..., Repository]) -> Repository:
    """One repository of two services; each story goes on from where the one before left it."""
    return live("ai", "api")


def both(title: str) -> dict[str, str]:
    """A change of both services."""
    return {f"{name}/app.py": services.good(title) for name in ("ai", "api")}


def test_the_callee_has_all_the_traffic_before_the_caller_is_staged(
    made: Repository,
    visitors: Callable[..., Visitors],
    console: Console,
    cloud: Cloud,
) -> None:
    ai, api = f"{made.prefix}-ai", f"{made.prefix}-api"
    for service in ("ai", "api"):
        visitors(made, service)
    before = console.shares(api)
    pull = made.pull_request(both("in order"), "in-order")
    with standing_still(cloud, ("UpdateService", f'/{api}"')) as (staging,):
        pull.comment("/deploy prod")
        staging.wait_until_arrived()
        assert console.serving(ai).startswith(f"{ai}-{pull.sha[:7]}")
        assert console.shares(api) == before
        staging.let_go()
    check = made.concluded(pull.sha, "prod")
    assert check["conclusion"] == "success"
    assert console.serving(api).startswith(f"{api}-{pull.sha[:7]}")
    assert STEP.findall(check["output"]["summary"]) == [
        (ai, "20"),
        (ai, "100"),
        (api, "20"),
        (api, "100"),
    ]
    variables = {each.name: each.value for each in console.service(api).template.containers[0].env}
    assert variables["CALLEE"] == console.service(ai).uri


def test_when_the_caller_fails_both_go_back_the_last_one_first(
    made: Repository,
    visitors: Callable[..., Visitors],
    console: Console,
    cloud: Cloud,
) -> None:
    ai, api = f"{made.prefix}-ai", f"{made.prefix}-api"
    for service in ("ai", "api"):
        visitors(made, service)
    before = console.shares(ai), console.shares(api)
    files = both("caller fails") | {"api/app.py": services.failing()}
    pull = made.pull_request(files, "caller-fails")
    (stable,) = before[0]
    ai_returns = "UpdateService", f'revision: "{stable}"\n    percent: 100', "update_mask"
    with standing_still(cloud, ai_returns) as (back,):
        pull.comment("/deploy prod")
        back.wait_until_arrived()
        assert console.shares(api) == before[1]
        assert console.serving(ai).startswith(f"{ai}-{pull.sha[:7]}")
        back.let_go()
    assert made.concluded(pull.sha, "prod")["output"]["title"] == "Rolled back"
    assert (console.shares(ai), console.shares(api)) == before
    alert = pull.alert()
    assert f"canary of {api} fails more often than stable" in alert


def test_only_the_service_that_is_named(
    made: Repository, visitors: Callable[..., Visitors], console: Console
) -> None:
    ai, api = f"{made.prefix}-ai", f"{made.prefix}-api"
    visitors(made, "api")
    before = console.shares(ai)
    pull = made.pull_request(both("only one"), "only-one")
    pull.comment(f"/deploy prod {api}")
    check = made.concluded(pull.sha, "prod")
    assert check["conclusion"] == "success"
    assert f"| {ai} |" not in check["output"]["summary"]
    assert console.serving(api).startswith(f"{api}-{pull.sha[:7]}")
    assert console.shares(ai) == before


def test_a_service_alone_when_the_one_it_calls_is_not_there(
    repository: Callable[..., Repository],
) -> None:
    made = repository("ai", "api")
    ai, api = f"{made.prefix}-ai", f"{made.prefix}-api"
    pull = made.pull_request({"notes.md": "api first\n"})
    pull.comment(f"/deploy prod {api}")
    assert f"service {api} calls {ai}, which is not deployed to prod" in pull.alert()
    assert made.concluded(pull.sha, "prod")["conclusion"] == "failure"
