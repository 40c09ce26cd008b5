"""Prints the table of phases into docs/architecture.md: `python -m tests.docs.states`."""

from __future__ import annotations

from pathlib import Path

from bot.core.deployment import Phase
from bot.core.rollout.table import TRANSITIONS
from bot.core.rollout.turn import ENDS, LIMITS

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"
BEGIN = "<!-- phases: printed by `make docs` -->"
END = "<!-- end of phases -->"
LONG = 120
"""Minutes from which on hours are easier to read."""


def printed() -> str:
    """Return the phases as a diagram and a table, straight from the transitions."""
    return "\n".join([*_diagram(), "", *_table()])


def refreshed(page: str) -> str:
    """Return the page with the phases as they are now."""
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n{printed()}\n{END}{after}"


def _diagram() -> list[str]:
    arrows = [
        f"    {phase.value} --> {later.value}"
        for phase in Phase
        for later in Phase
        if later in TRANSITIONS[phase]
    ]
    ends = [f"    {phase.value} --> [*]" for phase in Phase if phase in ENDS]
    start = f"    [*] --> {Phase.QUEUED.value}"
    return ["```mermaid", "stateDiagram-v2", start, *arrows, *ends, "```"]


def _table() -> list[str]:
    head = ["| phase | may become | decided in | lasts at most |", "|---|---|---|---|"]
    return head + [_row(phase) for phase in Phase]


def _row(phase: Phase) -> str:
    if phase in ENDS:
        return f"| **{phase.value}** | an end | | |"
    later = ", ".join(other.value for other in Phase if other in TRANSITIONS[phase])
    limit = LIMITS.get(phase)
    lasts = _words(limit.total_seconds() / 60) if limit else ""
    if phase is Phase.BUILDING:
        lasts = "what cloudbuild.yaml lets it: `timeout`, `queueTtl` and 10 min"
    return f"| {phase.value} | {later} | `bot/core/rollout/{phase.value}.py` | {lasts} |"


def _words(minutes: float) -> str:
    return f"{minutes / 60:.0f} h" if minutes >= LONG else f"{minutes:.0f} min"


if __name__ == "__main__":
    PAGE.write_text(refreshed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
