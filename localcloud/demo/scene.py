"""What there is to look at: the values that stories make and screens show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Visits:
    """What visitors met: answers by status class, and visits that got none."""

    answers: Mapping[str, int] = field(default_factory=dict)
    failed: int = 0
    troubles: Mapping[str, int] = field(default_factory=dict)
    """What was said by failures, and how often."""

    def since(self, earlier: Visits) -> Visits:
        """Return what was met after an earlier count."""
        answers = _more(self.answers, earlier.answers)
        troubles = _more(self.troubles, earlier.troubles)
        return Visits(answers, self.failed - earlier.failed, troubles)

    @property
    def total(self) -> int:
        """All visits."""
        return sum(self.answers.values()) + self.failed

    @property
    def bad(self) -> int:
        """Visits that met a server error, or nobody."""
        return self.answers.get("5xx", 0) + self.failed

    def __str__(self) -> str:
        classes = [f"{name} {count}" for name, count in sorted(self.answers.items())]
        return ", ".join([*classes, *([f"no answer {self.failed}"] if self.failed else [])])

    @property
    def trouble(self) -> str:
        """What failures said, the most frequent first."""
        said = sorted(self.troubles.items(), key=lambda one: -one[1])
        return "; ".join(f"{count} times {text}" for text, count in said)


def _more(later: Mapping[str, int], earlier: Mapping[str, int]) -> dict[str, int]:
    more = {name: count - earlier.get(name, 0) for name, count in later.items()}
    return {name: count for name, count in more.items() if count}


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One moment of a story."""

    story: str
    seconds: float
    doing: str
    check: str
    """The check run in words; empty while there is none."""
    service: str
    split: Mapping[str, int]
    """Revision → percentage."""
    stable: str
    """The revision that had all the traffic when the story began."""
    visits: Visits


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one story ended."""

    title: str
    expected: str
    actual: str
    problems: tuple[str, ...]
    """What was not as expected; empty when all was."""
    seconds: float
    visits: Visits
    splits: tuple[Mapping[str, int], ...] = ()
    """Every split that Cloud Run was seen with, in order."""

    @property
    def good(self) -> bool:
        """Whether the story ended as expected."""
        return not self.problems


class Screen(Protocol):
    """Where people follow the stories."""

    def say(self, line: str) -> None:
        """Tell of something outside the stories."""

    def show(self, scene: Scene) -> None:
        """Show the present moment."""

    def ended(self, outcome: Outcome) -> None:
        """Show how a story ended."""

    def close(self) -> None:
        """Show nothing more that changes."""
