"""The main stories: a push, a `/deploy`, a canary that is taken back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.stories import services
from tests.stories.faults import miscounted
from tests.stories.people import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.cloud import Cloud
    from localcloud.visit import Visitors
    from tests.stories.people import Pull, Repository

SHADOW = "{steps: auto, judge: shadow, min_bake: 2s, max_bake: 20s, watch: 0s}"
"""A step waits for no verdict that is not acted on: at 1 s each it was over before there was one,
one time in ten."""
LIMITED = f"{{steps: [20, 100], max_error_rate: 2%, {services.QUICK}}}"
STEP = re.compile(r"^\| [\d:]+ \| \S+ \| (\d+) % \| (.*) \|$", re.MULTILINE)
AUTOMATIC = [["20", "50", "90", "100"], ["5", "25", "90", "100"]]
"""The shares for 30 requests a window and more, and for less."""


def test_a_push_to_main_deploys_staging(repository: Callable[..., Repository]) -> None:
    made = repository()
    sha = made.git("rev-parse", "HEAD")
    check = made.concluded(sha, "staging")
    assert check["conclusion"] == "success"
    assert "first deployment" in check["output"]["summary"]
    made.reached(sha, "staging", "in_progress", "success")


def test_a_writer_deploys_a_pull_request_step_by_step(
    live: Callable[..., Repository], visitors: Callable[..., Visitors], cloud: Cloud
) -> None:
    made = live()
    visitors(made)
    pull = made.pull_request(
        {"web/app.py": services.complaining("logs errors, which nobody asked")}
    )
    with miscounted(f"{made.prefix}-web"):
        asked = pull.comment("/deploy prod")
        held = made.titled(pull.sha, "prod", "Canary at 20 % (metrics-down)")
    strange = f"{made.prefix}-web has counts that cannot be: 0 5xx and 4xx of -"
    assert strange in held["output"]["summary"]
    assert strange in (cloud.state / "logs" / "consumer.log").read_text(encoding="utf-8")
    assert pull.reacted(asked, "rocket") == ["eyes", "rocket"]
    told = pull.reply("prod: Deployed")
    assert "| 20 % |" in told
    assert "| 100 % |" in told
    assert made.concluded(pull.sha, "prod")["conclusion"] == "success"
    made.reached(pull.sha, "prod", "in_progress", "success")


@pytest.fixture(scope="module")
def failing(live: Callable[..., Repository]) -> Pull:
    """A pull request whose service fails, in a repository that is in prod already."""
    return live().pull_request({"web/app.py": services.failing("fails six of ten", of_ten=6)})


def test_a_failing_canary_is_taken_back_by_itself(
    failing: Pull, visitors: Callable[..., Visitors]
) -> None:
    pull, made = failing, failing.repository
    visitors(made)
    asked = pull.comment("/deploy prod")
    assert pull.reacted(asked, "-1") == ["eyes", "-1"]
    alert = pull.reply("rolled back.**")
    assert "fails more often than stable" in alert
    assert "/deploy prod" in alert
    assert made.concluded(pull.sha, "prod")["conclusion"] == "failure"
    made.reached(pull.sha, "prod", "in_progress", "failure")
    assert "```mermaid\nxychart-beta\n" in pull.reply("prod: Rolled back")
    stays_away(pull)
    goes_all_the_way_in_shadow(pull)
    meets_its_limit(made.pull_request({"web/app.py": services.failing("as bad")}, "as-bad"))


def stays_away(pull: Pull) -> None:
    """What a verdict took back does not come again, under another commit either."""
    pull.push({"notes.md": "the same service again\n"})
    pull.comment("/deploy prod")
    assert pull.repository.concluded(pull.sha, "prod")["conclusion"] == "failure"
    said = eventually(pull.alerts, lambda seen: len(seen) > 1, "another alert")[-1]
    assert "same image with the same settings was taken back before: the canary of " in said
    assert "Next: `/deploy prod --retry`" in said


def judged_by(rollout: str, pull: Pull) -> None:
    """Have main say how it is rolled out."""
    made = pull.repository
    made.commit({"deploy.yaml": services.manifest(made.prefix, "web", prod=rollout)})
    made.push()


def goes_all_the_way_in_shadow(pull: Pull) -> None:
    """A verdict that only looks is told and not acted on, at steps that suit the traffic."""
    judged_by(SHADOW, pull)
    asked = pull.comment("/deploy prod --retry")
    assert pull.reacted(asked, "rocket") == ["eyes", "rocket"]
    told = pull.reply("prod: Deployed")
    assert "**Shadow**: would have been rolled back here, canary " in told
    steps = [(share, why) for share, why in STEP.findall(told) if "shadow: " not in why]
    assert [share for share, _ in steps] in AUTOMATIC
    shares = " → ".join(f"{share} %" for share, _ in steps)
    assert steps[0][1].startswith(f"automatic steps {shares}: stable had ")


def meets_its_limit(pull: Pull) -> None:
    """A canary that is as bad as stable is still worse than deploy.yaml allows."""
    judged_by(LIMITED, pull)
    pull.comment("/deploy prod")
    assert "fails more often than deploy.yaml allows" in pull.alert()
    assert "server errors: more than 2 %, evidence" in pull.alert()
