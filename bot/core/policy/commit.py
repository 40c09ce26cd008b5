"""Gates that look at the commit: where it comes from, what it contains, how long it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.gates import demands_live
from bot.core.model import Refusal
from bot.core.policy.facts import Facts, again, command, plain
from bot.core.policy.judgement import Note
from bot.core.reasons import Reason

if TYPE_CHECKING:
    from bot.core.github import PullRequest
    from bot.core.policy.facts import Live


def opened(facts: Facts) -> Refusal | None:
    """Ask for an open pull request, unless it is the default branch that is deployed."""
    pull = _proposed(facts)
    if pull is None or pull.state == "open":
        return None
    if not pull.merged:
        return Refusal(
            code=Reason.PULL_REQUEST_CLOSED,
            reason="this pull request is closed",
            remedy="reopen it first; where its branch was deleted, restore that before",
        )
    branch = pull.default_branch or "main"
    return Refusal(
        code=Reason.PULL_REQUEST_MERGED,
        reason=f"this pull request is merged into `{plain(pull.base_ref)}` already",
        remedy=f"deploy `{branch}` instead",
        commands=(command(facts, branch),),
    )


def draft(facts: Facts) -> Refusal | None:
    """Ask for a pull request that its author calls ready."""
    pull = _proposed(facts)
    if pull is None or not pull.draft or facts.gates.drafts == "allow":
        return None
    return Refusal(
        code=Reason.DRAFT,
        reason="this pull request is a draft",
        remedy="mark it as ready for review, then ask again",
        commands=(again(facts),),
    )


def base(facts: Facts) -> Refusal | None:
    """Ask for a pull request to the default branch, whose rules protect it."""
    pull = _proposed(facts)
    if pull is None or facts.gates.base == "any" or pull.base_ref == pull.default_branch:
        return None
    return Refusal(
        code=Reason.BASE_NOT_DEFAULT,
        reason=f"this pull request goes to `{plain(pull.base_ref)}`, which other rules may "
        f"protect than `{pull.default_branch}`",
        remedy=f"change its base to `{pull.default_branch}`, then ask again",
        commands=(again(facts),),
    )


def fork(facts: Facts) -> Refusal | None:
    """Deny forks, or ask for the commit to be named; the approval is asked for with the others."""
    pull = _proposed(facts)
    if pull is None or pull.head_repository == facts.repository:
        return None
    if facts.gates.forks == "deny":
        return Refusal(
            code=Reason.FORK_DENIED,
            reason="this pull request comes from a fork, and forks are never built here",
            remedy="push the branch to this repository after a review, and open a pull request "
            "from it",
        )
    if facts.target.typed:
        return None
    return Refusal(
        code=Reason.FORK_UNNAMED,
        reason="this pull request comes from a fork, of which only a named commit is built",
        remedy="read that commit, approve it in a review, and name it",
        commands=(command(facts, pull.head_sha[:7]),),
    )


def default_branch_only(facts: Facts) -> Refusal | None:
    """Ask for a commit of the default branch."""
    if not facts.gates.default_branch_only or facts.target.on_default_branch:
        return None
    branch = facts.pull.default_branch if facts.pull else "main"
    return Refusal(
        code=Reason.NOT_DEFAULT_BRANCH,
        reason=f"`{facts.environment}` takes commits of `{branch}` only",
        remedy="merge this pull request, then deploy the branch",
        commands=(command(facts, branch),),
    )


def known_head(facts: Facts) -> Refusal | None:
    """Ask that whoever commented can have meant this commit."""
    target, pull = facts.target, _proposed(facts)
    if pull is None or pull.state != "open":
        return None
    head = pull.head_sha[:7]
    if unknown := known_commit(facts):
        return unknown
    if target.typed and target.first_seen is not None:
        return None
    if target.sha != pull.head_sha:
        return Refusal(
            code=Reason.HEAD_MOVED,
            reason=f"the command meant `{target.sha[:7]}`, and meanwhile this pull request's head "
            f"is `{head}`",
            remedy="name the commit",
            commands=(command(facts, head),),
        )
    return _unsettled(facts, head)


def known_commit(facts: Facts) -> Refusal | None:
    """Ask that what was typed names one commit."""
    if facts.target.sha:
        return None
    head = facts.pull.head_sha[:7] if facts.pull else "main"
    return Refusal(
        code=Reason.COMMIT_UNKNOWN,
        reason=f"`{facts.target.typed}` is neither a head of this pull request that was seen here, "
        "nor a commit of the default branch",
        remedy="deploy the present head, or give all 40 digits of a commit of the default branch",
        commands=(command(facts, head),),
    )


def _unsettled(facts: Facts, head: str) -> Refusal | None:
    seen, age = facts.target.first_seen, facts.gates.head_age
    if seen is not None and seen < facts.asked_at and seen + age <= facts.asked_at:
        return None
    if seen is not None and seen < facts.asked_at:
        return Refusal(
            code=Reason.HEAD_TOO_YOUNG,
            reason=f"`{head}` was known for {_spoken((facts.asked_at - seen).total_seconds())} "
            f"when the command was written; `{facts.environment}` asks for "
            f"{_spoken(age.total_seconds())}",
            remedy="ask again later, or name the commit",
            commands=(command(facts, head),),
        )
    return Refusal(
        code=Reason.HEAD_NOT_KNOWN,
        reason=f"`{head}` became this pull request's head at about the same time as the command "
        "was written, so it may not be what was meant",
        remedy="name the commit",
        commands=(command(facts, head),),
    )


def up_to_date(facts: Facts) -> Refusal | Note | None:
    """Ask that the commit contains the default branch as it is now, or say that it does not."""
    wanted = facts.gates.up_to_date
    if wanted == "off" or facts.pushed or facts.target.on_default_branch or facts.behind == 0:
        return None
    branch = facts.pull.default_branch if facts.pull else "the default branch"
    lacks = "some commits" if facts.behind is None else _commits(facts.behind)
    reason = f"`{facts.target.sha[:7]}` lacks {lacks} of `{branch}`"
    if wanted == "warn":
        return Note(reason)
    return Refusal(
        code=Reason.NOT_UP_TO_DATE,
        reason=reason,
        remedy=f"update this branch with `{branch}`, then ask again",
        commands=(again(facts),),
    )


def contains_live(facts: Facts) -> Refusal | None:
    """Ask that nothing which runs here is lost."""
    live = facts.live
    if not demands_live(facts.environment, facts.gates) or live is None or live.contained:
        return None
    if live.number is not None and live.number in {facts.replaces, _number(facts)}:
        return None
    return Refusal(
        code=Reason.LIVE_NOT_CONTAINED,
        reason=_lost(facts, live),
        remedy="merge that and update this branch, or replace it on purpose",
        commands=(f"{again(facts)} --replace #{live.number}",) if live.number else (),
    )


def after(facts: Facts) -> Refusal | None:
    """Ask that the same images and settings succeeded in another environment."""
    first = facts.gates.after
    if not first or (facts.before is not None and not facts.before.lacking):
        return None
    lacking = ", ".join(f"`{name}`" for name in facts.before.lacking) if facts.before else "it"
    short = facts.target.sha[:7]
    return Refusal(
        code=Reason.NOT_AFTER,
        reason=f"`{facts.environment}` comes after `{first}`, where {lacking} of `{short}` has not "
        "succeeded with the same image and settings",
        remedy=f"deploy it to `{first}` first",
        commands=(_there(facts, first), again(facts)),
    )


def _there(facts: Facts, first: str) -> str:
    named = facts.target.typed or facts.target.sha[:7]
    return " ".join(("/deploy", first, *facts.services, named))


def _proposed(facts: Facts) -> PullRequest | None:
    """Return the pull request whose own commit it is; a commit of the default branch has none."""
    return None if facts.pushed or facts.target.on_default_branch else facts.pull


def _number(facts: Facts) -> int | None:
    """Return the pull request whose own earlier head may be replaced without a word."""
    pull = _proposed(facts)
    return pull.number if pull else None


def _lost(facts: Facts, live: Live) -> str:
    origin = f" from #{live.number}" if live.number else ""
    return (
        f"`{facts.environment}` runs `{live.sha[:7]}`{origin}, which is not part of "
        f"`{facts.target.sha[:7]}`: deploying that would take it away"
    )


def _commits(number: int) -> str:
    return "1 commit" if number == 1 else f"{number} commits"


def _spoken(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 60 else f"{seconds / 60:.0f} min"  # noqa: PLR2004  # a minute
