"""What an ask is answered at once: refusals, problems, help, status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.github import CheckRun
from bot.core.model import AskState, Refusal
from bot.core.reasons import Reason
from bot.core.report.phrases import age, clean, commands, inline, sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.core.command import Deploy, Unreadable
    from bot.core.model import Ask


def marker(ask: Ask) -> str:
    """Return what the answer can be found again by."""
    return f"<!-- spillway ask {ask.key} -->"


def refused(ask: Ask, refusals: Iterable[Refusal]) -> str:
    """Return every reason against an ask, and what to type next."""
    asked = inline(ask.text) if ask.text else f"the push to {inline(ask.ref)}"
    lines = [f"👎 @{ask.actor}, {asked} was refused:", ""]
    pasted: list[str] = []
    for refusal in refusals:
        remedy = f" {sentence(refusal.remedy)}" if refusal.remedy else ""
        lines.append(f"- {sentence(refusal.reason)}{remedy}")
        pasted += refusal.commands
    lines += ["", commands(*dict.fromkeys((*pasted, "/help")))]
    return "\n".join(lines)


def unreadable(ask: Ask, read: Unreadable) -> str:
    """Return why a command could not be read, and what was probably meant."""
    lines = [f"👎 @{ask.actor}, {inline(ask.text)} was not understood:", ""]
    lines += [f"- {problem}" for problem in read.problems]
    lines += ["", commands(*filter(None, (read.suggestion, "/help")))]
    return "\n".join(lines)


def too_many(most: int) -> Refusal:
    """Return why a line far down in a comment is not followed."""
    return Refusal(
        code=Reason.TOO_MANY_COMMANDS,
        reason=f"one comment may hold {most} commands; this and what comes after it is left out",
        remedy="write a new comment with the rest",
    )


def no_commit(meant: Deploy, ask: Ask) -> Refusal:
    """Return why a commit cannot be deployed from where there is no pull request."""
    return Refusal(
        code=Reason.COMMIT_UNKNOWN,
        reason=f"{inline(meant.ref)} is no commit of the default branch",
        remedy="name one with all its 40 digits, or ask on its pull request",
        commands=(f"/status {meant.environment}",) if ask.number else (),
    )


def late(ask: Ask, now: datetime) -> Refusal:
    """Return why a command is not followed that came too late for anybody to expect it."""
    return Refusal(
        code=Reason.TOO_LATE,
        reason=f"this was asked for {age(now - ask.created_at)} ago and could not be followed "
        "until now",
        remedy="ask again if you still want it",
        commands=(ask.text,),
    )


def never_followed(ask: Ask, trouble: str, now: datetime) -> Refusal:
    """Return why something is given up that could not be read about since it was asked for."""
    return Refusal(
        code=Reason.TOO_LATE,
        reason=f"this could not be followed for {age(now - ask.created_at)}; the last try ended "
        f"with {inline(trouble)}",
        remedy="ask again once that is over" if ask.text else "push again once that is over",
    )


def stale_button(ask: Ask) -> Refusal:
    """Return why a button of an earlier deployment does nothing any more."""
    return Refusal(
        code=Reason.STALE_BUTTON,
        reason=f"that button belongs to the deployment of `{ask.ref[:7]}`, which is over",
        remedy="type the command if you mean what is there now",
        commands=(ask.text, "/status"),
    )


def no_pull_request(number: int) -> Refusal:
    """Return the refusal of a pull request that is none."""
    return Refusal(
        code=Reason.NO_PULL_REQUEST,
        reason=f"there is no pull request #{number}",
        remedy="leave it out to deploy the default branch",
    )


def approved(environment: str, sha: str, until: datetime, starts: Sequence[str]) -> str:
    """Return that a second person's word was kept, and what follows from it."""
    follows = (
        f"What {', '.join(f'@{who}' for who in dict.fromkeys(starts))} asked for goes on now."
        if starts
        else "Whoever deploys it now needs no other."
    )
    word = f"✅ `{sha[:7]}` is approved for `{environment}` until {until:%Y-%m-%d %H:%M} UTC."
    return f"{word} {follows}\n\n{commands(f'/deploy {environment} {sha[:7]}', '/status')}"


def reference(ask: Ask) -> str:
    """Return what the operator finds this ask by in the log."""
    return ask.key.replace("/", "-")


def problems(ask: Ask, path: str, where: str, found: Iterable[str]) -> str:
    """Return all that is wrong with a file or a source; `where` is a branch or a commit's hash."""
    again = f"ask again: {inline(ask.text)}" if ask.text else "push again"
    named = inline(path) if path.endswith(".yaml") else path
    lines = [
        f"👎 {named} of `{where}` cannot be used, so nothing can be deployed:",
        "",
        *(f"- {clean(problem)}" for problem in found),
        "",
        f"Next: mend it, then {again}",
    ]
    return "\n".join(lines)


def refused_push(ask: Ask, body: str, now: datetime) -> CheckRun:
    """Return the check run that stands in for a reply where there is no pull request."""
    return CheckRun(
        name="deploy",
        sha=ask.sha,
        external_id=ask.key,
        status="completed",
        conclusion="failure",
        title="Nothing was deployed",
        summary=body,
        completed_at=now,
    )


def aside(ask: Ask, body: str, now: datetime) -> CheckRun:
    """Return the check run that stands in for a reply where no comment of ours is taken."""
    shown = refused_push(ask, body, now)
    if ask.state is AskState.REFUSED:
        return shown
    return replace(shown, conclusion="neutral", title="An answer that could not be a comment")


def broken(ask: Ask) -> str:
    """Return the admission that something on our side is wrong."""
    return (
        f"👎 @{ask.actor}, {inline(ask.text)} could not be followed: something is "
        f"wrong on our side. Reference for the operator: `{reference(ask)}`."
    )
