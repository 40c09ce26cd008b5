"""REST routes of the methods, read from the client libraries themselves.

The generated transports know, for every method, which verb and address they will call
(`_get_http_options`): private, but exact, and kept true by every upgrade of the libraries.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from google.cloud.artifactregistry_v1.services.artifact_registry.transports.rest_base import (
    _BaseArtifactRegistryRestTransport,
)
from google.cloud.devtools.cloudbuild_v1.services.cloud_build.transports.rest_base import (
    _BaseCloudBuildRestTransport,
)
from google.cloud.run_v2.services.revisions.transports.rest_base import _BaseRevisionsRestTransport
from google.cloud.run_v2.services.services.transports.rest_base import _BaseServicesRestTransport
from google.cloud.secretmanager_v1.services.secret_manager_service.transports.rest_base import (
    _BaseSecretManagerServiceRestTransport,
)
from google.pubsub_v1.services.publisher.transports.rest_base import _BasePublisherRestTransport
from google.pubsub_v1.services.subscriber.transports.rest_base import _BaseSubscriberRestTransport

if TYPE_CHECKING:
    from localcloud.google.protocol import Method, MethodTable, Proto

_TRANSPORTS: dict[str, Proto] = {
    "google.cloud.run.v2.Services": _BaseServicesRestTransport,
    "google.cloud.run.v2.Revisions": _BaseRevisionsRestTransport,
    "google.devtools.cloudbuild.v1.CloudBuild": _BaseCloudBuildRestTransport,
    "google.devtools.artifactregistry.v1.ArtifactRegistry": _BaseArtifactRegistryRestTransport,
    "google.cloud.secretmanager.v1.SecretManagerService": _BaseSecretManagerServiceRestTransport,
    "google.pubsub.v1.Publisher": _BasePublisherRestTransport,
    "google.pubsub.v1.Subscriber": _BaseSubscriberRestTransport,
    "google.longrunning.Operations": _BaseServicesRestTransport,
}
_BUILD_OPERATIONS = (
    "/v1/{name=operations/**}",
    "/v1/{name=projects/*/locations/*/operations/*}",
)
"""Where Cloud Build's clients poll; their library builds these without a `_Base` class."""
_VARIABLE = re.compile(r"\{([^}=]+)(?:=([^}]+))?\}")


@dataclass(frozen=True)
class Route:
    """One address: `names` are the request fields that the pattern's groups fill."""

    verb: str
    pattern: re.Pattern[str]
    names: tuple[str, ...]
    body: str
    method: Method


def library_routes(methods: MethodTable) -> list[Route]:
    """Return every address of every method that has a REST transport."""
    return [route for name, method in methods.items() for route in _routes_of(name, method)]


def _routes_of(full_name: str, method: Method) -> list[Route]:
    _, service, name = full_name.split("/")
    if service not in _TRANSPORTS:
        return []
    options = getattr(_TRANSPORTS[service], f"_Base{name}")._get_http_options()  # noqa: SLF001  # see the module's docstring
    routes = [
        _route(option["method"].upper(), option["uri"], option.get("body", ""), method)
        for option in options
    ]
    if full_name == "/google.longrunning.Operations/GetOperation":
        routes += [_route("GET", uri, "", method) for uri in _BUILD_OPERATIONS]
    return routes


def _route(verb: str, uri: str, body: str, method: Method) -> Route:
    names: list[str] = []

    def group(variable: re.Match[str]) -> str:
        names.append(variable[1])
        return f"({_segments(variable[2] or '*')})"

    return Route(verb, re.compile(_VARIABLE.sub(group, uri)), tuple(names), body, method)


def _segments(template: str) -> str:
    return re.sub(r"\*\*?", lambda star: ".+" if star[0] == "**" else "[^/:]+", template)
