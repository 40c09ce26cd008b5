"""The pieces that checks are put together from: each looks at a value and yields findings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from bot.core.manifest.located import shown

Finding = tuple[tuple[str | int, ...], str]
"""Where, as a path below the checked value, and what is wrong there."""

Check = Callable[[Any], Iterable[Finding]]


def holds(good: Callable[[Any], bool], message: str) -> Check:
    """Demand that this is true of the value."""

    def check(value: object) -> Iterable[Finding]:
        return () if good(value) else (((), message),)

    return check


def shaped(pattern: str, message: str) -> Check:
    """Demand that the whole text matches."""
    compiled = re.compile(pattern, re.ASCII)

    def check(value: str) -> Iterable[Finding]:
        if not compiled.fullmatch(value):
            yield (), f"`{shown(value)}` {message}"

    return check


def between(low: int, high: int) -> Check:
    """Demand a number within these bounds, both included."""
    return holds(lambda value: low <= value <= high, f"must be {low} to {high}")


def each(item: Check) -> Check:
    """Check every item of a list."""

    def check(values: tuple[object, ...]) -> Iterable[Finding]:
        for place, value in enumerate(values):
            yield from (((place, *path), message) for path, message in item(value))

    return check


def entries(name: Check, content: Check) -> Check:
    """Check every name and every value of a mapping."""

    def check(values: dict[str, object]) -> Iterable[Finding]:
        for key, value in values.items():
            found = (*name(key), *content(value))
            yield from (((key, *path), message) for path, message in found)

    return check


def both(first: Check, second: Check) -> Check:
    """Run the second check only on what passed the first."""

    def check(value: object) -> Iterable[Finding]:
        return tuple(first(value)) or second(value)

    return check
