"""Which keys of the deployed commit's own deploy.yaml count, and which wait for the merge.

A pull request may change how its code runs and is smoked. Who may deploy, where to, with which
rights and from which folders is the default branch's to say: a difference there is only noted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from bot.core.manifest.wiring import all_needs, cycles, references

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from bot.core.configuration import CloudRun
    from bot.core.manifest.keys import EnvironmentKeys, ServiceKeys

FROM_COMMIT = (
    "memory",
    "cpu",
    "timeout",
    "concurrency",
    "min_instances",
    "max_instances",
    "port",
    "command",
    "args",
    "startup_probe",
    "liveness_probe",
)
"""Keys of `cloud_run` taken from the commit; `env` is too, variable by variable."""

_AFTER_MERGE = "takes effect after merge"


def with_commit(
    trusted: EnvironmentKeys, proposed: EnvironmentKeys | None
) -> tuple[EnvironmentKeys, tuple[str, ...]]:
    """Return the trusted keys with what the commit may say, and a note on everything else."""
    if proposed is None:
        return trusted, (f"the environment is not in this commit's deploy.yaml: {_AFTER_MERGE}",)
    notes = [f"{path}: {_AFTER_MERGE}" for path in _differences(trusted, proposed)]
    services = {
        name: _service(service, proposed.services.get(name), trusted.services)
        for name, service in trusted.services.items()
    }
    if cycles(all_needs(services)):
        notes.append(f"variables that make services need each other in a circle: {_AFTER_MERGE}")
        services = {name: _env_of(trusted, name, service) for name, service in services.items()}
    return replace(trusted, services=services), tuple(dict.fromkeys(notes))


def _service(
    trusted: ServiceKeys, proposed: ServiceKeys | None, known: Collection[str]
) -> ServiceKeys:
    if proposed is None:
        return trusted
    settings = {name: getattr(proposed.cloud_run, name) for name in FROM_COMMIT}
    settings["env"] = _env(trusted.cloud_run, proposed.cloud_run, known)
    return replace(trusted, smoke=proposed.smoke, cloud_run=replace(trusted.cloud_run, **settings))


def _env(trusted: CloudRun, proposed: CloudRun, known: Collection[str]) -> dict[str, str]:
    """Return the commit's variables; where one has to wait, the trusted value stays."""
    waiting = _waiting_variables(trusted, proposed, known)
    taken = {name: value for name, value in proposed.env.items() if name not in waiting}
    return taken | {name: trusted.env[name] for name in waiting if name in trusted.env}


def _waiting_variables(
    trusted: CloudRun, proposed: CloudRun, known: Collection[str]
) -> tuple[str, ...]:
    """Return variables that a trusted secret holds, or that need a service only the commit has."""
    return tuple(
        name
        for name, value in proposed.env.items()
        if name in trusted.secrets or not set(references(value)) <= set(known)
    )


def _env_of(trusted: EnvironmentKeys, name: str, service: ServiceKeys) -> ServiceKeys:
    env = trusted.services[name].cloud_run.env
    return replace(service, cloud_run=replace(service.cloud_run, env=env))


def _differences(trusted: EnvironmentKeys, proposed: EnvironmentKeys) -> Iterator[str]:
    """Yield the paths of what differs and waits."""
    yield from _changed(trusted, proposed, skip=("services",))
    for name in trusted.services | proposed.services:
        before, after = trusted.services.get(name), proposed.services.get(name)
        path = f"services.{name}"
        if before is None or after is None:
            yield path
            continue
        yield from _changed(before, after, f"{path}.", ("smoke", "cloud_run"))
        settings = before.cloud_run, after.cloud_run
        yield from _changed(*settings, f"{path}.cloud_run.", (*FROM_COMMIT, "env"))
        for variable in _waiting_variables(*settings, trusted.services):
            if before.cloud_run.env.get(variable) != after.cloud_run.env[variable]:
                yield f"{path}.cloud_run.env.{variable}"


def _changed(
    before: Struct, after: Struct, path: str = "", skip: tuple[str, ...] = ()
) -> Iterator[str]:
    """Yield the paths of fields that differ, Structs within Structs field by field."""
    for name in before.__struct_fields__:
        old, new = getattr(before, name), getattr(after, name)
        if name in skip or old == new:
            continue
        if isinstance(old, Struct):
            yield from _changed(old, new, f"{path}{name}.")
        else:
            yield f"{path}{name}"
