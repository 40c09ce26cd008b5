"""Cloud Storage's refusals. https://cloud.google.com/storage/docs/json_api/v1/status-codes."""

from __future__ import annotations

from typing import NoReturn


class StorageRefusal(Exception):  # noqa: N818  # reads as the event that it is
    """A request that Storage refuses, with its HTTP status and reason."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self._reason = reason

    def body(self) -> dict[str, object]:
        """Return the JSON body of the answer."""
        detail = {"message": str(self), "domain": "global", "reason": self._reason}
        return {"error": {"code": self.status, "message": str(self), "errors": [detail]}}


def missing(message: str) -> NoReturn:
    """Refuse a request for what is not there."""
    raise StorageRefusal(404, "notFound", message)


def conflict(message: str) -> NoReturn:
    """Refuse to make what is there already."""
    raise StorageRefusal(409, "conflict", message)


def precondition_failed(message: str) -> NoReturn:
    """Refuse a write that was decided on another state."""
    raise StorageRefusal(412, "conditionNotMet", message)


def wrong(message: str) -> NoReturn:
    """Refuse a request that can never succeed as sent."""
    raise StorageRefusal(400, "invalid", message)
