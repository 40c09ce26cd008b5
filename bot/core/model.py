"""The nouns: what people asked for, where it goes, and how far it has come.

Three records are kept, each written by version: Ask, Environment, Deployment. Everything is
frozen; a change is a new value. Times are aware and in UTC.

Next: bot/core/deployment.py
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field

from bot.core.reasons import Reason
from bot.core.rejected import Content, Rejected, content


class Repository(Struct, frozen=True):
    """A GitHub repository: the id is its identity, the name may change."""

    id: int
    full_name: str
    installation: int


class AskKind(StrEnum):
    """How somebody asked."""

    COMMENT = "comment"
    PUSH = "push"
    TAG = "tag"
    BUTTON = "button"
    CLI = "cli"
    HEAD = "head"
    """Nobody asked: a pull request has a new head, which may need a required check."""
    GROUP = "group"
    """Nobody asked: the merge queue waits for checks of what it put together."""


class AskState(StrEnum):
    """How far an ask has come; only NEW asks are looked at again."""

    NEW = "new"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    ANSWERED = "answered"


class Ask(Struct, frozen=True, kw_only=True):
    """One line of one comment, one push, or one tag: created exactly once under its natural key."""

    key: str
    kind: AskKind
    repository: Repository
    actor: str
    text: str = ""
    """The command line as received; never read again from GitHub, where it could be edited."""
    number: int | None = None
    """The pull request."""
    comment_id: int | None = None
    ref: str = ""
    sha: str = ""
    """For a push: the branch and its new head, or the tag and its commit. For a command: the commit
    that it was found to mean, once it waits."""
    default_branch: str = ""
    """For a push: the repository's, where it was told."""
    environment: str = ""
    """For a push: the one environment that is left of it, when the others went their own ways."""
    created_at: datetime
    """GitHub's time of the comment, or our time of receipt of the push."""
    line: int = 0
    """Its place among the lines of its comment. The first one carries the reply to them all."""
    lines: int = 1
    pressed_on: str = ""
    """The deployment whose check run had the button; its commit is in `ref`."""
    state: AskState = AskState.NEW
    deployment: str = ""
    said: str = ""
    """What the reply says about this line; empty while it is open, and where all is said."""
    reasons: tuple[Reason, ...] = ()
    """Why it was refused."""
    heard: bool | None = None
    """Whether whoever asks may ask so often; None until that was counted."""
    acknowledged: bool = False
    """Whether the comment carries our eyes reaction."""
    replying: bool = False
    """Set before a reply is made, so that an unknown outcome is looked up and not repeated."""
    reply: int = 0
    """GitHub's id of the reply."""
    reply_hash: str = ""
    reaction: str = ""
    """What stands on the comment beside the eyes."""
    remind_at: datetime | None = None
    """When people are to be reminded of what this did."""
    reminders: int = 0
    reminding: bool = False
    """Set before a reminder is made, so that an unknown outcome is looked up and not repeated."""
    called_off: str = ""
    """Who aborted it while it waited."""
    note: int = 0
    """The check run that says what a push waits for."""
    note_hash: str = ""
    noting: bool = False
    """Set before the note is made, so that an unknown outcome is looked up and not repeated."""
    attempts: int = 0
    wake_at: datetime | None = None
    lease_until: datetime | None = None

    @property
    def first_key(self) -> str:
        """The key of its comment's first line."""
        return f"{self.key.rpartition('/')[0]}/0" if self.line else self.key


class Release(Struct, frozen=True, kw_only=True):
    """What an environment runs: the full map, unchanged services included."""

    deployment: str
    sha: str
    """Empty where all of it was adopted: others had deployed it, of a commit that nobody knows."""
    number: int | None
    at: datetime
    services: dict[str, ReleasedService]


class ReleasedService(Struct, frozen=True, kw_only=True):
    """One service of a release."""

    revision: str
    digest: str
    settings_hash: str
    sha: str
    deployment: str = ""
    """Which one made the revision: its record holds the settings to make it again from."""
    adopted: bool = False
    """Others made the revision: it can get traffic, and not be made again."""
    secrets: dict[str, str] = field(default_factory=dict)
    """The versions that the revision reads, where deploy.yaml said `latest`."""

    @property
    def content(self) -> Content:
        """Return what it is made of."""
        return content(self.digest, self.settings_hash, self.secrets)


class Lock(Struct, frozen=True, kw_only=True):
    """Why nothing may go into an environment, and who says so; only people take it away."""

    key: str
    """Whose doing it is: an ask's or a deployment's key, so that it is made once."""
    reason: str
    owner: str
    since: datetime
    until: datetime | None = None
    """How long it was thought to last: then people are reminded. It goes on until unlocked."""
    number: int | None = None
    """Where it was locked: the owner's own deployments from that pull request may go in."""
    rolled_back: str = ""
    """The commit that was rolled back; the lock keeps out that one only."""


class Environment(Struct, frozen=True, kw_only=True):
    """A place that deployments go to, one at a time; the lease over its services lives here."""

    key: str
    """`<repository id>/<name>`."""
    name: str
    repository: Repository
    active: str = ""
    queue: tuple[str, ...] = ()
    watching: str = ""
    telling: tuple[str, ...] = ()
    """Ended deployments of which something is still to be said on GitHub."""
    live: Release | None = None
    previous: Release | None = None
    """What ran before `live`: where a rollback in the watch goes."""
    past: tuple[Release, ...] = ()
    """What ran before, newest first: where people can go back to."""
    rejected: tuple[Rejected, ...] = ()
    """What was taken back, newest first."""
    lock: Lock | None = None
    asked: int = 0
    """Grows with every wish for a look, so that whoever holds the lease looks again."""
    lease_holder: str = ""
    lease_until: datetime | None = None


class Image(Struct, frozen=True, kw_only=True):
    """An image that one of our own builds made: reuse key → digest, never from a tag."""

    key: str
    """`<repository id>/<reuse key>`: a build may read what lies beside the paths in the key."""
    digest: str
    """Empty: it is in the registry no more."""
    built_at: datetime


def image_key(repository: Repository, reuse_key: str) -> str:
    """Return what an image is kept under, for its own repository only."""
    return f"{repository.id}/{reuse_key}"


class Shown(Struct, frozen=True, kw_only=True):
    """One time that we were shown a pull request's head."""

    sha: str
    since: datetime
    """It was the head at some moment from then on…"""
    at: datetime
    """… until then: the same for a delivery, the time that it took for a reading of ours."""


class Heads(Struct, frozen=True, kw_only=True):
    """When we were shown each head of a pull request."""

    key: str
    """`<repository id>/<pull request>`."""
    first_seen: dict[str, datetime]
    """Full SHA → our time of receipt."""
    shown: tuple[Shown, ...] = ()
    """The latest times, so that a head which left and comes back is not taken for the old one."""


class Pushers(Struct, frozen=True, kw_only=True):
    """Who pushed a commit to a branch other than the default one."""

    key: str
    """`<repository id>/<full SHA>`."""
    by: tuple[str, ...] = ()


class Refusal(Struct, frozen=True, kw_only=True):
    """Why something was not done, and the exact next thing to type."""

    code: Reason
    reason: str
    remedy: str = ""
    commands: tuple[str, ...] = field(default_factory=tuple)


class Sweep(Struct, frozen=True, kw_only=True):
    """When something that is done now and then was last begun."""

    key: str
    at: datetime
