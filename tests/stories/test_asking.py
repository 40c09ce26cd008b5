"""Questions are answered; whatever is no command is left alone, at no cost."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.stories import services
from tests.stories.app import another_bot, spillway
from tests.stories.faults import standing_still

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.cloud import Cloud
    from tests.stories.app import AppOwner
    from tests.stories.budget import Ledger
    from tests.stories.people import Pull, Repository

NO_COMMANDS = {
    "chatter": "Looks good to me. I would deploy this on Monday.",
    "a quote": "> /deploy prod\n\nwas that on purpose?",
    "a code fence": "Type this:\n\n```\n/deploy prod\n```\n",
    "indented code": "Type this:\n\n    /deploy prod\n",
    "inline code": "`/deploy prod` is what you want",
    "an HTML comment": "<!--\n/deploy prod\n-->\nThanks!",
    "a list": "- /deploy prod\n- /status\n",
    "the middle of a line": "please /deploy prod",
    "a path": "/etc/passwd is not in the image",
    "another bot's command": "/assign writer",
}


@pytest.fixture(scope="module")
def made(repository: Callable[..., Repository]) -> Repository:
    """Two services, both already in staging."""
    return repository("api", "web").in_staging()


@pytest.fixture(scope="module")
def pull(made: Repository) -> Pull:
    """A pull request to talk on."""
    return made.pull_request({"notes.md": "a change\n"})


def left_alone(pull: Pull, comment: int, before: list[str]) -> None:
    """No reply, no reaction, nothing for the consumer to do; that it costs nothing is billed."""
    cloud = pull.repository.cloud
    assert cloud.github.deliveries_idle(10)
    newest = spillway(cloud).deliveries("issue_comment")[0]
    assert newest["status_code"] == 204
    assert pull.replies() == before
    assert pull.reactions(comment) == []


def answer(pull: Pull, question: str) -> str:
    """The answer to a question, once nothing more of it is on its way to GitHub."""
    asked = pull.comment(question)
    told = pull.answer(asked)
    assert pull.reacted(asked, "rocket") == ["eyes", "rocket"]
    return told


def test_help_tells_what_this_repository_has(made: Repository, pull: Pull) -> None:
    asked = pull.comment("/help", by="reader")
    told = pull.answer(asked)
    prefix = made.prefix
    services = f"{prefix}-api, {prefix}-web"
    assert "| `/rollback <environment> [to <sha>]` |" in told
    assert f"| staging | {services} | 100 %" in told
    assert "and every push to `main` |" in told
    assert f"| prod | {services} | 20 % → 100 %" in told
    assert "| `write` permission | `forks: deny`, `contains_live: false` |" in told
    assert pull.reacted(asked, "rocket") == ["eyes", "rocket"]


def test_status_tells_what_runs_before_and_after_a_deployment(made: Repository, pull: Pull) -> None:
    main = made.git("rev-parse", "main")
    before = answer(pull, "/status")
    assert f"| staging | `{main[:7]}` since " in before
    assert "| prod | nothing yet |" in before

    pull.reacted(pull.comment("/deploy prod"), "rocket")

    after = answer(pull, "/status prod")
    assert f"| prod | `{pull.sha[:7]}` from #{pull.number} since " in after
    assert "| staging |" not in after


def test_a_plan_says_what_a_deployment_would_do_and_does_nothing(made: Repository) -> None:
    fresh = made.pull_request({"web/app.py": services.good("planned")}, "planned")
    told = fresh.answer(fresh.comment("/plan prod"))
    assert f"**Plan for `prod`: `{fresh.sha[:7]}` from #{fresh.number}.**" in told
    assert f"| {made.prefix}-web | is built |" in told
    assert re.search(rf"\| {made.prefix}-api \| (used again: `sha256:|the one that runs)", told)
    assert "- ✅ permission" in told
    assert made.checks(fresh.sha, "prod") == []
    asked = fresh.comment("/plan prod", by="reader")
    refused = fresh.answer(asked)
    fresh.reacted(asked, "rocket")
    assert "It would be refused." in refused
    assert "- ❌ @reader has `read` permission" in refused


def test_history_tells_what_went_there(made: Repository, pull: Pull) -> None:
    asked = pull.comment("/history staging", by="reader")
    told = pull.answer(asked)
    pull.reacted(asked, "rocket")
    assert f"| `{made.git('rev-parse', 'main')[:7]}` | a push | owner | ✅ " in told


def test_every_command_of_a_comment_is_answered_in_one_reply(pull: Pull) -> None:
    before = pull.replies()
    asked = pull.comment("Let us see:\n/help\n/status staging\n/deploy nowhere\n")
    told = pull.answer(asked)
    assert "| command |" in told
    assert "| staging |" in told
    assert "no environment `nowhere`" in told
    assert pull.reacted(asked, "-1") == ["eyes", "-1"]
    assert pull.replies() == [*before, told]


def test_what_is_too_much_is_said_and_not_followed(made: Repository, pull: Pull) -> None:
    typed = [f"/lock prod {'x' * 600}", *["/status staging"] * 9, "/deploy prod", "/deploy prod"]
    before = made.deployments("prod")
    asked = pull.comment("\n".join(typed))
    told = pull.answer(asked)
    assert "A command has at most 500 characters." in told
    assert "One comment may hold 10 commands; this and what comes after it is left out." in told
    assert pull.reacted(asked, "-1") == ["eyes", "-1"]
    assert made.deployments("prod") == before


def test_programs_read_what_came_of_each_line(pull: Pull) -> None:
    asked = pull.comment("/status\n/depoly prod --> <b>\n")
    told = pull.answer(asked)
    pull.reacted(asked, "-1")
    (block,) = re.findall(r"<!-- spillway json (\{.*\}) -->", told)
    assert json.loads(block) == {
        "version": 1,
        "kind": "reply",
        "lines": [
            {"command": "/status", "state": "answered", "reasons": []},
            {
                "command": "/depoly prod --> <b>",
                "state": "refused",
                "reasons": ["unknown_command", "not_a_name"],
            },
        ],
    }


def test_a_question_does_not_wait_for_the_deployment_before_it(
    repository: Callable[..., Repository],
) -> None:
    made = repository(prod="{steps: [100]}").in_staging()
    pull = made.pull_request({"web/app.py": services.good("second")})
    with standing_still(made.cloud, ("CreateBuild", pull.sha)) as (build,):
        asked = pull.comment("/deploy prod\n/status prod")
        build.wait_until_arrived()
        assert "| prod | nothing yet |" in pull.answer(asked)
    assert made.concluded(pull.sha, "prod")["conclusion"] == "success"


@pytest.mark.parametrize("body", NO_COMMANDS.values(), ids=NO_COMMANDS.keys())
def test_what_is_no_command_is_left_alone(pull: Pull, body: str) -> None:
    before = pull.replies()
    left_alone(pull, pull.comment(body), before)


def test_a_suite_that_github_asks_for_is_left_alone(made: Repository, cloud: Cloud) -> None:
    made.git("checkout", "--quiet", "-B", "only-pushed", "main")
    sha = made.commit({"notes.md": "only pushed\n"})
    made.push("only-pushed", "writer")
    made.git("checkout", "--quiet", "main")
    assert cloud.github.deliveries_idle(10)
    asked_for = spillway(cloud).deliveries("check_suite")[0]
    assert (asked_for["action"], asked_for["status_code"]) == ("requested", 204)
    told = spillway(cloud).delivery(asked_for["id"])["request"]["payload"]
    assert told["check_suite"]["head_sha"] == sha


@pytest.mark.parametrize("who", [spillway, another_bot])
def test_bots_are_left_alone(
    cloud: Cloud, pull: Pull, ledger: Ledger, who: Callable[..., AppOwner]
) -> None:
    replies = pull.replies()
    said = who(cloud).comment(pull, "/deploy prod")
    ledger.typed(pull.repository.full_name, "request of the story's" if who is spillway else "")
    left_alone(pull, said, [*replies, "/deploy prod"])


def test_a_comment_that_becomes_a_command_later_is_left_alone(pull: Pull) -> None:
    before = pull.replies()
    said = pull.comment("thanks")
    pull.repository.call("PATCH", f"issues/comments/{said}", {"body": "/deploy prod"})
    left_alone(pull, said, before)


def test_an_issue_is_no_pull_request(made: Repository, pull: Pull) -> None:
    before = pull.replies()
    number = made.call("POST", "issues", {"title": "It is slow"})["number"]
    said = made.call("POST", f"issues/{number}/comments", {"body": "/deploy prod"})["id"]
    left_alone(pull, said, before)
