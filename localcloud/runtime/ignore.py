"""What `.dockerignore` leaves out of the build context.

https://docs.docker.com/build/concepts/context/#dockerignore-files
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Ignored:
    """The patterns of one file; the last that matches decides."""

    def __init__(self, patterns: str) -> None:
        self._rules = [rule for line in patterns.splitlines() if (rule := _rule(line))]

    @classmethod
    def of(cls, context: Path) -> Ignored:
        """Read the context's `.dockerignore`; nothing is ignored without one."""
        file = context / ".dockerignore"
        return cls(file.read_text() if file.is_file() else "")

    def covers(self, path: str) -> bool:
        """Tell whether this path, relative to the context, is left out."""
        left_out = False
        for ignores, pattern in self._rules:
            if pattern.fullmatch(path):
                left_out = ignores
        return left_out


def _rule(line: str) -> tuple[bool, re.Pattern[str]] | None:
    text = line.strip()
    if not text or text.startswith("#"):
        return None
    ignores = not text.startswith("!")
    pattern = posixpath.normpath(text.removeprefix("!").strip()).lstrip("/")
    return ignores, re.compile(_regex(pattern) + "(?:/.*)?")


def _regex(pattern: str) -> str:
    """Go's filepath.Match, with `**` for any number of folders."""
    tokens = re.findall(r"\*\*/|\*\*|\*|\?|\[[^]]+\]|\\.|.", pattern)
    return "".join(_token(token) for token in tokens)


def _token(token: str) -> str:
    match token:
        case "**/":
            return "(?:.*/)?"
        case "**":
            return ".*"
        case "*":
            return "[^/]*"
        case "?":
            return "[^/]"
        case _ if token.startswith("[") and len(token) > 1:
            return token
        case _:
            return re.escape(token.removeprefix("\\") or "\\")
