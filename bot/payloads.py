"""GitHub's webhook payloads, as far as they matter: what is named is checked, the rest ignored.

Shapes: https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from bot.core.model import Repository

Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Sha = Annotated[str, Meta(pattern=r"\A(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")]
FullName = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+\Z")]
Moment = Annotated[datetime, Meta(tz=True)]


class Account(Struct, frozen=True):
    """Who did it."""

    login: str
    type: str = "User"


class Installation(Struct, frozen=True):
    """Our App in that place."""

    id: Id


class Place(Struct, frozen=True):
    """A repository."""

    id: Id
    full_name: FullName
    default_branch: str = ""


class Payload(Struct, frozen=True, kw_only=True):
    """What every payload has; of an account that is gone GitHub may tell nothing at all."""

    repository: Place
    sender: Account | None = None
    installation: Installation | None = None

    @property
    def actor(self) -> str:
        """The login of whoever did it, bots too; empty where it is not told."""
        return self.sender.login if self.sender else ""

    @property
    def person(self) -> str:
        """The same, and empty for a bot."""
        return "" if self.sender and self.sender.type == "Bot" else self.actor

    def where(self) -> Repository | None:
        """Return the repository, or None when our App is not installed there."""
        if self.installation is None:
            return None
        return Repository(self.repository.id, self.repository.full_name, self.installation.id)


class Issue(Struct, frozen=True):
    """An issue; with `pull_request` a pull request."""

    number: Id
    pull_request: dict[str, object] | None = None


class Comment(Struct, frozen=True):
    """A comment as it was written."""

    id: Id
    created_at: Moment
    body: str | None = None


class IssueComment(Payload, frozen=True, kw_only=True):
    """`issue_comment`."""

    action: str
    issue: Issue
    comment: Comment


class Commit(Struct, frozen=True):
    """A commit's hash."""

    id: Sha


class Pusher(Struct, frozen=True):
    """Who pushed, by git's account of it."""

    name: str | None = None


class Push(Payload, frozen=True, kw_only=True):
    """`push`; that of a merge comes without a sender now and then."""

    ref: str
    after: Sha
    deleted: bool = False
    head_commit: Commit | None = None
    pusher: Pusher | None = None

    @property
    def actor(self) -> str:
        """The login of whoever pushed."""
        named = self.pusher.name if self.pusher else ""
        return super().actor or named or ""


class Base(Struct, frozen=True):
    """The repository that a pull request goes to."""

    default_branch: str = ""


class Target(Struct, frozen=True):
    """Where a pull request goes."""

    repo: Base = Base()


class Head(Struct, frozen=True):
    """What a pull request would bring."""

    sha: Sha


class Pull(Struct, frozen=True):
    """A pull request."""

    number: Id
    head: Head
    base: Target = Target()
    updated_at: Moment | None = None


class PullRequest(Payload, frozen=True, kw_only=True):
    """`pull_request`."""

    action: str
    pull_request: Pull
    before: Sha | None = None
    """The head that a push replaced."""


class Run(Struct, frozen=True):
    """A check run, by the name that its App gave it."""

    name: str = ""
    external_id: str | None = None
    head_sha: Sha | None = None
    conclusion: str | None = None


class Pressed(Struct, frozen=True):
    """The button."""

    identifier: str


class CheckRun(Payload, frozen=True, kw_only=True):
    """`check_run`."""

    action: str
    check_run: Run
    requested_action: Pressed | None = None


class Checked(Struct, frozen=True):
    """What a check is about."""

    head_sha: Sha | None = None


class CheckSuite(Payload, frozen=True, kw_only=True):
    """`check_suite`."""

    action: str
    check_suite: Checked


class Status(Payload, frozen=True, kw_only=True):
    """`status`."""

    sha: Sha
    state: str
    context: str = ""


class Group(Struct, frozen=True):
    """Pull requests that the merge queue has put together."""

    head_sha: Sha
    head_ref: str


class MergeGroup(Payload, frozen=True, kw_only=True):
    """`merge_group`."""

    action: str
    merge_group: Group


class Installed(Struct, frozen=True, kw_only=True):
    """`installation` and `installation_repositories`: they name no single repository."""

    action: str
    installation: Installation
    repositories: list[Place] = []
    repositories_added: list[Place] = []
    repositories_removed: list[Place] = []
