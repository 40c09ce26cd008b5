"""Gates that look at who asks, and at who else agrees."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.model import Refusal
from bot.core.policy.facts import Facts, again, command
from bot.core.policy.judgement import Awaited
from bot.core.reasons import Reason

if TYPE_CHECKING:
    from bot.core.awaiting import Approval
    from bot.core.github import PullRequest, Review
    from bot.core.policy.facts import Reviews

ROLES = ("none", "read", "triage", "write", "maintain", "admin")
"""GitHub's repository roles, weakest first
(https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories)."""

BOT = "[bot]"
"""What the logins of Apps end with; people's hold no brackets."""

LATEST = timedelta(minutes=45)
"""How old a command may be when its turn comes: an outage of half an hour is outlasted."""

MOST_OBJECTIONS = 10
"""Of so many who want changes the roles are read; of more, nobody knows that none may write."""

APPROVAL_WAIT = timedelta(hours=24)
"""How long a deployment waits for a second person."""


def at_least(role: str, needed: str) -> bool:
    """Tell whether a role includes another; an unknown one includes none."""
    return role in ROLES and ROLES.index(role) >= ROLES.index(needed)


def permission(facts: Facts) -> Refusal | None:
    """Ask for the repository role, or for membership in a team."""
    needed = facts.gates.permission
    if at_least(facts.role, needed) or facts.in_team:
        return None
    named = ", ".join(f"`{team}`" for team in facts.gates.teams)
    or_team = f", or membership in {named}" if named else ""
    return Refusal(
        code=Reason.PERMISSION_DENIED,
        reason=f"@{facts.actor} has `{facts.role}` permission on this repository; "
        f"`{facts.environment}` needs `{needed}`{or_team}",
        remedy=f"somebody with `{needed}` permission can deploy this",
    )


def fresh(facts: Facts) -> Refusal | None:
    """Refuse what could only be followed so late that nobody expects it any more."""
    age = facts.now - facts.asked_at
    if age <= LATEST or facts.target.waited or facts.pushed:
        return None
    return Refusal(
        code=Reason.TOO_LATE,
        reason=f"this was written {age.total_seconds() / 60:.0f} minutes ago and could not be "
        "followed until now",
        remedy="ask again if you still want it",
        commands=(again(facts),),
    )


def two_person(facts: Facts) -> Awaited | None:
    """Wait for somebody else's `/approve` of this commit in this environment."""
    if not facts.gates.two_person:
        return None
    if approving(facts, facts.approved):
        return None
    sha = facts.target.sha[:7]
    return Awaited(
        code=Reason.APPROVAL_NEEDED,
        reason=f"`{facts.environment}` needs a second person: somebody other than "
        f"@{asker(facts.actor, facts.pull)} with `{facts.gates.permission}` permission approves "
        f"`{sha}`",
        until=facts.asked_at + APPROVAL_WAIT,
        commands=(f"/approve {facts.environment} {sha}",),
    )


def asks_for_two(facts: Facts) -> Refusal | None:
    """Refuse an `/approve` that nothing asks for."""
    if facts.gates.two_person:
        return None
    return Refusal(
        code=Reason.NOTHING_TO_APPROVE,
        reason=f"`{facts.environment}` asks for no second person",
        remedy="a rollout that waits at a step goes on with `/promote`",
        commands=(f"/status {facts.environment}",),
    )


def approvals(facts: Facts) -> Refusal | None:
    """Ask for approving reviews of exactly this commit."""
    needed = approvals_needed(facts)
    if not needed:
        return None
    reviews = facts.reviews
    if reviews is None:
        return Refusal(
            code=Reason.APPROVALS_MISSING,
            reason=f"no pull request brought `{facts.target.sha[:7]}`, so nobody has reviewed it",
            remedy="deploy a commit that a reviewed pull request brought",
        )
    approved = candidates(reviews)
    counted = [who for who in approved if at_least(reviews.roles.get(who, ""), "write")]
    if len(counted) >= needed:
        return None
    few = counted if len(approved) >= needed else approved
    by = f" by {', '.join(f'@{who}' for who in few)}" if few else ""
    most = "" if few == counted or not few else "at most "
    return Refusal(
        code=Reason.APPROVALS_MISSING,
        reason=f"`{reviews.of[:7]}` has {most}{len(few)} of {needed} approvals{by}; reviews of "
        "another commit, by its author, by whoever pushed it or by people without `write` "
        "permission do not count",
        remedy=f"have `{reviews.of[:7]}` approved, then ask again",
        commands=(command(facts, facts.target.typed),),
    )


def objections(facts: Facts) -> Refusal | None:
    """Ask that no reviewer who may write still wants changes, whatever commit they looked at."""
    reviews = facts.reviews
    if not approvals_needed(facts) or reviews is None:
        return None
    objecting = objectors(reviews)
    against = [who for who in objecting if at_least(reviews.roles.get(who, ""), "write")]
    if not against and len(objecting) <= MOST_OBJECTIONS:
        return None
    who = f"@{against[0]} wants" if against else f"{len(objecting)} reviewers want"
    return Refusal(
        code=Reason.CHANGES_REQUESTED,
        reason=f"{who} changes, by the latest review",
        remedy="do what is asked for; once that review is an approval, or dismissed, ask again",
        commands=(command(facts, facts.target.typed),),
    )


def objectors(reviews: Reviews) -> tuple[str, ...]:
    """Return whose latest word asks for changes: it stands until they approve or it is dismissed.

    https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/reviewing-changes-in-pull-requests/about-pull-request-reviews
    """
    return tuple(
        who
        for who, review in _latest(reviews).items()
        if review.state == "CHANGES_REQUESTED" and who and not review.bot
    )


def candidates(reviews: Reviews) -> tuple[str, ...]:
    """Return who approved this very commit and took it not back: others than who made it.

    Whoever pushed it made it, too: a bot, or somebody else, may have opened the pull request.
    A later comment leaves an approval standing; a later approval of another commit, a request for
    changes or a dismissal does not.
    """
    makers = {who.lower() for who in (reviews.author, *reviews.pushers)}
    return tuple(
        who
        for who, review in _latest(reviews).items()
        if review.state == "APPROVED"
        and review.sha == reviews.of
        and who
        and not review.bot
        and who.lower() not in makers
    )


def _latest(reviews: Reviews) -> dict[str, Review]:
    return {r.author: r for r in reviews.given if r.state not in {"COMMENTED", "PENDING"}}


def approvals_needed(facts: Facts) -> int:
    """Return how many must have approved; a fork's commit needs one wherever forks may come."""
    pull = facts.pull
    foreign = pull is not None and pull.head_repository != facts.repository
    from_fork = foreign and not facts.target.on_default_branch and not facts.pushed
    return max(facts.gates.approvals, int(from_fork and facts.gates.forks == "approved"))


def asker(actor: str, pull: PullRequest | None) -> str:
    """Return who asks: behind a bot, such as a merge queue, stands the pull request's author.

    So it is where GitHub did not say who pushed.
    """
    nobody = not actor or actor.endswith(BOT)
    return pull.author if nobody and pull and pull.author else actor


def approving(facts: Facts, given: tuple[Approval, ...]) -> tuple[Approval, ...]:
    """Return the words of others than who asks that have not expired; none where nobody knows."""
    own = asker(facts.actor, facts.pull).lower()
    return tuple(
        one
        for one in given
        if own
        and one.by.lower() not in {own, facts.actor.lower()}
        and facts.now - one.at <= facts.gates.approval_lasts
    )
