"""Issues and the comments on issues and pull requests."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec.structs import replace

from localcloud.github import events, pulls
from localcloud.github.exchange import Ask, Reply, created, no_content
from localcloud.github.problems import not_found, refuse
from localcloud.github.records import Comment, Issue, Reaction
from localcloud.github.routing import Routes
from localcloud.github.shapes import issues as shapes
from localcloud.github.times import epoch, now

routes = Routes("issues", "pull_requests")

LONGEST_BODY = 65_536


class CreateIssue(msgspec.Struct):
    """The body that opens an issue."""

    title: str
    body: str | None = None


class WriteComment(msgspec.Struct):
    """The body that writes or rewrites a comment."""

    body: Annotated[str, msgspec.Meta(min_length=1)]


def issue_of(ask: Ask, number: int) -> Issue:
    """Find the issue or pull request that the path names, or raise Problem 404."""
    found = pulls.find_issue(ask.site, ask.repository, number)
    if found is None:
        raise not_found()
    return found


def comment_of(ask: Ask, identity: int) -> Comment:
    """Find the comment that the path names, or raise Problem 404."""
    found = ask.site.store.get(Comment, identity)
    if found is None or found.repository != ask.repository.id:
        raise not_found()
    return found


@routes.post("/repos/{owner}/{repo}/issues", needs="read")
def create_issue(ask: Ask) -> Reply:
    """Open an issue."""
    body, moment = ask.read(CreateIssue), now()
    issue = Issue(
        id=ask.site.store.new_id(),
        repository=ask.repository.id,
        number=pulls.numbered(ask.site, ask.repository),
        title=body.title,
        body=body.body,
        author=ask.actor.login,
        created_at=moment,
        updated_at=moment,
    )
    ask.site.store.save(issue)
    return created(shapes.issue(ask.site, ask.repository, issue))


@routes.get("/repos/{owner}/{repo}/issues/{issue_number}")
def get_issue(ask: Ask, issue_number: int) -> Reply:
    """Tell about an issue; a pull request is one too."""
    return Reply(shapes.issue(ask.site, ask.repository, issue_of(ask, issue_number)))


@routes.get("/repos/{owner}/{repo}/issues/{issue_number}/comments")
def list_comments(ask: Ask, issue_number: int) -> Reply:
    """List comments, oldest first; `since` keeps those updated then or later."""
    number = issue_of(ask, issue_number).number
    found = ask.site.store.find(Comment, repository=ask.repository.id, number=number)
    since = _moment(ask.query("since"))
    shown = [comment for comment in found if epoch(comment.updated_at) >= since]
    return ask.page(shown, lambda held: shapes.comment(ask.site, ask.repository, held))


def _moment(text: str) -> int:
    try:
        return epoch(text.replace(" ", "+")) if text else 0
    except ValueError:
        refuse("IssueComment", "since", "is not a valid timestamp")


@routes.post("/repos/{owner}/{repo}/issues/{issue_number}/comments", needs="read")
def create_comment(ask: Ask, issue_number: int) -> Reply:
    """Comment on an issue or pull request."""
    issue, moment = issue_of(ask, issue_number), now()
    comment = Comment(
        id=ask.site.store.new_id(),
        repository=ask.repository.id,
        number=issue.number,
        author=ask.actor.login,
        app=ask.actor.app_id,
        body=_text(ask),
        created_at=moment,
        updated_at=moment,
    )
    ask.site.store.save(comment)
    events.issue_comment(ask.site, "created", (issue, comment), ask.actor.login)
    return created(shapes.comment(ask.site, ask.repository, comment))


@routes.get("/repos/{owner}/{repo}/issues/comments/{comment_id}")
def get_comment(ask: Ask, comment_id: int) -> Reply:
    """Tell about one comment."""
    return Reply(shapes.comment(ask.site, ask.repository, comment_of(ask, comment_id)))


@routes.patch("/repos/{owner}/{repo}/issues/comments/{comment_id}", needs="read")
def update_comment(ask: Ask, comment_id: int) -> Reply:
    """Rewrite a comment; its author may, and whoever may push."""
    comment = comment_of(ask, comment_id)
    _own(ask, comment)
    edited = ask.site.store.save(replace(comment, body=_text(ask), updated_at=now()))
    issue, before = issue_of(ask, edited.number), {"body": {"from": comment.body}}
    if edited.body != comment.body:
        login = ask.actor.login
        events.issue_comment(ask.site, "edited", (issue, edited), login, changes=before)
    return Reply(shapes.comment(ask.site, ask.repository, edited))


@routes.delete("/repos/{owner}/{repo}/issues/comments/{comment_id}", needs="read")
def delete_comment(ask: Ask, comment_id: int) -> Reply:
    """Remove a comment with its reactions; its author may, and whoever may push."""
    comment = comment_of(ask, comment_id)
    _own(ask, comment)
    ask.site.store.delete(comment)
    for reaction in ask.site.store.find(Reaction, comment=comment.id):
        ask.site.store.delete(reaction)
    issue = issue_of(ask, comment.number)
    events.issue_comment(ask.site, "deleted", (issue, comment), ask.actor.login)
    return no_content()


def _own(ask: Ask, comment: Comment) -> None:
    own = comment.author == ask.actor.login
    allowed = own or ask.may("write", issues="write", pull_requests="write")
    ask.must(allowed, "Must have write access to change another's comment.")


def _text(ask: Ask) -> str:
    body = ask.read(WriteComment).body
    if len(body) > LONGEST_BODY:
        message = f"body is too long (maximum is {LONGEST_BODY} characters)"
        refuse("IssueComment", "body", message)
    return body
