"""A person's working copy: the git command line, with a token."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from localcloud.demo.person import Person


@dataclass(frozen=True)
class Edit:
    """A change of one place in one file."""

    path: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """A commit: what it says, what it does."""

    message: str
    edits: tuple[Edit, ...]


class GitFailed(Exception):  # noqa: N818  # it names what happened
    """git ended badly; the text has what it said."""


class Checkout:
    """A clone in which one person works."""

    def __init__(self, folder: Path, clone_url: str, person: Person) -> None:
        self._folder = folder
        self._who = person.login
        url = clone_url.replace("://", f"://{person.login}:{person.token}@")
        self._git("clone", "--quiet", url, str(folder), inside=False)

    def branch(self, name: str) -> None:
        """Start a branch from main as it is on GitHub."""
        self._git("fetch", "--quiet", "origin", "main")
        self._git("checkout", "--quiet", "-b", name, "origin/main")

    def again(self, name: str) -> None:
        """Go back to a branch that was started before."""
        self._git("checkout", "--quiet", name)

    def main(self) -> None:
        """Go to main as it is on GitHub."""
        self._git("checkout", "--quiet", "main")
        self._git("pull", "--quiet", "--ff-only", "origin", "main")

    def read(self, path: str) -> str:
        """Return a file's text."""
        return (self._folder / path).read_text(encoding="utf-8")

    def commit(self, change: Change) -> str:
        """Make the change and commit it; return the commit's SHA."""
        for edit in change.edits:
            self._edit(edit)
        self._git("commit", "--quiet", "--all", "--message", change.message)
        return self._git("rev-parse", "HEAD")

    def push(self) -> None:
        """Push the branch under its own name."""
        self._git("push", "--quiet", "origin", "HEAD")

    def push_as(self, name: str) -> None:
        """Push the present commit under another branch's name."""
        self._git("push", "--quiet", "origin", f"HEAD:refs/heads/{name}")

    def _edit(self, edit: Edit) -> None:
        text = self.read(edit.path)
        if text.count(edit.before) != 1:
            message = f"{edit.path} does not hold once what is to be changed: {edit.before!r}"
            raise GitFailed(message)
        changed = text.replace(edit.before, edit.after)
        (self._folder / edit.path).write_text(changed, encoding="utf-8")

    def _git(self, *words: str, inside: bool = True) -> str:
        done = subprocess.run(  # noqa: S603  # git, with words of our own
            ["git", *words],  # noqa: S607  # the git on the path is meant
            cwd=self._folder if inside else self._folder.parent,
            env={**os.environ, **self._environment()},
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        if done.returncode:
            message = f"git {words[0]} failed: {done.stderr.strip()}"
            raise GitFailed(message)
        return done.stdout.strip()

    def _environment(self) -> dict[str, str]:
        """Whose commits these are; nobody's own configuration plays a part, and git never asks."""
        email = f"{self._who}@users.noreply.github.com"
        return {
            "GIT_AUTHOR_NAME": self._who,
            "GIT_AUTHOR_EMAIL": email,
            "GIT_COMMITTER_NAME": self._who,
            "GIT_COMMITTER_EMAIL": email,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "GIT_TERMINAL_PROMPT": "0",
        }
