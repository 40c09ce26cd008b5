"""Pull requests: opened, read, edited, merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from localcloud.github import diffs, events, pulls, pushes
from localcloud.github.access import may
from localcloud.github.exchange import Ask, Reply, created, no_content
from localcloud.github.problems import NOT_FOR_PEOPLE, Problem, not_found, refuse
from localcloud.github.records import Pull, Repository
from localcloud.github.routes.contents import signature
from localcloud.github.routing import Routes
from localcloud.github.shapes import commits
from localcloud.github.shapes import pulls as shapes
from localcloud.github.times import now

if TYPE_CHECKING:
    from localcloud.github.git import Commit

routes = Routes("pull_requests")
merging = Routes("contents")

MOST_COMMITS = 250
MOST_FILES = 3000
"""A pull request lists so many at most: https://docs.github.com/rest/pulls/pulls."""


class CreatePull(msgspec.Struct):
    """The body that opens a pull request; `head` is a branch, or `login:branch` of a fork."""

    head: str
    base: str
    title: str
    body: str | None = None
    draft: bool = False
    maintainer_can_modify: bool = False


class UpdatePull(msgspec.Struct):
    """The body that edits a pull request."""

    title: str | None = None
    body: str | None = None
    state: Literal["open", "closed"] | None = None
    base: str | None = None
    draft: bool | None = None
    maintainer_can_modify: bool | None = None


class MergePull(msgspec.Struct):
    """The body that merges; `sha` is what the head must still be."""

    commit_title: str | None = None
    commit_message: str | None = None
    sha: str | None = None
    merge_method: Literal["merge", "squash", "rebase"] = "merge"


def pull_of(ask: Ask, number: int) -> Pull:
    """Find the pull request that the path names, or raise Problem 404."""
    found = pulls.find(ask.site, ask.repository, number)
    if found is None:
        raise not_found()
    return found


@routes.get("/repos/{owner}/{repo}/pulls")
def list_pulls(ask: Ask) -> Reply:
    """List pull requests, newest first, open ones unless asked otherwise."""
    found = ask.site.store.find(Pull, repository=ask.repository.id)
    state, base, head = ask.query("state", "open"), ask.query("base"), ask.query("head")
    shown = [
        pull
        for pull in found
        if state in ("all", pull.state)
        and base in ("", pull.base_ref)
        and head in ("", _label(ask, pull), pull.head_ref)
    ]
    key = "updated_at" if ask.query("sort") == "updated" else "created_at"
    newest_first = ask.query("direction", "asc" if ask.query("sort") else "desc") == "desc"
    shown.sort(key=lambda pull: (getattr(pull, key), pull.id), reverse=newest_first)
    return ask.page(shown, lambda pull: shapes.simple(ask.site, ask.repository, pull))


def _label(ask: Ask, pull: Pull) -> str:
    return f"{shapes.head_repository(ask.site, ask.repository, pull).owner}:{pull.head_ref}"


@routes.post("/repos/{owner}/{repo}/pulls", needs="read")
def create_pull(ask: Ask) -> Reply:
    """Open a pull request."""
    body = ask.read(CreatePull)
    source, branch = _source(ask, body.head)
    base, head = ask.git.heads().get(body.base), ask.site.git(source).heads().get(branch)
    if base is None or head is None:
        refuse("PullRequest", "head" if head is None else "base")
    _refuse_second(ask, source, branch, body.base)
    moment = now()
    pull = Pull(
        id=ask.site.store.new_id(),
        repository=ask.repository.id,
        number=pulls.numbered(ask.site, ask.repository),
        title=body.title,
        body=body.body,
        author=ask.actor.login,
        created_at=moment,
        updated_at=moment,
        draft=body.draft,
        base_ref=body.base,
        base_sha=base,
        head_ref=branch,
        head_sha=head,
        head_repository=source.id,
    )
    pulls.keep_head(ask.site, ask.repository, pull)
    _refuse_empty(ask, pull)
    ask.site.store.save(pull)
    events.pull_request(ask.site, pull, "opened", ask.actor.login)
    return created(shapes.full(ask.site, ask.repository, pull))


def _source(ask: Ask, head: str) -> tuple[Repository, str]:
    owner, colon, branch = head.rpartition(":")
    source: Repository | None = ask.repository
    if colon and owner.lower() != ask.repository.owner.lower():
        forks = ask.site.store.find(Repository, parent=ask.repository.id)
        source = next((fork for fork in forks if fork.owner.lower() == owner.lower()), None)
    if source is None:
        refuse("PullRequest", "head")
    allowed = (
        ask.may("read", pull_requests="write")
        if ask.actor.app
        else (may(ask.site, ask.actor, source, "write"))
    )
    ask.must(allowed, NOT_FOR_PEOPLE)
    return source, branch


def _refuse_second(ask: Ask, source: Repository, branch: str, base: str) -> None:
    same = {"repository": ask.repository.id, "head_repository": source.id, "state": "open"}
    if ask.site.store.first(Pull, head_ref=branch, base_ref=base, **same):
        message = f"A pull request already exists for {source.owner}:{branch}."
        refuse("PullRequest", "head", message)


def _refuse_empty(ask: Ask, pull: Pull) -> None:
    if ask.git.count(f"{pull.base_sha}..{pull.head_sha}") == 0:
        ask.git.delete_ref(f"refs/pull/{pull.number}/head")
        message = f"No commits between {pull.base_ref} and {pull.head_ref}"
        refuse("PullRequest", "base", message)


@routes.get("/repos/{owner}/{repo}/pulls/{pull_number}")
def get_pull(ask: Ask, pull_number: int) -> Reply:
    """Tell about one pull request."""
    return Reply(shapes.full(ask.site, ask.repository, pull_of(ask, pull_number)))


@routes.patch("/repos/{owner}/{repo}/pulls/{pull_number}", needs="read")
def update_pull(ask: Ask, pull_number: int) -> Reply:
    """Edit, close, reopen, or make ready for review; its author may, and whoever may push."""
    pull, body = pull_of(ask, pull_number), ask.read(UpdatePull)
    login = ask.actor.login
    own = pull.author == login
    ask.must(own or ask.may("write", pull_requests="write"), "Must have write access to edit.")
    changed = {"title": body.title, "body": body.body, "base_ref": body.base}
    told = {key: value for key, value in changed.items() if value is not None}
    pull = pulls.edit(ask.site, pull, told, login)
    if body.draft is not None and body.draft != pull.draft:
        pull = pulls.set_draft(ask.site, pull, body.draft, login)
    if body.state and body.state != pull.state:
        pull = (pulls.close if body.state == "closed" else pulls.reopen)(ask.site, pull, login)
    return Reply(shapes.full(ask.site, ask.repository, pull))


@merging.get("/repos/{owner}/{repo}/pulls/{pull_number}/merge")
def is_merged(ask: Ask, pull_number: int) -> Reply:
    """Answer 204 for a merged pull request, 404 for another."""
    if pull_of(ask, pull_number).merged_at is None:
        raise not_found()
    return no_content()


@merging.put("/repos/{owner}/{repo}/pulls/{pull_number}/merge")
def merge_pull(ask: Ask, pull_number: int) -> Reply:
    """Merge by a merge commit or by a squash."""
    pull, body = pull_of(ask, pull_number), ask.read(MergePull)
    if pull.state == "closed" or pull.draft or pull.base_ref not in ask.git.heads():
        raise Problem(405, "Pull Request is not mergeable")
    if body.merge_method == "rebase":
        raise Problem(405, "Rebase merges are not allowed on this repository.")
    if body.sha and body.sha != pull.head_sha:
        raise Problem(409, "Head branch was modified. Review and try the merge again.")
    words = (_message(ask, pull, body), signature(ask))
    sha = pulls.merge_commit(ask.git, pull, body.merge_method, words)
    before = ask.git.refs()
    ask.git.set_ref(f"refs/heads/{pull.base_ref}", sha, before[f"refs/heads/{pull.base_ref}"])
    merged = pulls.mark_merged(ask.site, pull, sha, ask.actor.login)
    moved = pushes.moves(before, ask.git.refs())
    pushes.follow(ask.site, ask.repository, moved, ask.actor.login)
    events.pull_request(ask.site, merged, "closed", ask.actor.login)
    return Reply({"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


def _message(ask: Ask, pull: Pull, body: MergePull) -> str:
    squashed = f"{pull.title} (#{pull.number})"
    usual = f"Merge pull request #{pull.number} from {_label(ask, pull).replace(':', '/', 1)}"
    title = body.commit_title or (squashed if body.merge_method == "squash" else usual)
    rest = body.commit_message if body.commit_message is not None else _rest(pull, body)
    return f"{title}\n\n{rest}" if rest else title


def _rest(pull: Pull, body: MergePull) -> str:
    return pull.title if body.merge_method == "merge" else (pull.body or "")


@routes.get("/repos/{owner}/{repo}/pulls/{pull_number}/commits")
def list_commits(ask: Ask, pull_number: int) -> Reply:
    """List a pull request's commits, oldest first."""
    listed = commits_of(ask, pull_of(ask, pull_number))
    return ask.page(listed, lambda held: commits.commit(ask.site, ask.repository, held))


def commits_of(ask: Ask, pull: Pull) -> list[Commit]:
    """List the commits that a pull request shows, oldest first."""
    return ask.git.log("--reverse", f"{pull.base_sha}..{pull.head_sha}")[:MOST_COMMITS]


@routes.get("/repos/{owner}/{repo}/pulls/{pull_number}/files")
def list_files(ask: Ask, pull_number: int) -> Reply:
    """List what a pull request changes since it parted from its base."""
    pull = pull_of(ask, pull_number)
    parted = ask.git.merge_base(pull.base_sha, pull.head_sha) or pull.base_sha
    changed = diffs.changes(ask.git, parted, pull.head_sha)[:MOST_FILES]
    return ask.page(
        changed, lambda change: commits.file(ask.site, ask.repository, pull.head_sha, change)
    )
