"""What the owner of the project sees and does in Google Cloud's console, by its real clients."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import requests
from google.api_core.exceptions import NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import artifactregistry_v1, run_v2, secretmanager_v1
from google.cloud.devtools import cloudbuild_v1

from localcloud.bot_environment import PROJECT, REGION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from localcloud.cloud import Cloud

PARENT = f"projects/{PROJECT}/locations/{REGION}"
NAMED = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION


class Console:
    """Cloud Run, Cloud Build and Artifact Registry of the one project."""

    def __init__(self, cloud: Cloud) -> None:
        access = {
            "transport": "rest",
            "credentials": AnonymousCredentials(),  # type: ignore[no-untyped-call]
            "client_options": {"api_endpoint": cloud.google.url},
        }
        self._services = run_v2.ServicesClient(**access)
        self._revisions = run_v2.RevisionsClient(**access)
        self._registry = artifactregistry_v1.ArtifactRegistryClient(**access)
        self._secrets = secretmanager_v1.SecretManagerServiceClient(**access)
        self._builds = cloudbuild_v1.CloudBuildClient(**access)

    def service(self, name: str) -> run_v2.Service:
        """A service as it stands."""
        return self._services.get_service(name=f"{PARENT}/services/{name}")

    def shares(self, name: str) -> dict[str, int]:
        """Each revision's part of the traffic, those without any left out."""
        targets = self.service(name).traffic_statuses
        return {target.revision: target.percent for target in targets if target.percent}

    def serving(self, name: str) -> str:
        """The one revision that has all the traffic."""
        ((revision, percent),) = self.shares(name).items()
        assert percent == 100
        return revision

    def tags(self, name: str) -> list[str]:
        """The tags that are in use."""
        return [target.tag for target in self.service(name).traffic_statuses if target.tag]

    def wanted_tags(self, name: str) -> list[str]:
        """The tags that were asked for, in use or not."""
        return [target.tag for target in self.service(name).traffic if target.tag]

    def move(self, name: str, shares: Mapping[str, int]) -> None:
        """Move the traffic by hand; tags go."""
        service = self.service(name)
        service.traffic = [
            run_v2.TrafficTarget(type_=NAMED, revision=revision, percent=percent)
            for revision, percent in shares.items()
        ]
        self._services.update_service(service=service).result(timeout=20)

    def create(self, name: str, service: run_v2.Service) -> None:
        """Make a service by hand, as Terraform would, and wait until it serves."""
        self._services.create_service(parent=PARENT, service=service, service_id=name).result(
            timeout=20
        )

    @contextmanager
    def without_url(self, name: str) -> Iterator[None]:
        """Have a service's default URL disabled for a while."""
        self._disable_url(name, disabled=True)
        try:
            yield
        finally:
            self._disable_url(name, disabled=False)

    def _disable_url(self, name: str, *, disabled: bool) -> None:
        service = self.service(name)
        service.default_uri_disabled = disabled
        mask = {"paths": ["default_uri_disabled"]}
        self._services.update_service({"service": service, "update_mask": mask}).result(timeout=20)

    def label(self, name: str, labels: Mapping[str, str]) -> None:
        """Put labels on a service by hand."""
        service = self.service(name)
        service.labels.update(labels)
        self._services.update_service(
            {"service": service, "update_mask": {"paths": ["labels"]}}
        ).result(timeout=20)

    @contextmanager
    def moved(self, name: str, shares: Mapping[str, int]) -> Iterator[None]:
        """Have the traffic elsewhere for a while."""
        before = self.shares(name)
        self.move(name, shares)
        try:
            yield
        finally:
            self.move(name, before)

    def revise(self, name: str, variables: Mapping[str, str]) -> str:
        """Make a revision by hand, without traffic, and return its name."""
        service = self.service(name)
        service.template.revision = f"{name}-by-hand-{service.generation}"
        service.template.containers[0].env = [
            run_v2.EnvVar(name=key, value=value) for key, value in variables.items()
        ]
        self._services.update_service(service=service).result(timeout=20)
        return service.template.revision

    def digest(self, name: str) -> str:
        """The digest that the serving revision runs."""
        revision = self._revisions.get_revision(
            name=f"{PARENT}/services/{name}/revisions/{self.serving(name)}"
        )
        return str(revision.containers[0].image.partition("@")[2])

    def image(self, name: str, tag: str) -> str:
        """The digest that a tag of an image names; empty for none."""
        package = f"{PARENT}/repositories/backend/packages/{name}"
        try:
            found = self._registry.get_tag(name=f"{package}/tags/{tag}")
        except NotFound:
            return ""
        return str(found.version.rpartition("/")[2])

    def image_name(self, name: str) -> str:
        """An image as docker names it, without a tag."""
        return f"{REGION}-docker.pkg.dev/{PROJECT}/backend/{name}"

    def create_secret(self, name: str, value: str) -> None:
        """Make a secret with one version."""
        wanted = {"parent": f"projects/{PROJECT}", "secret_id": name, "secret": {}}
        self._secrets.create_secret(request=wanted)
        self.add_secret_version(name, value)

    def add_secret_version(self, name: str, value: str) -> None:
        """Give a secret a newer version."""
        payload = {"data": value.encode()}
        parent = f"projects/{PROJECT}/secrets/{name}"
        self._secrets.add_secret_version(request={"parent": parent, "payload": payload})

    def delete_revision(self, name: str, revision: str) -> None:
        """Delete a revision that has no traffic."""
        path = f"{PARENT}/services/{name}/revisions/{revision}"
        self._revisions.delete_revision(name=path).result(timeout=20)

    def builds(self, image: str) -> int:
        """How many builds there ever were of an image."""
        every = self._builds.list_builds({"parent": PARENT, "page_size": 100})
        return sum(any(f"/{image}:" in made for made in build.images) for build in every)

    def sources(self, image: str, region: str) -> list[tuple[str, str]]:
        """The connected repository and revision of an image's builds there, newest first."""
        parent = f"projects/{PROJECT}/locations/{region}"
        every = self._builds.list_builds({"parent": parent, "page_size": 100})
        return [
            (
                build.source.connected_repository.repository,
                build.source.connected_repository.revision,
            )
            for build in every
            if any(f"/{image}:" in made for made in build.images)
        ]

    def builds_tagged(self, tag: str) -> int:
        """How many builds carry this tag."""
        every = self._builds.list_builds({"parent": PARENT, "filter": f'tags="{tag}"'})
        return len(list(every))


def visit(url: str) -> requests.Response:
    """What somebody without any identity is answered."""
    return requests.get(url, timeout=10)
