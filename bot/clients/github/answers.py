"""GitHub's answers, cut down to the fields that we read.

Shapes: https://docs.github.com/en/rest
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct


class Created(Struct, frozen=True):
    """Anything that was made or changed; without an id it was not."""

    id: int


class Refusal(Struct, frozen=True):
    """Why GitHub does not do it."""

    message: str | None = None


class Minted(Struct, frozen=True):
    """A token of an installation."""

    token: str
    expires_at: Annotated[datetime, Meta(tz=True)]


class App(Struct, frozen=True):
    """A GitHub App."""

    slug: str


class DeliveryFound(Struct, frozen=True):
    """One attempt to deliver a webhook; status 0 or 502 and the like when nobody answered."""

    id: int
    guid: str
    event: str
    delivered_at: str
    status_code: int


class Named(Struct, frozen=True):
    """A repository, found by its id."""

    full_name: str


class Installed(Struct, frozen=True):
    """An installation of our App."""

    id: int


class RepositoryFound(Struct, frozen=True):
    """A repository."""

    id: int
    default_branch: str


class Permission(Struct, frozen=True):
    """A collaborator's; an organization's own roles show in `role_name` only."""

    permission: str
    role_name: str = ""


class GitObject(Struct, frozen=True):
    """Anything that git knows by hash."""

    sha: str


class Reference(Struct, frozen=True):
    """A branch."""

    object: GitObject


class FileChanged(Struct, frozen=True):
    """A file in a comparison; the name before it was moved, too."""

    filename: str
    previous_filename: str = ""


class Comparison(Struct, frozen=True):
    """How the second commit stands to the first: ahead, behind, identical or diverged."""

    status: str
    ahead_by: int = 0
    files: list[FileChanged] = []


class RepositoryId(Struct, frozen=True):
    """A repository within something else."""

    id: int


class PullHead(Struct, frozen=True):
    """Where a pull request comes from; its repository is null when it was deleted."""

    sha: str
    repo: RepositoryId | None = None


class BaseRepository(Struct, frozen=True):
    """The repository that a pull request goes to."""

    id: int = 0
    default_branch: str = ""


class PullBase(Struct, frozen=True):
    """Where a pull request goes."""

    ref: str
    repo: BaseRepository | None = None


class Login(Struct, frozen=True):
    """An account, by its login; bots have a type of their own."""

    login: str
    type: str = "User"


class Pull(Struct, frozen=True):
    """A pull request, alone or in a list, where `merged` is left out."""

    number: int
    title: str
    state: str
    head: PullHead
    base: PullBase
    user: Login | None = None
    draft: bool = False
    merged_at: str | None = None
    merge_commit_sha: str | None = None

    def goes_to(self, repository: int) -> bool:
        """Tell whether it is this repository's, not another's that took its name."""
        return self.base.repo is None or self.base.repo.id in {0, repository}


class Content(Struct, frozen=True):
    """A file; above 1 MB GitHub leaves the content out and says the encoding is none."""

    type: str
    sha: str
    content: str = ""
    encoding: str = ""


class Entry(Struct, frozen=True):
    """One path within a tree."""

    path: str
    type: str
    sha: str = ""
    size: int = 0


class Tree(Struct, frozen=True):
    """A directory, or all of them; cut off after 100,000 entries or 7 MB."""

    tree: list[Entry]
    truncated: bool


class Commit(Struct, frozen=True):
    """A commit in git's own terms."""

    tree: GitObject


class ById(Struct, frozen=True):
    """The App behind a comment."""

    id: int


class User(Struct, frozen=True):
    """Who wrote something."""

    login: str
    type: str


class Comment(Struct, frozen=True):
    """A comment; its user is null when the account is gone."""

    id: int
    body: str = ""
    user: User | None = None
    performed_via_github_app: ById | None = None


class Check(Struct, frozen=True):
    """A check run."""

    id: int
    external_id: str | None = None


class Checks(Struct, frozen=True):
    """A page of check runs."""

    check_runs: list[Check]


class DeploymentMade(Struct, frozen=True):
    """A new GitHub Deployment, with the commit that it is of."""

    id: int
    sha: str


class DeploymentFound(Struct, frozen=True):
    """A GitHub Deployment; the payload is whatever its maker gave, also as text."""

    id: int
    payload: Any = None


class StatusFound(Struct, frozen=True):
    """A status of a GitHub Deployment."""

    id: int
    state: str
