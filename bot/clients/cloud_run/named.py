"""The record of what deploy.yaml named for a revision: names only, never a value.

It rides on the revision itself, so that the next revision knows what is gone from deploy.yaml
and what somebody else set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from msgspec.structs import fields

from bot.clients.cloud_run import spec
from bot.core.configuration import CloudRun

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

ANNOTATION = "spillway.dev/named"
"""Outside run.googleapis.com, cloud.googleapis.com, serving.knative.dev and
autoscaling.knative.dev, which the v2 API rejects
(https://cloud.google.com/run/docs/reference/rest/v2/RevisionTemplate)."""
KEYS = tuple(key.name for key in fields(CloudRun) if key.default is None)
"""Every key that deploy.yaml may leave unnamed."""


class Named(Struct, frozen=True, omit_defaults=True):
    """What one deploy.yaml named under `cloud_run`."""

    keys: frozenset[str] = frozenset()
    variables: frozenset[str] = frozenset()
    """From `env` and from `secrets`."""
    files: frozenset[str] = frozenset()
    """Paths of secrets."""
    labels: frozenset[str] = frozenset()
    spec: dict[str, Any] = {}
    """As `spec.names` gives it."""


def of(settings: CloudRun) -> Named:
    """Return what these settings name."""
    files = frozenset(place for place in settings.secrets if place.startswith("/"))
    return Named(
        keys=frozenset(key for key in KEYS if getattr(settings, key) is not None),
        variables=frozenset(settings.env) | frozenset(settings.secrets) - files,
        files=files,
        labels=frozenset(settings.labels),
        spec=spec.names(settings.spec),
    )


def record(annotations: MutableMapping[str, str], named: Named) -> None:
    """Write the record among a template's annotations."""
    annotations[ANNOTATION] = msgspec.json.encode(named, order="deterministic").decode()


def recorded(annotations: Mapping[str, str]) -> Named:
    """Return the record; nothing is named where there is none or somebody spoilt it."""
    try:
        return msgspec.json.decode(annotations.get(ANNOTATION, "{}"), type=Named)
    except (msgspec.DecodeError, RecursionError):
        return Named()
