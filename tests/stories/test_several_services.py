"""Services that call each other: the callee first, and all of them back when one fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.stories import services
from tests.stories.faults import standing_still

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.cloud import Cloud
    from localcloud.visit import Visitors
    from tests.stories.console import Console
    from tests.stories.people import Repository


def test_the_callee_has_all_the_traffic_before_the_caller_is_staged(
    live: Callable[..., Repository],
    visitors: Callable[..., Visitors],
    console: Console,
    cloud: Cloud,
) -> None:
    made = live("ai", "api")
    ai, api = f"{made.prefix}-ai", f"{made.prefix}-api"
    for service in ("ai", "api"):
        visitors(made, service)
    before = console.shares(api)
    files = {f"{name}/app.py": services.good("second") for name in ("ai", "api")}
    pull = made.pull_request(files)
    with standing_still(cloud, ("UpdateService", f'/{api}"')) as (staging,):
        pull.comment("/deploy prod")
        staging.wait_until_arrived()
        assert console.serving(ai).startswith(f"{ai}-{pull.sha[:7]}")
        assert console.shares(api) == before
        staging.let_go()
    check = made.concluded(pull.sha, "prod")
    assert check["conclusion"] == "success"
    assert console.serving(api).startswith(f"{api}-{pull.sha[:7]}")
    shifted = [line.split(" | ")[1] for line in check["output"]["summary"].splitlines() if ":" in line[:6]]
    assert shifted == [ai, ai, api, api]
    variables = {each.name: each.value for each in console.service(api).template.containers[0].env}
    assert variables["CALLEE"] == console.service(ai).uri


def test_when_the_caller_fails_both_go_back_the_last_one_first(
    live: Callable[..., Repository],
    visitors: Callable[..., Visitors],
    console: Console,
    cloud: Cloud,
) -> None:
    made = live("ai", "api")
    ai, api = f"{made.prefix}-ai", f"{made.prefix}-api"
    for service in ("ai", "api"):
        visitors(made, service)
    before = console.shares(ai), console.shares(api)
    files = {"ai/app.py": services.good("second"), "api/app.py": services.failing()}
    pull = made.pull_request(files)
    (stable,) = before[0]
    with standing_still(cloud, ("UpdateService", f'revision: "{stable}"\n  percent: 100')) as (
        back,
    ):
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
    live: Callable[..., Repository], visitors: Callable[..., Visitors], console: Console
) -> None:
    made = live("ai", "api")
    ai, api = f"{made.prefix}-ai", f"{made.prefix}-api"
    visitors(made, "api")
    before = console.shares(ai)
    files = {f"{name}/app.py": services.good("second") for name in ("ai", "api")}
    pull = made.pull_request(files)
    pull.comment(f"/deploy prod {api}")
    check = made.concluded(pull.sha, "prod")
    assert check["conclusion"] == "success"
    assert f"| {ai} |" not in check["output"]["summary"]
    assert console.serving(api).startswith(f"{api}-{pull.sha[:7]}")
    assert console.shares(ai) == before
