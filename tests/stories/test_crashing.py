"""Crashes and outages: whatever is killed or away for a while, everything is done, and once.

One kill -9 meets seven deployments and one question, each at another crash point: a call has been
sent, and whoever waited for its answer is dead. What was asked for happens all the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.stories import services
from tests.stories.app import spillway
from tests.stories.faults import answers_lost, github_down, standing_still
from tests.stories.people import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.cloud import Cloud
    from tests.stories.console import Console
    from tests.stories.people import Pull, Repository

CRASH_POINTS = ("built", "staged", "shifted", "checked", "recorded", "told")
"""Environments, each named for what is under way there when the consumer dies."""
RESTARTED = 60.0
"""Seconds: the dead one's lease runs out, the next tick comes, and the rest of the work."""


@dataclass
class Crash:
    """What there was when the consumer was killed."""

    made: Repository
    built: Pull
    """Goes to the environment `built`; its image was being built."""
    pull: Pull
    """Goes to the others; its image was there."""
    question: Pull
    asked: int = 0

    @property
    def service(self) -> str:
        return f"{self.made.prefix}-web"

    def going_to(self, environment: str) -> Pull:
        """The pull request that was being deployed there."""
        return self.built if environment == "built" else self.pull


@pytest.fixture(scope="module")
def crash(cloud: Cloud, repository: Callable[..., Repository]) -> Crash:
    """Kill the consumer at every crash point at once, and start it again."""
    made = repository()
    manifest = environments(services.manifest(made.prefix, "web"))
    made.commit({"deploy.yaml": manifest}, "More environments")
    made.push()
    told = Crash(
        made,
        made.pull_request({"web/app.py": services.good("to be built")}, "built"),
        made.pull_request({"web/app.py": services.good("there already")}, "pull"),
        made.pull_request({"notes.md": "a question\n"}, "question"),
    )
    told.question.comment("\n".join(f"/deploy {each}" for each in CRASH_POINTS))
    told.pull.comment("/deploy prod")
    for environment in CRASH_POINTS:
        assert made.concluded(told.question.sha, environment)["conclusion"] == "success"
    assert made.concluded(told.pull.sha, "prod")["conclusion"] == "success"
    _kill(cloud, told)
    return told


def environments(manifest: str) -> str:
    """Add one environment per crash point."""
    rollout = "{steps: [20, 100], min_bake: 1s, max_bake: 1s, watch: 0s}"
    lines = [f"  {each}: {{service_suffix: -{each}, rollout: {rollout}}}" for each in CRASH_POINTS]
    return manifest + "\n".join(lines) + "\n"


def _kill(cloud: Cloud, crash: Crash) -> None:
    with standing_still(cloud, *_crash_points(crash)) as calls:
        crash.built.comment("/deploy built")
        crash.pull.comment("\n".join(f"/deploy {each}" for each in CRASH_POINTS[1:]))
        crash.asked = crash.question.comment("/status")
        for call in calls:
            call.wait_until_arrived()
        cloud.consumer.kill()
    cloud.consumer.start()
    cloud.consumer.wait_ready()


def _crash_points(crash: Crash) -> list[tuple[str, ...]]:
    """Calls that arrive, and whose answers nobody is there to hear."""
    api, sha, service = f"/repos/{crash.made.full_name}", crash.pull.sha, crash.service
    return [
        ("CreateBuild", crash.built.sha),
        ("UpdateService", f'revision: "{service}-staged-{sha[:7]}'),
        ("UpdateService", f'services/{service}-shifted"', "percent: 20"),
        (f"POST {api}/check-runs", "deploy / checked", sha),
        (f"POST {api}/deployments", '"recorded"', sha),
        (f"POST {api}/issues/{crash.pull.number}/comments", " told: ", sha),
        (f"POST {api}/issues/{crash.question.number}/comments", "| environment | runs |"),
    ]


@pytest.mark.parametrize("environment", CRASH_POINTS)
def test_a_deployment_outlives_its_consumer(
    crash: Crash, console: Console, environment: str
) -> None:
    made, pull, service = crash.made, crash.going_to(environment), f"{crash.service}-{environment}"
    check = made.concluded(pull.sha, environment, within=RESTARTED)
    assert check["conclusion"] == "success"
    assert console.serving(service).startswith(f"{service}-{pull.sha[:7]}")
    assert console.tags(service) == []
    told = eventually(
        lambda: [each for each in pull.told() if f" {environment}: " in each],
        lambda said: any("Deployed" in each for each in said),
        "the comment's last edit",
    )
    assert len(told) == len(made.checks(pull.sha, environment)) == 1
    made.reached(pull.sha, environment, "in_progress", "success")


def test_a_build_outlives_the_consumer_that_asked_for_it(crash: Crash, console: Console) -> None:
    crash.made.concluded(crash.built.sha, "built", within=RESTARTED)
    (told,) = crash.built.told()
    (deployment,) = re.findall(r"Deployment `(\w+)`", told)
    assert console.builds_tagged(f"spillway-{deployment}-{crash.service}") == 1


def test_a_question_is_answered_once(crash: Crash) -> None:
    crash.question.reacted(crash.asked, "rocket", within=RESTARTED)
    assert sum("| environment | runs |" in each for each in crash.question.replies()) == 1


@pytest.fixture(scope="module")
def made(live: Callable[..., Repository]) -> Repository:
    """One repository for the outages, one after the other."""
    return live(prod=services.QUIET)


def test_what_a_dead_receiver_missed_is_delivered_again(cloud: Cloud, made: Repository) -> None:
    pull = made.pull_request({"web/app.py": services.good("missed")}, "missed")
    cloud.receiver.kill()
    asked = pull.comment("/deploy staging")
    cloud.github.deliveries_idle(15)
    cloud.receiver.start()
    cloud.receiver.wait_ready()
    assert pull.reactions(asked) == []
    app = spillway(cloud)
    missed = app.deliveries("issue_comment")[0]
    for _ in range(2):
        app.redeliver(missed)
    assert_done_once(pull, asked, "staging")


def test_github_is_away_when_the_command_comes(cloud: Cloud, made: Repository) -> None:
    pull = made.pull_request({"web/app.py": services.good("patient")}, "patient")
    with github_down(cloud) as called:
        asked = pull.comment("/deploy staging")
        eventually(lambda: len(called), lambda number: number >= 3, "calls that failed")
    assert_done_once(pull, asked, "staging")


def test_github_goes_away_on_the_way(cloud: Cloud, made: Repository, console: Console) -> None:
    service = f"{made.prefix}-web"
    pull = made.pull_request({"web/app.py": services.good("goes on")}, "goes-on")
    with standing_still(cloud, ("CreateBuild", pull.sha)) as (build,):
        asked = pull.comment("/deploy prod")
        build.wait_until_arrived()
        with github_down(cloud) as called:
            build.let_go()
            eventually(
                lambda: console.shares(service),
                lambda shares: any(pull.sha[:7] in each and shares[each] == 100 for each in shares),
                "all traffic on the new revision",
            )
            assert called
    assert_done_once(pull, asked, "prod")


def test_github_does_what_it_is_told_and_its_answers_get_lost(
    cloud: Cloud, made: Repository
) -> None:
    pull = made.pull_request({"web/app.py": services.good("unheard")}, "unheard")
    with answers_lost(cloud) as lost:
        asked = pull.comment("/deploy staging")
        assert_done_once(pull, asked, "staging")
    made_once = {"reactions", "check-runs", "deployments", "statuses", "comments"}
    assert {path.rpartition("/")[2] for path in lost} == made_once


def assert_done_once(pull: Pull, asked: int, environment: str) -> None:
    """Check that what stands on GitHub is the good end, and stands there once."""
    made = pull.repository
    assert made.concluded(pull.sha, environment)["conclusion"] == "success"
    assert pull.reacted(asked, "rocket") == ["eyes", "rocket"]
    assert len(made.checks(pull.sha, environment)) == 1
    made.reached(pull.sha, environment, "in_progress", "success")
    (told,) = pull.told()
    assert f"{environment}: Deployed" in told
