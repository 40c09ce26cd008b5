"""The whole file → the keys of each environment, or every problem there is.

Overrides are laid over the top level before anything is checked, so that a problem in an
override names the override's line, and one in the top level is named once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bot.core.manifest import orders, relations
from bot.core.manifest.keys import SHARED, TOP, EnvironmentKeys
from bot.core.manifest.located import Node, Problem, every_member, members, merge
from bot.core.manifest.reading import given, read, unknown_key
from bot.core.spelling import closest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta

MOST_ENVIRONMENTS = 20
MOST_SERVICES = 50
MOST_PROBLEMS = 50
ENOUGH_PROBLEMS = 500
"""No further environment is read after so many, so that a hostile file costs little."""

Environments = dict[str, EnvironmentKeys]


def read_file(root: Node, window: timedelta) -> Environments | tuple[Problem, ...]:
    """Return every environment's keys, or every problem in the order of lines."""
    root = _opened(_opened(root, "services"), "environments")
    problems = list(_shape_problems(root))
    environments: Environments = {}
    for name, node in _merged(root).items():
        if len(problems) > ENOUGH_PROBLEMS:
            break
        keys, found = read(node, EnvironmentKeys)
        problems += found
        if keys:
            environments[name] = keys
            problems += _relation_problems(node, keys)
            problems += (
                node.at(path).problem(message)
                for path, message in relations.bake_findings(keys, window)
            )
    problems += _shared_problems(root, environments)
    return _worth_telling(problems) or environments


def services_of(root: Node) -> tuple[str, ...]:
    """Return the names of the file's services."""
    return tuple(members(root.below("services")))


def _opened(root: Node, section: str) -> Node:
    """Let `prod:` with nothing behind it be an empty mapping."""
    node = root.below(section)
    if node is None or not isinstance(node.value, dict):
        return root
    named = {
        name: replace(one, value={}) if one.value is None else one
        for name, one in node.value.items()
    }
    return replace(root, value=every_member(root) | {section: replace(node, value=named)})


def _merged(root: Node) -> dict[str, Node]:
    """Return each environment laid over the shared keys; those alone when there is none."""
    shared = {key: value for key, value in members(root).items() if key in SHARED}
    base = replace(root, value=shared)
    overrides = members(root.below("environments"))
    if not overrides or len(overrides) > MOST_ENVIRONMENTS:
        return {"": base}
    return {name: merge(base, _known_services_only(root, over)) for name, over in overrides.items()}


def _known_services_only(root: Node, over: Node) -> Node:
    """Leave out overrides of services that do not exist; they are a problem of their own."""
    services = over.below("services")
    if services is None or not isinstance(services.value, dict):
        return over
    kept = {name: node for name, node in services.value.items() if name in services_of(root)}
    return replace(over, value=members(over) | {"services": replace(services, value=kept)})


def _shape_problems(root: Node) -> Iterator[Problem]:
    for name, node in every_member(root).items():
        if name not in TOP:
            yield _misplaced(node, name)
    yield from _section_problems(root, "services", MOST_SERVICES, relations.service_name_trouble)
    yield from _section_problems(
        root, "environments", MOST_ENVIRONMENTS, relations.environment_name_trouble
    )
    for environment in members(root.below("environments")).values():
        yield from _unknown_services(root, environment)


def _misplaced(node: Node, name: str) -> Problem:
    if name in EnvironmentKeys.__struct_fields__:
        return node.problem(f"belongs to one environment: move it under environments.<name>.{name}")
    return unknown_key(node, name, TOP)


def _section_problems(
    root: Node, section: str, most: int, trouble: Callable[[str], str]
) -> Iterator[Problem]:
    """Check that a section is there, not too large, and that its names are good."""
    node = root.at((section,))
    named = members(root.below(section))
    if node is not root and not isinstance(node.value, dict):
        yield node.problem(f"must be a mapping, not {given(node)}")
    elif not named:
        yield Problem(node.line, section, f"must name at least one of the {section}")
    if len(named) > most:
        yield node.problem(f"holds more than {most}")
    for name, node in named.items():
        if said := trouble(name):
            yield node.problem(said)


def _unknown_services(root: Node, environment: Node) -> Iterator[Problem]:
    for name, node in every_member(environment.below("services")).items():
        if name not in services_of(root):
            meant = closest(name, services_of(root))
            hint = f"did you mean `{meant}`?" if meant else "add it under services first"
            yield node.problem(f"there is no such service to override; {hint}")


def _relation_problems(node: Node, keys: EnvironmentKeys) -> Iterator[Problem]:
    known = tuple(members(node.below("services")))
    if len(known) > MOST_SERVICES:
        return
    for path, message in relations.environment_findings(keys, known):
        yield node.at(path).problem(message)


def _shared_problems(root: Node, environments: Environments) -> Iterator[Problem]:
    for name, message in relations.same_services(environments):
        yield root.at(("environments", name)).problem(message)
    for name, path, message in orders.order_findings(environments):
        yield root.at(("environments", name, *path)).problem(message)


def _worth_telling(problems: list[Problem]) -> tuple[Problem, ...]:
    """Return each problem once, in order, and no endless list."""
    told = sorted(set(problems))
    if len(told) <= MOST_PROBLEMS:
        return tuple(told)
    rest = len(told) - MOST_PROBLEMS
    more = Problem(told[MOST_PROBLEMS].line, "", f"has at least {rest} more problems from here on")
    return (*told[:MOST_PROBLEMS], more)
