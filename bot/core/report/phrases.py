"""Words that several surfaces share, and the care that other people's text needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.deployment import Deployment, Phase
from bot.core.releases import called
from bot.core.route import Stage

if TYPE_CHECKING:
    from datetime import timedelta

TITLES = {
    Phase.QUEUED: "Queued",
    Phase.BUILDING: "Building images",
    Phase.STAGING: "Starting new revisions at 0 %",
    Phase.SMOKE: "Smoke checks on the tagged URLs",
    Phase.SHIFTING: "Shifting traffic",
    Phase.WATCHING: "At 100 %, still watched",
    Phase.ROLLING_BACK: "Returning traffic to stable",
    Phase.SUCCEEDED: "Deployed",
    Phase.UNCHANGED: "Nothing to deploy",
    Phase.ROLLED_BACK: "Rolled back",
    Phase.FAILED: "Failed",
    Phase.ABORTED: "Aborted",
    Phase.SUPERSEDED: "Superseded",
}

_RETURNING = {
    Phase.SHIFTING: "Returning to",
    Phase.SUCCEEDED: "Rolled back to",
    Phase.UNCHANGED: "Back on",
}

SYMBOLS = {
    Phase.SUCCEEDED: "✅",
    Phase.WATCHING: "✅",
    Phase.UNCHANGED: "⏸️",
    Phase.ROLLED_BACK: "↩️",
    Phase.FAILED: "❌",
    Phase.ABORTED: "🛑",
    Phase.SUPERSEDED: "⏭️",
}

_CONTROL = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]"
)


LINE = 160
_MARKUP = re.compile(r"[<>\[\]!*_`|@#~\\]+")


PASSING = frozenset({"waiting-for-data", "baking", "not-enough-traffic"})
"""What a step waits for by itself, one after the other."""


def lasting_title(deployment: Deployment) -> str:
    """Return the title without what passes by itself, so that it changes with each step only."""
    passing = deployment.waiting in PASSING
    return title(replace(deployment, waiting="") if passing else deployment, 0)


def title(deployment: Deployment, place: int) -> str:
    """Return one line that says where the deployment is."""
    if place:
        return f"Queued, position {place}{_waiting(deployment)}"
    if deployment.restores and deployment.phase in _RETURNING:
        return f"{_RETURNING[deployment.phase]} {called(deployment.restores)}{_waiting(deployment)}"
    if compared_again(deployment):
        return f"Compared with stable again, at {deployment.share} %{_waiting(deployment)}"
    if deployment.phase is Phase.SHIFTING:
        return f"Canary at {deployment.share} %{_waiting(deployment)}"
    if deployment.phase is Phase.SUCCEEDED and deployment.moved:
        return f"{TITLES[deployment.phase]}; somebody else has moved the traffic since"
    return f"{TITLES[deployment.phase]}{_waiting(deployment)}"


def compared_again(deployment: Deployment) -> bool:
    """Tell whether stable has more traffic again, so that it can be asked once more."""
    moves = deployment.phase in {Phase.SHIFTING, Phase.WATCHING}
    return moves and deployment.course.stage is Stage.RECHECK


def inline(text: str) -> str:
    """Return foreign text as one harmless code span."""
    line = " ".join(clean(text).split())
    return f"`{line.replace('`', chr(39))}`"


def block(text: str) -> str:
    """Return foreign text as a code block whose fence it cannot close."""
    said = clean(text)
    longest = max((len(run) for run in re.findall(r"`+", said)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{said}\n{fence}"


def clean(text: str) -> str:
    """Return text without terminal escapes and control characters."""
    return _CONTROL.sub("", text)


def plain(text: str) -> str:
    """Return at most a line of foreign text in which nothing is Markdown, HTML or a mention."""
    line = " ".join(_MARKUP.sub(" ", clean(text)).split())
    return line if len(line) <= LINE else f"{line[: LINE - 1]}…"


def cell(text: str) -> str:
    """Return foreign text as a code span that cannot end its table's cell."""
    return inline(text).replace("|", "\\|")


def sentence(text: str) -> str:
    """Return text as a sentence: capital letter first, full stop last."""
    said = clean(text)
    return f"{said[:1].upper()}{said[1:].removesuffix('.')}."


def commands(*lines: str) -> str:
    """Return commands ready to paste."""
    return "Next: " + " · ".join(f"`{line}`" for line in lines)


def age(length: timedelta) -> str:
    """Return how long something has lasted, in its largest unit."""
    minutes = int(length.total_seconds() // 60)
    for unit, name in ((1440, "d"), (60, "h")):
        if minutes >= unit:
            return f"{minutes // unit} {name}"
    return f"{max(minutes, 1)} min"


def _waiting(deployment: Deployment) -> str:
    quiet = {"", "build", "revision", "traffic", "smoke checks", "watching", "recheck"}
    return "" if deployment.waiting in quiet else f" ({plain(deployment.waiting)})"
