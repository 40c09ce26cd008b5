"""Deliveries that ask for nothing: they say that it may be worth looking, or reading, again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from bot import payloads
from bot.core.events import ChecksChanged, GroupFormed, Installed, TakenAway
from bot.core.github import PASSING
from bot.core.model import Repository

if TYPE_CHECKING:
    from datetime import datetime

    from bot.core.events import Event

QUEUE: Final = re.compile(r"refs/heads/gh-readonly-queue/(?P<base>.+)/pr-(?P<number>\d+)-[0-9a-f]+")
"""The branch of a merge group; it names the last pull request in it."""
MOST: Final = 1000
"""Repositories of one delivery that are read at once; the rest is met by its first delivery."""

GIVING: Final = frozenset({"created", "added", "unsuspend", "new_permissions_accepted"})
TAKING: Final = frozenset({"deleted", "removed", "suspend"})
"""What installations tell of repositories that we get, and of those that we lose."""

_status = msgspec.json.Decoder(payloads.Status)
_merge_group = msgspec.json.Decoder(payloads.MergeGroup)
_installed = msgspec.json.Decoder(payloads.Installed)

EVENTS: Final = frozenset({"status", "merge_group", "installation", "installation_repositories"})


def read_notice(event: str, body: bytes, received_at: datetime) -> Event | None:
    """Return the event of one of `EVENTS`, or None; raise msgspec.MsgspecError."""
    match event:
        case "status":
            return _reported(_status.decode(body))
        case "merge_group":
            return _group(_merge_group.decode(body), received_at)
        case _:
            return _places(_installed.decode(body), received_at)


def ended(payload: payloads.CheckRun) -> ChecksChanged | None:
    """Return that a check came to an end; what only begins wakes nobody."""
    run, repository = payload.check_run, payload.where()
    if repository is None or payload.action != "completed" or not run.head_sha:
        return None
    passed = run.conclusion in PASSING
    return ChecksChanged(repository=repository, sha=run.head_sha, name=run.name, passed=passed)


def _reported(payload: payloads.Status) -> ChecksChanged | None:
    repository, passed = payload.where(), payload.state == "success"
    if repository is None or payload.state == "pending":
        return None
    return ChecksChanged(
        repository=repository, sha=payload.sha, name=payload.context, passed=passed
    )


def _group(payload: payloads.MergeGroup, received_at: datetime) -> GroupFormed | None:
    repository, group = payload.where(), payload.merge_group
    named = QUEUE.fullmatch(group.head_ref)
    if repository is None or payload.action != "checks_requested" or named is None:
        return None
    return GroupFormed(
        repository=repository,
        number=int(named["number"]),
        sha=group.head_sha,
        branch=payload.repository.default_branch,
        received_at=received_at,
    )


def _places(payload: payloads.Installed, received_at: datetime) -> Installed | TakenAway | None:
    """Return the repositories that are new to us, or that are ours no longer."""
    taken = payload.action in TAKING
    if not taken and payload.action not in GIVING:
        return None
    others = payload.repositories_removed if taken else payload.repositories_added
    found = [*payload.repositories, *others][:MOST]
    if not found:
        return None
    installation = payload.installation.id
    places = tuple(Repository(one.id, one.full_name, installation) for one in found)
    if taken:
        return TakenAway(repositories=places)
    return Installed(repositories=places, received_at=received_at)
