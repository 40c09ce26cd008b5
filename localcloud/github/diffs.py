"""What changed between two commits, file by file, and what each pushed commit touched."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from localcloud.github.git import Git

if TYPE_CHECKING:
    from pathlib import Path

_STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied"}
LONGEST_PATCH = 100_000


@dataclass(frozen=True)
class Change:
    """One changed file; `sha` is the new blob, or the old one of a removed file."""

    path: str
    previous_path: str | None
    status: str
    sha: str
    additions: int
    deletions: int
    patch: str | None


@dataclass
class Touched:
    """The paths that one commit added, removed and modified."""

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    modified: list[str] = field(default_factory=list)


def changes(git: Git, base: str, head: str) -> tuple[Change, ...]:
    """List what changed from one commit to another, renames found; both are full hashes."""
    return _changes(git.path, base, head)


@lru_cache(maxsize=256)
def _changes(path: Path, base: str, head: str) -> tuple[Change, ...]:
    git = Git(path)
    raw = _raw(git.run("diff-tree", "-r", "-M", "-z", "--raw", base, head))
    if not raw:
        return ()
    counts = _counts(git.run("diff-tree", "-r", "-M", "-z", "--numstat", base, head))
    patches = _patches(git.run("diff-tree", "-r", "-M", "-p", base, head))
    told = patches if len(patches) == len(raw) else [None] * len(raw)
    return tuple(
        Change(new, old, status, sha, added, deleted, patch)
        for (status, sha, old, new), (added, deleted), patch in zip(raw, counts, told, strict=True)
    )


def _raw(listing: bytes) -> list[tuple[str, str, str | None, str]]:
    words = iter(listing.decode(errors="replace").split("\0")[:-1])
    found: list[tuple[str, str, str | None, str]] = []
    for meta in words:
        _, _, before, after, letter = meta.split()
        old = next(words)
        new = next(words) if letter[0] in "RC" else old
        status = _STATUS.get(letter[0], "changed")
        sha = before if letter[0] == "D" else after
        found.append((status, sha, old if new != old else None, new))
    return found


def _counts(listing: bytes) -> list[tuple[int, int]]:
    words = iter(listing.decode(errors="replace").split("\0")[:-1])
    found = []
    for meta in words:
        added, deleted, path = meta.split("\t", 2)
        if not path:
            next(words), next(words)
        found.append((_number(added), _number(deleted)))
    return found


def _number(count: str) -> int:
    return 0 if count == "-" else int(count)


def _patches(text: bytes) -> list[str | None]:
    sections = ("\n" + text.decode(errors="replace")).split("\ndiff --git ")[1:]
    return [_hunks(section) for section in sections]


def _hunks(section: str) -> str | None:
    _, found, rest = section.partition("\n@@ ")
    return f"@@ {rest}".rstrip("\n") if found and len(rest) <= LONGEST_PATCH else None


def touched(git: Git, *selection: str) -> dict[str, Touched]:
    """Tell for each selected commit which paths it touched, merges against their first parent."""
    flags = ("-z", "--format=%x01%H", "--name-status", "--no-renames", "--diff-merges=first-parent")
    words = iter(git.run("log", *flags, *selection, "--").decode(errors="replace").split("\0"))
    found: dict[str, Touched] = {}
    current = Touched()
    for word in words:
        if word.startswith("\x01"):
            current = found.setdefault(word[1:], Touched())
        elif letter := word.strip():
            _list_for(current, letter).append(next(words))
    return found


def _list_for(touched_paths: Touched, letter: str) -> list[str]:
    lists = {"A": touched_paths.added, "D": touched_paths.removed}
    return lists.get(letter, touched_paths.modified)
