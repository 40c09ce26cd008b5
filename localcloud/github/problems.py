"""Refusals in GitHub's own words and shapes."""

from __future__ import annotations

from typing import Any, NoReturn

BAD_CREDENTIALS = "Bad credentials"
BAD_JWT = "A JSON web token could not be decoded"
LOGIN_REQUIRED = "Requires authentication"
NOT_FOR_APPS = "Resource not accessible by integration"
NOT_FOR_PEOPLE = "Resource not accessible by personal access token"
DOCUMENTATION = "https://docs.github.com/rest"


class Problem(Exception):  # noqa: N818  # GitHub's answer, not a fault of this server
    """An answer other than the one asked for; `errors` are GitHub's per-field entries."""

    def __init__(
        self, status: int, message: str, errors: list[dict[str, str]] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors

    @property
    def body(self) -> dict[str, Any]:
        """The JSON that GitHub answers with."""
        told: dict[str, Any] = {
            "message": self.message,
            "documentation_url": DOCUMENTATION,
            "status": str(self.status),
        }
        return told | ({"errors": self.errors} if self.errors is not None else {})


def not_found() -> Problem:
    """Say that a thing is not there, or not for these eyes."""
    return Problem(404, "Not Found")


def unreadable(reason: str) -> str:
    """Word how a request body breaks the operation's schema (422)."""
    return f"Invalid request.\n\n{reason}"


def refuse(resource: str, field: str, message: str = "") -> NoReturn:
    """Refuse one field of a well-formed request.

    Raises Problem 422 with GitHub's entry for that field.
    """
    told = {"code": "custom", "message": message} if message else {"code": "invalid"}
    raise Problem(422, "Validation Failed", [{"resource": resource, "field": field, **told}])
