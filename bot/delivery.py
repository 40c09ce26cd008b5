"""One webhook delivery, read down to the event that it is for us, or to nothing.

Only the fields that matter are decoded, as GitHub's payloads grow and drift; those are checked.
Shapes: https://docs.github.com/en/webhooks/webhook-events-and-payloads

Next: bot/core/events.py
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from bot.core import command, tags
from bot.core.events import CommentCreated, Event, HeadSeen, Pushed, ReleaseTagged
from bot.core.model import Repository

BRANCH: Final = "refs/heads/"
TAG: Final = "refs/tags/"
HEAD_ACTIONS: Final = frozenset({"opened", "synchronize", "reopened", "ready_for_review", "edited"})
"""What happens to a pull request that has a head worth remembering."""

Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Sha = Annotated[str, Meta(pattern=r"\A(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")]
FullName = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+\Z")]
Moment = Annotated[datetime, Meta(tz=True)]


class Unreadable(Exception):  # noqa: N818  # it names what is wrong with the delivery
    """The body is not what GitHub sends for this event."""


class Delivery(Struct, frozen=True):
    """What a signed request brought besides its body."""

    id: str
    event: str
    body: bytes
    received_at: datetime


class _Account(Struct, frozen=True):
    login: str
    type: str = "User"


class _Installation(Struct, frozen=True):
    id: Id


class _Repository(Struct, frozen=True):
    id: Id
    full_name: FullName


class _Payload(Struct, frozen=True, kw_only=True):
    repository: _Repository
    sender: _Account
    installation: _Installation | None = None

    def where(self) -> Repository | None:
        """Return the repository, or None when our App is not installed there."""
        if self.installation is None:
            return None
        return Repository(self.repository.id, self.repository.full_name, self.installation.id)


class _Issue(Struct, frozen=True):
    number: Id
    pull_request: dict[str, object] | None = None


class _Comment(Struct, frozen=True):
    id: Id
    created_at: Moment
    body: str | None = None


class _IssueComment(_Payload, frozen=True, kw_only=True):
    action: str
    issue: _Issue
    comment: _Comment


class _Commit(Struct, frozen=True):
    id: Sha


class _Push(_Payload, frozen=True, kw_only=True):
    ref: str
    after: Sha
    deleted: bool = False
    head_commit: _Commit | None = None


class _Head(Struct, frozen=True):
    sha: Sha


class _Pull(Struct, frozen=True):
    number: Id
    head: _Head


class _PullRequest(_Payload, frozen=True, kw_only=True):
    action: str
    pull_request: _Pull


_issue_comment = msgspec.json.Decoder(_IssueComment)
_push = msgspec.json.Decoder(_Push)
_pull_request = msgspec.json.Decoder(_PullRequest)


def read(delivery: Delivery) -> Event | None:
    """Return the event, or None for what does not concern us; raise Unreadable."""
    try:
        match delivery.event:
            case "issue_comment":
                return _commented(_issue_comment.decode(delivery.body))
            case "push":
                return _pushed(_push.decode(delivery.body), delivery)
            case "pull_request":
                return _head_seen(_pull_request.decode(delivery.body), delivery)
            case _:
                return None
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise Unreadable from error


def _commented(payload: _IssueComment) -> CommentCreated | None:
    """Leave out bots, ourselves among them, and comments that were changed afterwards."""
    repository, comment = payload.where(), payload.comment
    on_pull_request = payload.action == "created" and payload.issue.pull_request is not None
    if repository is None or not on_pull_request or payload.sender.type == "Bot":
        return None
    lines = command.lines(comment.body or "")
    if not lines:
        return None
    return CommentCreated(
        repository=repository,
        number=payload.issue.number,
        comment_id=comment.id,
        actor=payload.sender.login,
        lines=lines,
        created_at=comment.created_at,
    )


def _pushed(payload: _Push, delivery: Delivery) -> Pushed | ReleaseTagged | None:
    repository = payload.where()
    if repository is None or payload.deleted or not payload.ref.startswith((BRANCH, TAG)):
        return None
    if not delivery.id:
        message = "a push needs its delivery's id, under which it is kept"
        raise Unreadable(message)
    if payload.ref.startswith(TAG):
        return _tagged(payload, repository, delivery)
    return Pushed(
        repository=repository,
        delivery=delivery.id,
        branch=payload.ref.removeprefix(BRANCH),
        sha=payload.after,
        actor=payload.sender.login,
        received_at=delivery.received_at,
    )


def _tagged(payload: _Push, repository: Repository, delivery: Delivery) -> ReleaseTagged | None:
    """Return a tag that wants to be a version; an annotated one stands for its commit."""
    name = payload.ref.removeprefix(TAG)
    if not tags.is_meant(name) or payload.head_commit is None:
        return None
    return ReleaseTagged(
        repository=repository,
        delivery=delivery.id,
        name=name,
        sha=payload.head_commit.id,
        actor=payload.sender.login,
        received_at=delivery.received_at,
    )


def _head_seen(payload: _PullRequest, delivery: Delivery) -> HeadSeen | None:
    repository = payload.where()
    if repository is None or payload.action not in HEAD_ACTIONS:
        return None
    return HeadSeen(
        repository=repository,
        number=payload.pull_request.number,
        sha=payload.pull_request.head.sha,
        received_at=delivery.received_at,
    )
