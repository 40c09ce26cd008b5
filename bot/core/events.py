"""What crosses the topic: a closed union, versioned, compact, strict on the way in.

A message never carries a decision. It says what somebody asked for, what was seen, or only
"look again".

Next: bot/consumer.py
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import Struct

from bot.core.model import Repository

VERSION = 2


class CommentCreated(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="comment"):
    """A new comment on a pull request with at least one command line."""

    version: int = VERSION
    repository: Repository
    number: int
    comment_id: int
    actor: str
    lines: tuple[str, ...]
    """The command lines only, in order."""
    created_at: datetime


class Pushed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="push"):
    """A branch has a new head."""

    version: int = VERSION
    repository: Repository
    delivery: str
    branch: str
    default_branch: str = ""
    """Of the repository, where it was told."""
    sha: str
    actor: str
    received_at: datetime


class ReleaseTagged(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="release"):
    """A git tag that wants to be a version was pushed."""

    version: int = VERSION
    repository: Repository
    delivery: str
    name: str
    sha: str
    """The commit, also behind an annotated tag."""
    actor: str
    received_at: datetime


class Typed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="typed"):
    """An operator typed a command on the command line."""

    version: int = VERSION
    repository: Repository
    id: str
    actor: str
    """Who they say they are; judged like a commenter."""
    text: str
    number: int | None
    """The pull request; None for the default branch."""
    created_at: datetime


class HeadSeen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="head"):
    """A signed delivery showed a pull request's head."""

    version: int = VERSION
    repository: Repository
    number: int
    sha: str
    branch: str = ""
    """The repository's default branch, where it was told."""
    before: str = ""
    """The head that this one replaced, where a push did."""
    by: str = ""
    """Who pushed it, where that was told."""
    happened_at: datetime | None = None
    """By GitHub's clock, in whole seconds."""
    received_at: datetime


class GroupFormed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="group"):
    """The merge queue put a pull request into a group, and asks for checks."""

    version: int = VERSION
    repository: Repository
    number: int
    sha: str
    branch: str
    """The repository's default branch, whose rules count wherever it would be merged to."""
    received_at: datetime


class ChecksChanged(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="checks"):
    """A check of a commit came to an end: whoever waits for that may look again."""

    version: int = VERSION
    repository: Repository
    sha: str
    name: str = ""
    """The check's; empty for whichever."""
    passed: bool = True


class Installed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="installed"):
    """Our App may see these repositories from now on."""

    version: int = VERSION
    repositories: tuple[Repository, ...]
    received_at: datetime | None = None


class TakenAway(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="taken_away"):
    """Our App may see these repositories no longer, by the installation that is named in each."""

    version: int = VERSION
    repositories: tuple[Repository, ...]


class PullsDue(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="pulls"):
    """A repository's open pull requests are to be read, unless that was done since."""

    version: int = VERSION
    repository: Repository
    wanted_at: datetime | None = None


class ButtonPressed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="button"):
    """Somebody pressed a button of one of our check runs, or GitHub's own to run it again."""

    version: int = VERSION
    repository: Repository
    delivery: str
    deployment: str
    """The id of the deployment that the check run tells of."""
    verb: str
    """What was pressed: the command's name."""
    actor: str
    received_at: datetime


class CheckPressed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="check"):
    """Somebody pressed a button of a check of ours that tells of no deployment, or of them all."""

    version: int = VERSION
    repository: Repository
    delivery: str
    sha: str
    environment: str = ""
    """Empty for a commit's whole suite: whatever of it did not succeed."""
    verb: str = "deploy"
    """The command's name; GitHub's own button to run a check again deploys."""
    number: int | None = None
    """The pull request, where the check is one's."""
    actor: str
    received_at: datetime


class Look(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="look"):
    """Look again at one environment, or at one ask."""

    version: int = VERSION
    environment: str = ""
    ask: str = ""


class Sweep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="sweep"):
    """It may be time to ask GitHub for what it could not deliver."""

    version: int = VERSION


Event = (
    CommentCreated
    | ButtonPressed
    | CheckPressed
    | Typed
    | Pushed
    | ReleaseTagged
    | HeadSeen
    | GroupFormed
    | ChecksChanged
    | Installed
    | TakenAway
    | PullsDue
    | Look
    | Sweep
)

_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def encode(event: Event) -> bytes:
    """Return the JSON that crosses the topic."""
    return msgspec.json.encode(event)


class Newer(Exception):  # noqa: N818  # it names what the message is
    """A later version of Spillway wrote this: it must come again, until one that reads it runs."""


class _Versioned(Struct):
    version: int = 0


def decode(data: bytes) -> Event | None:
    """Return the event, or None for what no version of ours ever wrote; raise Newer."""
    try:
        version = msgspec.json.decode(data, type=_Versioned).version
        if version > VERSION:
            raise Newer(version)
        return _decoder.decode(data)
    except msgspec.MsgspecError:
        return None
