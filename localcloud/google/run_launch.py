"""Starts and stops revisions in the runtime, and knows which ones it started."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.google.errors import Code, refuse
from localcloud.google.run_conditions import (
    FAILED,
    SUCCEEDED,
    condition,
    not_ready,
    set_conditions,
    start_failure,
)
from localcloud.google.run_limits import cpu_of, memory_of
from localcloud.google.run_records import RunRecords, last
from localcloud.google.run_templates import (
    ingress_container,
    secret_files,
    secret_variables,
    startup_timeout,
)
from localcloud.runtime.interface import RevisionSpec, StartFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.google.ports import Images, Revisions
    from localcloud.google.protocol import Proto
    from localcloud.google.run_templates import Secret

_MOST_INSTANCES = 4
"""More than a laptop needs to tell them from one."""


@dataclass(frozen=True)
class Runtime:
    """What runs revisions; `environment` holds the variables that every one of them gets."""

    images: Images
    revisions: Revisions
    environment: Callable[[], Mapping[str, str]]
    secret: Callable[[str, str], str | None]
    """What a version of `projects/P/secrets/S` holds."""


class Launch:
    """Gives each revision its image digest, environment and command line."""

    def __init__(self, records: RunRecords, runtime: Runtime) -> None:
        self._records = records
        self._runtime = runtime
        self._lock = threading.Lock()
        self._started: set[str] = set()
        self._stopping = False

    def start(self, revision: str) -> Proto:
        """Start a revision and return its Ready condition; one that runs is left alone.

        Raises ApiError UNAVAILABLE once this server stops, so that nothing is recorded as failed.
        """
        template = self._records.template(revision)
        refusal = self._refusal(revision, template)
        if refusal is not None:
            return refusal
        self._register(revision)
        try:
            self._runtime.revisions.start(self._spec(revision, template))
        except StartFailed as failure:
            self._unregister(revision)
            self._refuse_when_stopping()
            port = ingress_container(template).ports[0].container_port
            return start_failure(revision, port, failure)
        return condition("Ready", SUCCEEDED)

    def record(self, name: str, outcome: Proto) -> None:
        """Write a revision's Ready condition down."""
        revision = self._records.revision(name)
        healthy = condition("ContainerHealthy", outcome.state, outcome.message)
        set_conditions(revision, outcome, healthy)
        revision.reconciling = False
        revision.observed_generation = revision.generation
        self._records.save_revision(revision)

    def stop_all_of(self, service: str, keep: set[str]) -> None:
        """Stop a service's revisions but these."""
        prefix = f"{service}/revisions/"
        with self._lock:
            extra = {one for one in self._started if one.startswith(prefix)} - keep
        self._stop(extra)

    def stop_all(self) -> None:
        """Stop every revision, and start no more."""
        with self._lock:
            self._stopping = True
            running = set(self._started)
        self._stop(running)

    def _stop(self, revisions: set[str]) -> None:
        for revision in sorted(revisions):
            self._runtime.revisions.stop(revision)
            self._unregister(revision)

    def _register(self, revision: str) -> None:
        with self._lock:
            self._refuse_when_stopping()
            self._started.add(revision)

    def _unregister(self, revision: str) -> None:
        with self._lock:
            self._started.discard(revision)

    def _refuse_when_stopping(self) -> None:
        if self._stopping:
            refuse("The local cloud is stopping.", Code.UNAVAILABLE)

    def _refusal(self, revision: str, template: Proto) -> Proto | None:
        """Return a failed condition for what cannot even be started."""
        for secret in self._unreadable(revision, template):
            cause = f"Permission denied on secret: {secret}."
            message = not_ready(revision, cause)
            return condition("Ready", FAILED, message, "SECRETS_ACCESS_CHECK_FAILED")
        if not self._pinned(revision, ingress_container(template).image):
            message = not_ready(revision, f"Image '{ingress_container(template).image}' not found.")
            return condition("Ready", FAILED, message, "CONTAINER_MISSING")
        return None

    def _unreadable(self, revision: str, template: Proto) -> list[str]:
        """Return the secrets that cannot be read."""
        read = [
            one
            for held in template.containers
            for found in (secret_variables(held), secret_files(template, held))
            for one in found.values()
        ]
        return [one.name for one in read if self._secret(revision, one) is None]

    def _secret(self, revision: str, wanted: Secret) -> str | None:
        """Return a secret's value, of the service's own project where none is named."""
        project = revision.partition("/locations/")[0]
        named = wanted.name.startswith("projects/")
        full = wanted.name if named else f"{project}/secrets/{wanted.name}"
        return self._runtime.secret(full, wanted.version)

    def _values(self, revision: str, wanted: Mapping[str, Secret]) -> dict[str, str]:
        return {place: self._secret(revision, one) or "" for place, one in wanted.items()}

    def _pinned(self, revision: str, image: str) -> str:
        digest = self._records.digest_of(revision)
        if not digest:
            digest = self._runtime.images.resolve(image) or ""
            self._records.save_digest(revision, digest)
        return digest

    def _spec(self, revision: str, template: Proto) -> RevisionSpec:
        container = ingress_container(template)
        service = revision.partition("/revisions/")[0]
        return RevisionSpec(
            service=service,
            revision=revision,
            digest=self._records.digest_of(revision),
            port=container.ports[0].container_port,
            env=self._env(revision, container),
            command=tuple(container.command),
            args=tuple(container.args),
            startup_timeout=startup_timeout(container),
            repository=_repository(container.image),
            memory=memory_of(container),
            cpu=cpu_of(container),
            instances=max(1, min(template.scaling.min_instance_count, _MOST_INSTANCES)),
            files=self._values(revision, secret_files(template, container)),
        )

    def _env(self, revision: str, container: Proto) -> dict[str, str]:
        """Return the container contract's variables and the container's own.

        https://cloud.google.com/run/docs/container-contract#env-vars
        """
        service = last(revision.partition("/revisions/")[0])
        contract = {"K_SERVICE": service, "K_CONFIGURATION": service, "K_REVISION": last(revision)}
        own = {one.name: one.value for one in container.env}
        secret = self._values(revision, secret_variables(container))
        return {**self._runtime.environment(), **own, **secret, **contract}


def _repository(image: str) -> str:
    """Return an image's name without its tag or digest."""
    name = image.partition("@")[0]
    return name.rpartition(":")[0] if ":" in name.rpartition("/")[2] else name
