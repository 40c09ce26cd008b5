"""Settings that deploy.yaml named once and names no more go back to Cloud Run's defaults.

Only what the record of `named` holds is removed; what somebody else set stays. Unset fields get
their defaults from Cloud Run
(https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.cloud import run_v2

from bot.clients.cloud_run import spec, volumes
from bot.clients.cloud_run.template import main_container

if TYPE_CHECKING:
    from collections.abc import Collection, MutableMapping

    from google.protobuf.message import Message

    from bot.clients.cloud_run.named import Named

PORT = 8080
"""Where a container listens unless told otherwise
(https://cloud.google.com/run/docs/container-contract#port)."""
ON_SERVICE = {"description": "description", "ingress": "ingress"}
ON_TEMPLATE = {
    "timeout": "timeout",
    "concurrency": "max_instance_request_concurrency",
    "min_instances": "scaling.min_instance_count",
    "max_instances": "scaling.max_instance_count",
    "service_account": "service_account",
    "vpc_connector": "vpc_access.connector",
    "vpc_egress": "vpc_access.egress",
    "execution_environment": "execution_environment",
    "session_affinity": "session_affinity",
}
ON_CONTAINER = {
    "cpu_boost": "resources.startup_cpu_boost",
    "command": "command",
    "args": "args",
    "startup_probe": "startup_probe",
    "liveness_probe": "liveness_probe",
}
LIMITS = ("memory", "cpu")


def from_service(service: run_v2.Service, was: Named, now: Named) -> None:
    """Unset what stands on the service itself; its template is not touched."""
    gone = was.keys - now.keys
    _clear(run_v2.Service.pb(service), ON_SERVICE, gone)
    _drop(service.labels, was.labels - now.labels)
    above = {key: part for key, part in was.spec.items() if key != "template"}
    spec.forget(run_v2.Service.pb(service), above, now.spec)


def from_template(template: run_v2.RevisionTemplate, was: Named, now: Named) -> None:
    """Unset keys and take away variables, files and labels of the next revision."""
    gone = was.keys - now.keys
    _clear(run_v2.RevisionTemplate.pb(template), ON_TEMPLATE, gone)
    _drop(template.labels, was.labels - now.labels)
    _from_container(main_container(template), gone, was.variables - now.variables)
    _unmount(template, gone, was.files - now.files)
    if gone & {"vpc_connector", "vpc_egress"}:
        _close_vpc(template)
    spec.forget(
        run_v2.RevisionTemplate.pb(template), was.spec.get("template"), now.spec.get("template")
    )


def _from_container(
    container: run_v2.Container, gone: Collection[str], variables: Collection[str]
) -> None:
    _clear(run_v2.Container.pb(container), ON_CONTAINER, gone)
    _drop(container.resources.limits, set(LIMITS).intersection(gone))
    for variable in [one for one in container.env if one.name in variables]:
        container.env.remove(variable)
    if "cpu_throttling" in gone:
        container.resources.cpu_idle = True
    if "port" in gone and container.ports:
        container.ports[0].container_port = PORT


def _unmount(
    template: run_v2.RevisionTemplate, gone: Collection[str], files: Collection[str]
) -> None:
    for path in files:
        volumes.unmount_secret(template, main_container(template), path)
    if "cloudsql_instances" in gone:
        volumes.unmount_cloud_sql(template, main_container(template))


def _close_vpc(template: run_v2.RevisionTemplate) -> None:
    """Leave no settings of a way out that is not there, which Cloud Run would refuse."""
    if not template.vpc_access.connector and not template.vpc_access.network_interfaces:
        run_v2.RevisionTemplate.pb(template).ClearField("vpc_access")


def _clear(message: Message, paths: dict[str, str], keys: Collection[str]) -> None:
    """Clear a field, and the message around it when nothing is left in it."""
    for key, path in paths.items():
        outer, _, name = path.rpartition(".")
        if key in keys:
            around = getattr(message, outer) if outer else message
            around.ClearField(name)
            if outer and not around.ByteSize():
                message.ClearField(outer)


def _drop(values: MutableMapping[str, str], names: Collection[str]) -> None:
    for name in names:
        values.pop(name, None)
