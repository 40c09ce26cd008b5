"""What the bot wants to be so: desired states, never deltas, and what came of wanting them.

Each write to a service carries the etag of the observation that it was decided on, so that
somebody else's edit is met as a conflict and looked at, never overwritten unseen.
"""

from __future__ import annotations

from msgspec import Struct

from bot.core.configuration import CloudRun, ServiceKey


class StartBuild(Struct, frozen=True, kw_only=True, tag=True):
    """One image of one service, made from exactly this commit."""

    service: str
    project: str
    region: str
    sha: str
    path: str
    image: str
    cloudbuild: str
    """The trusted build file's text."""
    build_tag: str
    """Marks the build, so that it can be found again after an unknown outcome."""
    connected_repository: str = ""
    """Where Cloud Build clones the commit from; empty: from a stored archive."""
    look_up: bool
    """An earlier attempt may have succeeded: look for `build_tag` first."""


class CancelBuild(Struct, frozen=True, kw_only=True, tag=True):
    """A build goes no further; one that has ended, or was never made, is left as it is."""

    service: str
    project: str
    region: str
    build: str
    """Its resource name; empty when CreateBuild's outcome is unknown."""
    build_tag: str
    """What it can be found by then."""


class Stage(Struct, frozen=True, kw_only=True, tag=True):
    """A new revision at 0 % with a tag; for a service that does not exist, the service itself."""

    service: str
    key: ServiceKey
    revision: str
    revision_tag: str
    image: str
    """With its digest."""
    cloud_run: CloudRun
    """References resolved."""
    labels: dict[str, str]
    """For service and revision: who owns it, what it was made from."""
    stable: str
    """The revision that the new one is made from; empty for a first deployment."""
    percents: dict[str, int]
    """Revision → percentage that it keeps meanwhile; the new one gets none beside them."""
    etag: str


class Shift(Struct, frozen=True, kw_only=True, tag=True):
    """Traffic between named revisions; percentages add up to 100. Without any it stays as it is."""

    service: str
    key: ServiceKey
    percents: dict[str, int]
    """Revision → percentage; zero keeps nothing."""
    tags: dict[str, str]
    """Tag → revision; tags of other people are kept."""
    drop_tag: str
    """A tag of ours that must be gone afterwards; empty for none."""
    etag: str


class OpenToAll(Struct, frozen=True, kw_only=True, tag=True):
    """Anybody may call the service: `roles/run.invoker` for `allUsers`."""

    service: str
    key: ServiceKey


class Tag(Struct, frozen=True, kw_only=True):
    """One more name for an image in its registry; no step of a rollout waits for it."""

    image: str
    """Without a tag."""
    tag: str
    digest: str
    moves: bool
    """Whether the tag may leave another image that it names."""


Action = StartBuild | CancelBuild | Stage | Shift | OpenToAll


class BuildStarted(Struct, frozen=True, kw_only=True, tag=True):
    """Cloud Build has it under this resource name."""

    service: str
    build: str


class BuildOver(Struct, frozen=True, kw_only=True, tag=True):
    """Nothing of the build goes on any more."""

    service: str


class Accepted(Struct, frozen=True, kw_only=True, tag=True):
    """Cloud Run works on it; the operation's name is empty when it was already so."""

    service: str
    operation: str
    kept: tuple[str, ...] | None = None
    """What stands on the service beside what deploy.yaml names, and stays: names only. None where
    no revision was asked for."""


class Opened(Struct, frozen=True, kw_only=True, tag=True):
    """Anybody may call the service now."""

    service: str


class Conflicted(Struct, frozen=True, kw_only=True, tag=True):
    """The service changed since it was seen: look again."""

    service: str


class Rejected(Struct, frozen=True, kw_only=True, tag=True):
    """The outside world says no and will say so again: a wrong setting, a missing permission."""

    service: str
    detail: str
    unsuitable: bool = False
    """What somebody committed is at fault, not the request made of it."""
    denied: bool = False
    """The account that asks lacks a right to it."""
    forbidden: bool = False
    """The operator's settings say no; nobody outside was asked."""


Outcome = BuildStarted | BuildOver | Accepted | Opened | Conflicted | Rejected
