"""What must agree across an environment's services, and across environments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.core.manifest.durations import show_duration
from bot.core.manifest.located import shown
from bot.core.manifest.wiring import (
    all_needs,
    cycles,
    needs_of,
    references,
    strange_references,
)
from bot.core.spelling import closest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import timedelta

    from bot.core.manifest.keys import EnvironmentKeys, ServiceKeys
    from bot.core.manifest.rules import Finding

LONGEST_SERVICE_NAME = 40
"""Cloud Run gives a service's name and a traffic tag 46 characters together."""

_SERVICE_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
_ENVIRONMENT_NAME = re.compile(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?")
_LIKE_A_COMMIT = re.compile(r"[0-9a-f]{7,40}")


def service_name_trouble(name: str) -> str:
    """Return what is wrong with a service's name, or nothing."""
    if not _SERVICE_NAME.fullmatch(name) or len(name) > LONGEST_SERVICE_NAME:
        return (
            "is no Cloud Run service name: lower-case letters, digits and hyphens, "
            f"a letter first, no hyphen last, at most {LONGEST_SERVICE_NAME} characters: the "
            "tag of a canary needs the rest of the 46 that Cloud Run gives both"
        )
    if _LIKE_A_COMMIT.fullmatch(name):
        return "reads like a commit in `/deploy`: choose another name"
    return ""


def environment_name_trouble(name: str) -> str:
    """Return what is wrong with an environment's name, or nothing."""
    if name == "latest":
        return "would be the tag of its images, and `latest` says nothing: choose another name"
    if _LIKE_A_COMMIT.fullmatch(name):
        return "reads like a commit, which is a tag of its images too: choose another name"
    if _ENVIRONMENT_NAME.fullmatch(name):
        return ""
    return "is no environment name: lower-case letters, digits and hyphens, at most 40"


def environment_findings(keys: EnvironmentKeys, known: Collection[str]) -> Iterator[Finding]:
    """Yield what does not fit together in one environment; `known` are its services' names."""
    yield from _suffix_finding(keys)
    yield from _region_findings(keys)
    for name, service in keys.services.items():
        inner = (*_needs_findings(service, known), *_reference_findings(service, known))
        yield from ((("services", name, *path), message) for path, message in inner)
    for cycle in cycles(all_needs(keys.services)):
        yield _cycle_finding(cycle, keys.services[cycle[0]])


def bake_findings(keys: EnvironmentKeys, window: timedelta) -> Iterator[Finding]:
    """Yield a bake or a watch in which no window can be seen whole; a watch may be left out."""
    rollout = keys.rollout
    lengths = {"min_bake": rollout.min_bake, "max_bake": rollout.max_bake, "watch": rollout.watch}
    for key, length in lengths.items():
        wanted = length is not None and (length or key != "watch")
        if length is not None and wanted and length < window:
            said, least = show_duration(length), show_duration(window)
            yield ("rollout", key), f"{said} is shorter than one metric window, {least}"


def same_services(environments: Mapping[str, EnvironmentKeys]) -> Iterator[tuple[str, str]]:
    """Yield (environment, message) where two environments would deploy one Cloud Run service."""
    owners: dict[tuple[str, str, str], str] = {}
    for environment, keys in environments.items():
        shared = {
            other
            for name in keys.services
            if (other := owners.setdefault(_place(keys, name), environment)) != environment
        }
        for other in sorted(shared):
            yield environment, f"would deploy the same services as {other}: give it service_suffix"


def _place(keys: EnvironmentKeys, name: str) -> tuple[str, str, str]:
    return keys.project, keys.region, name + keys.service_suffix


def _suffix_finding(keys: EnvironmentKeys) -> Iterator[Finding]:
    """Show one good name that the suffix spoils; one is enough to see why."""
    for name in filter(lambda name: not service_name_trouble(name), keys.services):
        if trouble := service_name_trouble(name + keys.service_suffix):
            yield (
                ("service_suffix",),
                f"makes `{shown(name + keys.service_suffix)}`, which {trouble}",
            )
            return


def _region_findings(keys: EnvironmentKeys) -> Iterator[Finding]:
    """Yield what stands in another region than what would use it."""
    builds = keys.build_region or keys.region
    if keys.connected_repository and (there := _location(keys.connected_repository)) != builds:
        said = f"is in {there}, builds run in {builds}: name a connection of that region"
        yield ("connected_repository",), said
    for name, service in keys.services.items():
        there = _location(service.cloud_run.vpc_connector or "")
        if there and there != keys.region:
            path = ("services", name, "cloud_run", "vpc_connector")
            said = f"is in {there}, the service runs in {keys.region}: name a connector there"
            yield path, said


def _location(resource: str) -> str:
    """Return REGION of projects/P/locations/REGION/…, nothing for a short name."""
    return resource.partition("/locations/")[2].partition("/")[0]


def _needs_findings(service: ServiceKeys, known: Collection[str]) -> Iterator[Finding]:
    for place, need in enumerate(service.needs):
        if need not in known:
            yield ("needs", place), f"there is no service `{shown(need)}`{_hint(need, known)}"


def _reference_findings(service: ServiceKeys, known: Collection[str]) -> Iterator[Finding]:
    for variable, value in service.cloud_run.env.items():
        path = ("cloud_run", "env", variable)
        for strange in strange_references(value):
            yield path, f"`{shown(strange)}` is no reference: write ${{service.url}}"
        for name in references(value):
            if name not in known:
                yield path, f"there is no service `{shown(name)}`{_hint(name, known)}"


def _cycle_finding(cycle: tuple[str, ...], service: ServiceKeys) -> Finding:
    """Point at `needs` when it says so, else at the variable that implies it."""
    message = f"services need each other in a circle: {' → '.join(cycle)}"
    if cycle[1] in service.needs or cycle[1] not in needs_of(service):
        return ("services", cycle[0], "needs"), message
    variable = next(
        name for name, value in service.cloud_run.env.items() if cycle[1] in references(value)
    )
    return ("services", cycle[0], "cloud_run", "env", variable), message


def _hint(word: str, known: Collection[str]) -> str:
    meant = closest(word, known)
    return f"; did you mean `{meant}`?" if meant else ""
