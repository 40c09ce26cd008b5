"""What git has said already, so that it need not be started again for the same answer.

What it says of full hashes never changes; what it says of names holds until a command moves refs.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

from cachetools import LRUCache

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT = 2000
_LARGEST = 64 * 1024
"""Bytes of an answer that is kept."""
_ABOUT_HASHES = frozenset(
    {
        "cat-file", "diff-tree", "log", "ls-tree", "merge-base", "merge-tree", "rev-list",
        "rev-parse",
    }
)  # fmt: skip
_LISTING = "for-each-ref"
_READING = _ABOUT_HASHES | {
    _LISTING, "checkout-index", "commit-tree", "hash-object", "mktree", "read-tree",
    "update-index", "write-tree",
}  # fmt: skip
"""Commands that move no ref."""
_EVERY_REF = frozenset({"--all", "--branches", "--glob", "--remotes", "--stdin", "--tags"})
_HASH = re.compile(r"[0-9a-f]{40}(\^\{(blob|commit|tree)\})?")
_RANGE = re.compile(r"[0-9a-f]{40}\.{2,3}[0-9a-f]{40}")
_KIND = "blob"


class GitMemory:
    """One repository's; safe from any thread, as long as whoever moves refs holds a lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: LRUCache[tuple[str, ...], bytes] = LRUCache(_KEPT)
        self._moves = 0

    def recall(self, args: tuple[str, ...], run: Callable[[], bytes]) -> bytes:
        """Return what a command printed before or, where that may have changed, prints now."""
        command = next(word for word in args if not word.startswith("-"))
        if not (command == _LISTING or (command in _ABOUT_HASHES and _settled(command, args))):
            try:
                return run()
            finally:
                if command not in _READING:
                    self.forget()
        with self._lock:
            known, seen = self._kept.get(args), self._moves
        return self._learn(args, run(), seen) if known is None else known

    def forget(self) -> None:
        """Forget what refs hold; what is said of hashes stays."""
        with self._lock:
            self._moves += 1
            for args in [args for args in self._kept if args[0] == _LISTING]:
                del self._kept[args]

    def _learn(self, args: tuple[str, ...], printed: bytes, seen: int) -> bytes:
        with self._lock:
            if len(printed) <= _LARGEST and (args[0] != _LISTING or seen == self._moves):
                self._kept[args] = printed
        return printed


def _settled(command: str, args: tuple[str, ...]) -> bool:
    """Tell whether a command names commits by their full hashes only."""
    words = args[: args.index("--")] if "--" in args else args
    named = [word for word in words if not word.startswith("-") and word not in {command, _KIND}]
    return _EVERY_REF.isdisjoint(words) and all(
        _HASH.fullmatch(word) or _RANGE.fullmatch(word) for word in named
    )
