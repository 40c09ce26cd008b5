"""What this GitHub remembers of Apps: who and where they are, and what they were told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from localcloud.github.records import Record


@dataclass(frozen=True)
class Event:
    """One thing that happened, ready to be told to one App."""

    name: str
    action: str | None
    payload: dict[str, Any]
    installation: int | None = None
    repository: int | None = None


class App(Record, frozen=True, kw_only=True):
    """A GitHub App with its key pair and its one webhook."""

    slug: str
    owner: str
    private_key_pem: str
    public_key_pem: str
    webhook_url: str
    webhook_secret: str
    hook_id: int
    created_at: str
    updated_at: str

    @property
    def bot(self) -> str:
        """The login under which the App acts."""
        return f"{self.slug}[bot]"


class Installation(Record, frozen=True, kw_only=True):
    """An App on one account, for chosen repositories."""

    app: int
    account: str
    repositories: tuple[int, ...]
    created_at: str
    updated_at: str


class InstallationToken(Record, frozen=True, kw_only=True):
    """A token acting for an installation for one hour, possibly narrowed."""

    token: str
    installation: int
    permissions: dict[str, str]
    repositories: tuple[int, ...] | None
    expires_at: str


class Parcel(Record, frozen=True, kw_only=True):
    """An event that waits for its first attempt, or for one that somebody asked for."""

    app: int
    event: Event
    guid: str
    redelivery: bool = False


class Delivery(Record, frozen=True, kw_only=True):
    """One attempt to hand an event to an App; `status_code` 0 means that nobody answered."""

    guid: str
    app: int
    installation: int | None
    repository: int | None
    event: str
    action: str | None
    request_headers: dict[str, str]
    request_body: str
    redelivery: bool
    delivered_at: str
    duration: float
    status: str
    status_code: int
    response_headers: dict[str, str]
    response_body: str


KINDS: tuple[type[Record], ...] = (App, Installation, InstallationToken, Parcel, Delivery)
