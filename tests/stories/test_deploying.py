"""The main stories: a push, a `/deploy`, a canary that is taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.stories import services

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.visit import Visitors
    from tests.stories.people import Repository

Make = "Callable[..., Repository]"


def test_a_push_to_main_deploys_staging(repository: Callable[..., Repository]) -> None:
    made = repository()
    sha = made.git("rev-parse", "HEAD")
    check = made.concluded(sha, "staging")
    assert check["conclusion"] == "success"
    assert "first deployment" in check["output"]["summary"]
    made.reached(sha, "staging", "in_progress", "success")


def test_a_writer_deploys_a_pull_request_step_by_step(
    live: Callable[..., Repository], visitors: Callable[..., Visitors]
) -> None:
    made = live()
    visitors(made)
    pull = made.pull_request(
        {"web/app.py": services.complaining("logs errors, which nobody asked")}
    )
    asked = pull.comment("/deploy prod")
    assert pull.reacted(asked, "rocket") == ["eyes", "rocket"]
    told = pull.reply("prod: Deployed")
    assert "| 20 % |" in told
    assert "| 100 % |" in told
    assert made.concluded(pull.sha, "prod")["conclusion"] == "success"
    made.reached(pull.sha, "prod", "in_progress", "success")


def test_a_failing_canary_is_taken_back_by_itself(
    live: Callable[..., Repository], visitors: Callable[..., Visitors]
) -> None:
    made = live()
    visitors(made)
    pull = made.pull_request({"web/app.py": services.failing()})
    asked = pull.comment("/deploy prod")
    assert pull.reacted(asked, "-1") == ["eyes", "-1"]
    alert = pull.reply("rolled back.**")
    assert "fails more often than stable" in alert
    assert "/deploy prod" in alert
    assert made.concluded(pull.sha, "prod")["conclusion"] == "failure"
    made.reached(pull.sha, "prod", "in_progress", "failure")
