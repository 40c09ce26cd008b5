"""Revision templates: what Cloud Run fills in and what it refuses.

https://cloud.google.com/run/docs/reference/rest/v2/RevisionTemplate
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from localcloud.google.errors import refuse
from localcloud.google.metadata import default_account

if TYPE_CHECKING:
    from localcloud.google.protocol import Proto

_SERVICE_ID = re.compile(r"[a-z]([-a-z0-9]{0,47}[a-z0-9])?")
_REVISION_ID = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_RESERVED_ENV = frozenset({"PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"})
_RESERVED_LABELS = ("run.googleapis.com/", "cloud.googleapis.com/", "serving.knative.dev/")
_LONGEST_TIMEOUT = 3600
_MOST_CONCURRENCY = 1000
_DEFAULT_PORT = 8080
_DEFAULT_TIMEOUT = 300
_DEFAULT_CONCURRENCY = 80
_DEFAULT_STARTUP = 240.0
LATEST = "latest"


class Secret(NamedTuple):
    """A version of a secret; a name without `projects/` is of the service's own project."""

    name: str
    version: str


def check_service_id(service_id: str) -> None:
    """Refuse an id that Cloud Run refuses."""
    if not _SERVICE_ID.fullmatch(service_id):
        refuse(
            f"Invalid service id '{service_id}': it must start with a letter, hold only lowercase "
            "letters, digits and hyphens, not end with a hyphen, and be shorter than 50 characters."
        )


def fill_in(template: Proto, project: str) -> None:
    """Set the defaults that Cloud Run writes into a template."""
    if not template.HasField("timeout"):
        template.timeout.seconds = _DEFAULT_TIMEOUT
    template.max_instance_request_concurrency = (
        template.max_instance_request_concurrency or _DEFAULT_CONCURRENCY
    )
    template.service_account = template.service_account or default_account(project)
    if len(template.containers) == 1 and not template.containers[0].ports:
        template.containers[0].ports.add(name="http1", container_port=_DEFAULT_PORT)
    for container in template.containers:
        _fill_in_container(container)


def ingress_container(template: Proto) -> Proto:
    """Return the container that takes the requests: the one with a port."""
    with_port = (container for container in template.containers if container.ports)
    return next(with_port, template.containers[0])


def _fill_in_container(container: Proto) -> None:
    if not container.HasField("resources"):
        container.resources.cpu_idle = True
        container.resources.startup_cpu_boost = True
    for resource, default in (("cpu", "1000m"), ("memory", "512Mi")):
        if resource not in container.resources.limits:
            container.resources.limits[resource] = default


def check_template(template: Proto, service_id: str) -> None:
    """Refuse what Cloud Run refuses, and by name what this server cannot run."""
    if not template.containers:
        refuse("template.containers: at least one container is required.")
    if sum(bool(container.ports) for container in template.containers) != 1:
        refuse("template.containers: exactly one container must have a port.")
    _check_name(template.revision, service_id)
    _check_numbers(template)
    check_labels(template.labels)
    check_annotations(template.annotations)
    for position, container in enumerate(template.containers):
        _check_container(container, position)
    _check_mounts(template)


def _check_name(revision: str, service_id: str) -> None:
    if not revision:
        return
    if not revision.startswith(f"{service_id}-") or not _REVISION_ID.fullmatch(revision):
        refuse(
            f"Invalid revision name '{revision}': it must be prefixed by '{service_id}-', hold "
            "only lowercase letters, digits and hyphens, and be at most 63 characters long."
        )


def _check_numbers(template: Proto) -> None:
    if not 0 < template.timeout.seconds <= _LONGEST_TIMEOUT:
        refuse("template.timeout: must be more than 0 and at most 3600 seconds.")
    if not 0 < template.max_instance_request_concurrency <= _MOST_CONCURRENCY:
        refuse("template.max_instance_request_concurrency: must be within 1 and 1000.")
    scaling = template.scaling
    if scaling.max_instance_count and scaling.min_instance_count > scaling.max_instance_count:
        refuse("template.scaling: min_instance_count must not exceed max_instance_count.")


def check_labels(labels: Proto) -> None:
    """Refuse names that the platform keeps to itself."""
    for name in labels:
        if name.startswith(_RESERVED_LABELS):
            refuse(f"Label '{name}' is in a namespace that is reserved for the system.")


def check_annotations(annotations: Proto) -> None:
    """Refuse what the v1 API kept in annotations."""
    for name in annotations:
        if name.startswith((*_RESERVED_LABELS, "autoscaling.knative.dev/")):
            refuse(f"Annotation '{name}' is in a namespace that v2 keeps in fields of its own.")


def _check_container(container: Proto, position: int) -> None:
    if not container.image:
        refuse(f"template.containers[{position}].image: must be set.")
    for variable in container.env:
        if variable.name in _RESERVED_ENV:
            refuse(f"The following reserved env names were provided: {variable.name}.")
    for port in container.ports:
        if port.name not in {"", "http1", "h2c"}:
            refuse(f"Invalid port name '{port.name}': only http1 and h2c are known.")


def _check_mounts(template: Proto) -> None:
    volumes = {volume.name for volume in template.volumes}
    for container in template.containers:
        for mount in container.volume_mounts:
            if mount.name not in volumes:
                refuse(f"Volume mount '{mount.name}' names no volume of the template.")


def startup_timeout(container: Proto) -> float:
    """Return for how many seconds a container may take to listen."""
    probe = container.startup_probe
    if not container.HasField("startup_probe"):
        return _DEFAULT_STARTUP
    return float(
        probe.initial_delay_seconds + (probe.period_seconds or 10) * (probe.failure_threshold or 3)
    )


def secret_variables(container: Proto) -> dict[str, Secret]:
    """Return which secret each variable of a container reads."""
    read = (one for one in container.env if one.HasField("value_source"))
    refs = {one.name: one.value_source.secret_key_ref for one in read}
    return {name: Secret(ref.secret, ref.version or LATEST) for name, ref in refs.items()}


def secret_files(template: Proto, container: Proto) -> dict[str, Secret]:
    """Return which secret each file of a container's volumes holds, by the file's path.

    Without items a volume shows the newest version under the secret's own name.
    """
    volumes = {one.name: one.secret for one in template.volumes if one.HasField("secret")}
    found = {}
    for mount in container.volume_mounts:
        if (volume := volumes.get(mount.name)) is not None:
            items = {one.path: one.version for one in volume.items}
            for path, version in (items or {volume.secret.rpartition("/")[2]: LATEST}).items():
                held = Secret(volume.secret, version or LATEST)
                found[f"{mount.mount_path.rstrip('/')}/{path}"] = held
    return found


def same_configuration(one: Proto, other: Proto) -> bool:
    """Return whether two templates differ in nothing but the revision's name."""
    return bool(nameless(one) == nameless(other))


def nameless(template: Proto) -> Proto:
    """Return a copy of a template without the revision's name."""
    copy = type(template)()
    copy.CopyFrom(template)
    copy.ClearField("revision")
    return copy
