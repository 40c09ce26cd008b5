"""What an ask says while it waits for its gates, and when it no longer does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.github import Button, CheckRun
from bot.core.model import AskKind
from bot.core.report import controls
from bot.core.report.phrases import clean, commands, inline, sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.core.model import Ask
    from bot.core.policy import Awaited

TITLE = "Waiting"
APPROVAL = "Waits for a second person"
APPROVE = Button(label="Approve", identifier="approve", description="Let this commit go in")


def note(ask: Ask, sha: str, awaited: Iterable[Awaited]) -> str:
    """Return what the ask waits for, and until when."""
    waits = tuple(awaited)
    until = min(one.until for one in waits)
    return "\n".join(
        [
            f"⏳ {_asked(ask)} waits with `{sha[:7]}`, at most until {until:%Y-%m-%d %H:%M} UTC:",
            "",
            *(f"- {sentence(clean(one.reason))}" for one in waits),
            "",
            "It starts by itself.",
            "",
            commands(*dict.fromkeys(c for one in waits for c in one.commands), "/status"),
        ]
    )


def check_run(ask: Ask, environment: str, sha: str, awaited: Iterable[Awaited]) -> CheckRun:
    """Return the check run that says the same of a push, under the environment's name."""
    waits = tuple(awaited)
    return CheckRun(
        name=f"deploy / {environment}",
        sha=sha,
        external_id=external_id(ask),
        status="queued",
        title=f"{TITLE}: {', '.join(one.code.value for one in waits)}",
        summary=note(ask, sha, waits),
    )


def approval_run(ask: Ask, environment: str, awaited: Sequence[Awaited], now: datetime) -> CheckRun:
    """Return the check run in which somebody else may let a commit go in.

    A push's stands under the environment's own name: nothing else does, until it is approved.
    """
    pushed = ask.kind is AskKind.PUSH
    waits = replace(ask, key=f"{ask.key}/approval") if pushed else ask
    return CheckRun(
        name=f"deploy / {environment}" if pushed else controls.name(environment),
        sha=ask.sha,
        external_id=external_id(waits),
        status="completed",
        conclusion="action_required",
        title=APPROVAL,
        summary=note(ask, ask.sha, awaited),
        buttons=(APPROVE,),
        completed_at=now,
    )


def approval_over(ask: Ask, environment: str, now: datetime) -> CheckRun:
    """Return the check run that takes its place once nobody's word is waited for any more."""
    return CheckRun(
        name=controls.name(environment),
        sha=ask.sha,
        external_id=f"waited {ask.key}",
        status="completed",
        conclusion="neutral",
        title="No approval is waited for",
        summary=commands(f"/status {environment}"),
        completed_at=now,
    )


def external_id(ask: Ask) -> str:
    """Return what a waiting check run can be found again by; it names the pull request, if any."""
    return f"waits {ask.key}" + (f" #{ask.number}" if ask.number else "")


def check_over(ask: Ask, environment: str, body: str, now: datetime) -> CheckRun:
    """Return the end of a push's check run: a failure with its reasons, or overtaken."""
    return CheckRun(
        name=f"deploy / {environment}",
        sha=ask.sha,
        external_id=external_id(ask),
        status="completed",
        conclusion="failure" if body else "neutral",
        title="Nothing was deployed" if body else "Overtaken by a newer push",
        summary=body or "A newer push to the branch took its place.",
        completed_at=now,
    )


def _asked(ask: Ask) -> str:
    return f"{inline(ask.text)} by @{ask.actor}" if ask.text else f"The push by @{ask.actor}"
