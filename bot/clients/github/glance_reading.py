"""From GraphQL's answer to what it tells in GitHub's nouns, as REST would tell it.

What is cut off after its first page, or is not about what was asked, is left out: REST tells it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from bot.clients.github import glance_answers as answers
from bot.clients.github import glance_checks as checks
from bot.clients.github.gates import newest, state_of
from bot.clients.github.reader import ROLES, best_merged
from bot.core.github import CheckSeen, Glance, PullRequest, Review

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.clients.github.glance_answers import Told

HERE = "repository"
BOT = "Bot"
MODULES = ".gitmodules"
FILES = frozenset({0o100644, 0o100755})
NO_FILE = frozenset({0o040000, 0o160000})
"""Folders and submodules, as git has them."""
EXPECTED = "EXPECTED"
"""What a branch's rules wait for, and nobody has said yet."""


class Seen(Struct, frozen=True, kw_only=True):
    """What a glance showed; what it did not show is in none of these."""

    pulls: dict[int, PullRequest] = field(default_factory=dict)
    reviews: dict[int, tuple[Review, ...]] = field(default_factory=dict)
    """By pull request."""
    roles: dict[str, str] = field(default_factory=dict)
    """By login in small letters."""
    members: dict[tuple[str, str], bool] = field(default_factory=dict)
    """By `organization/team` and login in small letters."""
    checks: dict[str, tuple[CheckSeen, ...]] = field(default_factory=dict)
    """By commit."""
    brought: dict[str, PullRequest | None] = field(default_factory=dict)
    """The merged pull request that brought a commit."""
    files: dict[tuple[str, str], str | None] = field(default_factory=dict)
    """By commit and path; None where there is no such file."""
    ids: dict[tuple[str, str], str] = field(default_factory=dict)
    """Git's, by commit and path; empty where nothing is there."""
    ahead: dict[tuple[str, str], int] = field(default_factory=dict)
    """How many commits the second has that the first lacks."""
    lacking: frozenset[tuple[str, str]] = frozenset()
    """A commit, and one that it is known to lack."""


def seen(told: Told, wanted: Glance, repository: int, app: int) -> Seen:
    """Return what an answer tells of a repository to an App; ids as REST has them."""
    if told.part(int, HERE, "databaseId") != repository:
        return Seen()
    brought = told.part(answers.Brought, HERE, "brought")
    whole = brought is not None and not brought.associated_pull_requests.page_info.has_next_page
    listed = brought.associated_pull_requests.nodes if brought and whole else []
    others = [one for one in listed if _goes_to(one, repository)]
    compared = _compared(told, wanted)
    pulls = [*(one for one in _pulls(told, wanted) if _goes_to(one, repository)), *others]
    return Seen(
        pulls={one.number: shown(one) for one in pulls},
        reviews={one.number: given for one in pulls if (given := _reviews(one)) is not None},
        roles=dict(_roles(told, wanted)),
        members=dict(_members(told, wanted)),
        checks=_checks(told, wanted, app),
        brought={wanted.sha: best_merged(map(shown, others), wanted.sha)} if whole else {},
        files=dict(_files(told, wanted)),
        ids=dict(_ids(told, wanted)),
        ahead={(wanted.sha, commit): one.ahead_by for commit, one in compared.items()},
        lacking=frozenset(
            (wanted.sha, lacked.oid) for one in compared.values() for lacked in one.commits.nodes
        ),
    )


def shown(pull: answers.Pull) -> PullRequest:
    """Return a pull request in our terms."""
    base = pull.base_repository
    return PullRequest(
        number=pull.number,
        title=pull.title,
        state="open" if pull.state == "OPEN" else "closed",
        merged=pull.state == "MERGED",
        draft=pull.is_draft,
        head_sha=pull.head_ref_oid,
        head_repository=pull.head_repository.database_id if pull.head_repository else 0,
        base_ref=pull.base_ref_name,
        author=_login(pull.author),
        merge_sha=pull.merge_commit.oid if pull.merge_commit and pull.state == "MERGED" else "",
        default_branch=base.default_branch_ref.name,
    )


def _pulls(told: Told, wanted: Glance) -> Iterator[answers.Pull]:
    """Yield the pull requests that were asked for by number."""
    names = ("pull", *(f"other{n}" for n in range(len(wanted.others))))
    for name in names:
        if pull := told.part(answers.Pull, HERE, name):
            yield pull


def _goes_to(pull: answers.Pull, repository: int) -> bool:
    return pull.base_repository.database_id == repository


def _login(actor: answers.Actor | None) -> str:
    if actor is None:
        return ""
    return f"{actor.login}[bot]" if actor.kind == BOT else actor.login


def _reviews(pull: answers.Pull) -> tuple[Review, ...] | None:
    if pull.reviews is None or pull.reviews.page_info.has_next_page:
        return None
    return tuple(
        Review(
            author=_login(one.author),
            state=one.state,
            sha=one.commit.oid if one.commit else "",
            bot=one.author is not None and one.author.kind == BOT,
            by_writer=one.author_can_push_to_repository,
        )
        for one in sorted(pull.reviews.nodes, key=lambda one: one.submitted_at)
    )


def _roles(told: Told, wanted: Glance) -> Iterator[tuple[str, str]]:
    """Yield the role of everybody who is a collaborator; REST tells of anybody else."""
    for n, login in enumerate(wanted.people):
        found = told.part(answers.Collaborators, HERE, f"person{n}")
        for one in found.edges if found else ():
            role = one.permission.lower()
            if one.node.login.lower() == login.lower() and role in ROLES:
                yield login.lower(), role


def _members(told: Told, wanted: Glance) -> Iterator[tuple[tuple[str, str], bool]]:
    """Yield who is in a team, and who is not where all of the team was shown."""
    for n, team in enumerate(wanted.teams):
        found = told.part(answers.Team, f"team{n}", "team")
        inside = {one.login.lower() for one in found.members.nodes} if found else set()
        whole = found is not None and len(inside) == found.members.total_count
        for login in map(str.lower, wanted.people):
            if whole or login in inside:
                yield (team, login), login in inside


def _checks(told: Told, wanted: Glance, app: int) -> dict[str, tuple[CheckSeen, ...]]:
    checked = told.part(checks.Checked, HERE, "runs")
    stated = told.part(checks.Stated, HERE, "statuses")
    suites = checked.check_suites if checked else None
    if suites is None or stated is None or not suites.whole:
        return {}
    runs = newest((run for suite in suites.nodes for run in suite.runs), app)
    contexts = stated.status.contexts if stated.status else []
    statuses = (
        CheckSeen(name=one.context, state=state_of(one.state.lower()))
        for one in contexts
        if one.state != EXPECTED
    )
    return {wanted.sha: (*runs, *statuses)}


def _files(told: Told, wanted: Glance) -> Iterator[tuple[tuple[str, str], str | None]]:
    """Yield the texts that came whole; where a link leads REST tells, too."""
    for n, place in enumerate(wanted.files):
        found = told.part(answers.AtCommit, HERE, f"file{n}")
        if found is None:
            continue
        if found.file is None or found.file.mode in NO_FILE:
            yield place, None
        elif found.file.mode in FILES and found.file.object and found.file.object.exact is not None:
            yield place, found.file.object.exact


def _ids(told: Told, wanted: Glance) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield git's ids; where there are submodules, one may stand where GraphQL shows nothing.

    Of a commit that is not seen itself, nothing is.
    """
    commit = told.part(answers.Commit, HERE, "commit")
    if commit is None or commit.oid != wanted.sha:
        return
    found = {
        path: "" if told.nothing_at(HERE, name) else told.part(answers.Commit, HERE, name)
        for path, name in ((path, f"path{n}") for n, path in enumerate(wanted.paths))
    }
    whole = found.get(MODULES) == ""
    for path, seen in found.items():
        if isinstance(seen, answers.Commit):
            yield (wanted.sha, path), seen.oid
        elif seen == "" and whole:
            yield (wanted.sha, path), ""


def _compared(told: Told, wanted: Glance) -> dict[str, answers.Comparison]:
    """Return comparisons of exactly the commits that were meant: a branch may have moved."""
    found: dict[str, answers.Comparison | None] = {}
    if wanted.on_default_branch:
        found = told.part(dict[str, answers.Comparison | None], HERE, "compared") or {}
    elif branch := told.part(answers.Branch, HERE, "compared"):
        found = branch.head_ref or {}
    named = ((commit, found.get(f"commit{n}")) for n, commit in enumerate(wanted.compared))
    return {
        commit: one
        for commit, one in named
        if one and (one.base_target.oid, one.head_target.oid) == (wanted.sha, commit)
    }
