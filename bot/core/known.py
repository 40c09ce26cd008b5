"""The repositories that we have heard of, with the little that has to be known before asking."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, field

KEY = "repositories"


class KnownRepository(Struct, frozen=True, kw_only=True):
    """One repository."""

    id: int
    full_name: str
    installation: int
    required: bool | None = None
    """Whether deploy.yaml wants a check on every pull request; None until it was read."""
    read_at: datetime | None = None
    """When its open pull requests were last read."""
    rules: str = ""
    """The default branch's commit whose deploy.yaml could be used last."""


class Known(Struct, frozen=True, kw_only=True):
    """All of them: read as one, written when one is new or has changed."""

    key: str = KEY
    places: dict[str, KnownRepository] = field(default_factory=dict)
    """By id."""
