"""Trees and files inside commits: listing, reading, and writing one file as a commit would."""

from __future__ import annotations

import posixpath
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.github.git import GitError

if TYPE_CHECKING:
    from localcloud.github.git import Git

REGULAR = "100644"
SYMLINK = "120000"


@dataclass(frozen=True)
class Entry:
    """One entry of a tree; `size` is None for all but blobs."""

    mode: str
    type: str
    sha: str
    size: int | None
    path: str


def entries(git: Git, tree: str, *, recursive: bool = False) -> list[Entry]:
    """List a tree; with `recursive` all below it too, trees included, as GitHub does."""
    flags = ["-r", "-t"] if recursive else []
    return _parse(git.run("ls-tree", "-z", "--long", *flags, tree))


def entry_at(git: Git, commit: str, path: str) -> Entry | None:
    """Find the entry at a path of a commit; the empty path is the commit's whole tree."""
    clean = path.strip("/")
    if not clean:
        return Entry("040000", "tree", git.text("rev-parse", f"{commit}^{{tree}}"), None, "")
    try:
        found = _parse(
            git.run("--literal-pathspecs", "ls-tree", "-z", "--long", commit, "--", clean)
        )
    except GitError:
        return None
    return next((entry for entry in found if entry.path == clean), None)


def followed(git: Git, commit: str, entry: Entry) -> Entry:
    """Return the file that a symbolic link leads to, under the link's path; else the entry."""
    if entry.mode != SYMLINK:
        return entry
    target = posixpath.join(posixpath.dirname(entry.path), git.blob(entry.sha).decode())
    found = entry_at(git, commit, posixpath.normpath(target))
    is_file = found is not None and found.type == "blob" and found.mode != SYMLINK
    return replace(found, path=entry.path) if found and is_file else entry


def with_file(git: Git, parent: str | None, path: str, content: bytes) -> str:
    """Write the tree of `parent` with one file set, and return the tree's hash."""
    blob = git.run("hash-object", "-w", "--stdin", stdin=content).decode().strip()
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        if parent:
            git.run("read-tree", parent, env=index)
        known = entry_at(git, parent, path) if parent else None
        mode = known.mode if known and known.type == "blob" else REGULAR
        git.run("update-index", "--add", "--cacheinfo", f"{mode},{blob},{path}", env=index)
        return git.run("write-tree", env=index).decode().strip()


def _parse(listing: bytes) -> list[Entry]:
    found = []
    for line in listing.decode(errors="replace").split("\0")[:-1]:
        meta, path = line.split("\t", 1)
        mode, kind, sha, size = meta.split()
        found.append(Entry(mode, kind, sha, None if size == "-" else int(size), path))
    return found
