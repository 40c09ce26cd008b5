"""What GitHub is about to deliver is looked for in our own records, not asked for again."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.clients.store_sqlite import SqliteStore
from bot.core.events import CommentCreated, HeadSeen, Installed, Look, Pushed, decode
from bot.core.model import Ask, AskState, Repository
from bot.engine.receive import receive
from tests.engine.worlds import EmptyRepository, world

if TYPE_CHECKING:
    from pathlib import Path

    from bot.core.events import Event
    from bot.core.github import BranchSeen, PullRequest
    from bot.ports import World

HERE = Repository(id=7, full_name="acme/senior-mhealth", installation=3)
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HEAD = "a" * 40
MANIFEST = """\
project: senior-mhealth-lee
region: us-west1
images: us-west1-docker.pkg.dev/senior-mhealth-lee/backend
services: {web: {path: web}}
environments: {staging: {on_push: main}}
"""


class GitHub(EmptyRepository):
    """Counts what it is asked. Nobody has a permission, and main is not where it was pushed to."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()

    def pull_request(self, repository: Repository, number: int) -> PullRequest:
        self.asked["pull request"] += 1
        return super().pull_request(repository, number)

    def branch(self, repository: Repository, name: str) -> BranchSeen:
        self.asked["branch"] += 1
        return super().branch(repository, name)

    def open_pull_requests(self, _repository: object) -> tuple[()]:
        self.asked["open pull requests"] += 1
        return ()

    def permission(self, _repository: Repository, _login: str) -> str:
        self.asked["permission"] += 1
        return "none"

    def contains(self, _repository: Repository, _sha: str, _branch: str) -> bool:
        self.asked["comparison"] += 1
        return False

    def file(self, _repository: Repository, _path: str, _sha: str) -> str:  # type: ignore[override]
        return MANIFEST


class Voice:
    """GitHub, as far as it hears us."""

    def react(self, _repository: Repository, _comment: int, _content: str) -> None:
        """Take it."""

    def comment(self, _repository: Repository, _number: int, _body: str) -> int:
        return 1


class Meanwhile:
    """A world in which time passes only while somebody waits for something."""

    def __init__(self, store: SqliteStore) -> None:
        self.now = NOON
        self.github = GitHub()
        self.late: dict[datetime, Event] = {}
        """What is delivered when."""
        self.looks: list[Event] = []
        ports = {"github": self.github, "voice": Voice(), "publisher": self, "store": store}
        self.world: World = world(clock=lambda: self.now, pause=self.pause, **ports)

    def publish(self, data: bytes, _attributes: dict[str, str]) -> None:
        if (event := decode(data)) is not None:
            self.looks.append(event)

    def pause(self, seconds: float) -> None:
        self.now += seconds * SECOND
        for at in [at for at in self.late if at <= self.now]:
            receive(self.world, self.late.pop(at))

    def pass_by(self, event: Event) -> Counter[str]:
        """Take it in, and every look that is wished for; return what was asked."""
        self.looks.append(event)
        while self.looks:
            receive(self.world, self.looks.pop(0))
        return self.github.asked


@pytest.fixture
def meanwhile(tmp_path: Path) -> Meanwhile:
    return Meanwhile(SqliteStore(tmp_path / "store.sqlite"))


@pytest.mark.parametrize("seconds", [1, 4, 60])
def test_a_head_that_is_delivered_late_costs_nothing_more(
    meanwhile: Meanwhile, seconds: int
) -> None:
    seen = HeadSeen(repository=HERE, number=12, sha=HEAD, branch="main", received_at=NOON)
    meanwhile.late[NOON + seconds * SECOND] = seen
    asked = meanwhile.pass_by(
        CommentCreated(
            repository=HERE,
            number=12,
            comment_id=100,
            actor="reader",
            lines=("/deploy staging",),
            created_at=NOON,
        )
    )
    assert asked == {"pull request": 1, "branch": 1, "permission": 1}
    found = meanwhile.world.store.get(Ask, "7/100/0")
    assert found is not None
    assert found[0].state is AskState.REFUSED


def test_a_push_that_its_branch_lacks_is_looked_for_three_times(meanwhile: Meanwhile) -> None:
    pushed = Pushed(
        repository=HERE,
        delivery="d",
        branch="main",
        default_branch="main",
        sha=HEAD,
        actor="writer",
        received_at=NOON,
    )
    meanwhile.pass_by(pushed)
    while (found := meanwhile.world.store.get(Ask, "7/push/d")) and found[0].state is AskState.NEW:
        meanwhile.now = found[0].wake_at or meanwhile.now
        asked = meanwhile.pass_by(Look(ask="7/push/d"))
    assert asked == {"branch": 3, "comparison": 2}
    assert meanwhile.now - NOON == 10 * SECOND


def test_open_pull_requests_are_read_once_for_one_wish(meanwhile: Meanwhile) -> None:
    installed = Installed(repositories=(HERE,), received_at=NOON)
    for _ in range(2):
        meanwhile.pass_by(installed)
    assert meanwhile.github.asked == {"open pull requests": 1}
    again = Installed(repositories=(HERE,), received_at=NOON + SECOND)
    assert meanwhile.pass_by(again) == {"open pull requests": 2}
