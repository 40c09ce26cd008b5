"""GitHub's refusals, told apart by status code and headers and never by our reading of a text."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from github import BadAttributeException, GithubException, RateLimitExceededException
from requests import RequestException

from bot.clients.endpoint import plain
from bot.ports import Broken, Transient

if TYPE_CHECKING:
    from collections.abc import Mapping

UNTOLD_WAIT = 60.0
"""Seconds to wait where a rate limit names none.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""
MOVED = frozenset({301, 307, 308})
"""What a renamed or transferred repository answers under its old name."""
REQUEST_TIMEOUT = 408
TOO_MANY = 429
FORBIDDEN = 403
UNREADABLE = (
    ArithmeticError,
    AttributeError,
    BadAttributeException,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What PyGithub raises, beside its own errors, where headers or a body are not as GitHub's."""
NOT_FOUND = frozenset({404, 410})
SERVER_ERROR = 500
TROUBLE = (GithubException, RequestException, *UNREADABLE)
"""All that a request may raise."""


class Missing(Broken):
    """GitHub knows nothing under this address."""


class Lost(Broken):
    """An installation gives no token, or may not do this: it may reach the repository no longer."""


class Moved(Broken):
    """The repository has another name by now."""


def translated(error: Exception, what: str) -> Transient | Broken:
    """Return what one of `TROUBLE` means for us; `what` names the request."""
    if isinstance(error, RequestException) and not isinstance(error, ValueError):
        return Transient(f"GitHub cannot be reached: {what}: {type(error).__name__}")
    if not isinstance(error, GithubException):
        return Broken(f"{what}: GitHub's answer makes no sense: {type(error).__name__}")
    wait = seconds_asked(error.headers or {})
    text = f"{what}: GitHub answered {error.status}{_message(error)}"
    if error.status >= SERVER_ERROR or error.status == REQUEST_TIMEOUT:
        return Transient(text, wait)
    if _rate_limited(error, wait):
        return Transient(text, UNTOLD_WAIT if wait is None else wait)
    return _final(error.status)(text)


def seconds_asked(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that GitHub wants us to wait, measured on its own clock, or None."""
    asked = headers.get("retry-after", "")
    if asked.isascii() and asked.isdigit():
        return float(asked)
    return _until_reset(headers) if headers.get("x-ratelimit-remaining") == "0" else None


def _until_reset(headers: Mapping[str, str]) -> float:
    try:
        sent = parsedate_to_datetime(headers["date"]).timestamp()
        return max(0.0, float(headers["x-ratelimit-reset"]) - sent + 1)
    except (KeyError, ValueError):
        return UNTOLD_WAIT


def _rate_limited(error: GithubException, wait: float | None) -> bool:
    if error.status == TOO_MANY or isinstance(error, RateLimitExceededException):
        return True
    return error.status == FORBIDDEN and wait is not None


def _final(status: int) -> type[Broken]:
    if status in NOT_FOUND:
        return Missing
    if status == FORBIDDEN:
        return Lost
    return Moved if status in MOVED else Broken


def _message(error: GithubException) -> str:
    message = error.data.get("message") if isinstance(error.data, dict) else None
    return f" ({plain(message)})" if isinstance(message, str) else ""
