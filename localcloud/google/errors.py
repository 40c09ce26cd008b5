"""Google's error model: one canonical code, its HTTP status and its JSON shape.

https://cloud.google.com/apis/design/errors#handling_errors
"""

from __future__ import annotations

from enum import Enum
from typing import NoReturn


class Code(Enum):
    """A canonical code: its number on the wire of an operation, and its HTTP status."""

    CANCELLED = (1, 499)
    UNKNOWN = (2, 500)
    INVALID_ARGUMENT = (3, 400)
    DEADLINE_EXCEEDED = (4, 504)
    NOT_FOUND = (5, 404)
    ALREADY_EXISTS = (6, 409)
    PERMISSION_DENIED = (7, 403)
    RESOURCE_EXHAUSTED = (8, 429)
    FAILED_PRECONDITION = (9, 400)
    ABORTED = (10, 409)
    OUT_OF_RANGE = (11, 400)
    UNIMPLEMENTED = (12, 501)
    INTERNAL = (13, 500)
    UNAVAILABLE = (14, 503)

    @property
    def number(self) -> int:
        """The number of google.rpc.Code."""
        return self.value[0]

    @property
    def http(self) -> int:
        """The HTTP status that REST clients see."""
        return self.value[1]


class ApiError(Exception):
    """A refusal that the client library turns into its own exception."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def body(self) -> dict[str, object]:
        """Return the JSON body of Google's REST APIs."""
        error = {"code": self.code.http, "message": self.message, "status": self.code.name}
        return {"error": error}


def refuse(message: str, code: Code = Code.INVALID_ARGUMENT) -> NoReturn:
    """Refuse the call under way; raises ApiError."""
    raise ApiError(code, message)
