"""Following a command: what is new is said once, and the exit code says how it ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from bot.clients.store_sqlite import SqliteStore
from bot.core import events
from bot.core.deployment import Deployment, Failure, FailureCode, Phase, StepTaken
from bot.core.model import Ask, AskKind, AskState, Repository
from bot.core.reasons import Reason
from bot.operate import Desk, Exit, Seen, Wish, ask, follow, lines
from bot.ports import Write
from tests.core.rollout.simulated import deployment, service_plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
REPOSITORY = Repository(7, "acme/web", 1)


class Outside:
    """A clock that moves by waiting, a topic, and GitHub's word on a repository."""

    def __init__(self, store: SqliteStore) -> None:
        self.now, self.store = NOW, store
        self.published: list[events.Event | None] = []
        self.meanwhile: list[Callable[[], None]] = []

    def desk(self) -> Desk:
        return Desk(lambda: self.now, self.pause, self, self.store, self, self)

    def pause(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        if self.meanwhile:
            self.meanwhile.pop(0)()

    def publish(self, data: bytes, attributes: dict[str, str]) -> None:
        assert attributes == {}
        self.published.append(events.decode(data))

    def repository(self, full_name: str) -> Repository:
        assert full_name == REPOSITORY.full_name
        return REPOSITORY

    def default_branch(self, repository: Repository) -> str:
        raise NotImplementedError(repository)

    def file(self, repository: Repository, path: str, sha: str) -> str | None:
        raise NotImplementedError(repository, path, sha)

    def put(self, record: Ask | Deployment) -> None:
        found = self.store.get(type(record), record.key)
        assert self.store.commit(Write(record, found[1] if found else 0))


@pytest.fixture
def outside(tmp_path: Path) -> Outside:
    return Outside(SqliteStore(tmp_path / "store.sqlite"))


def asked(state: AskState = AskState.NEW, **fields: object) -> Ask:
    known = {"kind": AskKind.CLI, "repository": REPOSITORY, "actor": "writer", "created_at": NOW}
    return Ask(key="7/cli/x", state=state, **known, **fields)


def seen_in(outside: Outside, patience: int = 60) -> list[Seen]:
    return list(follow(outside.desk(), "7/cli/x", timedelta(seconds=patience)))


def test_a_wish_becomes_an_ask_on_the_topic(outside: Outside) -> None:
    wish = Wish(repository="acme/web", actor="writer", text="/deploy prod", number=3)
    key = ask(outside.desk(), wish)
    (event,) = outside.published
    assert isinstance(event, events.Typed)
    assert key == f"7/cli/{event.id}"
    assert (event.actor, event.text, event.number) == ("writer", "/deploy prod", 3)


def test_a_consumer_that_does_not_come_is_waited_for_so_long(outside: Outside) -> None:
    seen = seen_in(outside, patience=5)
    assert seen == [Seen()]
    assert seen[-1].exit is Exit.STILL_GOING
    assert outside.now - NOW <= timedelta(seconds=6)


def test_a_consumer_that_does_not_come_at_all_is_missed(outside: Outside) -> None:
    none, late = seen_in(outside)
    assert list(lines(Seen(), none)) == []
    (said,) = lines(none, late)
    assert said.startswith("… nobody has taken it in yet: does the consumer run?")
    assert late.exit is Exit.STILL_GOING


def test_a_refusal_ends_it(outside: Outside) -> None:
    reasons = (Reason.PERMISSION_DENIED,)
    said = '<!-- spillway json {"a":1} -->\n👎 @writer, no\x1b[31m.'
    outside.put(asked(AskState.REFUSED, said=said, reasons=reasons))
    (seen,) = seen_in(outside)
    assert seen.exit is Exit.REFUSED
    assert list(lines(Seen(), seen)) == ["👎 @writer, no."]


def test_each_step_is_said_once(outside: Outside) -> None:
    going = replace(deployment(service_plan("ai")), phase=Phase.SHIFTING, share=5)
    one = StepTaken(at=NOW, share=5, services=("ai",), why="begin")
    two = StepTaken(at=NOW, share=100, services=("ai",), why="as good as stable")
    outside.put(asked(AskState.ACCEPTED, deployment=going.id))
    outside.put(replace(going, steps_taken=(one,)))
    watched = replace(going, phase=Phase.WATCHING, share=100, steps_taken=(one, two))
    outside.meanwhile = [lambda: None, lambda: outside.put(watched)]
    seen = seen_in(outside)
    pairs = zip([Seen(), *seen], seen, strict=False)
    said = [line for before, after in pairs for line in lines(before, after)]
    assert said == [
        "  12:00:00 ai at 5 %: begin",
        "… prod aaaaaaa: Canary at 5 %",
        "  12:00:00 ai at 100 %: as good as stable",
        "✅ prod aaaaaaa: At 100 %, still watched",
    ]
    assert seen[-1].exit is Exit.DONE


@pytest.mark.parametrize(
    ("phase", "code"),
    [
        (Phase.SUCCEEDED, Exit.DONE),
        (Phase.UNCHANGED, Exit.DONE),
        (Phase.ROLLED_BACK, Exit.FAILED),
        (Phase.FAILED, Exit.FAILED),
        (Phase.ABORTED, Exit.FAILED),
        (Phase.SUPERSEDED, Exit.FAILED),
    ],
)
def test_every_end_has_its_exit_code(outside: Outside, phase: Phase, code: Exit) -> None:
    why = Failure(code=FailureCode.BUILD_FAILED, service="ai", reason="it broke", logs=("last",))
    ended = replace(deployment(service_plan("ai")), phase=phase, failure=why)
    outside.put(asked(AskState.ACCEPTED, deployment=ended.id))
    outside.put(ended)
    (seen,) = seen_in(outside)
    assert seen.exit is code
    assert "    | last" in list(lines(Seen(), seen))
