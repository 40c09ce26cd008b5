"""What the stories have to play with, and how they follow a deployment."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from localcloud.demo.scene import Scene, Visits
from localcloud.demo.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.demo.checkout import Checkout
    from localcloud.demo.cloud_run import CloudRun
    from localcloud.demo.person import CheckRun, Comment, Person
    from localcloud.demo.scene import Screen
    from localcloud.visit import Visitors

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A running cloud with people in it."""

    owner: Person
    writer: Person
    reader: Person
    checkout: Checkout
    """The writer's."""
    run: CloudRun
    visitors: Visitors
    """They call prod's api-service."""
    screen: Screen
    address: Callable[[str, str], str]
    """Environment and service → where it is called."""

    def visits(self) -> Visits:
        """Count what the visitors have met so far."""
        counts = self.visitors.counts()
        return Visits(dict(counts.by_status), counts.failed, dict(counts.troubles))


@dataclass(frozen=True)
class Command:
    """A comment that asks for something: its id, on which pull request."""

    number: int
    comment: int


@dataclass
class Follow:
    """One story as it is followed: everything seen is shown at once, and kept."""

    stage: Stage
    story: str
    service: str
    """The Cloud Run service that it is about."""
    splits: list[Mapping[str, int]] = field(default_factory=list)
    check: str = ""

    def __post_init__(self) -> None:
        """Note how everything stood when the story began."""
        self._begun = time.monotonic()
        self._visits = self.stage.visits()
        self.stable = next(iter(self.traffic()), "")

    @property
    def seconds(self) -> float:
        """How long the story has lasted."""
        return time.monotonic() - self._begun

    def visits(self) -> Visits:
        """Count what visitors met in this story."""
        return self.stage.visits().since(self._visits)

    def traffic(self) -> Mapping[str, int]:
        """Return who answers now, and keep it when it is new."""
        split = self.stage.run.split(self.service)
        if not self.splits or self.splits[-1] != split:
            self.splits.append(split)
        return split

    def concluded(self, sha: str, name: str) -> CheckRun:
        """Follow a check run to its conclusion; raise Missed when it has none in time."""

        def look() -> CheckRun | None:
            runs = self.stage.writer.check_runs(sha)
            found = next((run for run in runs if run.name == name), None)
            self.check = str(found) if found else ""
            return found

        def done(seen: CheckRun | None) -> bool:
            return seen is not None and bool(seen.conclusion)

        seen = self.until(f"the conclusion of {name} on {sha[:7]}", look, done)
        if seen is None:
            raise AssertionError(name)
        return seen

    def answered(self, command: Command, sign: str, words: str) -> tuple[Comment, ...]:
        """Wait for a reaction on a command and an answer that holds the words.

        Returns the conversation; raises Missed without either.
        """

        def look() -> tuple[Comment, ...]:
            return self.stage.writer.comments(command.number)

        def done(seen: tuple[Comment, ...]) -> bool:
            reacted = any(told.id == command.comment and sign in told.reactions for told in seen)
            return reacted and any(
                told.id > command.comment and words in told.body for told in seen
            )

        return self.until(f"{sign} and an answer with '{words}' in #{command.number}", look, done)

    def until(self, what: str, look: Callable[[], T], done: Callable[[T], bool]) -> T:
        """Look, show, and go on when it is done; raise Missed when it takes too long."""

        def shown() -> T:
            seen = look()
            self.show(f"waiting for {what}")
            return seen

        return wait_until(what, shown, done)

    def show(self, doing: str) -> None:
        """Show the present moment."""
        scene = Scene(
            story=self.story,
            seconds=self.seconds,
            doing=doing,
            check=self.check,
            service=self.service,
            split=self.traffic(),
            stable=self.stable,
            visits=self.visits(),
        )
        self.stage.screen.show(scene)
