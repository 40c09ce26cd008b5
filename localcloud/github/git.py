"""The git command line on one bare repository: the only place that starts git for REST.

Revisions from outside never reach git as they are: `Git.resolve` looks them up among the refs and
as object names first, and everything else takes full hashes.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.github.git_memory import GitMemory

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ZERO = "0" * 40
_SHA = re.compile(r"[0-9a-f]{4,40}")
_FIELDS = "%H%x00%T%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B%x00"
_CONFIG = """
[http]
    receivepack = true
[uploadpack]
    allowAnySHA1InWant = true
[receive]
    hideRefs = refs/pull
    autogc = false
[gc]
    auto = 0
"""


class GitError(Exception):
    """Git refused; the message is what it said."""


@dataclass(frozen=True)
class Signature:
    """Who did something to a commit, and when, in seconds since 1970."""

    name: str
    email: str
    at: int


@dataclass(frozen=True)
class Commit:
    """One commit as git holds it."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str


@dataclass(frozen=True)
class Draft:
    """A commit about to be written."""

    tree: str
    parents: tuple[str, ...]
    message: str
    author: Signature
    committer: Signature


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Build an environment in which git reads no configuration but the repository's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    own = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C.UTF-8"}
    return kept | own | dict(extra or {})


class Git:
    """One bare repository on disk, and what git has said of it already."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._memory = GitMemory()

    def run(
        self, *args: str, stdin: bytes | None = None, env: Mapping[str, str] | None = None
    ) -> bytes:
        """Run one git command, unless its answer is known, and return what it printed.

        Raises GitError with git's own words when it fails, and for words that no command can hold.
        """
        if any("\0" in word for word in args):
            message = "a NUL byte is not allowed"
            raise GitError(message)
        if stdin is None and env is None:
            return self._memory.recall(args, lambda: self._start(args, b"", None))
        return self._start(args, stdin or b"", env)

    def _start(self, args: tuple[str, ...], stdin: bytes, env: Mapping[str, str] | None) -> bytes:
        done = subprocess.run(  # noqa: S603  # arguments are refs and hashes checked by resolve
            ["git", "--git-dir", str(self.path), *args],  # noqa: S607  # the player's own git
            input=stdin,
            capture_output=True,
            check=False,
            env=environment(env),
        )
        if done.returncode:
            raise GitError(done.stderr.decode(errors="replace").strip() or f"git {args[0]} failed")
        return done.stdout

    def text(self, *args: str) -> str:
        """Run one git command and return what it printed as text, stripped."""
        return self.run(*args).decode(errors="replace").strip()

    def create(self, default_branch: str) -> None:
        """Make the bare repository with the settings that GitHub's servers have."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.run("init", "--bare", "--quiet", "--template=", f"--initial-branch={default_branch}")
        with (self.path / "config").open("a") as config:
            config.write(_CONFIG)

    def moved(self) -> None:
        """Take down that somebody else moved refs."""
        self._memory.forget()

    def refs(self) -> dict[str, str]:
        """List every ref with the hash that it holds."""
        lines = self.text("for-each-ref", "--format=%(objectname) %(refname)").splitlines()
        return {name: sha for sha, name in (line.split(" ", 1) for line in lines)}

    def heads(self) -> dict[str, str]:
        """List the branches by short name."""
        start = "refs/heads/"
        return {
            ref.removeprefix(start): sha
            for ref, sha in self.refs().items()
            if ref.startswith(start)
        }

    def resolve(self, revision: str, kind: str = "commit") -> str | None:
        """Find the full hash for a branch, tag, other ref or (short) hash; None when unknown."""
        refs = self.refs()
        for name in (f"refs/heads/{revision}", f"refs/tags/{revision}", f"refs/{revision}"):
            if name in refs:
                return self._peel(refs[name], kind)
        return self._peel(revision, kind) if _SHA.fullmatch(revision) else None

    def _peel(self, sha: str, kind: str) -> str | None:
        try:
            return self.text("rev-parse", "--verify", "--quiet", f"{sha}^{{{kind}}}")
        except GitError:
            return None

    def set_ref(self, ref: str, new: str, old: str | None = None) -> None:
        """Move or make a ref; with `old` only when it still holds that.

        Raises GitError when the ref moved meanwhile.
        """
        self.run("update-ref", ref, new, *([old] if old is not None else []))

    def delete_ref(self, ref: str) -> None:
        """Remove a ref."""
        self.run("update-ref", "-d", ref)

    def log(self, *selection: str, paths: tuple[str, ...] = ()) -> list[Commit]:
        """List commits as `git log` selects them, newest first; `paths` are taken literally."""
        words = ("--literal-pathspecs", "log", f"--format={_FIELDS}", *selection, "--", *paths)
        parts = self.run(*words).decode(errors="replace").split("\0")
        return [_commit(parts[start : start + 10]) for start in range(0, len(parts) - 10, 10)]

    def commit(self, sha: str) -> Commit:
        """Read one commit by its full hash."""
        return self.log("--max-count=1", sha)[0]

    def count(self, *selection: str) -> int:
        """Count commits as `git rev-list` selects them."""
        return int(self.text("rev-list", "--count", *selection, "--"))

    def merge_base(self, one: str, other: str) -> str | None:
        """Find where two commits parted; None for unrelated histories."""
        try:
            return self.text("merge-base", one, other)
        except GitError:
            return None

    def contains(self, descendant: str, ancestor: str) -> bool:
        """Tell whether one commit is in the history of another."""
        try:
            self.run("merge-base", "--is-ancestor", ancestor, descendant)
        except GitError:
            return False
        return True

    def merged_tree(self, one: str, other: str) -> str | None:
        """Merge two commits in memory and return the tree; None on a conflict."""
        try:
            return self.text("merge-tree", "--write-tree", "--no-messages", one, other)
        except GitError:
            return None

    def write_commit(self, draft: Draft) -> str:
        """Store a commit and return its hash; no ref moves."""
        parents = [word for parent in draft.parents for word in ("-p", parent)]
        env = _identity("AUTHOR", draft.author) | _identity("COMMITTER", draft.committer)
        message = draft.message.encode()
        return (
            self.run("commit-tree", draft.tree, *parents, stdin=message, env=env).decode().strip()
        )

    def check_out(self, sha: str, folder: Path) -> None:
        """Write a commit's files into a folder, whatever its .gitattributes say about archives."""
        with tempfile.TemporaryDirectory() as place:
            index = {"GIT_INDEX_FILE": f"{place}/index"}
            self.run("read-tree", sha, env=index)
            self.run(f"--work-tree={folder}", "checkout-index", "--all", env=index)

    def blob(self, sha: str) -> bytes:
        """Read one blob."""
        return self.run("cat-file", "blob", sha)


def _commit(fields: list[str]) -> Commit:
    sha, tree, parents, *people, message = fields
    return Commit(
        sha=sha.strip(),
        tree=tree,
        parents=tuple(parents.split()),
        author=Signature(people[0], people[1], int(people[2])),
        committer=Signature(people[3], people[4], int(people[5])),
        message=message.rstrip("\n"),
    )


def _identity(role: str, signature: Signature) -> dict[str, str]:
    return {
        f"GIT_{role}_NAME": signature.name,
        f"GIT_{role}_EMAIL": signature.email,
        f"GIT_{role}_DATE": f"{signature.at} +0000",
    }
