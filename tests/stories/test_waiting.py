"""One deployment at a time per environment: the next one says its place and starts by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stories import services
from tests.stories.faults import standing_still

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.cloud import Cloud
    from tests.stories.console import Console
    from tests.stories.people import Pull, Repository


@pytest.fixture(scope="module")
def made(live: Callable[..., Repository]) -> Repository:
    """One repository that goes to 100 % at once."""
    return live(prod="{steps: [100], watch: 0s}")


def changes(made: Repository, *titles: str) -> list[Pull]:
    """One pull request for each."""
    return [made.pull_request({"web/app.py": services.good(one)}, one) for one in titles]


def test_the_second_and_third_deployment_wait_for_their_turn(
    made: Repository, console: Console
) -> None:
    first = made.pull_request({"web/app.py": services.slowly(services.good("one"))}, "one")
    pulls = [first, *changes(made, "two", "three")]
    asked = [first.comment("/deploy prod")]
    made.titled(first.sha, "prod", "Building images")
    asked += [_waits(pull, place) for place, pull in enumerate(pulls[1:], start=1)]
    ends = []
    for pull, comment in zip(pulls, asked, strict=True):
        ends.append(made.concluded(pull.sha, "prod"))
        assert pull.reacted(comment, "rocket") == ["eyes", "rocket"]
        assert len(pull.told()) == 1
    assert [end["conclusion"] for end in ends] == ["success"] * 3
    assert sorted(end["completed_at"] for end in ends) == [end["completed_at"] for end in ends]
    assert console.serving(f"{made.prefix}-web").startswith(f"{made.prefix}-web-{pulls[2].sha[:7]}")


def _waits(pull: Pull, place: int) -> int:
    """Ask for prod, see that it waits, and return the comment."""
    asked = pull.comment("/deploy prod")
    told = pull.reply(f"prod: Queued, position {place}")
    assert f"(position {place}). It starts by itself." in told
    assert pull.reactions(asked) == ["eyes"]
    check = pull.repository.titled(pull.sha, "prod", f"Queued, position {place}")
    assert check["status"] == "queued"
    return asked


def test_another_environment_does_not_wait(made: Repository, cloud: Cloud) -> None:
    (pull,) = changes(made, "both")
    with standing_still(cloud, ("CreateBuild", pull.sha)) as (build,):
        pull.comment("/deploy prod")
        build.wait_until_arrived()
        pull.comment("/deploy staging")
        staging = made.concluded(pull.sha, "staging")
    prod = made.concluded(pull.sha, "prod")
    assert staging["conclusion"] == prod["conclusion"] == "success"
    assert staging["completed_at"] <= prod["completed_at"]
    assert len(pull.told()) == 2


def test_a_failure_makes_room_for_the_next(made: Repository) -> None:
    bad = made.pull_request({"web/app.py": services.slowly(services.silent())}, "bad")
    (good,) = changes(made, "next")
    bad.comment("/deploy prod")
    made.titled(bad.sha, "prod", "Building images")
    _waits(good, 1)
    assert made.concluded(bad.sha, "prod")["conclusion"] == "failure"
    assert made.concluded(good.sha, "prod")["conclusion"] == "success"
    assert len(bad.alerts()) == 1
    assert good.alerts() == []
