"""The two screens: a live view for a terminal, lines for everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.demo.scene import Outcome, Scene

BAR = 50
"""Columns of a bar that stands for all the traffic."""


class Lines:
    """A line whenever something changed."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = ("", "", "")

    def say(self, line: str) -> None:
        """Print it."""
        self._print(line)

    def show(self, scene: Scene) -> None:
        """Print the story's title once, and a line for each new state."""
        if scene.story != self._last[0]:
            self._print(f"\n{scene.story}")
        split = split_words(scene.split)
        now = (scene.story, scene.check or scene.doing, split)
        if now != self._last:
            self._last = now
            self._print(f"{scene.seconds:6.1f} s  {now[1]}  |  {scene.service}: {split}")

    def ended(self, outcome: Outcome) -> None:
        """Print the outcome."""
        self._print(outcome_words(outcome))

    def close(self) -> None:
        """Lines stay where they are."""

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


class LiveView:
    """A view that stays in place; ended stories move up out of it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, refresh_per_second=8, transient=True)
        self._live.start()

    def say(self, line: str) -> None:
        """Show it beside a spinner."""
        self._live.update(Spinner("dots", Text(f" {line}")))

    def show(self, scene: Scene) -> None:
        """Draw the moment."""
        facts = Table.grid(padding=(0, 2))
        facts.add_column(style="dim", no_wrap=True)
        facts.add_column()
        facts.add_row("now", scene.doing)
        facts.add_row("check run", scene.check or "none yet")
        facts.add_row(scene.service, bar(scene.split, scene.stable))
        facts.add_row("", split_words(scene.split))
        facts.add_row("visitors", visits_text(scene))
        title = Text.assemble((scene.story, "bold"), f"   {scene.seconds:.0f} s")
        self._live.update(Group(title, facts))

    def ended(self, outcome: Outcome) -> None:
        """Leave the outcome standing above."""
        style = "green" if outcome.good else "red"
        self._console.print(Text(outcome_words(outcome), style))

    def close(self) -> None:
        """Give the terminal back."""
        self._live.stop()


def bar(split: Mapping[str, int], stable: str) -> Text:
    """Return the traffic as a bar: stable first, the canary in another colour."""
    drawn = Text()
    for revision in _ordered(split, stable):
        style = "green" if revision == stable else "yellow"
        drawn.append("█" * round(split[revision] * BAR / 100), style)
    return drawn


def split_words(split: Mapping[str, int]) -> str:
    """Return who answers how much."""
    shares = [f"{revision} {percent} %" for revision, percent in split.items()]
    return " + ".join(shares) or "no traffic yet"


def visits_text(scene: Scene) -> Text:
    """Return the visitors' answers of this story, the bad ones in red."""
    style = "red" if scene.visits.bad else "green"
    return Text(str(scene.visits) or "none yet", style)


def outcome_words(outcome: Outcome) -> str:
    """Return one line, and one more for each thing that was not as expected."""
    sign = "✔" if outcome.good else "✘"
    lines = [f"{sign} {outcome.title}: {outcome.actual} ({outcome.seconds:.1f} s)"]
    lines += [f"    expected: {problem}" for problem in outcome.problems]
    return "\n".join(lines)


def _ordered(split: Mapping[str, int], stable: str) -> list[str]:
    return sorted(split, key=lambda revision: (revision != stable, revision))
