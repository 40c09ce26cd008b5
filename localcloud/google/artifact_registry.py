"""google.devtools.artifactregistry.v1.ArtifactRegistry: the tags of images that were pushed here.

https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations.repositories.packages.tags
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from google.cloud import artifactregistry_v1

from localcloud.google.errors import Code, refuse
from localcloud.google.protocol import MethodTable, Proto, method, raw

if TYPE_CHECKING:
    from localcloud.google.ports import Images

_TAG = raw(artifactregistry_v1.Tag)


class ArtifactRegistryApi:
    """Reads and writes tags; what they name is in the runtime's image store."""

    def __init__(self, images: Images) -> None:
        self._images = images

    def methods(self) -> MethodTable:
        """Return the methods by their full names."""
        table = {
            "GetTag": method(artifactregistry_v1.GetTagRequest, self._get),
            "CreateTag": method(artifactregistry_v1.CreateTagRequest, self._create),
            "UpdateTag": method(artifactregistry_v1.UpdateTagRequest, self._update),
        }
        prefix = "/google.devtools.artifactregistry.v1.ArtifactRegistry/"
        return {f"{prefix}{name}": made for name, made in table.items()}

    def _get(self, request: Proto) -> Proto:
        digest = self._digest(request.name)
        if digest is None:
            refuse("Requested entity was not found.", Code.NOT_FOUND)
        package = request.name.rpartition("/tags/")[0]
        return _TAG(name=request.name, version=f"{package}/versions/{digest}")

    def _create(self, request: Proto) -> Proto:
        tag = _TAG(name=f"{request.parent}/tags/{request.tag_id}", version=request.tag.version)
        if self._digest(tag.name) is not None:
            refuse("the tag already exists", Code.ALREADY_EXISTS)
        return self._write(tag)

    def _update(self, request: Proto) -> Proto:
        if list(request.update_mask.paths) not in ([], ["version"]):
            refuse("Invalid update_mask: only version can be updated.")
        if self._digest(request.tag.name) is None:
            refuse("Requested entity was not found.", Code.NOT_FOUND)
        return self._write(request.tag)

    def _digest(self, name: str) -> str | None:
        package, _, tag = name.rpartition("/tags/")
        return self._images.resolve(f"{image_of(package)}:{tag}")

    def _write(self, tag: Proto) -> Proto:
        package, _, name = tag.name.rpartition("/tags/")
        of, _, digest = tag.version.rpartition("/versions/")
        if of != package:
            refuse("the version belongs to another package")
        if self._images.resolve(f"{image_of(package)}@{digest}") is None:
            refuse(f"Version {digest} was not found.", Code.NOT_FOUND)
        self._images.tag(image_of(package), name, digest)
        return tag


def image_of(package: str) -> str:
    """Return the name under which docker pushes a package."""
    _, project, _, location, _, repository, _, name = package.split("/", 7)
    if repository.endswith("gcr.io"):
        return f"{repository}/{project}/{unquote(name)}"
    return f"{location}-docker.pkg.dev/{project}/{repository}/{unquote(name)}"
