"""Refusals: the reason, and the line to paste next, which then works."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bot.core.guest import Guest
from tests.stories import services
from tests.stories.console import Console
from tests.stories.faults import answered_as, glance, standing_still
from tests.stories.later import rewritten
from tests.stories.people import Pull, wait_for_the_next_second

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.stories.people import Repository

BUDGET = 6
"""Requests of a refusal beside token minting: eyes, pull request, branch, permission, reply, thumb;
the branch's deploy.yaml is known since the push that brought it."""
QUICK = "{steps: [100]}"
TYPED_WRONG = {
    "an unknown environment": ("/deploy prdo web", "no environment `prdo`", "/deploy prod web"),
    "an environment like none": ("/deploy moon", "no environment `moon`", ""),
    "an unknown service": ("/deploy prod wbe", "no service `wbe`", "/deploy prod web"),
    "a misspelt command": ("/depoly prod", "did you mean `/deploy`?", "/deploy prod"),
    "an unknown option": ("/deploy prod --force", "no option `--force`", "/deploy prod"),
    "no environment": ("/deploy", "Which environment?", ""),
    "an option twice": ("/deploy prod --now --now", "given twice", "/deploy prod --now"),
    "no reason": ("/lock prod", "reason", ""),
    "two commits": ("/deploy prod 1234567 89abcde", "Only one commit", ""),
    "no name at all": ("/deploy prod $(reboot)", "Word 3 cannot be a name", ""),
}


@pytest.fixture(scope="module")
def made(repository: Callable[..., Repository]) -> Repository:
    """One service, already in staging; prod takes everything in one step."""
    return repository(prod=QUICK).in_staging()


@pytest.fixture(scope="module")
def pull(made: Repository) -> Pull:
    """A pull request that nobody deploys."""
    return made.pull_request({"notes.md": "a change\n"}, "refused")


def pasted(answer: str) -> str:
    """The first line to paste that an answer ends with."""
    offered = re.search(r"^Next: `([^`]+)`", answer, re.MULTILINE)
    assert offered, answer
    return offered[1]


def served(made: Repository) -> str:
    """The commit whose revision has all of prod's traffic, by its first digits."""
    return Console(made.cloud).serving(f"{made.prefix}-web").split("-")[-2]


@pytest.mark.parametrize("who", ["reader", "outsider"])
def test_without_write_permission_nothing_is_deployed(pull: Pull, who: str) -> None:
    asked = pull.comment("/deploy prod", by=who)
    told = pull.refusal(asked)
    assert f"@{who} has `read` permission on this repository; `prod` needs `write`" in told
    assert "Somebody with `write` permission can deploy this." in told
    assert pull.repository.check(pull.sha, "prod") is None
    assert pull.repository.statuses(pull.sha, "prod") == []


def test_a_refusal_is_cheap(repository: Callable[..., Repository]) -> None:
    quiet = repository(prod=QUICK).in_staging()
    pull = quiet.pull_request({"notes.md": "a change\n"})
    before = pull.repository.cost()
    pull.refusal(pull.comment("/deploy prod", by="reader"))
    paid = pull.repository.cost()[len(before) :]
    print(f"a refusal costs {len(paid)} requests:", *paid, sep="\n  ")  # noqa: T201  # a number to look at
    assert len(paid) <= BUDGET


def test_whoever_may_not_and_asks_without_end_is_left_alone_and_keeps_nobody_waiting(
    made: Repository,
) -> None:
    pull = made.pull_request({"notes.md": "noise\n"}, "noise")
    key = f"{made.call('GET', '')['id']}/outsider"
    pull.reacted(pull.comment("/status", by="outsider"), "rocket")
    rewritten(made.cloud, Guest, key, lambda one: replace(one, lines=0))
    asked = [pull.comment("/status\n" * 10, by="outsider") for _ in range(3)]
    for comment in asked:
        pull.reacted(comment, "rocket")
    told = pull.comment("/status\n/status", by="outsider")
    assert "has asked for more than 30 things within the hour" in pull.answer(told)
    assert pull.reacted(told, "-1") == ["-1"]
    before = made.cost()
    silent = pull.comment("/deploy prod\n/status\n/help", by="outsider")
    heard = pull.comment("/status staging", by="owner")
    assert pull.reacted(heard, "rocket") == ["eyes", "rocket"]
    assert len(made.cost()) - len(before) <= BUDGET
    assert pull.reactions(silent) == []

    made.cloud.github.grant(made.full_name, "outsider", "write")
    minute = datetime.now(UTC) - timedelta(minutes=1)
    rewritten(made.cloud, Guest, key, lambda one: replace(one, looked_at=minute))
    pull.reacted(pull.comment("/status staging", by="outsider"), "rocket")
    made.cloud.github.grant(made.full_name, "outsider", "none")


@pytest.mark.parametrize(("typed", "reason", "offer"), TYPED_WRONG.values(), ids=TYPED_WRONG)
def test_a_typing_error_is_told_with_what_was_meant(
    pull: Pull, typed: str, reason: str, offer: str
) -> None:
    prefix = pull.repository.prefix
    typed, reason, offer = (
        re.sub(r"\b(web|wbe)\b", rf"{prefix}-\1", text) for text in (typed, reason, offer)
    )
    told = pull.refusal(pull.comment(typed))
    assert reason in told
    assert pasted(told) == (offer or "/help")


def test_what_is_wrong_on_our_side_is_admitted_with_a_reference(made: Repository) -> None:
    pull = made.pull_request({"notes.md": "broken\n"}, "broken")
    reading = f"GET /repos/{made.full_name}/branches/main"
    with answered_as(made.cloud, reading, lambda _body: b'{"Traceback": "most recent"}'):
        asked = pull.comment("/deploy prod")
        told = pull.refusal(asked)
    assert "something is wrong on our side. Reference for the operator: " in told
    assert f"-{asked}-0`" in told
    assert "Traceback" not in told


def test_a_head_pushed_after_the_command_is_refused_until_it_is_named(made: Repository) -> None:
    pull = made.pull_request({"web/app.py": services.good("read by the writer")}, "late-push")
    with standing_still(made.cloud, glance(pull)) as (look,):
        asked = pull.comment("/deploy prod")
        look.wait_until_arrived()
        head = pull.push({"web/app.py": services.good("pushed after the command")})
    told = pull.refusal(asked)
    assert f"`{head[:7]}` became this pull request's head" in told
    assert pasted(told) == f"/deploy prod {head[:7]}"

    again = pull.comment(pasted(told))

    assert pull.reacted(again, "rocket") == ["eyes", "rocket"]
    assert made.concluded(head, "prod")["conclusion"] == "success"
    assert served(made) == head[:7]


def test_a_head_pushed_in_the_same_second_is_refused(made: Repository) -> None:
    pull = made.pull_request({"notes.md": "one\n"}, "same-second")
    made.git("checkout", "--quiet", "same-second")
    head = made.commit({"notes.md": "two\n"})
    made.git("checkout", "--quiet", "main")
    made.git("push", "--quiet", made.remote("writer"), f"{head}:refs/heads/waiting")
    wait_for_the_next_second()
    made.call("PATCH", "git/refs/heads/same-second", {"sha": head})
    told = pull.refusal(pull.comment("/deploy prod"))
    assert pasted(told) == f"/deploy prod {head[:7]}"


def test_a_commit_that_nobody_saw_here_is_refused(pull: Pull) -> None:
    told = pull.refusal(pull.comment("/deploy prod deadbee"))
    assert "`deadbee` is neither a head of this pull request that was seen here" in told
    assert pasted(told) == f"/deploy prod {pull.sha[:7]}"


def test_an_older_head_is_deployed_when_it_is_named(made: Repository) -> None:
    pull = made.pull_request({"web/app.py": services.good("older")}, "two-heads")
    older = pull.sha
    newer = pull.push({"web/app.py": services.good("newer")})
    asked = pull.comment(f"/deploy prod {older[:7]}")
    assert pull.reacted(asked, "rocket") == ["eyes", "rocket"]
    assert made.concluded(older, "prod")["conclusion"] == "success"
    assert made.check(newer, "prod") is None
    assert served(made) == older[:7]
    assert f"`{older[:7]}` from #{pull.number}" in pull.answer(pull.comment("/status prod"))


def test_a_closed_pull_request_is_not_deployed(made: Repository) -> None:
    pull = made.pull_request({"notes.md": "given up\n"}, "closed")
    made.call("PATCH", f"pulls/{pull.number}", {"state": "closed"})
    told = pull.refusal(pull.comment("/deploy prod"))
    assert "This pull request is closed. Reopen it first; where its branch was deleted" in told


def test_a_merged_pull_request_is_deployed_from_main(made: Repository) -> None:
    pull = made.pull_request({"web/app.py": services.good("merged")}, "merged")
    merged = pull.merge()
    told = pull.refusal(pull.comment("/deploy prod"))
    assert "This pull request is merged into `main` already. Deploy `main` instead." in told
    assert pasted(told) == "/deploy prod main"

    again = pull.comment(pasted(told))

    assert pull.reacted(again, "rocket") == ["eyes", "rocket"]
    assert made.concluded(merged, "prod")["conclusion"] == "success"
    assert served(made) == merged[:7]


@pytest.mark.parametrize("commit", ["", " {sha}"], ids=["its head", "a named commit"])
def test_a_fork_is_never_built(made: Repository, forked: Pull, commit: str) -> None:
    told = forked.refusal(forked.comment(f"/deploy prod{commit.format(sha=forked.sha[:7])}"))
    assert "This pull request comes from a fork, and forks are never built here." in told
    assert made.check(forked.sha, "prod") is None


@pytest.fixture(scope="module")
def forked(made: Repository) -> Pull:
    """An outsider's pull request, from the outsider's own copy."""
    fork = made.call("POST", "forks", login="outsider")["full_name"]
    made.git("checkout", "--quiet", "-B", "gift", "main")
    sha = made.commit({"web/app.py": services.good("from a fork")})
    made.git("push", "--quiet", made.remote("outsider", fork), "HEAD:gift")
    made.git("checkout", "--quiet", "main")
    wanted = {"title": "A gift", "head": "outsider:gift", "base": "main"}
    number = made.call("POST", "pulls", wanted, "outsider")["number"]
    wait_for_the_next_second()
    return Pull(made, number, sha, "gift")
