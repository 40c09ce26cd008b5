"""Newer deployments take the place of older ones, and what gave way says by what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.stories import services
from tests.stories.faults import standing_still

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.cloud import Cloud
    from tests.stories.console import Console
    from tests.stories.people import Repository


def test_waiting_pushes_of_a_branch_collapse_to_the_newest(
    repository: Callable[..., Repository], cloud: Cloud
) -> None:
    made = repository().in_staging()
    first = made.commit({"web/app.py": services.good("first")})
    with standing_still(cloud, ("CreateBuild", first)) as (build,):
        made.push()
        build.wait_until_arrived()
        second = made.commit({"web/app.py": services.good("second")})
        made.push()
        made.titled(second, "staging", "Queued, position 1")
        third = made.commit({"web/app.py": services.good("third")})
        made.push()
        given_up = made.concluded(second, "staging")
        build.let_go()
    assert (given_up["conclusion"], given_up["output"]["title"]) == ("neutral", "Superseded")
    summary = given_up["output"]["summary"]
    assert f"Superseded by {third[:7]}, the newer push to main." in summary
    assert "Traffic was not touched." in summary
    assert made.concluded(first, "staging")["conclusion"] == "success"
    assert made.concluded(third, "staging")["conclusion"] == "success"


def test_where_the_latest_wins_it_ends_the_one_on_its_way(
    live: Callable[..., Repository], console: Console
) -> None:
    slow = "{steps: [20, 100], min_bake: 1s, max_bake: 30m, min_requests: 10, watch: 0s}"
    made = live(prod=f"{slow}, superseding: latest_wins")
    before = console.serving(f"{made.prefix}-web")
    old = made.pull_request({"web/app.py": services.good("old")}, "old")
    new = made.pull_request({"web/app.py": services.good("new")}, "new")
    asked = old.comment("/deploy prod")
    made.titled(old.sha, "prod", "Canary at 20 %")
    new.comment("/deploy prod")
    check = made.concluded(old.sha, "prod")
    assert (check["conclusion"], check["output"]["title"]) == ("neutral", "Superseded")
    summary = check["output"]["summary"]
    assert f"Superseded by {new.sha[:7]} of pull request {new.number}." in summary
    assert "All traffic is back on stable." in summary
    assert old.reacted(asked, "-1") == ["eyes", "-1"]
    made.titled(new.sha, "prod", "Canary at 20 %")
    assert console.shares(f"{made.prefix}-web")[before] == 80
    new.comment("/promote")
    assert made.concluded(new.sha, "prod")["conclusion"] == "success"
