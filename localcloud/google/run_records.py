"""Cloud Run's resources on record, and their names."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from google.cloud import run_v2
from google.iam.v1 import policy_pb2
from google.protobuf.wrappers_pb2 import StringValue

from localcloud.google.errors import Code, refuse
from localcloud.google.protocol import raw

if TYPE_CHECKING:
    from localcloud.google.protocol import Proto
    from localcloud.google.records import Records

SERVICE, REVISION, TEMPLATE = (
    raw(run_v2.Service),
    raw(run_v2.Revision),
    raw(run_v2.RevisionTemplate),
)


@dataclass(frozen=True)
class ServiceName:
    """A service's full name, taken apart."""

    project: str
    location: str
    service: str

    @classmethod
    def parse(cls, name: str) -> ServiceName:
        """Return the parts of a service's name, or of the name of something under it."""
        parts = name.split("/")
        return cls(parts[1], parts[3], parts[5])

    @property
    def parent(self) -> str:
        """Where the service lives."""
        return f"projects/{self.project}/locations/{self.location}"


def last(name: str) -> str:
    """Return a resource's own id."""
    return name.rpartition("/")[2]


def new_etag() -> str:
    """Return an etag that no other write has."""
    return f'"{secrets.token_urlsafe(12)}"'


class RunRecords:
    """Services, revisions, the templates they were cut from, image digests, policies."""

    def __init__(self, records: Records) -> None:
        self.records = records

    def find_service(self, name: str) -> Proto | None:
        """Return a service, None when absent."""
        return self.records.get("service", name, SERVICE)

    def service(self, name: str) -> Proto:
        """Return a service; raises ApiError NOT_FOUND in Google's words."""
        found = self.find_service(name)
        if found is None:
            _refuse_absent(name, "SERVICE")
        return found

    def services(self, parent: str) -> list[Proto]:
        """Return the services of a location; location `-` means every one."""
        project = parent.partition("/locations/")[0]
        prefix = f"{project}/locations/" if parent.endswith("/-") else f"{parent}/services/"
        return self.records.under("service", prefix, SERVICE)

    def every_service(self) -> list[Proto]:
        """Return the services of every project."""
        return self.records.under("service", "", SERVICE)

    def save_service(self, service: Proto) -> None:
        """Write a service under a new etag."""
        service.etag = new_etag()
        self.records.put("service", service.name, service)

    def find_revision(self, name: str) -> Proto | None:
        """Return a revision, None when absent."""
        return self.records.get("revision", name, REVISION)

    def revision(self, name: str) -> Proto:
        """Return a revision; raises ApiError NOT_FOUND in Google's words."""
        found = self.find_revision(name)
        if found is None:
            _refuse_absent(name, "REVISION")
        return found

    def revisions(self, service: str) -> list[Proto]:
        """Return a service's revisions, newest first; service `-` means every one."""
        prefix = service.removesuffix("-") if service.endswith("/-") else f"{service}/revisions/"
        found = self.records.under("revision", prefix, REVISION)
        return sorted(found, key=lambda one: -one.create_time.ToNanoseconds())

    def save_revision(self, revision: Proto) -> None:
        """Write a revision under a new etag."""
        revision.etag = new_etag()
        self.records.put("revision", revision.name, revision)

    def template_of(self, revision: str) -> Proto | None:
        """Return the template that a revision was cut from, without its name."""
        return self.records.get("template", revision, TEMPLATE)

    def template(self, revision: str) -> Proto:
        """Return a revision's template; raises ApiError NOT_FOUND when the revision is gone."""
        found = self.template_of(revision)
        if found is None:
            _refuse_absent(revision, "REVISION")
        return found

    def save_template(self, revision: str, template: Proto) -> None:
        """Keep the template that a revision is cut from."""
        self.records.put("template", revision, template)

    def digest_of(self, revision: str) -> str:
        """Return the image digest that a revision is pinned to, "" before it was resolved."""
        found = self.records.get("digest", revision, StringValue)
        return found.value if found else ""

    def save_digest(self, revision: str, digest: str) -> None:
        """Pin a revision's image: a tag that moves later changes nothing."""
        self.records.put("digest", revision, StringValue(value=digest))

    def policy(self, service: str) -> Proto:
        """Return a service's IAM policy."""
        found = self.records.get("policy", service, policy_pb2.Policy)
        return found or policy_pb2.Policy(etag=b"\x00\x01")

    def save_policy(self, service: str, policy: Proto) -> None:
        """Write a service's IAM policy under a new etag."""
        policy.etag = secrets.token_bytes(8)
        self.records.put("policy", service, policy)

    def forget_revision(self, name: str) -> None:
        """Remove a revision and all that hangs on it."""
        with self.records.transaction():
            for kind in ("revision", "template", "digest"):
                self.records.delete(kind, name)

    def forget_service(self, name: str) -> None:
        """Remove a service, its revisions and its policy."""
        with self.records.transaction():
            for revision in self.revisions(name):
                self.forget_revision(revision.name)
            self.records.delete("policy", name)
            self.records.delete("service", name)


def _refuse_absent(name: str, kind: str) -> NoReturn:
    of = ServiceName.parse(name)
    where = f"in region '{of.location}' in project '{of.project}'"
    refuse(f"Resource '{last(name)}' of kind '{kind}' {where} does not exist.", Code.NOT_FOUND)
