"""What this GitHub remembers, as frozen records; a change is a new record under the same id.

Other records are named by id, users by login. Moments are GitHub's text form.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

UserType = Literal["User", "Organization", "Bot"]
Permission = Literal["admin", "write", "read", "none"]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One remembered thing; ids are unique over all kinds."""

    id: int


class User(Record, frozen=True, kw_only=True):
    """A person, an organisation, or an App's bot; only people have a token."""

    login: str
    type: UserType = "User"
    token: str = ""
    created_at: str


class Repository(Record, frozen=True, kw_only=True):
    """A repository; `parent` is set on forks; `numbered` counts issues and pull requests.

    `former` are its full names from before, oldest first.
    """

    owner: str
    name: str
    default_branch: str
    private: bool
    created_at: str
    pushed_at: str
    parent: int | None = None
    numbered: int = 0
    former: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        """`owner/name`, as people write it."""
        return f"{self.owner}/{self.name}"


class Grant(Record, frozen=True, kw_only=True):
    """One person's permission on one repository."""

    repository: int
    login: str
    permission: Permission


class Issue(Record, frozen=True, kw_only=True):
    """An issue; `closed_at` is None while it is open."""

    repository: int
    number: int
    title: str
    body: str | None
    author: str
    state: Literal["open", "closed"] = "open"
    created_at: str
    updated_at: str
    closed_at: str | None = None


class Pull(Issue, frozen=True, kw_only=True):
    """A pull request."""

    draft: bool = False
    base_ref: str
    base_sha: str
    head_ref: str
    head_sha: str
    head_repository: int
    merged_at: str | None = None
    merged_by: str | None = None
    merge_commit_sha: str | None = None


class Comment(Record, frozen=True, kw_only=True):
    """A comment on an issue or pull request; `app` is set when an App wrote it."""

    repository: int
    number: int
    author: str
    app: int | None
    body: str
    created_at: str
    updated_at: str


class Reaction(Record, frozen=True, kw_only=True):
    """One person's reaction to a comment."""

    comment: int
    author: str
    content: str
    created_at: str


class Review(Record, frozen=True, kw_only=True):
    """A submitted review of one commit of a pull request."""

    repository: int
    number: int
    author: str
    state: Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED", "PENDING"]
    body: str
    commit: str
    submitted_at: str


class RequiredCheck(Record, frozen=True, kw_only=True):
    """A check without which nothing is merged: by a ruleset, or by classic branch protection."""

    repository: int
    branch: str
    context: str
    app: int | None
    classic: bool


class TeamMember(Record, frozen=True, kw_only=True):
    """One person in one team of an organisation."""

    organization: str
    team: str
    login: str


class CheckSuite(Record, frozen=True, kw_only=True):
    """All check runs of one App on one commit."""

    repository: int
    app: int
    head_sha: str
    head_branch: str | None
    created_at: str


class CheckOutput(msgspec.Struct, frozen=True):
    """What a check run shows: a title, and Markdown."""

    title: str | None = None
    summary: str | None = None
    text: str | None = None


class CheckRun(Record, frozen=True, kw_only=True):
    """One check on one commit, owned by the App that made it."""

    repository: int
    app: int
    suite: int
    head_sha: str
    name: str
    status: str
    conclusion: str | None
    started_at: str | None
    completed_at: str | None
    external_id: str
    details_url: str
    output: CheckOutput
    actions: tuple[dict[str, str], ...] = ()


class CommitStatus(Record, frozen=True, kw_only=True):
    """One status of one commit under one context; the newest counts."""

    repository: int
    sha: str
    state: Literal["error", "failure", "pending", "success"]
    context: str
    description: str | None
    target_url: str | None
    author: str
    created_at: str


class Deployment(Record, frozen=True, kw_only=True):
    """A request to deploy one commit to one environment."""

    repository: int
    sha: str
    ref: str
    task: str
    environment: str
    original_environment: str
    payload: dict[str, Any] | str
    description: str | None
    transient_environment: bool
    production_environment: bool
    author: str
    app: int | None
    created_at: str
    updated_at: str


class DeploymentStatus(Record, frozen=True, kw_only=True):
    """What became of a deployment; the newest counts."""

    deployment: int
    state: str
    description: str
    environment: str
    log_url: str
    environment_url: str
    author: str
    app: int | None
    created_at: str


KINDS: tuple[type[Record], ...] = (
    User, Repository, Grant, Issue, Pull, Comment, Reaction, Review, RequiredCheck, TeamMember,
    CheckSuite, CheckRun,
    CommitStatus, Deployment, DeploymentStatus,
)  # fmt: skip
