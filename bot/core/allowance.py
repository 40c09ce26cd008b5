"""What the operator lets each repository touch: deploy.yaml proposes, this disposes.

Repositories are known by their id, which a rename or a transfer leaves alone and a new repository
of an old name does not get.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import yaml

from bot.core.configuration import Allowance
from bot.core.model import Refusal
from bot.core.reasons import Reason
from bot.core.spelling import closest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.configuration import Allowed, EnvironmentPlan, ServiceKey, ServicePlan

_PATTERN = re.compile(r"[a-z0-9*][a-z0-9.:*-]*")
_REMEDY = "whoever operates Spillway here can allow it"


KEYS = Allowance.__struct_fields__


def _unlike(allowance: Allowance, key: ServiceKey) -> Iterator[str]:
    """Yield what of a service's place is not allowed."""
    for kind, name, patterns in (
        ("project", key.project, allowance.projects),
        ("region", key.region, allowance.regions),
        ("service", key.service, allowance.services),
    ):
        if not _matches(name, patterns):
            yield f"{kind} `{name}`"


def read(text: str) -> tuple[dict[int, Allowance], tuple[str, ...]]:
    """Read the operator's mapping, YAML or JSON; return it, and everything wrong with it."""
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return {}, (f"is not YAML: {' '.join(str(error).split())}",)
    if not isinstance(content, dict) or not content:
        return {}, ("must map repository ids to {projects: […], regions: […], services: […]}",)
    problems = [problem for one, value in content.items() for problem in _wrong(one, value)]
    if problems:
        return {}, tuple(problems)
    return {int(one): Allowance(**_tuples(value)) for one, value in content.items()}, ()


def forbidden(allowed: Allowed | None, repository: int, key: ServiceKey) -> str:
    """Return why a repository may not touch a service, or nothing; None allows everything."""
    if allowed is None:
        return ""
    if repository not in allowed:
        return f"this repository (id {repository}) is not set up to deploy anywhere"
    found = list(_unlike(allowed[repository], key))
    return f"this repository may not deploy to {', '.join(found)}" if found else ""


def refusals(
    allowed: Allowed | None, repository: int, plan: EnvironmentPlan
) -> tuple[Refusal, ...]:
    """Return every reason why the operator's settings do not let this plan happen."""
    if allowed is None:
        return ()
    found = [
        reason for service in plan.services for reason in _against(allowed, repository, service)
    ]
    if repository in allowed and not _may_build(allowed[repository], plan):
        found.append(f"this repository may not build in region `{plan.build_region}`")
    project = plan.connected_repository.removeprefix("projects/").partition("/")[0]
    if project and repository in allowed and not _matches(project, allowed[repository].projects):
        found.append(f"this repository may not be cloned by project `{project}`")
    reasons = dict.fromkeys(found)
    return tuple(
        Refusal(code=Reason.NOT_ALLOWED, reason=reason, remedy=_REMEDY) for reason in reasons
    )


def _against(allowed: Allowed, repository: int, service: ServicePlan) -> Iterator[str]:
    if why := forbidden(allowed, repository, service.key):
        yield why
    project = service.image.split("/")[1]
    if repository in allowed and not _matches(project, allowed[repository].projects):
        yield f"this repository may not push images to project `{project}`"


def _may_build(allowance: Allowance, plan: EnvironmentPlan) -> bool:
    """Tell whether it may build there, or builds where its services are, which is asked apart."""
    where = {"", *(service.key.region for service in plan.services)}
    return plan.build_region in where or _matches(plan.build_region, allowance.regions)


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _wrong(repository: object, value: object) -> Iterator[str]:
    if not re.fullmatch(r"[1-9][0-9]{0,18}", str(repository)):
        yield f"{str(repository)!r} is no repository id: a whole number, as GitHub's API gives it"
    if not isinstance(value, dict):
        yield f"{repository}: must be a mapping of {', '.join(KEYS)}"
        return
    for key in value.keys() - set(KEYS):
        meant = closest(str(key), KEYS)
        yield f"{repository}.{key}: there is no such key" + (
            f"; did you mean {meant}?" * bool(meant)
        )
    for key in KEYS:
        yield from _wrong_list(f"{repository}.{key}", value.get(key))


def _wrong_list(path: str, value: object) -> Iterator[str]:
    if not isinstance(value, list) or not value:
        yield f'{path}: must list at least one pattern, such as ["*"]'
        return
    for item in value:
        if not isinstance(item, str) or not _PATTERN.fullmatch(item):
            yield f"{path}: {item!r} is no pattern: lower-case letters, digits, - . : and *"


def _tuples(value: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(patterns) for key, patterns in value.items()}
