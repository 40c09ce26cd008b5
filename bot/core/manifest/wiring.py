"""How the services of an environment hang together: `${x.url}`, needs, cycles and levels."""

from __future__ import annotations

import re
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.manifest.keys import ServiceKeys

_ANY_REFERENCE = re.compile(r"\$\{([^}]*)(\}?)")
_URL = re.compile(r"([A-Za-z0-9-]{1,63})\.url")

MOST_CYCLES = 10

Needs = dict[str, tuple[str, ...]]


def references(value: str) -> tuple[str, ...]:
    """Return the services whose URL this value of a variable holds."""
    found = (_URL.fullmatch(inside) for inside, _ in _ANY_REFERENCE.findall(value))
    return tuple(match[1] for match in found if match)


def strange_references(value: str) -> tuple[str, ...]:
    """Return every `${…}` that is not `${service.url}`."""
    return tuple(
        f"${{{inside}{end}"
        for inside, end in _ANY_REFERENCE.findall(value)
        if not end or not _URL.fullmatch(inside)
    )


def needs_of(service: ServiceKeys) -> tuple[str, ...]:
    """Return what a service needs: said by `needs`, and implied by the URLs it is given."""
    implied = (name for value in service.cloud_run.env.values() for name in references(value))
    return tuple(dict.fromkeys((*service.needs, *implied)))


def all_needs(services: Mapping[str, ServiceKeys]) -> Needs:
    """Return the needs of every service, as far as the needed ones exist."""
    return {
        name: tuple(need for need in needs_of(service) if need in services)
        for name, service in services.items()
    }


def cycles(needs: Needs) -> tuple[tuple[str, ...], ...]:
    """Return cycles such as (a, b, a) until cutting one link of each leaves none; at most 10."""
    left = dict(needs)
    found: list[tuple[str, ...]] = []
    while len(found) < MOST_CYCLES and (cycle := _cycle(left)):
        found.append(cycle)
        left[cycle[0]] = tuple(need for need in left[cycle[0]] if need != cycle[1])
    return tuple(found)


def levels(needs: Needs) -> dict[str, int]:
    """Return each service's level: 0 needs nothing, every other is one above its highest need."""
    level: dict[str, int] = {}
    for name in TopologicalSorter(needs).static_order():
        level[name] = max((level[need] + 1 for need in needs[name]), default=0)
    return level


def _cycle(needs: Needs) -> tuple[str, ...]:
    """Return one cycle, from a service to what it needs, and so back to itself."""
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        return tuple(reversed(error.args[1]))
    return ()
