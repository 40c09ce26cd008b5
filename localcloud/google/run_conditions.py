"""The conditions of services and revisions, in Cloud Run's words.

https://cloud.google.com/run/docs/reference/rest/v2/Condition
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.cloud import run_v2

from localcloud.google.protocol import raw
from localcloud.google.run_records import last
from localcloud.google.times import now

if TYPE_CHECKING:
    from localcloud.google.protocol import Proto
    from localcloud.runtime.interface import StartFailed

_CONDITION = raw(run_v2.Condition)
_STATE = run_v2.Condition.State
_COMMON = set(run_v2.Condition.CommonReason.__members__)
_OF_REVISIONS = set(run_v2.Condition.RevisionReason.__members__)

PENDING, RECONCILING = _STATE.CONDITION_PENDING, _STATE.CONDITION_RECONCILING
FAILED, SUCCEEDED = _STATE.CONDITION_FAILED, _STATE.CONDITION_SUCCEEDED


def condition(kind: str, state: int, message: str = "", reason: str = "") -> Proto:
    """Return a condition; `reason` is a name of CommonReason or RevisionReason."""
    made = _CONDITION(type_=kind, state=state, message=message, last_transition_time=now())
    if reason in _OF_REVISIONS:
        made.revision_reason = run_v2.Condition.RevisionReason.__members__[reason]
    elif reason in _COMMON:
        made.reason = run_v2.Condition.CommonReason.__members__[reason]
    return made


def state_of(resource: Proto) -> int:
    """Return the state of a revision's Ready condition."""
    return next((one.state for one in resource.conditions if one.type_ == "Ready"), PENDING)


def ready_condition(resource: Proto) -> Proto:
    """Return a revision's Ready condition."""
    return next(one for one in resource.conditions if one.type_ == "Ready")


def set_conditions(resource: Proto, *conditions: Proto) -> None:
    """Replace a resource's conditions."""
    del resource.conditions[:]
    resource.conditions.extend(conditions)


def not_ready(revision: str, cause: str) -> str:
    """Return Google's sentence for a revision that cannot serve."""
    return f"Revision '{last(revision)}' is not ready and cannot serve traffic. {cause}".strip()


def start_failure(revision: str, port: int, failure: StartFailed) -> Proto:
    """Return the Ready condition of a revision that did not come up, with its last output."""
    cause = (
        "The user-provided container failed to start and listen on the port defined provided by "
        f"the PORT={port} environment variable within the allocated timeout. This can happen when "
        "the container port is misconfigured or if the timeout is too short. The health check "
        "timeout can be extended. Logs for this revision might contain more information."
    )
    reason = failure.reason if failure.reason in _OF_REVISIONS | _COMMON else ""
    message = f"{not_ready(revision, cause)}\n\n{failure.message}".strip()
    return condition("Ready", FAILED, message, reason or "HEALTH_CHECK_CONTAINER_ERROR")


def service_conditions(service: Proto, configuration: Proto, routes: Proto) -> None:
    """Set a service's conditions; Ready is the first of both that failed, as in Knative."""
    failed = next((one for one in (configuration, routes) if one.state == FAILED), None)
    terminal = _CONDITION()
    terminal.CopyFrom(failed or condition("Ready", SUCCEEDED))
    terminal.type_ = "Ready"
    service.terminal_condition.CopyFrom(terminal)
    set_conditions(service, routes, configuration)
