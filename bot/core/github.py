"""GitHub's nouns, as far as we need them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

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
    author: str = ""
    """Empty when the account is gone."""
    merge_sha: str = ""
    """The commit that merged it, once it is merged."""
    default_branch: str = ""
    """Of the base repository; empty when GitHub's answer did not carry it."""


class Button(Struct, frozen=True, kw_only=True):
    """What a completed check run offers to do.

    GitHub takes at most three per run, labels and identifiers of at most 20 characters and
    descriptions of at most 40 (https://docs.github.com/en/rest/checks/runs#create-a-check-run).
    """

    label: str
    identifier: str
    description: str


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
    buttons: tuple[Button, ...] = ()
    started_at: datetime | None = None
    completed_at: datetime | None = None


class Attempt(Struct, frozen=True, kw_only=True):
    """One try of GitHub to hand us one delivery."""

    id: int
    """Of the attempt."""
    guid: str
    """Of the delivery: the same in every attempt."""
    event: str
    at: datetime
    taken: bool
    """Whether it was answered with 2xx."""


PASSING = frozenset({"success", "neutral", "skipped"})
"""Conclusions that GitHub itself takes for a required check
(https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/collaborating-on-repositories-with-code-quality-features/about-status-checks)."""


class CheckState(StrEnum):
    """What a check says about a commit, whatever system says it."""

    PASSED = "passed"
    RUNNING = "running"
    FAILED = "failed"


class CheckSeen(Struct, frozen=True, kw_only=True):
    """The newest run of one check on a commit, or the newest commit status of one context."""

    name: str
    state: CheckState
    app: int = 0
    """The App that made it; 0 for a commit status."""


class RequiredCheck(Struct, frozen=True):
    """A check that a branch's rules demand; an `app` of 0 means that any system may report it."""

    name: str
    app: int = 0


class BranchSeen(Struct, frozen=True, kw_only=True):
    """A branch's commit, and what classic protection requires before a merge into it."""

    sha: str
    required: tuple[RequiredCheck, ...] = ()


class Review(Struct, frozen=True, kw_only=True):
    """One submitted review."""

    author: str
    """Empty when the account is gone."""
    state: str
    """APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED or PENDING, as GitHub writes it."""
    sha: str
    """The commit that was looked at; empty when it is gone."""
    bot: bool = False
    by_writer: bool | None = None
    """Whether its author may write here; None where their role has to be asked for."""


class PathSeen(Struct, frozen=True):
    """One path of a commit's tree."""

    path: str
    kind: str
    """blob, tree, or commit for a submodule."""
    size: int = 0


class Glance(Struct, frozen=True, kw_only=True):
    """What one ask is going to need, as far as that can be told before anything is read.

    Whatever turns out otherwise, such as a head that moved meanwhile, is asked for when it is due.
    """

    number: int = 0
    """The pull request; 0 where nobody asked on one."""
    sha: str = ""
    """The commit that is meant: its head, or the default branch's."""
    on_default_branch: bool = False
    brought: bool = False
    """Whether it matters which pull request brought it."""
    people: tuple[str, ...] = ()
    """Whose role matters."""
    teams: tuple[str, ...] = ()
    """`organization/team`, in which they may be."""
    checks: bool = False
    reviews: bool = False
    compared: tuple[str, ...] = ()
    """Commits of this repository that may have something which `sha` lacks."""
    others: tuple[int, ...] = ()
    """Further pull requests."""
    files: tuple[tuple[str, str], ...] = ()
    """Text files, by commit and path."""
    paths: tuple[str, ...] = ()
    """Folders and files at `sha` of which git's id is enough."""
