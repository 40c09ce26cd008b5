"""Whoever waits for checks is looked at when the last of them ends, and by nobody before."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace as replaced

from bot.clients.store_sqlite import SqliteStore
from bot.core import events
from bot.core.github import CheckSeen, CheckState
from bot.core.model import AskState
from bot.engine.receive import receive
from tests.engine.staged import COMMENT, HEAD, MAIN, MANIFEST, PLACE, PUSH, SEEN, GitHub, Stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.core.github import PullRequest

NAMES = [f"shard {number}" for number in range(20)]


@dataclass
class Sharded(GitHub):
    """Many checks, each with a state of its own; counts the looks at the pull request."""

    manifest: str = MANIFEST.replace("[ci]", str(NAMES))
    passed: set[str] = field(default_factory=set)
    looks: int = 0
    meanwhile: Callable[[], object] = lambda: None
    after_the_glance: Callable[[], object] | None = None

    def at_a_glance(self, *_: object) -> Sharded:
        if self.after_the_glance is None:
            return self
        shown = replace(self, passed={*self.passed})
        self.after_the_glance()
        return shown

    def pull_request(self, *_: object) -> PullRequest:
        self.looks += 1
        return super().pull_request()

    def pull_request_of(self, *_: object) -> PullRequest:
        return self.pull

    def checks(self, *_: object) -> tuple[CheckSeen, ...]:
        states = {True: CheckState.PASSED, False: CheckState.RUNNING}
        seen = tuple(CheckSeen(name=one, state=states[one in self.passed]) for one in NAMES)
        self.meanwhile()
        return seen


@pytest.fixture
def github() -> Sharded:
    return Sharded()


@pytest.fixture
def stage(tmp_path: Path, github: Sharded) -> Stage:
    made = Stage(github, SqliteStore(tmp_path / "store.sqlite"))
    receive(made.world, SEEN)
    made.hand_on()
    return made


def ended(name: str, *, passed: bool = True) -> events.ChecksChanged:
    return events.ChecksChanged(repository=PLACE, sha=HEAD, name=name, passed=passed)


def test_only_the_last_check_that_is_awaited_is_worth_a_look(stage: Stage, github: Sharded) -> None:
    receive(stage.world, COMMENT)
    stage.hand_on()
    for name in (*NAMES[:-1], "another one", "deploy / patient"):
        github.passed.add(name)
        receive(stage.world, ended(name))
    assert (github.looks, stage.ask("7/100/0").state) == (1, AskState.NEW)
    github.passed.add(NAMES[-1])
    receive(stage.world, ended(NAMES[-1]))
    assert (github.looks, stage.ask("7/100/0").state) == (2, AskState.REFUSED)


def test_one_that_failed_is_looked_at_at_once(stage: Stage, github: Sharded) -> None:
    receive(stage.world, COMMENT)
    receive(stage.world, ended(NAMES[3], passed=False))
    assert github.looks == 2


def test_a_check_that_ends_while_it_is_asked_about_is_not_overheard(
    stage: Stage, github: Sharded
) -> None:
    def end_now() -> None:
        github.passed |= {*NAMES}
        receive(stage.world, ended(NAMES[0]))

    github.meanwhile = end_now
    receive(stage.world, COMMENT)
    assert stage.hand_on() == ["Look"]
    assert (github.looks, stage.ask("7/100/0").state) == (2, AskState.REFUSED)


@pytest.mark.parametrize("asked", [COMMENT, PUSH])
def test_a_check_that_ends_after_the_glance_is_not_overheard(
    stage: Stage, github: Sharded, asked: events.CommentCreated | events.Pushed
) -> None:
    """The glance showed it running; it ended before the gates were judged by that."""
    receive(stage.world, replaced(COMMENT, comment_id=99, lines=("/help",)))
    stage.hand_on()

    def end_now() -> None:
        github.after_the_glance = None
        github.passed |= {*NAMES}
        sha = HEAD if asked is COMMENT else MAIN
        receive(stage.world, replaced(ended(NAMES[0]), sha=sha))

    github.after_the_glance = end_now
    receive(stage.world, asked)
    woken = "7/100/0" if asked is COMMENT else "7/push/d-1"
    assert events.encode(events.Look(ask=woken)) in stage.messages
