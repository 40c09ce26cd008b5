"""The merge queue, as far as its checks go: one group per pull request, made of its merge."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from localcloud.github import events, pulls
from localcloud.github.events import MergeGroup
from localcloud.github.git import Signature

if TYPE_CHECKING:
    from localcloud.github.records import Pull, Repository
    from localcloud.github.site import Site


def enqueue(site: Site, repository: Repository, pull: Pull, sender: str) -> MergeGroup:
    """Put a pull request into the queue: make its group's commit, and ask for checks.

    The branch is named as GitHub names it: `gh-readonly-queue/BASE/pr-NUMBER-SHA`.
    Raises Problem 405 when it cannot be merged.
    """
    git = site.git(repository)
    base = git.heads()[pull.base_ref]
    words = (f"Merge pull request #{pull.number}", Signature(*pulls.WEB_FLOW, at=int(time.time())))
    sha = pulls.merge_commit(git, pull, "merge", words)
    ref = f"refs/heads/gh-readonly-queue/{pull.base_ref}/pr-{pull.number}-{base}"
    git.set_ref(ref, sha)
    group = MergeGroup(sha, ref, base, f"refs/heads/{pull.base_ref}")
    events.merge_group(site, repository, group, sender)
    return group
