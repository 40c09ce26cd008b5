"""GitHub's nouns, as far as we need them."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class PullRequest(Struct, frozen=True, kw_only=True):
    """A pull request as GitHub shows it now."""

    number: int
    title: str
    state: str
    """open or closed."""
    merged: bool
    draft: bool
    head_sha: str
    head_repository: int
    """0 when the fork was deleted."""
    base_ref: str
    default_branch: str = ""
    """Of the base repository; empty when GitHub's answer did not carry it."""


class CheckRun(Struct, frozen=True, kw_only=True):
    """What a check run should show; conclusion only when it is completed."""

    name: str
    sha: str
    external_id: str
    status: str
    conclusion: str = ""
    title: str
    summary: str
    details_url: str = ""
    started_at: datetime | None = None
    completed_at: datetime | None = None
