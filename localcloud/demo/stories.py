"""The stories: what people do, what must come of it, and what came.

Each acts as a person would, follows what GitHub and Cloud Run show, and says what was not as it
should be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests

from localcloud.demo.changes import CHARACTERS, TURNS, UPTIME
from localcloud.demo.expectations import FULL, arrows, canary_shares, mismatches, runs, unharmed
from localcloud.demo.sharing import approved_by_two, locked_then_queued
from localcloud.demo.stage import Command, Follow
from localcloud.demo.waiting import next_second

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.demo.checkout import Change

MOST_BAD = 0.05
"""Part of the visits that may meet the bad canary: 20 % of the traffic, 3 of 10 requests, for as
long as it takes until a few windows of one second are seen."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """One story: `play` returns what happened in a few words, and every mismatch."""

    title: str
    expected: str
    service: str
    play: Callable[[Follow], tuple[str, list[str]]]


def push_to_main(follow: Follow) -> tuple[str, list[str]]:
    """Push a good commit to main: staging gets it, prod does not."""
    stage = follow.stage
    prod = stage.run.split("api-service")
    stage.checkout.main()
    sha = stage.checkout.commit(UPTIME)
    stage.checkout.push()
    check = follow.concluded(sha, "deploy / staging")
    if check.conclusion != "success":
        return check.title, [f"check run success, but it is {check}"]
    health = requests.get(f"{stage.address('staging', 'api-service')}/health", timeout=10).json()
    wrong = mismatches(
        (runs(follow, sha), f"all traffic on {sha[:7]}, but it is {follow.traffic()}"),
        ("uptimeSeconds" in health, f"the new code to answer, but it answers {health}"),
        (stage.run.split("api-service") == prod, "prod untouched, but its traffic moved"),
        *unharmed(follow),
    )
    return f"{check.title} on staging", wrong


def deploy_good(follow: Follow) -> tuple[str, list[str]]:
    """`/deploy prod` on a good pull request: step by step to 100 %."""
    sha, command = _ask(follow, "longer-answers", CHARACTERS)
    check = follow.concluded(sha, "deploy / prod")
    if check.conclusion != "success":
        return check.title, [f"check run success, but it is {check}"]
    follow.answered(command, "🚀", "✅ prod")
    steps = canary_shares(follow)
    deployment = follow.stage.writer.deployments(sha)[-1]
    wrong = mismatches(
        (runs(follow, sha), f"all traffic on {sha[:7]}, not {follow.traffic()}"),
        (any(0 < share < FULL for share in steps), f"traffic in steps, but they were {steps}"),
        (steps == sorted(steps), f"traffic only upwards, but the steps were {steps}"),
        (not follow.stage.run.tags("api-service"), "the canary's tag gone, but it is still there"),
        (deployment.statuses[-1:] == ("success",), f"status success, not {deployment.statuses}"),
        *unharmed(follow),
    )
    return f"{check.title}: canary {arrows(steps)}", wrong


def deploy_bad(follow: Follow) -> tuple[str, list[str]]:
    """`/deploy prod` on a pull request that fails 3 of 10 requests: rolled back by itself."""
    running = follow.stage.writer.open_pulls()[-1]
    sha, command = _ask(follow, "ten-slots", TURNS, f"--replace #{running}")
    check = follow.concluded(sha, "deploy / prod")
    if check.conclusion != "failure":
        return check.title, [f"check run failure, but it is {check}"]
    conversation = follow.answered(command, "👎", "rolled back")
    steps, visits = canary_shares(follow), follow.visits()
    deployment = follow.stage.writer.deployments(sha)[-1]
    back = {follow.stable: FULL}
    wrong = mismatches(
        (follow.traffic() == back, f"all traffic back on stable, not {follow.traffic()}"),
        (any(steps), "a canary with traffic first, but there was none"),
        (deployment.statuses[-1:] == ("failure",), f"status failure, not {deployment.statuses}"),
        (
            any("fails more often than stable" in told.body for told in conversation),
            "the reason on the pull request, but it is not there",
        ),
        (visits.bad > 0, "some visitors to meet the bad canary, but none did"),
        (
            visits.bad <= MOST_BAD * visits.total,
            f"at most {MOST_BAD:.0%} of the visits harmed, but {visits.bad} of {visits.total} were",
        ),
    )
    return f"{check.title} from {max(steps, default=0)} %, {visits.bad} visits failed", wrong


def deploy_by_reader(follow: Follow) -> tuple[str, list[str]]:
    """`/deploy prod` by somebody who may only read: refused, with the reason."""
    stage = follow.stage
    number = stage.writer.open_pulls()[0]
    sha = stage.writer.pull(number)["head"]["sha"]
    before = (stage.writer.check_runs(sha), stage.writer.deployments(sha))
    command = Command(number, stage.reader.say(number, "/deploy prod"))
    follow.answered(command, "👎", "`prod` needs `write`")
    after = (stage.writer.check_runs(sha), stage.writer.deployments(sha))
    wrong = mismatches(
        (after == before, "no new check run and no new deployment, but there is one"),
        (follow.traffic() == {follow.stable: FULL}, f"traffic untouched, not {follow.traffic()}"),
        *unharmed(follow),
    )
    return "Refused: read permission, write is needed", wrong


STORIES = (
    Story(
        title="A good commit is pushed to main",
        expected="staging runs it",
        service="api-service-staging",
        play=push_to_main,
    ),
    Story(
        title="The writer says /deploy prod on a good pull request",
        expected="prod reaches 100 % in steps",
        service="api-service",
        play=deploy_good,
    ),
    Story(
        title="The writer has it replaced by one that fails 3 of 10 requests",
        expected="rolled back by itself, with the reason",
        service="api-service",
        play=deploy_bad,
    ),
    Story(
        title="The reader says /deploy prod",
        expected="refused, with the reason",
        service="api-service",
        play=deploy_by_reader,
    ),
    Story(
        title="The owner locks staging; unlocked, two want it at once",
        expected="refused while locked, then one after the other",
        service="api-service-staging",
        play=locked_then_queued,
    ),
    Story(
        title="A commit is pushed in the very second of a /deploy prod that needs a second person",
        expected="refused until it is named, waits until the owner approves it",
        service="api-service",
        play=approved_by_two,
    ),
)


def _ask(follow: Follow, branch: str, change: Change, option: str = "") -> tuple[str, Command]:
    """Push a branch, open a pull request from it, and say `/deploy prod` on it.

    Two pull requests that know nothing of each other cannot both be in prod: the later one says
    which it replaces.
    """
    stage = follow.stage
    stage.checkout.branch(branch)
    sha = stage.checkout.commit(change)
    stage.checkout.push()
    number = stage.writer.open_pull(change.message, "", branch)
    follow.show(f"opened #{number}")
    next_second()
    return sha, Command(number, stage.writer.say(number, f"/deploy prod {option}".strip()))
