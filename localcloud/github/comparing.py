"""How two commits stand to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.github.git import Commit, Git


@dataclass(frozen=True)
class Comparison:
    """A head held against a base; `ahead` is what only the head has, oldest first."""

    base: str
    head: str
    parted: str
    """The commit that is the newest of both."""
    ahead: list[Commit]
    behind: int

    @property
    def status(self) -> str:
        """Name it in GitHub's words."""
        if self.ahead and self.behind:
            return "diverged"
        return "ahead" if self.ahead else "behind" if self.behind else "identical"


def compare(git: Git, base: str, head: str) -> Comparison | None:
    """Compare two commits, named by their full hashes; None for unrelated histories."""
    parted = git.merge_base(base, head)
    if parted is None:
        return None
    ahead = git.log("--reverse", f"{base}..{head}")
    return Comparison(base, head, parted, ahead, git.count(f"{head}..{base}"))
