"""What follows when refs moved, by git push or by REST: webhooks, and pull requests moving along.

Callers hold the site's lock from before the refs moved, so every move is told once, in order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from localcloud.github import diffs, events, pulls, suites
from localcloud.github.git import ZERO
from localcloud.github.records import Pull, Repository
from localcloud.github.shapes import commits as commit_shapes
from localcloud.github.shapes import repositories
from localcloud.github.shapes.people import Json, simple_user
from localcloud.github.times import now

if TYPE_CHECKING:
    from localcloud.github.site import Site

MOST_COMMITS = 2048
MOST_BRANCHES = 5000
MOST_TAGS = 3
_HEADS = "refs/heads/"
_NOREPLY = "users.noreply.github.com"


@dataclass(frozen=True)
class Move:
    """One ref that moved; `known` are all hashes that refs held before, to tell new commits."""

    ref: str
    before: str
    after: str
    known: frozenset[str]

    @property
    def created(self) -> bool:
        """Whether the ref is new."""
        return self.before == ZERO

    @property
    def deleted(self) -> bool:
        """Whether the ref is gone."""
        return self.after == ZERO

    @property
    def branch(self) -> str | None:
        """The branch's name; None for a tag."""
        return self.ref.removeprefix(_HEADS) if self.ref.startswith(_HEADS) else None


def moves(before: dict[str, str], after: dict[str, str]) -> list[Move]:
    """Compare two listings of refs; only branches and tags count."""
    known = frozenset(before.values())
    return [
        Move(ref, before.get(ref, ZERO), after.get(ref, ZERO), known)
        for ref in sorted(before.keys() | after.keys())
        if before.get(ref) != after.get(ref) and ref.startswith((_HEADS, "refs/tags/"))
    ]


def follow(site: Site, repository: Repository, moved: list[Move], sender: str) -> None:
    """Tell about moved refs and bring pull requests up to date."""
    if not moved:
        return
    current = site.store.get(Repository, repository.id) or repository
    repository = site.store.save(replace(current, pushed_at=now()))
    merged = [
        pull
        for move in moved
        if move.branch and not move.deleted
        for pull in _merged_by(site, repository, move, sender)
    ]
    for move in _told(moved):
        events.tell(site, repository, "push", _payload(site, repository, move, sender))
        if move.branch and not move.deleted:
            suites.request(site, repository, move.after, sender)
    for pull in merged:
        events.pull_request(site, pull, "closed", sender)
    for move in moved:
        _follow_heads(site, repository, move, sender)


def _told(moved: list[Move]) -> list[Move]:
    branches = [move for move in moved if move.branch]
    tags = [move for move in moved if not move.branch]
    shown = branches if len(branches) <= MOST_BRANCHES else []
    return shown + (tags if len(tags) <= MOST_TAGS else [])


def _merged_by(site: Site, repository: Repository, move: Move, sender: str) -> list[Pull]:
    git = site.git(repository)
    based = site.store.find(Pull, repository=repository.id, base_ref=move.branch, state="open")
    return [
        pulls.mark_merged(site, pull, move.after, sender)
        for pull in based
        if pull.head_sha != pull.base_sha and git.contains(move.after, pull.head_sha)
    ]


def _follow_heads(site: Site, repository: Repository, move: Move, sender: str) -> None:
    headed = {"head_repository": repository.id, "head_ref": move.branch, "state": "open"}
    for pull in site.store.find(Pull, **headed) if move.branch else []:
        if move.deleted:
            pulls.close(site, pull, sender)
        else:
            pulls.synchronize(site, pull, move.after, sender)


def _payload(site: Site, repository: Repository, move: Move, sender: str) -> Json:
    git = site.git(repository)
    listed = _commits(site, repository, move)
    forced = not move.created and not move.deleted and not git.contains(move.after, move.before)
    user = site.user(sender)
    return {
        "ref": move.ref,
        "before": move.before,
        "after": move.after,
        "repository": repositories.in_push(site, repository),
        "pusher": {"name": sender, "email": f"{user.id if user else 0}+{sender}@{_NOREPLY}"},
        "sender": simple_user(site, sender),
        "created": move.created,
        "deleted": move.deleted,
        "forced": forced,
        "base_ref": None,
        "compare": _compare_url(site, repository, move),
        "commits": listed,
        "head_commit": None if move.deleted else _head_commit(site, repository, move, listed),
    }


def _commits(site: Site, repository: Repository, move: Move) -> list[Json]:
    if move.deleted or not move.branch:
        return []
    old = sorted(move.known) if move.created else [move.before]
    selection = (f"--max-count={MOST_COMMITS}", move.after, "--not", *old)
    return _shaped(site, repository, selection, move.known)


def _shaped(
    site: Site, repository: Repository, selection: tuple[str, ...], known: frozenset[str]
) -> list[Json]:
    git = site.git(repository)
    touched = diffs.touched(git, *selection)
    new = set(git.text("rev-list", *selection, *sorted(known), "--").split())
    listed = [
        commit_shapes.in_push(site, repository, held, touched.get(held.sha, diffs.Touched()))
        for held in reversed(git.log(*selection))
    ]
    return [shape | {"distinct": shape["id"] in new} for shape in listed]


def _head_commit(site: Site, repository: Repository, move: Move, listed: list[Json]) -> Json:
    git = site.git(repository)
    head = git.resolve(move.after) or move.after
    found = next((shape for shape in listed if shape["id"] == head), None)
    return found or _shaped(site, repository, ("--max-count=1", head, "--not"), move.known)[0]


def _compare_url(site: Site, repository: Repository, move: Move) -> str:
    root = repositories.page(site, repository)
    if move.created or move.deleted:
        return f"{root}/compare/{(move.branch or move.ref)}"
    return f"{root}/compare/{move.before[:12]}...{move.after[:12]}"
