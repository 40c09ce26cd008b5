"""Questions to GitHub: at most one request each, two for large files and large repositories.

Next: bot/clients/github/writer.py
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

from bot.clients.github.answers import (
    Comparison,
    Permission,
    Pull,
    Reference,
    RepositoryFound,
)
from bot.clients.github.download import download
from bot.clients.github.errors import Missing
from bot.clients.github.exchange import HERE, Call
from bot.core.github import PathSeen, PullRequest
from bot.ports import Broken

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.clients.github.files import Files
    from bot.clients.github.session import Session
    from bot.clients.github.trees import Commits
    from bot.core.model import Repository

ROLES = frozenset({"none", "read", "triage", "write", "maintain", "admin"})


class Reader:
    """The port GitHubReader."""

    _session: Session
    _files: Files
    _commits: Commits

    def permission(self, repository: Repository, login: str) -> str:
        """Return the role; a role that an organization made counts as the one it builds on."""
        call = Call("GET", f"/collaborators/{quote(login, safe='')}/permission")
        try:
            found = self._session.ask(repository, call).read(Permission)
        except Missing:
            return "none"
        role = found.role_name if found.role_name in ROLES else found.permission
        return role if role in ROLES else "none"

    def pull_request(self, repository: Repository, number: int) -> PullRequest | None:
        """Return the pull request, or None when there is none."""
        call = Call("GET", f"/pulls/{number}")
        with suppress(Missing):
            found = self._session.ask(repository, call).read(Pull)
            if not found.goes_to(repository.id):
                found = self._session.ask_elsewhere(repository, call).read(Pull)
            return shown(found)
        return None

    def pull_request_of(self, repository: Repository, sha: str) -> PullRequest | None:
        """Return the merged pull request that brought a commit, best the one it is the merge of."""
        call = Call("GET", f"/commits/{quote(sha, safe='')}/pulls", {"per_page": "100"})
        try:
            pulls = self._session.ask(repository, call).read(list[Pull])
        except Missing:
            return None
        return best_merged((shown(one) for one in pulls if one.goes_to(repository.id)), sha)

    def default_branch(self, repository: Repository) -> str:
        """Return the default branch's name."""
        found = self._session.ask(repository, HERE).read(RepositoryFound)
        if found.id != repository.id:
            found = self._session.ask_elsewhere(repository, HERE).read(RepositoryFound)
        return found.default_branch

    def branch_head(self, repository: Repository, branch: str) -> str | None:
        """Return a branch's commit, or None when there is no such branch."""
        call = Call("GET", f"/git/ref/heads/{quote(branch)}")
        with suppress(Missing):
            return self._session.ask(repository, call).read(Reference).object.sha
        return None

    def contains(self, repository: Repository, sha: str, branch: str) -> bool:
        """Tell whether a commit is an ancestor of a branch, or its head.

        Asks for the second page, as the first carries up to 300 files
        (https://docs.github.com/en/rest/commits/commits#compare-two-commits).
        """
        path = f"/compare/{quote(sha, safe='')}...{quote(branch, safe='')}"
        try:
            answer = self._session.ask(
                repository, Call("GET", path, {"per_page": "1", "page": "2"})
            )
        except Missing:
            return False
        return answer.read(Comparison).status in {"ahead", "identical"}

    def file(self, repository: Repository, path: str, sha: str) -> str | None:
        """Return a text file's content; bytes that are no UTF-8 show as U+FFFD."""
        return self._files.text(repository, path, sha)

    def trees(self, repository: Repository, sha: str, paths: Sequence[str]) -> dict[str, str]:
        """Return the git object id of each path that exists at a commit."""
        return self._commits.at(repository, sha).of(paths)

    def paths(self, repository: Repository, sha: str) -> tuple[PathSeen, ...]:
        """Return every path of a commit; it costs nothing after `trees`."""
        return self._commits.at(repository, sha).listed()

    def archive(self, repository: Repository, sha: str) -> Iterator[bytes]:
        """Yield the chunks of the tarball; nothing is asked for before the first is wanted.

        Raises Transient and Broken from the iterator.
        """
        answer = self._session.ask(repository, Call("GET", f"/tarball/{quote(sha, safe='')}"))
        link = answer.headers.get("location", "")
        if not link.startswith(("https://", "http://")):
            message = f"{answer.what}: GitHub's answer {answer.status} holds no link"
            raise Broken(message)
        yield from download(link, answer.what)


def best_merged(pulls: Iterable[PullRequest], sha: str) -> PullRequest | None:
    """Return the one that a commit is the merge of, or else the first that was merged."""
    merged = [pull for pull in pulls if pull.merged]
    exact = (pull for pull in merged if pull.merge_sha == sha)
    return next(exact, merged[0] if merged else None)


def shown(pull: Pull) -> PullRequest:
    """Return a pull request in our words."""
    return PullRequest(
        number=pull.number,
        title=pull.title,
        state=pull.state,
        merged=pull.merged_at is not None,
        draft=pull.draft,
        head_sha=pull.head.sha,
        head_repository=pull.head.repo.id if pull.head.repo else 0,
        base_ref=pull.base.ref,
        author=pull.user.login if pull.user else "",
        merge_sha=(pull.merge_commit_sha or "") if pull.merged_at else "",
        default_branch=pull.base.repo.default_branch if pull.base.repo else "",
    )
