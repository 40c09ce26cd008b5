"""A merge asks for a whole deployment: nothing less satisfies the check that GitHub requires."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bot.core.deployment import Deployment, Phase
from bot.core.github import PASSING
from bot.core.model import Release
from bot.core.rejected import Rejected
from bot.core.report.check import check_run
from bot.core.report.required import conclusion, left_out, newest
from tests.core.rollout.simulated import deployment, service_plan

WEB, API = service_plan("web"), service_plan("api")
WHOLE = deployment(WEB, API)
LEFT = "f" * 40
ADDRESSES = {"web": WEB.key, "api": API.key}
PART = replace(deployment(WEB), plan=replace(WHOLE.plan, services=(WEB,), addresses=ADDRESSES))


def concluded(made: Deployment, phase: Phase, *, required: bool) -> str:
    """What its own check run says in the end."""
    plan = replace(made.plan, required=required, addresses=ADDRESSES)
    return check_run(replace(made, plan=plan, phase=phase), 0).conclusion


@pytest.mark.parametrize("phase", [Phase.SUCCEEDED, Phase.WATCHING, Phase.UNCHANGED])
def test_only_the_whole_of_it_lets_a_pull_request_in(phase: Phase) -> None:
    assert concluded(WHOLE, phase, required=True) in PASSING
    assert concluded(PART, phase, required=True) == "action_required"
    assert concluded(PART, phase, required=False) in PASSING
    assert conclusion(replace(PART, phase=phase), touched=True) == "action_required"
    assert conclusion(replace(WHOLE, phase=phase), touched=True) in PASSING


def test_what_another_took_the_place_of_never_ran() -> None:
    assert concluded(WHOLE, Phase.SUPERSEDED, required=True) == "cancelled"
    assert concluded(WHOLE, Phase.SUPERSEDED, required=False) == "neutral"


def test_what_was_deployed_of_it_says_how_the_rest_gets_there() -> None:
    plan = replace(PART.plan, required=True)
    shown = check_run(replace(PART, plan=plan, phase=Phase.UNCHANGED), 0)
    assert "`/deploy prod`" in shown.summary


def test_a_rollback_of_some_services_takes_the_whole_back() -> None:
    left = Rejected(deployment="d1", sha=WHOLE.sha, at=WHOLE.created_at, why="odd", services={})
    release = Release(deployment="d0", sha=LEFT, number=1, at=WHOLE.created_at, services={})
    plan = replace(PART.plan, required=True)
    back = replace(PART, sha=LEFT, plan=plan, restores=release, away_from=left)
    assert left_out(back)
    assert newest([back, PART, WHOLE], WHOLE.sha) is back
    assert newest([PART, WHOLE, back], WHOLE.sha) is WHOLE
    assert newest([PART], WHOLE.sha) is PART
    assert newest([back, PART, WHOLE], LEFT) is None


def test_going_back_to_a_commit_passes_no_check_of_it() -> None:
    """It may have brought some services only, when it was deployed."""
    release = Release(deployment="d0", sha=WHOLE.sha, number=1, at=WHOLE.created_at, services={})
    for required, name in ((True, "deploy / prod · rollback"), (False, "deploy / prod")):
        plan = replace(WHOLE.plan, required=required)
        back = replace(WHOLE, plan=plan, restores=release, phase=Phase.SUCCEEDED)
        assert (check_run(back, 0).name, check_run(back, 0).conclusion) == (name, "success")


@pytest.mark.parametrize(
    ("phase", "own", "of_a_group"),
    [
        (Phase.SHIFTING, "", "action_required"),
        (Phase.SUCCEEDED, "failure", "failure"),
        (Phase.UNCHANGED, "failure", "failure"),
        (Phase.FAILED, "failure", "failure"),
    ],
)
def test_what_was_taken_back_is_deployed_no_more(phase: Phase, own: str, of_a_group: str) -> None:
    left = Rejected(deployment="d1", sha=LEFT, at=WHOLE.created_at, why="odd", services={})
    release = Release(deployment="d0", sha=WHOLE.sha, number=1, at=WHOLE.created_at, services={})
    plan = replace(WHOLE.plan, required=True)
    back = replace(WHOLE, plan=plan, restores=release, away_from=left, phase=phase)
    run = check_run(back, 0)
    assert (run.sha, run.name, run.conclusion) == (LEFT, "deploy / prod", own)
    assert newest([back], LEFT) is back
    assert conclusion(back, touched=True) == of_a_group
