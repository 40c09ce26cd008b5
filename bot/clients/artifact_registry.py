"""Tags in Artifact Registry: created, or moved to another digest of the same image.

Over Artifact Registry's own API and not the Docker registry's: the same credentials and errors as
every other client here, one small write per tag, and no manifest passes through us.
https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations.repositories.packages.tags
"""

from __future__ import annotations

from functools import cached_property
from urllib.parse import quote

from google.api_core import exceptions as google
from google.cloud import artifactregistry_v1 as registry
from google.protobuf.field_mask_pb2 import FieldMask

from bot.clients.endpoint import DEADLINE, message_of, rest, status_of, translate
from bot.core.action import Accepted, Conflicted, Rejected, Tag

WHAT = "Artifact Registry"
DOMAIN = "-docker.pkg.dev"
LEGACY = {"gcr.io": "us", "us.gcr.io": "us", "eu.gcr.io": "europe", "asia.gcr.io": "asia"}
"""Where Artifact Registry keeps what gcr.io names
(https://cloud.google.com/artifact-registry/docs/transition/transition-from-gcr)."""
NO_TAG = "spillway-doctor"
REFUSALS = (google.BadRequest, google.Forbidden, google.NotFound)


class ArtifactRegistryClient:
    """The port `Registry`; `url` is empty for the real thing."""

    def __init__(self, url: str) -> None:
        self._url = url

    @cached_property
    def _registry(self) -> registry.ArtifactRegistryClient:
        return rest(registry.ArtifactRegistryClient, self._url)

    @translate(WHAT, final=True)
    def reach(self, image: str) -> None:
        """Ask for a tag that is not there, to see that tags can be read; raises as `tag` does."""
        self._found(f"{package_of(image)}/tags/{NO_TAG}")

    @translate(WHAT, final=True)
    def tag(self, wanted: Tag) -> Accepted | Conflicted | Rejected:
        """Let the tag name this digest; harmless when it does.

        Conflicted means that it names another image and must not move, or that it changed just
        now. Raises Transient and Broken.
        """
        try:
            return self._tagged(wanted)
        except google.Conflict as error:
            if status_of(error) in {"ALREADY_EXISTS", "ABORTED"}:
                return Conflicted(service=wanted.image)
            return Rejected(service=wanted.image, detail=message_of(error))
        except REFUSALS as error:
            return Rejected(service=wanted.image, detail=message_of(error))

    def _tagged(self, wanted: Tag) -> Accepted | Conflicted:
        package = package_of(wanted.image)
        target = registry.Tag(
            name=f"{package}/tags/{wanted.tag}", version=f"{package}/versions/{wanted.digest}"
        )
        found = self._found(target.name)
        if found is None:
            request = registry.CreateTagRequest(parent=package, tag_id=wanted.tag, tag=target)
            self._registry.create_tag(request, retry=None, timeout=DEADLINE)
        elif found.version != target.version:
            if not wanted.moves:
                return Conflicted(service=wanted.image)
            mask = FieldMask(paths=["version"])
            request = registry.UpdateTagRequest(tag=target, update_mask=mask)
            self._registry.update_tag(request, retry=None, timeout=DEADLINE)
        return Accepted(service=wanted.image, operation="")

    def _found(self, name: str) -> registry.Tag | None:
        try:
            return self._registry.get_tag(
                registry.GetTagRequest(name=name), retry=None, timeout=DEADLINE
            )
        except google.NotFound:
            return None


def package_of(image: str) -> str:
    """Return the resource name of an image without a tag; a slash within its name is escaped."""
    host, project, rest_of = image.split("/", 2)
    if host in LEGACY:
        location, repository, name = LEGACY[host], host, rest_of
    else:
        location = host.removesuffix(DOMAIN)
        repository, _, name = rest_of.partition("/")
    below = f"projects/{project}/locations/{location}/repositories/{repository}"
    return f"{below}/packages/{quote(name, safe='')}"
