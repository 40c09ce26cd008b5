"""What an ask says while it waits for its gates, and when it no longer does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.github import CheckRun
from bot.core.report.phrases import clean, commands, inline, sentence

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.core.model import Ask
    from bot.core.policy import Awaited

TITLE = "Waiting"


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


def external_id(ask: Ask) -> str:
    """Return what a waiting check run can be found again by."""
    return f"waits {ask.key}"


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
