"""GraphQL's answer about the checks of a commit, in REST's terms.

Shapes: https://docs.github.com/en/graphql/reference
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from bot.clients.github import gate_answers
from bot.clients.github.answers import ById
from bot.clients.github.glance_answers import Identified

if TYPE_CHECKING:
    from collections.abc import Iterator


class Run(Struct, frozen=True, rename="camel"):
    """A check run."""

    database_id: int
    name: str
    status: str
    conclusion: str | None = None


class Runs(Struct, frozen=True, rename="camel"):
    """The newest runs of a suite, and how many it has."""

    total_count: int
    nodes: list[Run]

    @property
    def whole(self) -> bool:
        """Whether none is missing."""
        return len(self.nodes) == self.total_count


class Suite(Struct, frozen=True, rename="camel"):
    """What one App checked; without the App its runs might be our own, so REST has to tell."""

    database_id: int
    check_runs: Runs
    app: Identified

    @property
    def runs(self) -> Iterator[gate_answers.Run]:
        """Its runs as REST tells them."""
        app = ById(self.app.database_id)
        for run in self.check_runs.nodes:
            yield gate_answers.Run(
                id=run.database_id,
                name=run.name,
                status=run.status.lower(),
                conclusion=run.conclusion.lower() if run.conclusion else None,
                app=app,
                check_suite=gate_answers.Suite(self.database_id),
            )


class Suites(Struct, frozen=True, rename="camel"):
    """The suites of a commit, and how many it has."""

    total_count: int
    nodes: list[Suite]

    @property
    def whole(self) -> bool:
        """Whether none is missing, nor any run of any: what is left out may have failed."""
        runs = all(one.check_runs.whole for one in self.nodes)
        return runs and len(self.nodes) == self.total_count


class Checked(Struct, frozen=True, rename="camel"):
    """A commit, by its check runs."""

    check_suites: Suites


class Context(Struct, frozen=True):
    """The newest commit status of one context."""

    context: str
    state: str


class Status(Struct, frozen=True):
    """All of them."""

    contexts: list[Context]


class Stated(Struct, frozen=True):
    """A commit, by its statuses; null where nobody ever set one."""

    status: Status | None
