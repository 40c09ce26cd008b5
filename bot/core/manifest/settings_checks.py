"""What Cloud Run takes under each key of `cloud_run`.

Limits: https://cloud.google.com/run/quotas and
https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bot.core.configuration import CloudRun, Probe
from bot.core.manifest.rules import Check, Finding, between, both, each, entries, holds, shaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

RESERVED_VARIABLES = frozenset({"PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"})
"""Cloud Run sets these (https://cloud.google.com/run/docs/container-contract#env-vars)."""

_LONGEST_VARIABLE = 32 * 1024
_LONGEST_DESCRIPTION = 512
_MEBIBYTES = {"Mi": 1.0, "Gi": 1024.0, "M": 1e6 / 2**20, "G": 1e9 / 2**20}
_LEAST_MEMORY, _MOST_MEMORY = 128, 32 * 1024
_WHOLE_CPUS = frozenset({1.0, 2.0, 4.0, 6.0, 8.0})
_LEAST_CPU = 0.08


def _is_memory(text: str) -> bool:
    found = re.fullmatch(r"([0-9]{1,6})(Mi|Gi|M|G)", text)
    mebibytes = int(found[1]) * _MEBIBYTES[found[2]] if found else 0
    return _LEAST_MEMORY <= round(mebibytes) <= _MOST_MEMORY


def _is_cpu(text: str) -> bool:
    found = re.fullmatch(r"([0-9]{1,4}(?:\.[0-9]{1,3})?)(m?)", text)
    cpus = float(found[1]) / (1000 if found[2] else 1) if found else 0
    return _LEAST_CPU <= cpus < 1 or cpus in _WHOLE_CPUS


def _unreserved(name: str) -> Iterable[Finding]:
    if name == "PORT":
        yield (), "Cloud Run sets PORT itself: use the key `port` of cloud_run"
    elif name in RESERVED_VARIABLES or name.startswith("X_GOOGLE_"):
        yield (), "Cloud Run keeps this name for itself"


def _instances(settings: CloudRun) -> Iterable[Finding]:
    least, most = settings.min_instances, settings.max_instances
    if least is not None and most is not None and least > most:
        yield ("min_instances",), f"{least} is more than max_instances, {most}"
    for name in settings.env.keys() & settings.secrets.keys():
        yield ("env", name), "is set under secrets too: keep one of them"


def _probe_fits(probe: Probe) -> Iterable[Finding]:
    if probe.timeout > probe.period:
        yield ("timeout",), f"{probe.timeout} is longer than period, {probe.period}"


def _spec(spec: dict[str, Any]) -> Iterable[Finding]:
    """Keep what the rollout itself writes out of reach."""
    for name in ("name", "etag", "traffic"):
        if name in spec:
            yield (name,), "may not be set here: the rollout owns it"
    template = spec.get("template")
    if isinstance(template, dict):
        yield from ((("template", *path), message) for path, message in _template(template))


def _template(template: dict[str, Any]) -> Iterable[Finding]:
    if "revision" in template:
        yield ("revision",), "may not be set here: the rollout names revisions"
    containers = template.get("containers")
    for place, container in enumerate(containers if isinstance(containers, list) else ()):
        if isinstance(container, dict) and "image" in container:
            yield ("containers", place, "image"), "may not be set here: the build decides it"


_VARIABLE = both(
    shaped(r"[A-Za-z_][A-Za-z0-9_]{0,254}", "is no variable name: letters, digits and _"),
    _unreserved,
)
_SECRET_PLACE = both(
    shaped(
        r"[A-Za-z_][A-Za-z0-9_]{0,254}|(/[A-Za-z0-9._-]+){2,}",
        "is neither a variable name nor a file path such as /secrets/key",
    ),
    _unreserved,
)
_SECRET = shaped(
    r"(projects/[a-z0-9.:-]+/secrets/)?[A-Za-z0-9_-]{1,255}:(latest|[1-9][0-9]*)",
    "is no secret: write name:version, such as api-key:3 or api-key:latest",
)
_LABEL = both(
    shaped(
        r"[a-z][a-z0-9_-]{0,62}", "is no label: lower-case letters, digits, _ and -, at most 63"
    ),
    holds(lambda name: not name.startswith("spillway-"), "labels starting spillway- are ours"),
)
_LABEL_VALUE = shaped(
    r"[a-z0-9_-]{0,63}", "is no label value: lower-case letters, digits, _ and -, at most 63"
)
_ACCOUNT = shaped(
    r"[a-z0-9][a-z0-9-]*@[a-z0-9.-]+", "is no service account: NAME@PROJECT.iam.gserviceaccount.com"
)
_DATABASE = shaped(
    r"[a-z0-9.:-]+:[a-z0-9-]+:[a-z0-9-]+", "is no instance: write project:region:name"
)
_SECONDS = between(1, 3600)

SETTINGS_FIELD_CHECKS: dict[type, dict[str, Check]] = {
    CloudRun: {
        "port": between(1, 65535),
        "memory": holds(_is_memory, "must be 128Mi to 32Gi, with its unit, such as 512Mi or 2Gi"),
        "cpu": holds(_is_cpu, "must be 1, 2, 4, 6 or 8, or a part of one from 0.08 (80m)"),
        "timeout": between(1, 3600),
        "concurrency": between(1, 1000),
        "min_instances": between(0, 1000),
        "max_instances": between(1, 1000),
        "service_account": _ACCOUNT,
        "env": entries(
            _VARIABLE,
            holds(lambda value: len(value) <= _LONGEST_VARIABLE, "is longer than 32 KB"),
        ),
        "secrets": entries(_SECRET_PLACE, _SECRET),
        "vpc_connector": shaped(r"[A-Za-z0-9][A-Za-z0-9/._:-]*", "is no connector"),
        "cloudsql_instances": each(_DATABASE),
        "labels": entries(_LABEL, _LABEL_VALUE),
        "description": holds(
            lambda text: len(text) <= _LONGEST_DESCRIPTION, "is longer than 512 characters"
        ),
        "spec": _spec,
    },
    Probe: {
        "http_get": shaped(r"/[!-~]{0,1999}", "is no path: it starts with /"),
        "port": between(1, 65535),
        "initial_delay": between(0, 240),
        "timeout": _SECONDS,
        "period": _SECONDS,
        "failures": between(1, 1000),
    },
}

SETTINGS_CROSS_CHECKS: dict[type, Callable[[Any], Iterable[Finding]]] = {
    CloudRun: _instances,
    Probe: _probe_fits,
}
