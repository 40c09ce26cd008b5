"""Waiting is level-triggered; heads are read where no delivery showed them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from bot.clients.store_sqlite import SqliteStore
from bot.core import events
from bot.core.github import CheckSeen, CheckState, PullRequest
from bot.core.model import Ask, AskState, Heads, Repository
from bot.engine.receive import receive, tick
from bot.ports import Transient
from tests.engine.worlds import world

if TYPE_CHECKING:
    from pathlib import Path

    from bot.core.github import CheckRun
    from bot.ports import World

PLACE = Repository(id=7, full_name="acme/app", installation=3)
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
HEAD, MAIN = "a" * 40, "c" * 40
MANIFEST = """\
project: my-project
region: us-central1
images: gcr.io/my-project
services: {web: {path: web}}
environments:
  patient: {gates: {checks: [ci], when_green: wait}}
  auto: {service_suffix: -a, on_push: main, gates: {checks: [ci]}}
"""
TWO = "on_push: main, gates: {two_person: true}"
PULL = PullRequest(
    number=12,
    title="A change",
    state="open",
    merged=False,
    draft=False,
    head_sha=HEAD,
    head_repository=PLACE.id,
    base_ref="main",
    author="writer",
    default_branch="main",
)
COMMENT = events.CommentCreated(
    repository=PLACE,
    number=12,
    comment_id=100,
    actor="writer",
    lines=("/deploy patient",),
    created_at=NOON,
)
SEEN = events.HeadSeen(
    repository=PLACE, number=12, sha=HEAD, received_at=NOON - timedelta(minutes=5)
)
PUSH = events.Pushed(
    repository=PLACE, delivery="d-1", branch="main", sha=MAIN, actor="writer", received_at=NOON
)


@dataclass
class GitHub:
    """GitHub as far as these gates read it, and what it was told."""

    state: CheckState = CheckState.RUNNING
    runs: list[CheckRun] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    manifest: str = MANIFEST
    changed: frozenset[str] = frozenset()
    lost: bool = False
    """Whether the answer to the next check run gets lost on its way to us."""

    def pull_request(self, *_: object) -> PullRequest:
        return PULL

    def pull_request_of(self, *_: object) -> None:
        return None

    def contains(self, *_: object) -> bool:
        return True

    def changed_files(self, *_: object) -> frozenset[str]:
        return self.changed

    def open_pull_requests(self, *_: object) -> tuple[PullRequest, ...]:
        return (PULL,)

    def default_branch(self, *_: object) -> str:
        return "main"

    def branch_head(self, *_: object) -> str:
        return MAIN

    def permission(self, *_: object) -> str:
        return "write"

    def checks(self, *_: object) -> tuple[CheckSeen, ...]:
        return (CheckSeen(name="ci", state=self.state),)

    def trees(self, *_: object) -> dict[str, str]:
        return {"deploy.yaml": "of its own"}

    def file(self, _repository: Repository, path: str, _sha: str) -> str | None:
        return self.manifest if path == "deploy.yaml" else None

    def react(self, *_: object) -> None:
        """Hear it."""

    def comment(self, _repository: Repository, _number: int, body: str) -> int:
        self.comments.append(body)
        return len(self.comments)

    def edit_comment(self, _repository: Repository, comment: int, body: str) -> None:
        self.comments[comment - 1] = body

    def create_check_run(self, _repository: Repository, check: CheckRun) -> int:
        self.runs.append(check)
        if self.lost:
            self.lost = False
            what = "the answer got lost"
            raise Transient(what)
        return len(self.runs)

    def find_check_run(self, _repository: Repository, check: CheckRun) -> int:
        names = [run.external_id for run in self.runs]
        return names.index(check.external_id) + 1 if check.external_id in names else 0

    def edit_check_run(self, _repository: Repository, run: int, check: CheckRun) -> None:
        self.runs[run - 1] = check


@dataclass
class Stage:
    """A world whose clock is turned by hand, and whose messages are handed on when told to."""

    github: GitHub
    store: SqliteStore
    now: datetime = NOON
    messages: list[bytes] = field(default_factory=list)

    @property
    def world(self) -> World:
        return world(
            clock=lambda: self.now,
            store=self.store,
            publisher=self,
            github=self.github,
            voice=self.github,
        )

    def publish(self, data: bytes, _attributes: dict[str, str]) -> None:
        self.messages.append(data)

    def hand_on(self) -> list[str]:
        """Hand on every message until none is left; returns what they were."""
        kinds = []
        while self.messages:
            event = events.decode(self.messages.pop(0))
            assert event is not None
            kinds.append(type(event).__name__)
            receive(self.world, event)
        return kinds

    def ask(self, key: str) -> Ask:
        found = self.store.get(Ask, key)
        assert found is not None
        return found[0]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    made = Stage(GitHub(), SqliteStore(tmp_path / "store.sqlite"))
    receive(made.world, SEEN)
    made.hand_on()
    return made


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
    assert (first["PullsDue"], again["PullsDue"]) == (2, 2)
    assert _first_seen(stage, "8/12") == {HEAD: NOON}


def test_a_push_is_approved_by_the_commit_that_waits(stage: Stage) -> None:
    gated = stage.github.manifest.replace("on_push: main, gates: {checks: [ci]}", TWO)
    stage.github.manifest = gated
    receive(stage.world, PUSH)
    stage.hand_on()
    assert stage.github.runs[0].title == "Waiting: approval_needed"
    stage.now += timedelta(minutes=1)
    word = {"lines": (f"/approve auto {MAIN[:7]}",), "created_at": stage.now}
    for place, who in enumerate(("writer", "owner")):
        receive(stage.world, replace(COMMENT, comment_id=200 + place, actor=who, **word))
        stage.hand_on()
        expected = AskState.NEW if who == "writer" else AskState.REFUSED
        assert stage.ask("7/push/d-1").state is expected
    assert "@writer asked for" in stage.github.comments[0]
    assert f"`{MAIN[:7]}` is approved for `auto`" in stage.github.comments[1]
    assert "cloudbuild.yaml" in stage.github.runs[0].summary


def test_open_pull_requests_get_the_check_that_is_wanted_from_now_on(stage: Stage) -> None:
    stage.github.changed = frozenset({"web/app.py"})
    before = stage.github.manifest
    stage.github.manifest = before.replace("patient: {", "patient: {required: true, ")
    receive(stage.world, PUSH)
    assert "PullsDue" in stage.hand_on()
    wanted = [run for run in stage.github.runs if run.name == "deploy / patient"]
    assert [(run.sha, run.conclusion) for run in wanted] == [(HEAD, "action_required")]


def test_the_beginning_of_two_commits_names_none(stage: Stage) -> None:
    receive(stage.world, replace(SEEN, sha="ccccccc" + "d" * 33))
    receive(stage.world, replace(COMMENT, lines=("/deploy patient ccccccc",)))
    assert "`ccccccc` is neither a head of this pull request" in stage.github.comments[0]


def _first_seen(stage: Stage, key: str) -> dict[str, Any]:
    return found[0].first_seen if (found := stage.store.get(Heads, key)) else {}
