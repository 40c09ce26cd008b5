"""What stands on a service beside what deploy.yaml names: it survives, and people are told.

Names only, never a value. What Cloud Run fills in by itself is nobody's wish and left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.cloud import run_v2

from bot.clients.cloud_run import named, removal
from bot.clients.cloud_run.desired import OURS, is_system
from bot.clients.cloud_run.template import main_container

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from google.protobuf.message import Message

    from bot.clients.cloud_run.named import Named
    from bot.core.configuration import CloudRun

ON_SERVICE = (
    "description",
    "ingress",
    "scaling",
    "binary_authorization",
    "invoker_iam_disabled",
    "default_uri_disabled",
    "iap_enabled",
    "custom_audiences",
    "multi_region_settings",
)
APART = frozenset({"containers", "volumes", "labels", "annotations", "revision"})
IN_CONTAINER = ("command", "args", "working_dir", "startup_probe", "liveness_probe")
DEFAULTS: dict[str, Any] = {
    "ingress": run_v2.IngressTraffic.INGRESS_TRAFFIC_ALL,
    "max_instance_request_concurrency": 80,
}
TIMEOUT = 300
"""Seconds (https://cloud.google.com/run/docs/configuring/request-timeout)."""
USUAL_ACCOUNT = "-compute@developer.gserviceaccount.com"
"""Ends the account that Cloud Run takes when none is named."""
LIMITS = frozenset({("cpu", "1000m"), ("cpu", "1"), ("memory", "512Mi")})


def of(service: run_v2.Service, settings: CloudRun) -> tuple[str, ...]:
    """Return what of a service that is to be written deploy.yaml does not name."""
    names = named.of(settings)
    found = (
        *_of_service(service, names),
        *_of_template(service.template, names),
        *_of_container(main_container(service.template), names),
        *_beside(service.template, settings),
    )
    return tuple(dict.fromkeys(found))


def _of_service(service: run_v2.Service, names: Named) -> Iterator[str]:
    by_field = {field: key for key, field in removal.ON_SERVICE.items()}
    for field in _set(run_v2.Service.pb(service)):
        unnamed = by_field.get(field) not in names.keys and field not in names.spec
        if field in ON_SERVICE and unnamed and not _usual(service, field):
            yield field
    yield from _entries("label", service.labels, names.labels)
    yield from _entries("annotation", service.annotations, ())


def _of_template(template: run_v2.RevisionTemplate, names: Named) -> Iterator[str]:
    by_field = {field: key for key, field in removal.ON_TEMPLATE.items()}
    spec = names.spec.get("template")
    spec = spec if isinstance(spec, dict) else {}
    raw = run_v2.RevisionTemplate.pb(template)
    for field in _set(raw):
        if field in APART or field in spec or _usual(template, field):
            continue
        known = [path for path in _inner(raw, field) if path in by_field]
        for path in known or [field]:
            if by_field.get(path) not in names.keys:
                yield path
    yield from _entries("annotation", template.annotations, (named.ANNOTATION,))


def _of_container(container: run_v2.Container, names: Named) -> Iterator[str]:
    yield from (f"env {one.name}" for one in container.env if one.name not in names.variables)
    by_field = {field: key for key, field in removal.ON_CONTAINER.items()}
    for field in _set(run_v2.Container.pb(container)):
        usual = field == "startup_probe" and _is_usual_probe(container)
        if field in IN_CONTAINER and by_field.get(field) not in names.keys and not usual:
            yield field
    for limit, value in container.resources.limits.items():
        if limit not in names.keys and (limit, value) not in LIMITS:
            yield limit
    if "cpu_throttling" not in names.keys and not container.resources.cpu_idle:
        yield "cpu_throttling"
    for port in container.ports:
        if "port" not in names.keys and port.container_port != removal.PORT:
            yield "port"


def _beside(template: run_v2.RevisionTemplate, settings: CloudRun) -> Iterator[str]:
    main = main_container(template)
    yield from (f"sidecar {one.name}" for one in template.containers if one != main)
    mounts = {one.name: one.mount_path for one in main.volume_mounts}
    ours = {place.rpartition("/")[0] for place in settings.secrets if place.startswith("/")}
    for volume in template.volumes:
        path = mounts.get(volume.name, "")
        sockets = settings.cloudsql_instances is not None and "cloud_sql_instance" in volume
        if path not in ours and not sockets:
            yield f"volume {volume.name}"


def _set(message: Message) -> list[str]:
    return [field.name for field, _ in message.ListFields()]


def _inner(message: Message, field: str) -> list[str]:
    """Return the paths that are set within a field; none for a plain value."""
    value = getattr(message, field)
    return [f"{field}.{part}" for part in _set(value)] if hasattr(value, "ListFields") else []


def _usual(message: Any, field: str) -> bool:  # noqa: ANN401  # a service or a template
    value = getattr(message, field)
    if field == "timeout":
        return bool(value.total_seconds() == TIMEOUT)
    if field == "service_account":
        return bool(value.endswith(USUAL_ACCOUNT))
    return field in DEFAULTS and bool(value == DEFAULTS[field])


def _is_usual_probe(container: run_v2.Container) -> bool:
    """Cloud Run writes a TCP probe of the container's own port where there is none."""
    probe, ports = container.startup_probe, [port.container_port for port in container.ports]
    return "tcp_socket" in probe and [probe.tcp_socket.port] == ports


def _entries(kind: str, entries: Mapping[str, str], ours: Collection[str]) -> Iterator[str]:
    for name in entries:
        if not (name.startswith(OURS) or is_system(name) or name in ours):
            yield f"{kind} {name}"
