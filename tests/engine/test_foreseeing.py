"""What is asked of GitHub in one question, guessed from what is on our own record."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import pytest
from msgspec.structs import replace

from bot.clients.store_sqlite import SqliteStore
from bot.core.awaiting import Waiting
from bot.core.github import Glance
from bot.core.model import Environment, Release
from bot.engine.receive import receive
from bot.ports import Write
from tests.engine.staged import COMMENT, HEAD, MAIN, PLACE, PUSH, SEEN, GitHub, Stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OTHER = "d" * 40
MANIFEST = """\
project: my-project
region: us-central1
images: gcr.io/my-project
services: {web: {path: web, also: [shared]}}
environments:
  free: {}
  prod: {service_suffix: -p, gates: {up_to_date: warn}}
  guarded:
    service_suffix: -g
    on_push: main
    gates: {checks: all, when_green: wait, approvals: 1, teams: [acme/ops], contains_live: true}
"""
OWN = ("deploy.yaml", ".gitattributes", "web/.gitattributes", "shared/.gitattributes")
PATHS = ("deploy.yaml", "cloudbuild.yaml", ".gitmodules", "web", "shared", "web/Dockerfile")
AT_HEAD = Glance(
    number=12,
    sha=HEAD,
    people=("writer",),
    files=(*((HEAD, path) for path in OWN), (MAIN, "cloudbuild.yaml")),
    paths=PATHS,
)


@dataclass
class Glanced(GitHub):
    """Takes down what is to be foreseen, and what happens until then."""

    manifest: str = MANIFEST
    wanted: list[Glance] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None

    def at_a_glance(self, _repository: object, wanted: Glance) -> Self:
        self.wanted.append(wanted)
        self.meanwhile()
        return self

    def behind(self, *_: object) -> int:
        return 0

    def reviews(self, *_: object) -> tuple[()]:
        return ()


@pytest.fixture
def github() -> Glanced:
    return Glanced()


@pytest.fixture
def stage(tmp_path: Path, github: Glanced) -> Stage:
    """The rules were read once, and another pull request's commit is live everywhere."""
    made = Stage(github, SqliteStore(tmp_path / "store.sqlite"))
    receive(made.world, SEEN)
    receive(made.world, replace(COMMENT, comment_id=99, lines=("/help",)))
    live = Release(deployment="d", sha=OTHER, number=11, services={}, at=COMMENT.created_at)
    for name in ("free", "prod", "guarded"):
        place = Environment(key=f"{PLACE.id}/{name}", name=name, repository=PLACE, live=live)
        made.store.commit(Write(place, 0))
    made.hand_on()
    github.wanted.clear()
    return made


SAID = {
    "/deploy free": AT_HEAD,
    "/plan free": AT_HEAD,
    f"/deploy free {HEAD[:7]}": AT_HEAD,
    "/deploy prod": replace(AT_HEAD, compared=(OTHER, MAIN), others=(11,)),
    "/deploy guarded": replace(
        AT_HEAD,
        teams=("acme/ops",),
        checks=True,
        reviews=True,
        compared=(OTHER, MAIN),
        others=(11,),
    ),
    "/pause guarded": Glance(number=12, people=("writer",), teams=("acme/ops",)),
    "/deploy nowhere": Glance(number=12, people=("writer",)),
}


@pytest.mark.parametrize("line", SAID)
def test_what_a_command_needs_is_asked_for_at_once(
    stage: Stage, github: Glanced, line: str
) -> None:
    receive(stage.world, replace(COMMENT, lines=(line,)))
    assert github.wanted[0] == SAID[line]


@pytest.mark.parametrize("named", ["main", OTHER])
def test_a_commit_of_the_default_branch_is_looked_at_there(
    stage: Stage, github: Glanced, named: str
) -> None:
    receive(stage.world, replace(COMMENT, lines=(f"/deploy prod {named}",)))
    wanted = github.wanted[0]
    assert (wanted.sha, wanted.on_default_branch) == (MAIN, True)
    assert wanted.compared == (OTHER,) + (OTHER,) * (named == OTHER)


@pytest.mark.parametrize("line", ["/status", "/help", "/history prod", "/nonsense"])
def test_what_needs_nobodys_permission_is_not_foreseen(
    stage: Stage, github: Glanced, line: str
) -> None:
    receive(stage.world, replace(COMMENT, lines=(line,)))
    assert github.wanted == []


def test_what_is_waited_for_cannot_come_about_before_anybody_waits(
    stage: Stage, github: Glanced
) -> None:
    """A check that ends between the glance and the wait would be noticed two minutes later."""
    seen: list[str] = []

    def who_waits() -> None:
        found = stage.store.get(Waiting, str(PLACE.id))
        seen.extend(one.sha for one in (found[0].asks if found else ()))

    github.meanwhile = who_waits
    receive(stage.world, replace(COMMENT, lines=("/deploy guarded",)))
    receive(stage.world, PUSH)
    stage.hand_on()
    assert set(seen) == {HEAD, MAIN}


def test_a_push_is_asked_for_with_what_brought_it(stage: Stage, github: Glanced) -> None:
    receive(stage.world, PUSH)
    assert github.wanted == [
        Glance(
            sha=MAIN,
            on_default_branch=True,
            brought=True,
            teams=("acme/ops",),
            checks=True,
            reviews=True,
            compared=(OTHER,),
            others=(11,),
        )
    ]
