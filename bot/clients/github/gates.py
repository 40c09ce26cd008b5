"""What the gates ask GitHub: checks, rules, reviews, teams and comparisons, every page of them.

Whatever cannot be read whole is an error and never an answer, so that no gate opens by accident.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

from bot.clients.github.answers import Comparison, Pull
from bot.clients.github.errors import Missing, Moved
from bot.clients.github.exchange import Call
from bot.clients.github.gate_answers import (
    Branch,
    Combined,
    Membership,
    ReviewFound,
    Rule,
    Run,
    Runs,
)
from bot.clients.github.reader import shown
from bot.core.github import (
    PASSING,
    BranchSeen,
    CheckSeen,
    CheckState,
    PullRequest,
    RequiredCheck,
    Review,
)
from bot.ports import Transient

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.clients.github.session import Session
    from bot.core.model import Repository

MOST_FILES = 300
"""Files that a comparison lists at most
(https://docs.github.com/en/rest/commits/commits#compare-two-commits)."""
STATUSES = {"success": CheckState.PASSED, "pending": CheckState.RUNNING}
ANY_APP = -1


class GateReader:
    """The port of the same name."""

    _session: Session

    def member(self, repository: Repository, team: str, login: str) -> bool:
        """Tell whether somebody belongs to `organization/team`, or to a team within it."""
        organization, _, slug = team.partition("/")
        path = f"/orgs/{quote(organization, safe='')}/teams/{quote(slug, safe='')}/memberships"
        call = Call("GET", f"{path}/{quote(login, safe='')}", also=("members",))
        try:
            found = self._session.ask_beside(repository, call).read(Membership)
        except Missing:
            return False
        return found.state == "active"

    def behind(self, repository: Repository, sha: str, branch: str) -> int | None:
        """Return how many commits of a branch a commit lacks, or None when that is not known."""
        compared = self._compared(repository, sha, branch, {"per_page": "1", "page": "2"})
        return None if compared is None else compared.ahead_by

    def changed_files(self, repository: Repository, base: str, sha: str) -> frozenset[str] | None:
        """Return what changed since a commit parted from a branch; None for too much to list."""
        compared = self._compared(repository, base, sha, {"per_page": "1"})
        if compared is None or len(compared.files) >= MOST_FILES:
            return None
        names = {name for f in compared.files for name in (f.filename, f.previous_filename)}
        return frozenset(names - {""})

    def checks(self, repository: Repository, sha: str) -> tuple[CheckSeen, ...]:
        """Return every check on a commit but our own: runs of Apps, and commit statuses."""
        return (*self._runs(repository, sha), *self._statuses(repository, sha))

    def branch(self, repository: Repository, name: str) -> BranchSeen | None:
        """Return a branch's commit and what classic protection requires, but for our own checks.

        A branch that was renamed is found no more under its old name.
        """
        with suppress(Missing, Moved):
            answer = self._session.ask(repository, Call("GET", f"/branches/{quote(name)}"))
            found = answer.read(Branch)
            wanted = tuple(check for check in _protected(found) if self._is_others(check))
            return BranchSeen(sha=found.commit.sha, required=wanted)
        return None

    def ruled_checks(self, repository: Repository, branch: str) -> tuple[RequiredCheck, ...]:
        """Return what rulesets require before a merge, but for our own.

        Workflows that a ruleset requires have no check's name; they count as one never reported.
        """
        call = Call("GET", f"/rules/branches/{quote(branch)}")
        pages = self._session.pages(repository, call)
        ruled = [check for page in pages for rule in page.read(list[Rule]) for check in _of(rule)]
        return tuple(check for check in dict.fromkeys(ruled) if self._is_others(check))

    def _is_others(self, check: RequiredCheck) -> bool:
        return check.app != self._session.app_id

    def reviews(self, repository: Repository, number: int) -> tuple[Review, ...]:
        """Return every review of a pull request, oldest first."""
        pages = self._session.pages(repository, Call("GET", f"/pulls/{number}/reviews"))
        return tuple(_review(found) for page in pages for found in page.read(list[ReviewFound]))

    def open_pull_requests(self, repository: Repository) -> tuple[PullRequest, ...]:
        """Return every open pull request."""
        pages = self._session.pages(repository, Call("GET", "/pulls", {"state": "open"}))
        found = (pull for page in pages for pull in page.read(list[Pull]))
        return tuple(shown(pull) for pull in found if pull.goes_to(repository.id))

    def _runs(self, repository: Repository, sha: str) -> Iterator[CheckSeen]:
        """Yield the newest run of each name in each suite: a re-run replaces what it repeats."""
        call = Call("GET", f"/commits/{quote(sha, safe='')}/check-runs", {"filter": "latest"})
        runs: list[Run] = []
        total = 0
        for page in self._session.pages(repository, call):
            found = page.read(Runs)
            total = max(total, found.total_count)
            runs += found.check_runs
        _must_be_whole(len(runs), total, "check runs")
        yield from newest(runs, self._session.app_id)

    def _statuses(self, repository: Repository, sha: str) -> Iterator[CheckSeen]:
        call = Call("GET", f"/commits/{quote(sha, safe='')}/status", also=("statuses",))
        total = seen = 0
        for page in self._session.pages(repository, call):
            found = page.read(Combined)
            total, seen = max(total, found.total_count), seen + len(found.statuses)
            for status in found.statuses:
                yield CheckSeen(name=status.context, state=state_of(status.state))
        _must_be_whole(seen, total, "commit statuses")

    def _compared(
        self, repository: Repository, base: str, head: str, parameters: dict[str, str]
    ) -> Comparison | None:
        path = f"/compare/{quote(base, safe='')}...{quote(head, safe='')}"
        try:
            answer = self._session.ask(repository, Call("GET", path, parameters))
        except Missing:
            return None
        return answer.read(Comparison)


def newest(runs: Iterable[Run], own: int) -> Iterator[CheckSeen]:
    """Yield the newest run of each name in each suite, but those of our own App."""
    last = {_place(run): run for run in sorted(runs, key=lambda run: run.id)}
    for run in last.values():
        app = run.app.id if run.app else 0
        if app != own:
            yield CheckSeen(name=run.name, state=_state(run), app=app)


def state_of(status: str) -> CheckState:
    """Return what a commit status says."""
    return STATUSES.get(status, CheckState.FAILED)


def _protected(branch: Branch) -> Iterator[RequiredCheck]:
    checks = branch.protection.required_status_checks if branch.protection else None
    if checks is None:
        return
    named = {check.context for check in checks.checks}
    for check in checks.checks:
        app = check.app_id if check.app_id not in {None, ANY_APP} else 0
        yield RequiredCheck(check.context, app or 0)
    yield from (RequiredCheck(name) for name in checks.contexts if name not in named)


def _of(rule: Rule) -> Iterator[RequiredCheck]:
    wanted = rule.parameters
    if wanted is None:
        return
    if rule.type == "required_status_checks":
        for check in wanted.required_status_checks:
            yield RequiredCheck(check.context, check.integration_id or 0)
    if rule.type == "workflows":
        yield from (RequiredCheck(f"workflow {one.path}") for one in wanted.workflows)


def _place(run: Run) -> tuple[int, int, str]:
    """Return what a re-run has in common with the run that it replaces."""
    return run.app.id if run.app else 0, run.check_suite.id if run.check_suite else 0, run.name


def _state(run: Run) -> CheckState:
    if run.status != "completed":
        return CheckState.RUNNING
    return CheckState.PASSED if run.conclusion in PASSING else CheckState.FAILED


def _must_be_whole(seen: int, total: int, what: str) -> None:
    if seen < total:
        message = f"GitHub listed {seen} of {total} {what}"
        raise Transient(message)


def _review(found: ReviewFound) -> Review:
    return Review(
        author=found.user.login if found.user else "",
        state=found.state,
        sha=found.commit_id or "",
        bot=found.user is not None and found.user.type == "Bot",
    )
