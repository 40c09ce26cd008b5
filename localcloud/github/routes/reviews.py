"""Reviews of pull requests."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec.structs import replace

from localcloud.github.exchange import Ask, Reply
from localcloud.github.problems import Problem, not_found
from localcloud.github.records import Pull, Review
from localcloud.github.routes.pulls import pull_of
from localcloud.github.routing import Routes
from localcloud.github.shapes import pulls as shapes
from localcloud.github.times import now

routes = Routes("pull_requests")

_STATES: dict[str | None, Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "PENDING"]] = {
    "APPROVE": "APPROVED",
    "REQUEST_CHANGES": "CHANGES_REQUESTED",
    "COMMENT": "COMMENTED",
    None: "PENDING",
}


class CreateReview(msgspec.Struct):
    """The body of a review; without `event` it stays pending."""

    commit_id: str | None = None
    body: str = ""
    event: Literal["APPROVE", "REQUEST_CHANGES", "COMMENT"] | None = None


@routes.get("/repos/{owner}/{repo}/pulls/{pull_number}/reviews")
def list_reviews(ask: Ask, pull_number: int) -> Reply:
    """List a pull request's reviews, oldest first."""
    found = reviews_of(ask, pull_of(ask, pull_number))
    return ask.page(found, lambda held: shapes.review(ask.site, ask.repository, held))


def reviews_of(ask: Ask, pull: Pull) -> list[Review]:
    """List a pull request's reviews; what is not submitted yet is for its author's eyes only."""
    found = ask.site.store.find(Review, repository=ask.repository.id, number=pull.number)
    return [held for held in found if held.state != "PENDING" or held.author == ask.actor.login]


@routes.post("/repos/{owner}/{repo}/pulls/{pull_number}/reviews", needs="read")
def create_review(ask: Ask, pull_number: int) -> Reply:
    """Review a pull request; nobody approves their own."""
    pull, body = pull_of(ask, pull_number), ask.read(CreateReview)
    if pull.author == ask.actor.login and body.event in ("APPROVE", "REQUEST_CHANGES"):
        raise Problem(422, "Unprocessable Entity: Can not approve your own pull request")
    review = Review(
        id=ask.site.store.new_id(),
        repository=ask.repository.id,
        number=pull.number,
        author=ask.actor.login,
        state=_STATES[body.event],
        body=body.body,
        commit=ask.sha(body.commit_id) if body.commit_id else pull.head_sha,
        submitted_at=now(),
    )
    ask.site.store.save(review)
    return Reply(shapes.review(ask.site, ask.repository, review))


class DismissReview(msgspec.Struct):
    """The body that dismisses a review."""

    message: str
    event: Literal["DISMISS"] = "DISMISS"


@routes.put("/repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/dismissals")
def dismiss_review(ask: Ask, pull_number: int, review_id: int) -> Reply:
    """Take the weight from a review; it stays, with another state."""
    pull = pull_of(ask, pull_number)
    ask.read(DismissReview)
    held = ask.site.store.get(Review, review_id)
    if held is None or (held.repository, held.number) != (ask.repository.id, pull.number):
        raise not_found()
    dismissed = ask.site.store.save(replace(held, state="DISMISSED"))
    return Reply(shapes.review(ask.site, ask.repository, dismissed))
