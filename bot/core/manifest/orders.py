"""Which environment comes after which, and whether a pull request can ever get there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.manifest.located import shown
from bot.core.spelling import closest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.core.manifest.keys import EnvironmentKeys

    Environments = Mapping[str, EnvironmentKeys]
    Finding = tuple[str, tuple[str, ...], str]
    """Environment, path below it, and what is wrong there."""

AFTER = ("gates", "after")


def order_findings(environments: Environments) -> Iterator[Finding]:
    """Yield what is wrong with `after` and `required` across environments."""
    for name, keys in environments.items():
        if keys.gates.after:
            yield from _after(name, keys, environments)
        if keys.required:
            yield from _required(name, keys, environments)


def _after(name: str, keys: EnvironmentKeys, environments: Environments) -> Iterator[Finding]:
    wanted = keys.gates.after
    first = environments.get(wanted)
    if first is None:
        meant = closest(wanted, environments)
        hint = f"; did you mean `{meant}`?" if meant and meant != name else ""
        yield name, AFTER, f"there is no environment `{shown(wanted)}`{hint}"
        return
    if name in _before(name, environments):
        yield name, AFTER, "environments come after each other in a circle"
        return
    if first.images != keys.images:
        said = f"the same images can only go to both where `images` is the same as in {wanted}"
        yield name, AFTER, said
    for service in sorted(keys.services.keys() - first.services.keys()):
        yield name, AFTER, f"{wanted} has no service `{shown(service)}`, so it can never come first"


def _required(name: str, keys: EnvironmentKeys, environments: Environments) -> Iterator[Finding]:
    """Refuse a check that has to be green before the merge and can only become so after it."""
    path = ("required",)
    if keys.gates.default_branch_only:
        yield name, path, "no pull request can be deployed here: default_branch_only is set"
    for first in _before(name, environments):
        before = environments.get(first)
        if before is not None and before.gates.default_branch_only:
            said = f"it comes after {first}, which takes the default branch only"
            yield name, path, f"no pull request can be deployed here before it is merged: {said}"


def _before(name: str, environments: Environments) -> tuple[str, ...]:
    """Return what comes before an environment, nearest first; itself too, in a circle."""
    found: list[str] = []
    here = environments.get(name)
    while here is not None and here.gates.after and here.gates.after not in found:
        found.append(here.gates.after)
        here = environments.get(here.gates.after)
    return tuple(found)
