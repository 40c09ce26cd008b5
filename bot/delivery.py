"""One webhook delivery, read down to the event that it is for us, or to nothing.

Only the fields that matter are decoded, as GitHub's payloads grow and drift; those are checked.
Shapes: https://docs.github.com/en/webhooks/webhook-events-and-payloads

Next: bot/core/events.py
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from bot import payloads
from bot.core import command, tags
from bot.core.events import (
    ButtonPressed,
    CheckPressed,
    CommentCreated,
    Event,
    HeadSeen,
    Pushed,
    ReleaseTagged,
)
from bot.notices import EVENTS, ended, read_notice

if TYPE_CHECKING:
    from bot.core.model import Repository

BRANCH: Final = "refs/heads/"
TAG: Final = "refs/tags/"
PUSHED: Final = "synchronize"
HEAD_ACTIONS: Final = frozenset({"opened", PUSHED, "reopened", "ready_for_review", "edited"})
"""What happens to a pull request that has a head worth remembering."""

OUR_RUN: Final = re.compile(
    r"(?P<deployment>[0-9a-f]{12})(?:/rollback|(?P<controls>/controls/\d+))?"
)
"""The external id of a check run that tells of a deployment."""
OUR_NAME: Final = re.compile(r"deploy / (?P<environment>[a-z0-9-]{1,40})(?P<controls> · controls)?")
OUR_WAIT: Final = re.compile(r"(?:required|waits \S+)(?: #(?P<number>[1-9]\d{0,8}))?")
"""The external id of a check run that says what a deployment there would need."""
RERUN: Final = "rerequested"
PRESSED: Final = "requested_action"
APPROVE: Final = "approve"
AGAIN: Final = "deploy"
VERBS: Final = frozenset({AGAIN, "promote", "pause", "resume", "abort", "rollback"})


class Unreadable(Exception):  # noqa: N818  # it names what is wrong with the delivery
    """The body is not what GitHub sends for this event."""


class Delivery(Struct, frozen=True):
    """What a signed request brought besides its body."""

    id: str
    event: str
    body: bytes
    received_at: datetime


_check_run = msgspec.json.Decoder(payloads.CheckRun)
_check_suite = msgspec.json.Decoder(payloads.CheckSuite)
_issue_comment = msgspec.json.Decoder(payloads.IssueComment)
_push = msgspec.json.Decoder(payloads.Push)
_pull_request = msgspec.json.Decoder(payloads.PullRequest)


def read(delivery: Delivery) -> Event | None:
    """Return the event, or None for what does not concern us; raise Unreadable."""
    try:
        match delivery.event:
            case "issue_comment":
                return _commented(_issue_comment.decode(delivery.body))
            case "check_run" | "check_suite":
                return _checked(delivery)
            case notice if notice in EVENTS:
                return read_notice(notice, delivery.body, delivery.received_at)
            case "push":
                return _pushed(_push.decode(delivery.body), delivery)
            case "pull_request":
                return _head_seen(_pull_request.decode(delivery.body), delivery)
            case _:
                return None
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise Unreadable from error


def _checked(delivery: Delivery) -> Event | None:
    """Read a button, a wish to run checks again, or that a check came to an end.

    A suite's end is left out: its last check's end came with it.
    """
    if delivery.event == "check_suite":
        suite = _check_suite.decode(delivery.body)
        again = suite.action == RERUN
        return _of_check(suite, delivery, suite.check_suite.head_sha) if again else None
    run = _check_run.decode(delivery.body)
    pressed = _pressed(run, delivery) or _waiting_pressed(run, delivery)
    return pressed or ended(run)


def _commented(payload: payloads.IssueComment) -> CommentCreated | None:
    """Leave out bots, ourselves among them, and comments that were changed afterwards."""
    repository, comment = payload.where(), payload.comment
    on_pull_request = payload.action == "created" and payload.issue.pull_request is not None
    if repository is None or not on_pull_request or not payload.person:
        return None
    lines = command.lines(comment.body or "")
    if not lines:
        return None
    return CommentCreated(
        repository=repository,
        number=payload.issue.number,
        comment_id=comment.id,
        actor=payload.actor,
        lines=lines,
        created_at=comment.created_at,
    )


def _id(delivery: Delivery) -> str:
    if not delivery.id:
        message = "the delivery's id is needed, under which it is kept"
        raise Unreadable(message)
    return delivery.id


def _pushed(payload: payloads.Push, delivery: Delivery) -> Pushed | ReleaseTagged | None:
    repository = payload.where()
    if repository is None or payload.deleted or not payload.ref.startswith((BRANCH, TAG)):
        return None
    if payload.ref.startswith(TAG):
        return _tagged(payload, repository, delivery)
    return Pushed(
        repository=repository,
        delivery=_id(delivery),
        branch=payload.ref.removeprefix(BRANCH),
        default_branch=payload.repository.default_branch,
        sha=payload.after,
        actor=payload.actor,
        received_at=delivery.received_at,
    )


def _tagged(
    payload: payloads.Push, repository: Repository, delivery: Delivery
) -> ReleaseTagged | None:
    """Return a tag that wants to be a version; an annotated one stands for its commit."""
    name = payload.ref.removeprefix(TAG)
    if not tags.is_meant(name) or payload.head_commit is None:
        return None
    return ReleaseTagged(
        repository=repository,
        delivery=_id(delivery),
        name=name,
        sha=payload.head_commit.id,
        actor=payload.actor,
        received_at=delivery.received_at,
    )


def _pressed(payload: payloads.CheckRun, delivery: Delivery) -> ButtonPressed | None:
    """Read which button it was; our runs name their deployment, those of others are left alone.

    GitHub tells of buttons only the App that made the run.
    """
    repository, verb = payload.where(), ""
    ours = OUR_RUN.fullmatch(payload.check_run.external_id or "")
    if payload.action == RERUN and ours and not ours["controls"]:
        verb = AGAIN
    elif payload.action == PRESSED and payload.requested_action:
        verb = payload.requested_action.identifier
    if repository is None or ours is None or verb not in VERBS or not payload.person:
        return None
    return ButtonPressed(
        repository=repository,
        delivery=_id(delivery),
        deployment=ours["deployment"],
        verb=verb,
        actor=payload.actor,
        received_at=delivery.received_at,
    )


def _waiting_pressed(payload: payloads.CheckRun, delivery: Delivery) -> CheckPressed | None:
    """Read which environment's check it was, where no deployment stands behind it."""
    run, button = payload.check_run, payload.requested_action
    waits = OUR_WAIT.fullmatch(run.external_id or "")
    named = OUR_NAME.fullmatch(run.name)
    if waits is None or named is None:
        return None
    if payload.action == PRESSED:
        verb = button.identifier if button else ""
    else:
        verb = AGAIN if payload.action == RERUN and not named["controls"] else ""
    if verb not in {AGAIN, APPROVE}:
        return None
    number = int(waits["number"]) if waits["number"] else None
    pressed = _of_check(payload, delivery, run.head_sha)
    return pressed and replace(pressed, environment=named["environment"], number=number, verb=verb)


def _of_check(
    payload: payloads.CheckSuite | payloads.CheckRun, delivery: Delivery, sha: str | None
) -> CheckPressed | None:
    """Read who pressed; GitHub tells only the App that made the checks."""
    repository = payload.where()
    if repository is None or not sha or not payload.person:
        return None
    return CheckPressed(
        repository=repository,
        delivery=_id(delivery),
        sha=sha,
        actor=payload.actor,
        received_at=delivery.received_at,
    )


def _head_seen(payload: payloads.PullRequest, delivery: Delivery) -> HeadSeen | None:
    repository = payload.where()
    if repository is None or payload.action not in HEAD_ACTIONS:
        return None
    return HeadSeen(
        repository=repository,
        number=payload.pull_request.number,
        sha=payload.pull_request.head.sha,
        branch=payload.pull_request.base.repo.default_branch,
        before=payload.before or "",
        by=payload.actor if payload.action == PUSHED else "",
        happened_at=payload.pull_request.updated_at,
        received_at=delivery.received_at,
    )
