"""What came of a write: Cloud Run took it, somebody was faster, or it says no.

A stale etag and a name that is taken are both HTTP 409; only the canonical status tells them
apart. Seen from the real API for a stale etag: ABORTED.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.api_core import exceptions as google

from bot.clients.endpoint import message_of, status_of
from bot.core.action import Accepted, Conflicted, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable

CREATING = ("ABORTED", "ALREADY_EXISTS")
"""Somebody created the service since it was seen."""
UPDATING = ("ABORTED", "NOT_FOUND")
"""Somebody changed or deleted the service since it was seen."""
REFUSALS = (
    google.BadRequest,
    google.Forbidden,
    google.NotFound,
    google.Conflict,
    google.MethodNotImplemented,
)


def of(
    service: str, write: Callable[[], Any], look_again: tuple[str, ...]
) -> Accepted | Conflicted | Rejected:
    """Make the write; canonical statuses in `look_again` are a conflict, other refusals final.

    Errors that are no answer to the request itself pass through.
    """
    try:
        operation = getattr(write(), "operation", None)
    except REFUSALS as error:
        if status_of(error) in look_again:
            return Conflicted(service=service)
        denied = isinstance(error, google.Forbidden)
        return Rejected(service=service, detail=message_of(error), denied=denied)
    return Accepted(service=service, operation=operation.name if operation else "")
