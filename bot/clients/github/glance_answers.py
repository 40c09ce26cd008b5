"""GraphQL's answer to a glance, cut down to what it was asked for.

Each part is read alone: one that is refused, missing or makes no sense is as good as not asked.

Shapes: https://docs.github.com/en/graphql/reference
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct, field

T = TypeVar("T")
LIMITS = frozenset({"RATE_LIMIT", "RATE_LIMITED"})
"""Types of an error that comes with status 200
(https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api)."""


class Identified(Struct, frozen=True, rename="camel"):
    """Anything by its number in REST, such as a repository or an App."""

    database_id: int


class Commit(Struct, frozen=True):
    """Anything that git knows by hash."""

    oid: str


class Actor(Struct, frozen=True, rename={"kind": "__typename"}):
    """An account; REST ends the logins of Apps with `[bot]`, GraphQL does not."""

    kind: str
    login: str


class Named(Struct, frozen=True):
    """A branch."""

    name: str


class Base(Struct, frozen=True, rename="camel"):
    """The repository that a pull request goes to."""

    database_id: int
    default_branch_ref: Named


class Page(Struct, frozen=True, rename="camel"):
    """Whether a list goes on."""

    has_next_page: bool


class Reviewed(Struct, frozen=True, rename="camel"):
    """One review; its author is null when the account is gone."""

    state: str
    submitted_at: str
    author_can_push_to_repository: bool
    author: Actor | None = None
    commit: Commit | None = None


class Reviews(Struct, frozen=True, rename="camel"):
    """The first hundred reviews, in an order that GitHub does not promise."""

    page_info: Page
    nodes: list[Reviewed]


class Pull(Struct, frozen=True, rename="camel"):
    """A pull request, with its reviews where they were asked for."""

    number: int
    title: str
    state: str
    is_draft: bool
    head_ref_oid: str
    base_ref_name: str
    base_repository: Base
    head_repository: Identified | None = None
    author: Actor | None = None
    merge_commit: Commit | None = None
    reviews: Reviews | None = None


class Pulls(Struct, frozen=True, rename="camel"):
    """Pull requests that hold a commit."""

    page_info: Page
    nodes: list[Pull]


class Brought(Struct, frozen=True, rename="camel"):
    """A commit, by what brought it."""

    associated_pull_requests: Pulls


class Login(Struct, frozen=True):
    """A person."""

    login: str


class Granted(Struct, frozen=True):
    """A collaborator's permission."""

    permission: str
    node: Login


class Collaborators(Struct, frozen=True):
    """Those whose login or name holds what was looked for."""

    edges: list[Granted]


class Members(Struct, frozen=True, rename="camel"):
    """The first hundred members of a team, those of the teams within it too, and how many."""

    total_count: int
    nodes: list[Login]


class Commits(Struct, frozen=True):
    """The newest commits of many."""

    nodes: list[Commit]


class Comparison(Struct, frozen=True, rename="camel"):
    """How many commits one has that the other lacks, and which."""

    ahead_by: int
    base_target: Commit
    head_target: Commit
    commits: Commits


class Team(Struct, frozen=True):
    """A team that our App may see."""

    members: Members


class Blob(Struct, frozen=True, rename="camel"):
    """A file's content; GitHub may cut its text off, or have turned it into UTF-8."""

    byte_size: int = 0
    text: str | None = None

    @property
    def exact(self) -> str | None:
        """The text, where that is all of the file's bytes and nothing else."""
        whole = self.text is not None and len(self.text.encode()) == self.byte_size
        return self.text if whole else None


class Entry(Struct, frozen=True):
    """What stands at a path; a folder or a submodule holds no content."""

    mode: int
    object: Blob | None = None


class AtCommit(Struct, frozen=True):
    """A commit that GitHub has, by what stands at one of its paths; null where nothing does."""

    file: Entry | None


class Branch(Struct, frozen=True, rename="camel"):
    """A pull request's own branch: null when it is gone, or a fork's that we may not see."""

    head_ref: dict[str, Comparison | None] | None = None


class _Error(Struct, frozen=True, rename={"kind": "type"}):
    kind: str = ""
    path: list[str | int] = []
    extensions: dict[str, Any] = field(default_factory=dict)


class Told(Struct, frozen=True):
    """GraphQL's whole answer: what it has, and what it would not tell."""

    data: dict[str, dict[str, Raw] | None] | None = None
    """Field of the document → what is under it, read part by part."""
    errors: list[_Error] = []

    @property
    def senseless(self) -> bool:
        """Whether this GitHub does not know some field: an older one, which then has no data."""
        return self.data is None and any("code" in error.extensions for error in self.errors)

    @property
    def limited(self) -> bool:
        """Whether too much was asked of late."""
        return any(error.kind in LIMITS for error in self.errors)

    def nothing_at(self, *place: str) -> bool:
        """Tell whether there is no such thing: null, and not because it was refused."""
        return self._raw(place) == Raw(b"null")

    def part(self, kind: type[T], *place: str) -> T | None:
        """Return one part under `data`; None when it is not told whole."""
        raw = self._raw(place)
        try:
            return None if raw is None else msgspec.json.decode(raw, type=kind)
        except msgspec.MsgspecError:
            return None

    def _raw(self, place: tuple[str, ...]) -> Raw | None:
        if self.data is None or any(_spoils(error, place) for error in self.errors):
            return None
        return (self.data.get(place[0]) or {}).get(place[1])


def _spoils(error: _Error, place: tuple[str, ...]) -> bool:
    """Tell whether an error is about this part, or about everything."""
    shared = min(len(error.path), len(place))
    return tuple(map(str, error.path[:shared])) == place[:shared]
