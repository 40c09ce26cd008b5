"""What goes wrong before or during the canary: said on the pull request, traffic as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stories import services

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.visit import Visitors
    from tests.stories.console import Console
    from tests.stories.people import Pull, Repository


@pytest.fixture(scope="module")
def made(live: Callable[..., Repository]) -> Repository:
    """One repository for all failures: whatever failed has left it as it was."""
    return live(prod=services.QUIET)


@pytest.fixture(scope="module")
def other(live: Callable[..., Repository]) -> Repository:
    """One for canaries: whatever failed has gone back to what it had."""
    steps = "steps: [20, 100], min_bake: 6s, max_bake: 30s, min_requests: 30, watch: 0s"
    return live(prod=f"{{{steps}, error_logs: true}}")


def failed(pull: Pull) -> tuple[str, str]:
    """Ask for prod, wait for the failure, and return the check run's words and the alert's."""
    asked = pull.comment("/deploy prod")
    assert pull.reacted(asked, "-1") == ["eyes", "-1"]
    check = pull.repository.concluded(pull.sha, "prod")
    assert check["conclusion"] == "failure"
    assert check["output"]["title"] == "Failed"
    summary = check["output"]["summary"]
    assert "Traffic was not touched." in summary
    assert summary in pull.told()[0]
    assert len(pull.told()) == 1
    alert = pull.alert()
    assert "`/deploy prod`" in alert
    pull.repository.reached(pull.sha, "prod", "in_progress", "failure")
    return summary, alert


def test_a_dockerfile_that_cannot_be_built(made: Repository, console: Console) -> None:
    before = console.shares(f"{made.prefix}-web")
    dockerfile = services.DOCKERFILE.replace("COPY app.py .", "ADD app.py .")
    pull = made.pull_request({"web/Dockerfile": dockerfile}, "dockerfile")
    summary, alert = failed(pull)
    assert f"build of {made.prefix}-web failed" in alert
    assert "Dockerfile line 3: ADD app.py .: ADD is not honoured; use COPY" in alert
    assert "Last log lines:" in summary
    assert "ERROR: " in summary.partition("Last log lines:")[2]
    assert "[Build log](http" in summary
    assert console.shares(f"{made.prefix}-web") == before


def test_a_dependency_that_cannot_be_installed(made: Repository, console: Console) -> None:
    before = console.shares(f"{made.prefix}-web")
    dockerfile = services.DOCKERFILE.replace(
        "COPY app.py .", "COPY app.py requirements.txt ./\nRUN pip install -r requirements.txt"
    )
    files = {"web/Dockerfile": dockerfile, "web/requirements.txt": "pip>1,<1\n"}
    summary, alert = failed(made.pull_request(files, "dependency"))
    assert f"build of {made.prefix}-web failed" in alert
    assert (
        "No solution found when resolving dependencies" in summary.partition("Last log lines:")[2]
    )
    assert console.shares(f"{made.prefix}-web") == before


def test_a_revision_that_ends_before_it_listens(made: Repository, console: Console) -> None:
    before = console.shares(f"{made.prefix}-web")
    pull = made.pull_request({"web/app.py": services.silent()}, "silent")
    summary, alert = failed(pull)
    assert f"evision {made.prefix}-web-{pull.sha[:7]}" in alert
    assert "never became ready" in alert
    assert "failed to start and listen on the port defined provided by the PORT" in alert
    assert "the database password is missing" in summary.partition("Last log lines:")[2]
    assert console.shares(f"{made.prefix}-web") == before
    assert console.wanted_tags(f"{made.prefix}-web") == []


def test_a_smoke_check_that_gets_another_answer(made: Repository, console: Console) -> None:
    before = console.shares(f"{made.prefix}-web")
    pull = made.pull_request({"web/app.py": services.unhealthy()}, "unhealthy")
    summary, alert = failed(pull)
    assert f"smoke check of {made.prefix}-web failed 3 times" in alert
    assert "GET /health → 503" in alert
    assert "503 Service Unavailable: hello" in alert
    assert "smoke check `GET /health` failed" in summary
    assert console.shares(f"{made.prefix}-web") == before
    assert console.tags(f"{made.prefix}-web") == []


def test_a_canary_that_nobody_calls_and_that_fails_its_smoke_check_later(
    made: Repository, console: Console
) -> None:
    before = console.shares(f"{made.prefix}-web")
    pull = made.pull_request({"web/app.py": services.falling_ill()}, "ill")
    pull.comment("/deploy prod")
    check = made.concluded(pull.sha, "prod")
    assert (check["conclusion"], check["output"]["title"]) == ("failure", "Rolled back")
    assert "| 20 % | " in check["output"]["summary"]
    assert "All traffic is back on stable." in check["output"]["summary"]
    alert = pull.alert()
    assert f"smoke check of {made.prefix}-web failed 3 times" in alert
    assert "GET /health → 503" in alert
    assert console.shares(f"{made.prefix}-web") == before
    assert console.tags(f"{made.prefix}-web") == []


def test_after_a_failure_the_mended_commit_is_deployed(made: Repository, console: Console) -> None:
    pull = made.pull_request({"web/app.py": services.silent()}, "mended")
    failed(pull)
    pull.push({"web/app.py": services.good("mended")})
    pull.comment("/deploy prod")
    assert made.concluded(pull.sha, "prod")["conclusion"] == "success"
    assert console.serving(f"{made.prefix}-web").startswith(f"{made.prefix}-web-{pull.sha[:7]}")


def test_a_canary_whose_instance_ends_again_and_again(
    other: Repository, visitors: Callable[..., Visitors], console: Console
) -> None:
    before = console.shares(f"{other.prefix}-web")
    visitors(other)
    pull = other.pull_request({"web/app.py": services.ending()}, "ending")
    pull.comment("/deploy prod")
    assert other.concluded(pull.sha, "prod")["output"]["title"] == "Rolled back"
    alert = pull.alert()
    assert f"canary of {other.prefix}-web answers hardly any of its requests" in alert
    assert "instances that do not start, end or hang answer nothing that is counted" in alert
    assert console.shares(f"{other.prefix}-web") == before


def test_a_canary_that_fails_more_often(
    other: Repository, visitors: Callable[..., Visitors], console: Console
) -> None:
    made = other
    before = console.shares(f"{made.prefix}-web")
    visitors(made)
    pull = made.pull_request({"web/app.py": services.failing()})
    pull.comment("/deploy prod")
    check = made.concluded(pull.sha, "prod")
    assert check["output"]["title"] == "Rolled back"
    assert "All traffic is back on stable." in check["output"]["summary"]
    alert = pull.alert()
    assert f"canary of {made.prefix}-web fails more often than stable" in alert
    assert "against stable 0/" in alert
    assert console.shares(f"{made.prefix}-web") == before
    assert console.tags(f"{made.prefix}-web") == []


def test_a_canary_that_answers_well_and_logs_errors(
    other: Repository, visitors: Callable[..., Visitors]
) -> None:
    visitors(other)
    pull = other.pull_request({"web/app.py": services.complaining()}, "complaining")
    pull.comment("/deploy prod")
    assert other.concluded(pull.sha, "prod")["output"]["title"] == "Rolled back"
    alert = pull.alert()
    assert f"canary of {other.prefix}-web logs more errors than stable" in alert
    assert "error log lines" in alert
