"""Settings under gcloud's flag names, written into a live service of the Admin API v2.

Only what deploy.yaml names is written; everything else on the service stays as it is.
Field names: https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.cloud import run_v2
from google.protobuf.duration_pb2 import Duration

from bot.clients.cloud_run import volumes

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.configuration import CloudRun, Probe

INGRESS = {
    "all": "INGRESS_TRAFFIC_ALL",
    "internal": "INGRESS_TRAFFIC_INTERNAL_ONLY",
    "internal-and-cloud-load-balancing": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
}
EGRESS = {"all-traffic": "ALL_TRAFFIC", "private-ranges-only": "PRIVATE_RANGES_ONLY"}
GENERATION = {"gen1": "EXECUTION_ENVIRONMENT_GEN1", "gen2": "EXECUTION_ENVIRONMENT_GEN2"}


def main_container(template: run_v2.RevisionTemplate) -> run_v2.Container:
    """Return the container that answers requests: the one with a port, else the first."""
    if not template.containers:
        template.containers.append(run_v2.Container())
    with_port = (container for container in template.containers if container.ports)
    return next(with_port, template.containers[0])


def write(service: run_v2.Service, settings: CloudRun) -> None:
    """Write every key that deploy.yaml names; `allow_unauthenticated` and `spec` stand apart."""
    for key, write_on_service in ON_SERVICE.items():
        if (value := getattr(settings, key)) is not None:
            write_on_service(service, value)
    for key, write_on_template in ON_TEMPLATE.items():
        if (value := getattr(settings, key)) is not None:
            write_on_template(service.template, value)
    container = main_container(service.template)
    _throttle(container)
    for key, write_on_container in ON_CONTAINER.items():
        if (value := getattr(settings, key)) is not None:
            write_on_container(container, value)


def label(service: run_v2.Service, labels: dict[str, str]) -> None:
    """Put labels on the service and on the revision that its template makes."""
    service.labels.update(labels)
    service.template.labels.update(labels)


def _description(service: run_v2.Service, text: str) -> None:
    service.description = text


def _ingress(service: run_v2.Service, name: str) -> None:
    service.ingress = getattr(run_v2.IngressTraffic, INGRESS[name])


def _timeout(template: run_v2.RevisionTemplate, seconds: int) -> None:
    template.timeout = Duration(seconds=seconds)


def _concurrency(template: run_v2.RevisionTemplate, requests: int) -> None:
    template.max_instance_request_concurrency = requests


def _min_instances(template: run_v2.RevisionTemplate, count: int) -> None:
    template.scaling.min_instance_count = count


def _max_instances(template: run_v2.RevisionTemplate, count: int) -> None:
    template.scaling.max_instance_count = count


def _service_account(template: run_v2.RevisionTemplate, email: str) -> None:
    template.service_account = email


def _vpc_connector(template: run_v2.RevisionTemplate, connector: str) -> None:
    """Drop direct VPC interfaces: a connector excludes them."""
    template.vpc_access.connector = connector
    template.vpc_access.network_interfaces = []


def _vpc_egress(template: run_v2.RevisionTemplate, name: str) -> None:
    template.vpc_access.egress = getattr(run_v2.VpcAccess.VpcEgress, EGRESS[name])


def _execution_environment(template: run_v2.RevisionTemplate, name: str) -> None:
    template.execution_environment = getattr(run_v2.ExecutionEnvironment, GENERATION[name])


def _session_affinity(template: run_v2.RevisionTemplate, wanted: bool) -> None:  # noqa: FBT001  # a value
    template.session_affinity = wanted


def _secrets(template: run_v2.RevisionTemplate, secrets: dict[str, str]) -> None:
    """`NAME: secret:version` is a variable, `/path: secret:version` a file, as for gcloud."""
    container = main_container(template)
    for place, reference in secrets.items():
        secret, _, version = reference.rpartition(":")
        if place.startswith("/"):
            volumes.mount_secret(template, container, place, (secret, version))
        else:
            variable = _variable(container, place)
            selector = run_v2.SecretKeySelector(secret=secret, version=version)
            variable.value_source = run_v2.EnvVarSource(secret_key_ref=selector)


def _cloudsql_instances(template: run_v2.RevisionTemplate, instances: tuple[str, ...]) -> None:
    volumes.mount_cloud_sql(template, main_container(template), instances)


def _port(container: run_v2.Container, port: int) -> None:
    """Keep a port's name: `h2c` there means HTTP/2."""
    if not container.ports:
        container.ports.append(run_v2.ContainerPort())
    container.ports[0].container_port = port


def _memory(container: run_v2.Container, amount: str) -> None:
    container.resources.limits["memory"] = amount


def _cpu(container: run_v2.Container, amount: str | float) -> None:
    container.resources.limits["cpu"] = amount if isinstance(amount, str) else f"{amount:g}"


def _cpu_throttling(container: run_v2.Container, wanted: bool) -> None:  # noqa: FBT001  # a value
    container.resources.cpu_idle = wanted


def _throttle(container: run_v2.Container) -> None:
    """Begin a container as gcloud would: limits without a word mean "CPU always allocated".

    Source: `cpuIdle` of https://cloud.google.com/run/docs/reference/rest/v2/Container
    """
    if "resources" not in container:
        container.resources.cpu_idle = True


def _cpu_boost(container: run_v2.Container, wanted: bool) -> None:  # noqa: FBT001  # a value
    container.resources.startup_cpu_boost = wanted


def _env(container: run_v2.Container, values: dict[str, str]) -> None:
    for name, value in values.items():
        _variable(container, name).value = value


def _variable(container: run_v2.Container, name: str) -> run_v2.EnvVar:
    for variable in container.env:
        if variable.name == name:
            return variable
    container.env.append(run_v2.EnvVar(name=name))
    return container.env[-1]


def _command(container: run_v2.Container, words: tuple[str, ...]) -> None:
    container.command = list(words)


def _args(container: run_v2.Container, words: tuple[str, ...]) -> None:
    container.args = list(words)


def _startup_probe(container: run_v2.Container, probe: Probe) -> None:
    container.startup_probe = _probe(probe)


def _liveness_probe(container: run_v2.Container, probe: Probe) -> None:
    container.liveness_probe = _probe(probe)


def _probe(probe: Probe) -> run_v2.Probe:
    """Without a port Cloud Run probes the container's own."""
    made = run_v2.Probe(
        initial_delay_seconds=probe.initial_delay,
        timeout_seconds=probe.timeout,
        period_seconds=probe.period,
        failure_threshold=probe.failures,
    )
    if probe.http_get:
        made.http_get = run_v2.HTTPGetAction(path=probe.http_get, port=probe.port or 0)
    else:
        made.tcp_socket = run_v2.TCPSocketAction(port=probe.port or 0)
    return made


ON_SERVICE: dict[str, Callable[[run_v2.Service, Any], None]] = {
    "labels": label,
    "description": _description,
    "ingress": _ingress,
}
ON_TEMPLATE: dict[str, Callable[[run_v2.RevisionTemplate, Any], None]] = {
    "timeout": _timeout,
    "concurrency": _concurrency,
    "min_instances": _min_instances,
    "max_instances": _max_instances,
    "service_account": _service_account,
    "vpc_connector": _vpc_connector,
    "vpc_egress": _vpc_egress,
    "execution_environment": _execution_environment,
    "session_affinity": _session_affinity,
    "secrets": _secrets,
    "cloudsql_instances": _cloudsql_instances,
}
ON_CONTAINER: dict[str, Callable[[run_v2.Container, Any], None]] = {
    "port": _port,
    "memory": _memory,
    "cpu": _cpu,
    "cpu_throttling": _cpu_throttling,
    "cpu_boost": _cpu_boost,
    "env": _env,
    "command": _command,
    "args": _args,
    "startup_probe": _startup_probe,
    "liveness_probe": _liveness_probe,
}
