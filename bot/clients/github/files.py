"""Text files at exact commits, each read once: what a full hash names never changes."""

from __future__ import annotations

import threading
from base64 import b64decode
from typing import TYPE_CHECKING
from urllib.parse import quote

from cachetools import LRUCache

from bot.clients.github.answers import Content
from bot.clients.github.errors import Missing
from bot.clients.github.exchange import Call
from bot.ports import Broken

if TYPE_CHECKING:
    from bot.clients.github.session import Session
    from bot.core.model import Repository

TOO_LONG = 1024 * 1024
"""Bytes above which GitHub leaves a file's content out
(https://docs.github.com/en/rest/repos/contents#get-repository-content)."""
MOST_KEPT = 8 * 1024 * 1024
"""Characters of all kept files together."""
FULL_HASHES = frozenset({40, 64})
"""Digits of a whole commit id; anything shorter may come to mean another commit."""

Key = tuple[int, int, str, str]
"""Installation, repository, path and commit: what one installation may read says nothing about
another."""


class Files:
    """Reads files, for any number of threads; what is not there is asked for again."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._kept: LRUCache[Key, str] = LRUCache(MOST_KEPT, getsizeof=len)

    def text(self, repository: Repository, path: str, sha: str) -> str | None:
        """Return a text file's content; bytes that are no UTF-8 show as U+FFFD.

        Of one over 1 MB nothing is read: whoever opens a pull request could fill the memory. It
        shows as blanks, longer than any file that we use.
        """
        key = (repository.installation, repository.id, path, sha)
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None:
            return kept
        text = self._read(repository, path, sha)
        if text is not None and len(sha) in FULL_HASHES and len(text) <= MOST_KEPT:
            with self._lock:
                self._kept[key] = text
        return text

    def _read(self, repository: Repository, path: str, sha: str) -> str | None:
        if "" in path.split("/"):
            return None
        call = Call("GET", f"/contents/{quote(path)}", {"ref": sha})
        try:
            answer = self._session.ask(repository, call)
        except Missing:
            return None
        if answer.text.startswith("["):
            return None  # a folder, as the list of what is in it
        found = answer.read(Content)
        return _decoded(found) if found.type == "file" else None


def _decoded(found: Content) -> str:
    if found.encoding == "none":
        return " " * TOO_LONG
    if found.encoding != "base64":
        return found.content
    try:
        return b64decode(found.content).decode(errors="replace")
    except ValueError:
        message = "GitHub's answer is not the base64 that it says it is"
        raise Broken(message) from None
