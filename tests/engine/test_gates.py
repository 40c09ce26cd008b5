"""Waiting is level-triggered; heads are read where no delivery showed them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from bot.core import events
from bot.core.github import CheckState
from bot.core.model import AskState, Heads, Repository
from bot.core.reasons import Reason
from bot.engine.receive import receive, tick
from bot.engine.rules import rules_at
from tests.engine.staged import COMMENT, HEAD, MAIN, MANIFEST, NOON, PLACE, PULL, PUSH, SEEN

if TYPE_CHECKING:
    from tests.engine.staged import Stage

SECOND = timedelta(seconds=1)


def test_a_wait_ends_by_itself_when_every_delivery_is_lost(stage: Stage) -> None:
    receive(stage.world, COMMENT)
    stage.hand_on()
    assert stage.ask("7/100/0").state is AskState.NEW
    assert "`ci` has not passed yet" in stage.github.comments[0]

    stage.now += timedelta(minutes=2, seconds=1)
    stage.github.state = CheckState.PASSED
    tick(stage.world)
    stage.hand_on()

    ended = stage.ask("7/100/0")
    assert (ended.state, ended.sha) == (AskState.REFUSED, HEAD)
    assert "`cloudbuild.yaml` of `main` cannot be used" in stage.github.comments[0]


def test_a_delivery_wakes_only_who_waits_for_its_commit(stage: Stage) -> None:
    receive(stage.world, COMMENT)
    stage.hand_on()
    stage.github.state = CheckState.FAILED
    receive(stage.world, events.ChecksChanged(repository=PLACE, sha=MAIN))
    assert stage.ask("7/100/0").state is AskState.NEW
    receive(stage.world, events.ChecksChanged(repository=PLACE, sha=HEAD))
    assert stage.ask("7/100/0").state is AskState.REFUSED
    assert "`ci` failed" in stage.github.comments[0]


def test_a_locked_conversation_is_answered_at_the_commit(stage: Stage) -> None:
    stage.github.locked = True
    receive(stage.world, COMMENT)
    stage.hand_on()
    (said,) = stage.github.runs
    assert (said.name, said.sha, said.conclusion) == ("deploy", HEAD, "neutral")
    assert "`ci` has not passed yet" in said.summary

    stage.now += timedelta(minutes=31)
    tick(stage.world)
    stage.hand_on()

    assert stage.ask("7/100/0").reasons == (Reason.CHECKS_NOT_GREEN,)
    (said,) = stage.github.runs
    assert (said.conclusion, said.title) == ("failure", "Nothing was deployed")


def test_what_github_never_tells_is_not_waited_for_in_silence(stage: Stage) -> None:
    stage.github.incomplete = True
    receive(stage.world, COMMENT)
    receive(stage.world, PUSH)
    for _ in range(8):
        stage.now += timedelta(minutes=6)
        tick(stage.world)
        stage.hand_on()
    assert stage.ask("7/100/0").reasons == (Reason.TOO_LATE,)
    assert "GitHub listed 3 of 4 check runs" in stage.github.comments[0]
    assert stage.ask("7/push/d-1").state is AskState.NEW

    stage.now += timedelta(hours=24)
    tick(stage.world)
    stage.hand_on()
    assert stage.ask("7/push/d-1").reasons == (Reason.TOO_LATE,)
    assert "GitHub listed 3 of 4 check runs" in stage.github.runs[-1].summary


def test_a_wait_that_lasts_too_long_is_refused(stage: Stage) -> None:
    receive(stage.world, COMMENT)
    stage.hand_on()
    stage.now += timedelta(minutes=31)
    tick(stage.world)
    stage.hand_on()
    assert stage.ask("7/100/0").state is AskState.REFUSED
    assert len(stage.github.comments) == 1


def test_a_push_says_once_what_it_waits_for(stage: Stage) -> None:
    stage.github.lost = True
    receive(stage.world, PUSH)
    for _ in range(3):
        stage.now += timedelta(minutes=3)
        tick(stage.world)
        stage.hand_on()
    assert [run.title for run in stage.github.runs] == ["Waiting: checks_running"]
    stage.now += timedelta(minutes=30)
    tick(stage.world)
    stage.hand_on()
    ended = stage.github.runs[0]
    assert (ended.name, ended.conclusion) == ("deploy / auto", "failure")
    assert "`ci` has not passed yet" in ended.summary


@pytest.mark.parametrize(
    ("required", "concluded"), [("", "neutral"), ("required: true, ", "cancelled")]
)
def test_a_push_that_is_overtaken_passes_no_check_that_a_merge_asks_for(
    stage: Stage, required: str, concluded: str
) -> None:
    """Its commit may be a pull request's head, too."""
    stage.github.manifest = MANIFEST.replace("auto: {", f"auto: {{{required}")
    receive(stage.world, PUSH)
    stage.github.main = "9" * 40
    stage.now += timedelta(minutes=3)
    tick(stage.world)
    stage.hand_on()
    ended = next(run for run in stage.github.runs if run.sha == MAIN)
    assert (ended.name, ended.conclusion) == ("deploy / auto", concluded)


def test_a_push_to_several_places_goes_on_where_it_may(stage: Stage) -> None:
    stage.github.manifest = f"{MANIFEST}  open: {{service_suffix: -o, on_push: main}}\n"
    receive(stage.world, PUSH)
    stage.hand_on()
    assert stage.ask("7/push/d-1").state is AskState.ANSWERED
    assert stage.ask("7/push/d-1/auto").state is AskState.NEW
    assert stage.ask("7/push/d-1/open").state is AskState.REFUSED
    titles = [(run.name, run.title) for run in stage.github.runs]
    assert ("deploy / auto", "Waiting: checks_running") in titles


def test_heads_are_read_after_an_installation_and_now_and_then(stage: Stage) -> None:
    """Not from then on where nothing can be deployed: an App may be given thousands of places."""
    other = Repository(id=8, full_name="acme/new", installation=3)
    receive(stage.world, events.Installed(repositories=(other,)))
    assert stage.hand_on() == ["PullsDue"]
    assert _first_seen(stage, "8/12") == {HEAD: NOON}

    stage.now += timedelta(minutes=29)
    tick(stage.world)
    first = Counter(stage.hand_on())
    stage.now += timedelta(minutes=31)
    tick(stage.world)
    again = Counter(stage.hand_on())
    assert (first["PullsDue"], again["PullsDue"]) == (1, 1)
    assert _first_seen(stage, "8/12") == {HEAD: NOON}

    rules_at(stage.world, other, "main")
    stage.now += timedelta(minutes=31)
    tick(stage.world)
    assert Counter(stage.hand_on())["PullsDue"] == 2


def test_open_pull_requests_get_the_check_that_is_wanted_from_now_on(stage: Stage) -> None:
    stage.github.changed = frozenset({"web/app.py"})
    before = stage.github.manifest
    stage.github.manifest = before.replace("patient: {", "patient: {required: true, ")
    receive(stage.world, PUSH)
    assert "PullsDue" in stage.hand_on()
    wanted = [run for run in stage.github.runs if run.name == "deploy / patient"]
    assert [(run.sha, run.conclusion) for run in wanted] == [(HEAD, "action_required")]


def test_a_commit_is_compared_with_the_branch_and_no_tag_of_its_name(stage: Stage) -> None:
    """Whoever may push can push a tag that is called main."""
    stage.github.contained_in = frozenset({"main"})
    line = f"/deploy patient {'e' * 40}"
    receive(stage.world, replace(COMMENT, lines=(line,)))
    assert stage.ask("7/100/0").reasons == (Reason.COMMIT_UNKNOWN,)


def test_the_beginning_of_two_commits_names_none(stage: Stage) -> None:
    receive(stage.world, replace(SEEN, sha="ccccccc" + "d" * 33))
    receive(stage.world, replace(COMMENT, lines=("/deploy patient ccccccc",)))
    assert "`ccccccc` is neither a head of this pull request" in stage.github.comments[0]


def _first_seen(stage: Stage, key: str) -> dict[str, Any]:
    return found[0].first_seen if (found := stage.store.get(Heads, key)) else {}


def test_a_head_that_is_read_after_the_comment_was_not_known_before(stage: Stage) -> None:
    """Also where our clock is behind GitHub's, which says when the comment was written."""
    stage.now = NOON - timedelta(seconds=20)
    stage.github.pull = replace(PULL, head_sha="d" * 40)
    ticking = replace(stage.world, pause=lambda _: setattr(stage, "now", stage.now + SECOND))
    receive(ticking, COMMENT)
    assert Reason.HEAD_NOT_KNOWN in stage.ask("7/100/0").reasons


def test_a_repository_that_github_cannot_find_for_a_moment_is_asked_for_again(stage: Stage) -> None:
    stage.github.away = True
    receive(stage.world, PUSH)
    receive(stage.world, replace(PUSH, delivery="d-2"))
    stage.now += timedelta(minutes=6)
    stage.github.away = False
    tick(stage.world)
    stage.hand_on()
    assert [run.title for run in stage.github.runs] == ["Waiting: checks_running"] * 2
    stage.github.away = True
    receive(stage.world, replace(PUSH, delivery="d-3", received_at=stage.now))
    stage.now += timedelta(minutes=46)
    tick(stage.world)
    stage.hand_on()
    assert stage.ask("7/push/d-3").state is AskState.ANSWERED
