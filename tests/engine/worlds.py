"""A world of which only those ports are there that a test hands in."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from msgspec.structs import fields

from bot.core.github import BranchSeen, PullRequest
from bot.core.route import Sampling
from bot.ports import World

if TYPE_CHECKING:
    from bot.core.model import Repository

SAMPLING = Sampling(window=timedelta(seconds=60), lag=timedelta(seconds=180))


class NothingMissed:
    """GitHub when every delivery has arrived."""

    def attempts(self, _since: object) -> tuple[()]:
        """Return none."""
        return ()


class EmptyRepository:
    """GitHub with an open pull request, and a default branch on which there is no deploy.yaml."""

    def at_a_glance(self, *_: object) -> Self:
        return self

    def pull_request(self, _repository: Repository, number: int) -> PullRequest:
        """Return the pull request."""
        return PullRequest(
            number=number,
            title="A change",
            state="open",
            merged=False,
            draft=False,
            head_sha="a" * 40,
            head_repository=7,
            base_ref="main",
            default_branch="main",
        )

    def default_branch(self, _repository: Repository) -> str:
        """Return its name."""
        return "main"

    def branch(self, _repository: Repository, _name: str) -> BranchSeen:
        """Return the default branch, which nothing protects."""
        return BranchSeen(sha="b" * 40)

    def file(self, _repository: Repository, _path: str, _sha: str) -> None:
        """Return nothing."""

    def open_pull_requests(self, _repository: object) -> tuple[()]:
        """Return none."""
        return ()


def world(**ports: object) -> World:
    """The engine's world; whatever is not given cannot be used."""
    nobody = {field.name: object() for field in fields(World)}
    given = {
        "allowed": None,
        "sampling": SAMPLING,
        "pause": lambda _seconds: None,
        "github": EmptyRepository(),
        "deliveries": NothingMissed(),
        "sweep_every": timedelta(minutes=5),
        **ports,
    }
    return World(**{**nobody, **given})
