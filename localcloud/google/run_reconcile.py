"""Brings the runtime to the state that a service's record asks for, and writes down what came.

A failed revision never moves traffic: what served before goes on serving.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from google.protobuf.field_mask_pb2 import FieldMask

from localcloud.google.errors import Code, refuse
from localcloud.google.run_conditions import (
    FAILED,
    PENDING,
    RECONCILING,
    SUCCEEDED,
    condition,
    not_ready,
    ready_condition,
    service_conditions,
    state_of,
)
from localcloud.google.run_records import last
from localcloud.google.run_traffic import (
    revision_of,
    routes_of,
    serving_revisions,
    statuses_of,
    targets_of,
)
from localcloud.runtime.interface import ServiceRoutes

if TYPE_CHECKING:
    from localcloud.google.ports import Traffic
    from localcloud.google.protocol import Proto
    from localcloud.google.run_launch import Launch
    from localcloud.google.run_records import RunRecords

_LOG = logging.getLogger(__name__)
_SERVING = ("latest_ready_revision", "traffic_statuses")
_OUTCOME = ("latest_ready_revision", "observed_generation", "terminal_condition", "conditions")
_INVOKER = "roles/run.invoker"


class Reconciler:
    """Works on one service at a time, on different services side by side."""

    def __init__(self, records: RunRecords, launch: Launch, traffic: Traffic) -> None:
        self._records = records
        self._launch = launch
        self._traffic = traffic
        self._routing = threading.Lock()
        self._turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def reconcile(self, name: str, generation: int) -> Proto:
        """Return the service as it came out; raises ApiError when this generation failed."""
        with self._turns[name]:
            failure = self._bring_up(self._records.service(name).latest_created_revision)
            service = self._records.service(name)
            if service.generation != generation:
                return service
            if failure is None:
                failure = self._shift(service)
            service = self._conclude(service, failure)
        if failure is not None:
            refuse(failure.message, Code.FAILED_PRECONDITION)
        return service

    def address(self, name: str) -> str:
        """Return a service's address."""
        return self._traffic.url(name)

    def reroute(self, name: str) -> None:
        """Repeat the standing split, after the policy changed or the server restarted."""
        with self._routing:
            service = self._records.find_service(name)
            if service is not None:
                self._route(service, list(service.traffic_statuses))

    def resume(self) -> None:
        """Start again whatever served before a restart; a revision that fails is logged."""
        services = [one for one in self._records.every_service() if one.traffic_statuses]
        with ThreadPoolExecutor(4, thread_name_prefix="resume") as workers:
            for service in services:
                workers.submit(self._resume, service)

    def remove(self, name: str) -> None:
        """Stop everything of a service that has left the records."""
        with self._turns[name]:
            self._traffic.route(name, ServiceRoutes({}, {}, public=False))
            self._launch.stop_all_of(name, keep=set())

    def stop(self) -> None:
        """Stop every revision that this server started."""
        self._launch.stop_all()

    def _resume(self, service: Proto) -> None:
        try:
            for revision in serving_revisions(service, list(service.traffic_statuses)):
                self._launch.start(revision)
            self.reroute(service.name)
        except Exception:  # noqa: BLE001  # one broken service must not keep the others down
            _LOG.exception("%s could not be resumed", service.name)

    def _bring_up(self, revision: str) -> Proto | None:
        """Start a fresh revision; return its Ready condition if that failed just now."""
        if state_of(self._records.revision(revision)) != RECONCILING:
            return None
        outcome = self._launch.start(revision)
        self._launch.record(revision, outcome)
        return outcome if outcome.state == FAILED else None

    def _shift(self, service: Proto) -> Proto | None:
        """Move the traffic; return a failed condition, and move nothing, if a target is not up."""
        newest = service.latest_created_revision
        if state_of(self._records.revision(newest)) == SUCCEEDED:
            service.latest_ready_revision = newest
        targets = targets_of(service)
        failure = self._first_not_ready(service, targets)
        if failure is None:
            statuses = statuses_of(targets, lambda tag: self._address(service, tag))
            with self._routing:
                self._route(service, statuses)
                del service.traffic_statuses[:]
                service.traffic_statuses.extend(statuses)
                self._save_status(service, _SERVING)
        return failure

    def _address(self, service: Proto, tag: str) -> str:
        """Return a tag's address; there is none where the default URL is disabled."""
        return "" if service.default_uri_disabled else self._traffic.url(service.name, tag)

    def _first_not_ready(self, service: Proto, targets: list[Proto]) -> Proto | None:
        """Start what shall serve; return a failed condition for the first that does not come up."""
        for revision in sorted({revision_of(service, target) for target in targets}):
            known = self._records.find_revision(revision)
            if known is None:
                return condition("RoutesReady", FAILED, _no_more(revision))
            if state_of(known) != SUCCEEDED:
                return condition("RoutesReady", FAILED, not_ready(revision, ""))
        for revision in sorted(serving_revisions(service, targets)):
            outcome = self._launch.start(revision)
            if outcome.state == FAILED:
                return outcome
        return None

    def _route(self, service: Proto, statuses: list[Proto]) -> None:
        policy = self._records.policy(service.name)
        public = service.invoker_iam_disabled or any(
            one.role == _INVOKER and "allUsers" in one.members for one in policy.bindings
        )
        self._traffic.route(service.name, routes_of(service, statuses, public=public))

    def _conclude(self, service: Proto, failure: Proto | None) -> Proto:
        newest = ready_condition(self._records.revision(service.latest_created_revision))
        configuration = type(newest)()
        configuration.CopyFrom(newest)
        configuration.type_ = "ConfigurationsReady"
        routes = failure if newest.state != FAILED else None
        service_conditions(service, configuration, _routes_condition(service, routes))
        service.observed_generation = service.generation
        concluded = self._save_status(service, _OUTCOME)
        serving = serving_revisions(service, list(service.traffic_statuses))
        self._launch.stop_all_of(service.name, keep=serving)
        return concluded

    def _save_status(self, service: Proto, fields: tuple[str, ...]) -> Proto:
        """Write status fields onto the record as it stands now: a newer write may be there."""
        with self._records.records.transaction():
            current = self._records.service(service.name)
            FieldMask(paths=fields).MergeMessage(
                service, current, replace_message_field=True, replace_repeated_field=True
            )
            current.reconciling = current.generation != current.observed_generation
            self._records.save_service(current)
        return current


def _no_more(revision: str) -> str:
    """Seen from Cloud Run: terraform-google-modules/terraform-docs-samples, pull request 269."""
    return (
        f"Revision '{last(revision)}' does not exist or is deleted. "
        "Update all traffic to route to currently available revisions."
    )


def _routes_condition(service: Proto, failure: Proto | None) -> Proto:
    if failure is not None:
        return condition("RoutesReady", FAILED, failure.message)
    return condition("RoutesReady", SUCCEEDED if service.traffic_statuses else PENDING)
