"""GitHub as gates read it, and a world whose clock and messages move by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from bot.core import events
from bot.core.github import BranchSeen, CheckSeen, CheckState, PullRequest
from bot.core.model import Ask, Repository
from bot.engine.receive import receive
from bot.ports import Broken, Gone, Transient
from tests.engine.worlds import world

if TYPE_CHECKING:
    from bot.clients.store_sqlite import SqliteStore
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
    pull: PullRequest = PULL
    role: str = "write"
    away: bool = False
    """Whether GitHub finds our App nowhere near."""
    main: str = MAIN
    """The default branch's commit."""
    contained_in: frozenset[str] | None = None
    """What holds every commit; None for everything."""
    locked: bool = False
    """Whether the conversation is locked, which keeps Apps out."""
    incomplete: bool = False
    """Whether its lists lack something, for as long as this stands."""
    lost: bool = False
    """Whether the answer to the next check run gets lost on its way to us."""

    def at_a_glance(self, *_: object) -> Self:
        return self

    def pull_request(self, *_: object) -> PullRequest:
        return self.pull

    def pull_request_of(self, *_: object) -> PullRequest | None:
        return None

    def contains(self, _repository: Repository, _sha: str, other: str) -> bool:
        return self.contained_in is None or other in self.contained_in

    def changed_files(self, *_: object) -> frozenset[str]:
        return self.changed

    def open_pull_requests(self, *_: object) -> tuple[PullRequest, ...]:
        return (PULL,)

    def default_branch(self, *_: object) -> str:
        return "main"

    def branch(self, *_: object) -> BranchSeen:
        if self.away:
            what = "not installed there"
            raise Gone(what)
        return BranchSeen(sha=self.main)

    def permission(self, *_: object) -> str:
        return self.role

    def checks(self, *_: object) -> tuple[CheckSeen, ...]:
        if self.incomplete:
            what = "GET /commits/aaaaaaa/check-runs: GitHub listed 3 of 4 check runs"
            raise Transient(what)
        return (CheckSeen(name="ci", state=self.state),)

    def trees(self, *_: object) -> dict[str, str]:
        return {"deploy.yaml": "of its own"}

    def file(self, _repository: Repository, path: str, _sha: str) -> str | None:
        return self.manifest if path == "deploy.yaml" else None

    def react(self, *_: object) -> None:
        """Hear it."""
        self._open()

    def _open(self) -> None:
        if self.locked:
            what = "GitHub answered 403"
            raise Broken(what)

    def comment(self, _repository: Repository, _number: int, body: str) -> int:
        self._open()
        self.comments.append(body)
        return len(self.comments)

    def edit_comment(self, _repository: Repository, comment: int, body: str) -> None:
        self.comments[comment - 1] = body

    def find_comment(self, *_: object) -> int:
        return 0

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
