"""One glance before an ask is answered: what its gates look at, in one request instead of many.

GraphQL is asked once, and whatever it does not tell is asked of REST when it is due. So a GitHub
that has no such field, or that lets our App not see it, costs requests and never an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from bot.clients.github.errors import UNTOLD_WAIT, Missing, seconds_asked
from bot.clients.github.gates import GateReader
from bot.clients.github.glance_answers import Told
from bot.clients.github.glance_query import query
from bot.clients.github.glance_reading import Seen, seen
from bot.clients.github.leave import LONGEST
from bot.clients.github.reader import Reader
from bot.ports import Broken, Transient

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.clients.github.files import Files
    from bot.clients.github.session import Session
    from bot.clients.github.trees import Commits
    from bot.core.github import CheckSeen, Glance, PullRequest, Review
    from bot.core.model import Repository

log = structlog.get_logger()


class Glancing(Reader, GateReader):
    """Questions to GitHub, and a glance at what they will be."""

    def __init__(self, session: Session, files: Files, commits: Commits) -> None:
        self._session = session
        self._files = files
        self._commits = commits

    def at_a_glance(self, repository: Repository, wanted: Glance) -> Foreseen:
        """Return a reader that has read before what GraphQL tells of this; it raises nothing."""
        shown = repository.id, self._glanced(repository, wanted)
        return Foreseen(self._session, self._files, self._commits, shown)

    def _glanced(self, repository: Repository, wanted: Glance) -> Seen:
        leave = self._session.leave
        if leave.holds(repository):
            return Seen()
        try:
            answer = self._session.query(repository, lambda name: query(wanted, name))
            told = answer.read(Told)
        except (Transient, Broken) as trouble:
            log.warning("glance", trouble=str(trouble))
            leave.give(repository, _asked_to_wait(trouble))
            return Seen()
        if told.limited:
            leave.give(repository, seconds_asked(answer.headers) or UNTOLD_WAIT)
        if told.senseless:
            log.warning("glance", trouble="this GitHub lacks fields: REST is asked for an hour")
            leave.give(repository, LONGEST)
        return seen(told, wanted, repository.id, self._session.app_id)


class Foreseen(Glancing):
    """The same questions of one ask, some of which a glance has answered."""

    def __init__(
        self, session: Session, files: Files, commits: Commits, shown: tuple[int, Seen]
    ) -> None:
        """Take beside the rest a repository's id, and what a glance showed of it."""
        super().__init__(session, files, commits)
        self._repository, self._shown = shown

    def permission(self, repository: Repository, login: str) -> str:
        """Return the role; only a collaborator's is seen at a glance."""
        role = self._of(repository).roles.get(login.lower())
        return role or super().permission(repository, login)

    def member(self, repository: Repository, team: str, login: str) -> bool:
        """Tell whether somebody belongs to `organization/team`, or to a team within it."""
        known = self._of(repository).members.get((team, login.lower()))
        return super().member(repository, team, login) if known is None else known

    def pull_request(self, repository: Repository, number: int) -> PullRequest | None:
        """Return the pull request, or None when there is none."""
        known = self._of(repository).pulls.get(number)
        return known or super().pull_request(repository, number)

    def pull_request_of(self, repository: Repository, sha: str) -> PullRequest | None:
        """Return the merged pull request that brought a commit, best the one it is the merge of."""
        brought = self._of(repository).brought
        return brought[sha] if sha in brought else super().pull_request_of(repository, sha)

    def contains(self, repository: Repository, sha: str, branch: str) -> bool:
        """Tell whether a commit is an ancestor of a branch, or its head."""
        known = self._of(repository)
        if (branch, sha) in known.lacking:
            return False
        lacks = known.ahead.get((branch, sha))
        return super().contains(repository, sha, branch) if lacks is None else lacks == 0

    def behind(self, repository: Repository, sha: str, branch: str) -> int | None:
        """Return how many commits of a branch a commit lacks, or None when that is not known."""
        lacks = self._of(repository).ahead.get((sha, branch))
        return super().behind(repository, sha, branch) if lacks is None else lacks

    def checks(self, repository: Repository, sha: str) -> tuple[CheckSeen, ...]:
        """Return every check on a commit but our own: runs of Apps, and commit statuses."""
        known = self._of(repository).checks.get(sha)
        return super().checks(repository, sha) if known is None else known

    def reviews(self, repository: Repository, number: int) -> tuple[Review, ...]:
        """Return every review of a pull request, oldest first."""
        known = self._of(repository).reviews.get(number)
        return super().reviews(repository, number) if known is None else known

    def file(self, repository: Repository, path: str, sha: str) -> str | None:
        """Return a text file's content at a commit, or None when there is none."""
        files = self._of(repository).files
        known = (sha, path) in files
        return files[sha, path] if known else super().file(repository, path, sha)

    def trees(self, repository: Repository, sha: str, paths: Sequence[str]) -> dict[str, str]:
        """Return the git object id of each path that exists at a commit."""
        ids = self._of(repository).ids
        if any((sha, path) not in ids for path in paths):
            return super().trees(repository, sha, paths)
        return {path: ids[sha, path] for path in paths if ids[sha, path]}

    def _of(self, repository: Repository) -> Seen:
        return self._shown if repository.id == self._repository else Seen()


def _asked_to_wait(trouble: Transient | Broken) -> float:
    """Return for how many seconds GraphQL had better not be asked; there may be none at all."""
    if isinstance(trouble, Missing):
        return LONGEST
    return (trouble.retry_after or 0.0) if isinstance(trouble, Transient) else 0.0
