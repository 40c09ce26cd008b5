"""Cloud Run, one call at a time: no waiting for operations, no retries of its own.

Every write is a desired state under the etag that it was decided on. Reads and writes are over
REST, so that what is tested on one machine is what runs.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from google.api_core import exceptions as google
from google.cloud import run_v2
from google.protobuf.field_mask_pb2 import FieldMask
from msgspec.structs import replace

from bot.clients.cloud_run import access, answer, kept, sight, spec, traffic
from bot.clients.cloud_run.desired import desired
from bot.clients.endpoint import DEADLINE, rest, translate
from bot.core.action import Accepted, Conflicted, OpenToAll, Rejected, Shift, Stage
from bot.core.sight import OperationSeen, ServiceSeen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.core.configuration import ServiceKey

WHAT = "Cloud Run"


class CloudRunClient:
    """The port `Services`; `url` is empty for the real thing."""

    def __init__(self, url: str) -> None:
        self._url = url

    @cached_property
    def _services(self) -> run_v2.ServicesClient:
        return rest(run_v2.ServicesClient, self._url)

    @cached_property
    def _revisions(self) -> run_v2.RevisionsClient:
        return rest(run_v2.RevisionsClient, self._url)

    @translate(WHAT, final=True)
    def service(self, key: ServiceKey, revisions: Sequence[str]) -> ServiceSeen:
        """Return the service with its serving revision and those named that exist."""
        live = self._live(key)
        if live is None:
            return ServiceSeen(exists=False)
        serving = [target.revision for target in sight.traffic_seen(live) if target.percent]
        return sight.service_seen(live, self._existing(key, {*serving, *revisions}))

    @translate(WHAT, final=True)
    def operation(self, key: ServiceKey, name: str) -> OperationSeen:  # noqa: ARG002  # the port's
        """Return how an operation stands; one that Cloud Run has forgotten is over."""
        try:
            operation = self._services.get_operation({"name": name}, retry=None, timeout=DEADLINE)
        except google.NotFound:
            return OperationSeen(done=True)
        return sight.operation_seen(operation)

    @translate(WHAT, final=True)
    def stage(self, action: Stage) -> Accepted | Conflicted | Rejected:
        """Make the revision at 0 % with its tag, or the service; harmless when repeated."""
        if problem := spec.problem(action.cloud_run.spec):
            return Rejected(service=action.service, detail=problem)
        live = self._live(action.key)
        if live is None and not action.etag:
            return _keeping(self._create(action), ())
        if live is not None and self._is_staged(live, action):
            names = kept.of(live, action.cloud_run)
            return Accepted(service=action.service, operation="", kept=names)
        if live is None or live.etag != action.etag:
            return Conflicted(service=action.service)
        return self._replace(live, action)

    @translate(WHAT, final=True)
    def shift(self, action: Shift) -> Accepted | Conflicted | Rejected:
        """Move traffic in one write that makes no revision."""
        live = self._live(action.key)
        if live is None:
            return Conflicted(service=action.service)
        wanted = traffic.shifted(live, action)
        if traffic.same(live.traffic, wanted) and not _unfulfilled(live):
            return Accepted(service=action.service, operation="")
        if live.etag != action.etag:
            return Conflicted(service=action.service)
        service = run_v2.Service(name=live.name, etag=live.etag, traffic=wanted)
        request = run_v2.UpdateServiceRequest(
            service=service, update_mask=FieldMask(paths=["traffic"])
        )
        return self._update(action.service, request)

    @translate(WHAT, final=True)
    def open_to_all(self, action: OpenToAll) -> Accepted | Conflicted | Rejected:
        """Let anybody call the service."""
        return access.open_to_all(self._services, action)

    def _live(self, key: ServiceKey) -> run_v2.Service | None:
        try:
            found = self._services.get_service(name=key.name, retry=None, timeout=DEADLINE)
        except google.NotFound:
            return None
        found.name = found.name or key.name
        return found

    def _existing(self, key: ServiceKey, names: Iterable[str]) -> Iterator[run_v2.Revision]:
        for name in names:
            try:
                yield self._revisions.get_revision(
                    name=f"{key.name}/revisions/{name}", retry=None, timeout=DEADLINE
                )
            except google.NotFound:
                continue

    def _is_staged(self, live: run_v2.Service, action: Stage) -> bool:
        """Tell whether an earlier attempt got through: our labels under this revision's name."""
        if live.template.revision == action.revision:
            return _is_labelled(live.template.labels, action)
        found = self._existing(action.key, {action.revision})
        return any(_is_labelled(revision.labels, action) for revision in found)

    def _create(self, action: Stage) -> Accepted | Conflicted | Rejected:
        request = run_v2.CreateServiceRequest(
            parent=action.key.name.partition("/services/")[0],
            service_id=action.key.service,
            service=desired(run_v2.Service(), None, action),
        )
        return answer.of(
            action.service,
            lambda: self._services.create_service(request, retry=None, timeout=DEADLINE),
            look_again=answer.CREATING,
        )

    def _replace(self, live: run_v2.Service, action: Stage) -> Accepted | Conflicted | Rejected:
        stable = next(self._existing(action.key, filter(None, [action.stable])), None)
        if action.stable and stable is None:
            return Conflicted(service=action.service)
        wanted = desired(live, stable, action)
        names = kept.of(wanted, action.cloud_run)
        outcome = self._update(action.service, run_v2.UpdateServiceRequest(service=wanted))
        return _keeping(outcome, names)

    def _update(
        self, service: str, request: run_v2.UpdateServiceRequest
    ) -> Accepted | Conflicted | Rejected:
        return answer.of(
            service,
            lambda: self._services.update_service(request, retry=None, timeout=DEADLINE),
            look_again=answer.UPDATING,
        )


def _unfulfilled(live: run_v2.Service) -> bool:
    """Tell whether Cloud Run gave up on the wanted traffic: it tries again at the next write."""
    return not live.reconciling and not traffic.same(live.traffic, live.traffic_statuses)


def _keeping(
    outcome: Accepted | Conflicted | Rejected, names: tuple[str, ...]
) -> Accepted | Conflicted | Rejected:
    return replace(outcome, kept=names) if isinstance(outcome, Accepted) else outcome


def _is_labelled(labels: Mapping[str, str], action: Stage) -> bool:
    return all(labels.get(name) == value for name, value in action.labels.items())
