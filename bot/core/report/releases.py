"""What a pushed release tag is answered: on its commit, or on the pull request that brought it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.github import CheckRun
from bot.core.report.phrases import cell, inline, plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.core.model import Ask


def named(ask: Ask, images: Mapping[str, str]) -> str:
    """Return which images have the version's name now."""
    rows = ["| image | digest |", "|---|---|"]
    rows += [f"| `{image}:{ask.ref}` | `{digest}` |" for image, digest in images.items()]
    head = f"These images of {ask.sha} are called {inline(ask.ref)} now:"
    return "\n".join([head, "", *rows])


def no_version(ask: Ask, wrong: str) -> str:
    """Return why a git tag names no image, and what to type instead."""
    return _refused(ask, wrong)


def nothing_built(ask: Ask) -> str:
    """Return that no image of the commit is known."""
    why = "no image of this commit was built within a day; deploy it, then push the tag again"
    return _refused(ask, why)


def not_named(ask: Ask, wrong: Mapping[str, str]) -> str:
    """Return which images could not be named."""
    lines = (f"`{image}:{plain(ask.ref)}`: {plain(why)}" for image, why in wrong.items())
    return _refused(ask, *lines)


def check_run(ask: Ask, body: str, now: datetime, *, good: bool) -> CheckRun:
    """Return the check run that carries an answer on the tag's commit."""
    return CheckRun(
        name="release",
        sha=ask.sha,
        external_id=ask.key,
        status="completed",
        conclusion="success" if good else "failure",
        title=f"Images named {plain(ask.ref)}" if good else "No image was named",
        summary=body,
        completed_at=now,
    )


def _refused(ask: Ask, *reasons: str) -> str:
    return "\n".join(
        [
            f"👎 @{ask.actor}, the tag {cell(ask.ref)} on `{ask.sha[:7]}` names no image:",
            "",
            *(f"- {reason[:1].upper()}{reason[1:]}." for reason in reasons),
            "",
            "Next: `git tag v1.2.3 <commit>` · `git push origin v1.2.3`",
        ]
    )
