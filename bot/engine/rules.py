"""The default branch's rules: its deploy.yaml at one commit, which every deployment keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from bot.core.github import BranchSeen, RequiredCheck
from bot.core.manifest import Manifest, parse
from bot.engine.acquaintance import learn, meet
from bot.ports import Broken, World

if TYPE_CHECKING:
    from datetime import timedelta

    from bot.core.model import Repository

MANIFEST = "deploy.yaml"
CLOUDBUILD = "cloudbuild.yaml"
SOURCE = "The source"
"""How answers call what a build is made from; files have their names."""
MISSING = "there is no such file on the default branch"


class Rules(Struct, frozen=True, kw_only=True):
    """What may be deployed where, and from which commit we know it."""

    branch: str
    sha: str
    manifest: Manifest | None = None
    """None where there is no usable deploy.yaml."""
    problems: tuple[str, ...] = ()
    """Everything that is wrong with it, each with its line."""
    missing: bool = False
    text: str = ""
    """The file as it is written."""
    protected: tuple[RequiredCheck, ...] = ()
    """What the branch's classic protection requires, which comes with its commit."""


def rules_at(world: World, repository: Repository, branch: str) -> Rules:
    """Read the rules at the branch's present head; raise Transient or Broken."""
    branch = branch or world.github.default_branch(repository)
    seen = branch_seen(world, repository, branch)
    sha = seen.sha
    text = world.github.file(repository, MANIFEST, sha)
    if text is None:
        learn(world, repository, required=False)
        return Rules(branch=branch, sha=sha, problems=(MISSING,), missing=True)
    manifest, problems = read_manifest(text, world.sampling.window)
    if manifest is not None:
        learn(world, repository, required=bool(manifest.required), rules=sha)
    return Rules(
        branch=branch,
        sha=sha,
        manifest=manifest,
        problems=problems,
        text=text,
        protected=seen.required,
    )


def last_usable(world: World, repository: Repository, now: Rules) -> Rules:
    """Return the rules that could be used last where these cannot be; these where none are known.

    Only what makes things safer goes by them: nobody could stop anything before deploy.yaml is
    mended.
    """
    sha = meet(world, repository).rules
    manifest = usable_at(world, repository, sha)
    if manifest is None:
        return now
    text = world.github.file(repository, MANIFEST, sha) or ""
    return replace(now, sha=sha, manifest=manifest, problems=(), missing=False, text=text)


def usable_at(world: World, repository: Repository, sha: str) -> Manifest | None:
    """Return the deploy.yaml of a commit; None where there is none that can be used."""
    text = world.github.file(repository, MANIFEST, sha) if sha else None
    return None if text is None else read_manifest(text, world.sampling.window)[0]


def branch_seen(world: World, repository: Repository, branch: str) -> BranchSeen:
    """Return a branch as it is now; raise Broken where there is none."""
    seen = world.github.branch(repository, branch)
    if seen is None:
        what = f"{repository.full_name} has no branch {branch}"
        raise Broken(what)
    return seen


def read_manifest(text: str, window: timedelta) -> tuple[Manifest | None, tuple[str, ...]]:
    """Return the manifest, or every problem in it in words."""
    read = parse(text, window)
    if isinstance(read, Manifest):
        return read, ()
    return None, tuple(f"line {problem.line}: {problem}" for problem in read)
