"""What happened, as a table for people and as JSON for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localcloud.demo.scene import Outcome


def table(outcomes: Sequence[Outcome]) -> Table:
    """Return the stories with what was expected, what came, and what it did to visitors."""
    drawn = Table(title="What happened", title_justify="left", title_style="bold")
    for heading in ("", "story", "expected", "actual", "visitors", "time"):
        drawn.add_column(heading, justify="right" if heading == "time" else "left")
    for outcome in outcomes:
        sign = Text("✔", "green") if outcome.good else Text("✘", "red")
        actual = "\n".join([outcome.actual, *(f"expected {p}" for p in outcome.problems)])
        seconds = f"{outcome.seconds:.1f} s"
        visits = str(outcome.visits)
        drawn.add_row(sign, outcome.title, outcome.expected, Text(actual), visits, seconds)
    total = sum(outcome.seconds for outcome in outcomes)
    drawn.add_section()
    drawn.add_row("", "all of it", "", "", "", f"{total:.1f} s")
    return drawn


def as_json(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Return the same for machines; times are in seconds."""
    return [
        {
            "story": outcome.title,
            "expected": outcome.expected,
            "actual": outcome.actual,
            "as_expected": outcome.good,
            "problems": list(outcome.problems),
            "seconds": round(outcome.seconds, 2),
            "visits": {**outcome.visits.answers, "no answer": outcome.visits.failed},
            "splits": [dict(split) for split in outcome.splits],
        }
        for outcome in outcomes
    ]
