"""What `python -m bot doctor` looks at: the nouns that clients bring and `checkup.py` judges."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Check(Struct, frozen=True, kw_only=True):
    """One finding."""

    name: str
    good: bool
    said: str
    remedy: str = ""
    """What to do; empty where all is well."""


class AppSeen(Struct, frozen=True, kw_only=True):
    """Our GitHub App as GitHub knows it."""

    slug: str
    missing: tuple[str, ...]
    """Permissions that it lacks, as `name: level`."""
    events: frozenset[str]
    installations: int


class HookSeen(Struct, frozen=True, kw_only=True):
    """Where GitHub sends the App's webhooks."""

    url: str
    content_type: str
    signed: bool
    verified: bool
    """Whether GitHub checks the receiver's certificate."""


class DeliverySeen(Struct, frozen=True, kw_only=True):
    """One attempt to deliver a webhook; attempts of one delivery share a `guid`."""

    guid: str
    event: str
    at: datetime
    delivered: bool
    status: str


class SubscriptionSeen(Struct, frozen=True, kw_only=True):
    """A subscription of a topic of ours."""

    name: str
    endpoint: str
    """Where it pushes to; empty for one that is pulled."""
    audience: str
    account: str
    ack_seconds: int
    dead_letter_topic: str


class LetterSeen(Struct, frozen=True, kw_only=True):
    """A message that nobody could handle."""

    subscription: str
    """Where it was given up."""
    published: datetime


class Expected(Struct, frozen=True, kw_only=True):
    """What the settings say about pushes."""

    project: str
    topic: str
    audience: str
    account: str
