"""The whole service as it should be for a new revision.

The revision is made from the one that keeps the traffic: the service's own template may be that
of a canary that was rolled back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.cloud import run_v2

from bot.clients.cloud_run import named, removal, spec, template, traffic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.action import Stage

CARRIED = (
    "scaling",
    "vpc_access",
    "timeout",
    "service_account",
    "containers",
    "volumes",
    "execution_environment",
    "encryption_key",
    "max_instance_request_concurrency",
    "service_mesh",
    "encryption_key_revocation_action",
    "encryption_key_shutdown_duration",
    "session_affinity",
    "node_selector",
    "gpu_zonal_redundancy_disabled",
)
"""What a revision and its template have in common, labels and annotations apart."""
OURS = "spillway-"
"""Begins the labels that say what a revision was made from."""
SYSTEM = (
    "run.googleapis.com",
    "cloud.googleapis.com",
    "serving.knative.dev",
    "autoscaling.knative.dev",
)
"""Namespaces that the v2 API rejects in a template
(https://cloud.google.com/run/docs/reference/rest/v2/RevisionTemplate)."""
UNHEALED = "health_check_disabled"
"""The one setting of a template that its revision does not show."""


def desired(live: run_v2.Service, stable: run_v2.Revision | None, action: Stage) -> run_v2.Service:
    """Return the service: what others set on it, and on it what deploy.yaml names."""
    now = named.of(action.cloud_run)
    removal.from_service(live, named.recorded(live.template.annotations), now)
    if stable is not None:
        live.template = _template_of(stable, live.template)
    removal.from_template(live.template, named.recorded(live.template.annotations), now)
    for part in (live, live.template):
        part.labels, part.annotations = _kept(part.labels), _kept(part.annotations)
    template.write(live, action.cloud_run)
    spec.merge(live, action.cloud_run.spec)
    template.label(live, action.labels)
    named.record(live.template.annotations, now)
    template.main_container(live.template).image = action.image
    live.template.revision = action.revision
    live.traffic = traffic.staged(live, action)
    return live


def _template_of(
    stable: run_v2.Revision, latest: run_v2.RevisionTemplate
) -> run_v2.RevisionTemplate:
    """Return the template that would make this revision again."""
    made = run_v2.RevisionTemplate(
        {field: getattr(stable, field) for field in CARRIED if field in stable}
    )
    made.labels, made.annotations = dict(stable.labels), dict(stable.annotations)
    made.health_check_disabled = latest.health_check_disabled and not _unhealed_by_us(latest)
    for container in made.containers:
        run_v2.Container.pb(container).ClearField("build_info")
    return made


def _kept(entries: Mapping[str, str]) -> dict[str, str]:
    """Return what is neither the platform's own nor of a revision before."""
    return {
        name: value
        for name, value in entries.items()
        if not name.startswith(OURS) and not is_system(name)
    }


def is_system(name: str) -> bool:
    """Tell whether a label or annotation is the platform's own."""
    space = name.rpartition("/")[0]
    return any(space == system or space.endswith(f".{system}") for system in SYSTEM)


def _unhealed_by_us(latest: run_v2.RevisionTemplate) -> bool:
    named_before = named.recorded(latest.annotations).spec.get("template")
    return isinstance(named_before, dict) and UNHEALED in named_before
