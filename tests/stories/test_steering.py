"""People at the valve: promote, pause, resume, abort, and approvals of single steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stories import services
from tests.stories.faults import counted, standing_still
from tests.stories.people import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.cloud import Cloud
    from tests.stories.console import Console
    from tests.stories.people import Pull, Repository

SLOW = "{steps: [20, 50, 100], min_bake: 1s, max_bake: 30m, min_requests: 10, watch: 0s}"
"""Nobody visits, so no step is left for half an hour unless somebody wants it."""


@pytest.fixture(scope="module")
def made(live: Callable[..., Repository]) -> Repository:
    return live(prod=SLOW)


def going(made: Repository, title: str, share: int = 20) -> Pull:
    """A pull request whose canary is at its first step."""
    pull = made.pull_request({"web/app.py": services.good(title)}, title)
    pull.comment("/deploy prod")
    made.titled(pull.sha, "prod", f"Canary at {share} %")
    return pull


def test_somebody_promotes_step_by_step_to_the_end(made: Repository, console: Console) -> None:
    pull = going(made, "promoted")
    asked = pull.comment("/promote")
    said = pull.answer(asked)
    assert f"`{pull.sha[:7]}` from #{pull.number}, takes its next step after 20 %" in said
    assert pull.reacted(asked, "rocket") == ["eyes", "rocket"]
    made.titled(pull.sha, "prod", "Canary at 50 %")
    pull.comment("/promote prod")
    assert made.concluded(pull.sha, "prod")["conclusion"] == "success"
    assert console.serving(f"{made.prefix}-web").startswith(f"{made.prefix}-web-{pull.sha[:7]}")
    assert "| 20 % | promoted by writer |" in pull.reply("prod: Deployed")


def test_a_revert_to_what_served_well_goes_at_once(made: Repository) -> None:
    pull = going(made, "worse")
    pull.comment("/promote")
    made.titled(pull.sha, "prod", "Canary at 50 %")
    pull.comment("/promote")
    assert made.concluded(pull.sha, "prod")["conclusion"] == "success"
    revert = made.pull_request({"notes.md": "as it was\n"}, "revert")
    revert.comment("/deploy prod")
    check = made.concluded(revert.sha, "prod")
    assert check["conclusion"] == "success"
    assert "| 100 % | no steps: " in check["output"]["summary"]
    assert "served well with the same images and settings" in check["output"]["summary"]


def test_somebody_pauses_and_resumes(made: Repository, console: Console) -> None:
    pull = going(made, "paused")
    said = pull.answer(pull.comment("/pause"))
    assert "is paused at 20 %" in said
    assert "Without `/resume` all traffic returns to stable on" in said
    assert "Next: `/resume prod` · `/promote prod` · `/abort prod`" in said
    made.titled(pull.sha, "prod", "Canary at 20 % (paused)")
    pull.comment("/promote")
    made.titled(pull.sha, "prod", "Canary at 50 % (paused)")
    assert sorted(console.shares(f"{made.prefix}-web").values()) == [50, 50]
    pull.comment("/resume")
    made.titled(pull.sha, "prod", "Canary at 50 %")
    pull.comment("/abort")
    made.concluded(pull.sha, "prod")


def test_an_abort_returns_all_traffic_to_stable(made: Repository, console: Console) -> None:
    before = console.shares(f"{made.prefix}-web")
    pull = going(made, "aborted")
    asked = pull.comment("/abort", by="owner")
    said = pull.answer(asked)
    assert "asked for by @writer, is aborted: all traffic returns to stable" in said
    check = made.concluded(pull.sha, "prod")
    assert (check["conclusion"], check["output"]["title"]) == ("cancelled", "Aborted")
    assert "Owner aborted it." in check["output"]["summary"]
    assert "All traffic is back on stable." in check["output"]["summary"]
    assert console.shares(f"{made.prefix}-web") == before
    assert console.tags(f"{made.prefix}-web") == []
    assert pull.alerts() == []
    eventually(
        lambda: made.statuses(pull.sha, "prod"),
        lambda states: states == ["in_progress", "inactive"],
        "the GitHub deployment inactive",
    )


def test_an_abort_cancels_the_build(made: Repository, console: Console, cloud: Cloud) -> None:
    service = f"{made.prefix}-web"
    before = console.shares(service)
    pull = made.pull_request({"web/app.py": services.good("in build")}, "build")
    creating = standing_still(cloud, ("CreateBuild", pull.sha))
    with counted(cloud, "CancelBuild", "/builds/") as cancelled, creating as (build,):
        pull.comment("/deploy prod")
        build.wait_until_arrived()
        said = pull.answer(pull.comment("/abort"))
        assert "is aborted: builds are cancelled, and no traffic was moved" in said
        build.let_go()
        assert made.concluded(pull.sha, "prod")["conclusion"] == "cancelled"
    assert len(cancelled) == 1
    assert console.shares(service) == before


def test_who_may_not_deploy_may_not_steer(made: Repository) -> None:
    pull = going(made, "theirs")
    said = pull.refusal(pull.comment("/abort prod", by="reader"))
    assert "@reader has `read` permission on this repository; `prod` needs `write`" in said
    assert made.titled(pull.sha, "prod", "Canary at 20 %")
    pull.comment("/abort")
    made.concluded(pull.sha, "prod")


def test_what_is_not_on_its_way_cannot_be_steered(made: Repository) -> None:
    pull = made.pull_request({"notes.md": "idle\n"}, "idle")
    said = pull.refusal(pull.comment("/promote prod"))
    assert "No deployment is on its way to `prod`, so there is nothing to promote" in said


def test_a_step_waits_for_approval_and_so_does_a_first_deployment(
    repository: Callable[..., Repository],
) -> None:
    gated = SLOW.replace("min_requests", "approve: [50], min_requests").replace("30m", "1s")
    made = repository(prod=gated)
    first = made.pull_request({"notes.md": "prod\n"}, "prod")
    first.comment("/deploy prod")
    made.titled(first.sha, "prod", "Smoke checks on the tagged URLs (waiting-for-approval)")
    assert "Next: `/promote prod` · `/abort prod`" in first.reply("**Waiting for approval**")
    first.comment("/promote prod")
    assert made.concluded(first.sha, "prod")["conclusion"] == "success"
    pull = made.pull_request({"web/app.py": services.good("gated")})
    pull.comment("/deploy prod")
    made.titled(pull.sha, "prod", "Canary at 20 % (waiting-for-approval)")
    told = pull.reply("**Waiting for approval** of 50 %")
    assert "somebody with `write` permission types `/promote`" in told
    pull.comment("/promote", by="owner")
    assert made.concluded(pull.sha, "prod")["conclusion"] == "success"


def test_traffic_that_somebody_moved_is_put_back_on_request(
    made: Repository, console: Console
) -> None:
    service = f"{made.prefix}-web"
    stable = console.serving(service)
    pull = going(made, "moved")
    console.move(service, {stable: 100})
    told = pull.reply("**Somebody else moved the traffic.**")
    assert f"It is now: {stable} 100 %." in told
    assert "gcloud run services update-traffic" in told
    said = pull.answer(pull.comment("/resume"))
    assert f"the traffic is put back to 20 %, instead of {stable} 100 %" in said
    eventually(
        lambda: sorted(console.shares(service).values()),
        lambda seen: seen == [20, 80],
        "the rollout's split again",
    )
    pull.comment("/abort")
    assert made.concluded(pull.sha, "prod")["conclusion"] == "cancelled"
    assert console.shares(service) == {stable: 100}


def test_what_only_waits_for_its_gates_can_be_aborted_too(
    repository: Callable[..., Repository],
) -> None:
    made = repository()
    gated = services.manifest(made.prefix, "web", gates="two_person: true, contains_live: false")
    made.commit({"deploy.yaml": gated})
    made.push()
    pull = made.pull_request({"notes.md": "waits\n"}, "waits")
    asked = pull.comment("/deploy prod")
    assert f"waits with `{pull.sha[:7]}`" in pull.answer(asked)
    said = pull.answer(pull.comment("/abort"))
    assert f"`{pull.sha[:7]}` of @writer no longer waits" in said
    pull.reply("`/deploy prod` was aborted by @writer while it waited. Nothing was touched.")
    assert pull.reacted(asked, "-1") == ["eyes", "-1"]
    assert pull.told() == []
