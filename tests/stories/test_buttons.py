"""Buttons: each does what the command of its name does, for those who may, while it is right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.stories import services
from tests.stories.people import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.stories.people import Pull, Repository

CONTROLS = "prod · controls"


@pytest.fixture(scope="module")
def made(live: Callable[..., Repository]) -> Repository:
    """One service that goes to prod in two steps, the first of which takes its time."""
    return live(prod="{steps: [20, 100], min_bake: 120s, max_bake: 180s, watch: 0s}")


def controls(pull: Pull, *labels: str) -> dict[str, Any]:
    """The newest controls run of a commit, once it offers these buttons."""
    made = pull.repository

    def shown(run: dict[str, Any] | None) -> bool:
        return run is not None and run["output"]["title"] == " · ".join(labels)

    seen = eventually(lambda: made.check(pull.sha, CONTROLS), shown, f"buttons {labels}")
    assert seen is not None
    assert (seen["status"], seen["conclusion"]) == ("completed", "neutral")
    return seen


def test_a_reader_presses_in_vain_and_the_buttons_follow_the_rollout(made: Repository) -> None:
    pull = made.pull_request({"web/app.py": services.good("pressed")}, "pressed")
    pull.comment("/deploy prod")
    run = controls(pull, "Promote", "Pause", "Abort")

    made.cloud.github.press(run["id"], "reader", "promote")

    told = pull.reply("@reader has `read` permission on this repository")
    assert "`/promote prod` was refused" in told
    eventually(
        lambda: made.check(pull.sha, "prod"),
        lambda check: check and check["output"]["title"].startswith("Canary at 20 %"),
        "the canary at its first step",
    )

    made.cloud.github.press(run["id"], "writer", "promote")

    assert made.concluded(pull.sha, "prod")["conclusion"] == "success"
    controls(pull, "Roll back")
    assert len(pull.replies()) == 2, "a button that worked needs no reply"


def test_a_button_of_a_deployment_that_is_over_does_nothing(made: Repository) -> None:
    first = made.pull_request({"web/app.py": services.good("older")}, "first-buttons")
    first.comment("/deploy prod --now")
    made.concluded(first.sha, "prod")
    old = controls(first, "Roll back")
    second = made.pull_request({"web/app.py": services.good("newer")}, "second-buttons")
    second.comment("/deploy prod --now")
    made.concluded(second.sha, "prod")

    made.cloud.github.press(old["id"], "writer", "rollback")

    told = first.reply("That button belongs to the deployment of")
    assert "Next: `/rollback prod` · `/status`" in told


def test_running_a_check_again_deploys_that_commit_again(made: Repository) -> None:
    pull = made.pull_request({"web/app.py": services.good("again")}, "again")
    pull.comment("/deploy prod --now")
    run = made.concluded(pull.sha, "prod")

    made.cloud.github.press(run["id"], "reader")
    assert "needs `write`" in pull.reply(f"/deploy prod {pull.sha}` was refused")

    made.cloud.github.press(run["id"], "writer")
    eventually(
        lambda: made.checks(pull.sha, "prod"),
        lambda runs: [each["conclusion"] for each in runs] == ["success", "neutral"],
        "a second check run, with nothing to do",
    )


def test_running_all_checks_again_deploys_what_did_not_succeed(made: Repository) -> None:
    pull = made.pull_request({"web/app.py": services.unhealthy("at once")}, "all-again")
    pull.comment("/deploy staging")
    pull.comment("/deploy prod --now")
    for environment in ("staging", "prod"):
        assert made.concluded(pull.sha, environment)["conclusion"] == "failure"

    made.cloud.github.press_all(made.full_name, pull.sha, "reader")

    for environment in ("staging", "prod"):
        pull.reply(f"/deploy {environment} {pull.sha}` was refused")


def test_a_pushs_check_is_run_again_where_there_is_no_pull_request(made: Repository) -> None:
    main = made.git("rev-parse", "main")
    run = made.concluded(main, "staging")

    made.cloud.github.press(run["id"], "reader")
    refused = eventually(lambda: made.named(main, "deploy"), bool, "a refusal at the commit")
    assert refused[0]["conclusion"] == "failure"
    assert "needs `write`" in refused[0]["output"]["summary"]

    made.cloud.github.press(run["id"], "writer")
    eventually(
        lambda: made.checks(main, "staging"),
        lambda runs: [each["conclusion"] for each in runs] == ["success", "neutral"],
        "a second check run, with nothing to do",
    )
