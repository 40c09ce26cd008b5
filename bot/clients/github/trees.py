"""Git's ids of folders and files at one commit, which tell whether a service's source changed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from urllib.parse import quote

from cachetools import LRUCache

from bot.clients.github.answers import Commit, Tree
from bot.clients.github.exchange import Call
from bot.core.github import PathSeen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.clients.github.session import Session
    from bot.core.model import Repository

MOST_COMMITS = 2
"""A large repository's tree has 100,000 entries, some 30 MB."""
FULL_HASHES = frozenset({40, 64})
WHOLE = frozenset({"", "."})


class Commits:
    """The trees of the last few commits: what a full hash names never changes."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._kept: LRUCache[tuple[int, int, str], Trees] = LRUCache(MOST_COMMITS)

    def at(self, repository: Repository, sha: str) -> Trees:
        """Return one commit's trees."""
        key = (repository.installation, repository.id, sha)
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                kept = Trees(self._session, repository, sha)
                if len(sha) in FULL_HASHES:
                    self._kept[key] = kept
            return kept


class Trees:
    """One commit's trees: all in one request, or folder by folder where GitHub cuts them off."""

    def __init__(self, session: Session, repository: Repository, sha: str) -> None:
        self._session = session
        self._repository = repository
        self._sha = sha
        self._folders: dict[str, dict[str, str]] = {}
        self._whole: Tree | None = None

    def of(self, paths: Sequence[str]) -> dict[str, str]:
        """Return the id of each path that exists, under the path as it was given."""
        wanted = {path: path.strip("/") for path in paths}
        inner = {clean for clean in wanted.values() if clean not in WHOLE}
        known = self._below(inner) if inner else {}
        if len(inner) < len(set(wanted.values())):
            known |= dict.fromkeys(WHOLE, self._root())
        return {path: known[clean] for path, clean in wanted.items() if clean in known}

    def listed(self) -> tuple[PathSeen, ...]:
        """Return every path; where GitHub cuts the list off, those it gave."""
        return tuple(PathSeen(one.path, one.type, one.size) for one in self._all().tree)

    def _all(self) -> Tree:
        if self._whole is None:
            self._whole = self._tree(self._sha, {"recursive": "1"})
        return self._whole

    def _below(self, paths: set[str]) -> dict[str, str]:
        tree = self._all()
        if not tree.truncated:
            return _ids(tree)
        found = {path: self._walked(path) for path in sorted(paths)}
        return {path: sha for path, sha in found.items() if sha}

    def _walked(self, path: str) -> str:
        """Return the id at the end of a path, "" when a part of it is missing."""
        sha = self._sha
        for name in path.split("/"):
            if sha not in self._folders:
                self._folders[sha] = _ids(self._tree(sha, {}))
            sha = self._folders[sha].get(name, "")
            if not sha:
                break
        return sha

    def _tree(self, sha: str, parameters: dict[str, str]) -> Tree:
        call = Call("GET", f"/git/trees/{quote(sha, safe='')}", parameters)
        return self._session.ask(self._repository, call).read(Tree)

    def _root(self) -> str:
        call = Call("GET", f"/git/commits/{quote(self._sha, safe='')}")
        return self._session.ask(self._repository, call).read(Commit).tree.sha


def _ids(tree: Tree) -> dict[str, str]:
    return {entry.path: entry.sha for entry in tree.tree}
