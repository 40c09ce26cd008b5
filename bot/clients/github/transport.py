"""How requests travel: retried only where that is safe, signed with a token shared by threads.

Nothing here or above ever writes a token to a log, whatever the log level.
"""

from __future__ import annotations

import logging
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import jwt
import msgspec
from github import GithubException
from github.Auth import AppAuth, AppInstallationAuth
from github.InstallationAuthorization import InstallationAuthorization
from jwt.algorithms import RSAAlgorithm
from urllib3 import Retry
from urllib3.exceptions import MaxRetryError, ResponseError

from bot.clients.github.answers import Minted
from bot.clients.github.errors import MOVED, TROUBLE, Lost, Missing, seconds_asked, translated
from bot.ports import Broken, Transient

if TYPE_CHECKING:
    from types import TracebackType

    from github.Requester import Requester
    from urllib3.connectionpool import ConnectionPool
    from urllib3.response import BaseHTTPResponse

PATIENCE = 2.0
"""Seconds that a handler may sleep for GitHub; longer waits belong to the caller's back-off."""
TIMEOUT = 9
"""Seconds for one attempt; with one retry and our patience, 20 s for the whole call."""

UNPROCESSABLE = 422
PERMISSIONS = {
    "checks": "write",
    "contents": "read",
    "deployments": "write",
    "metadata": "read",
    "pull_requests": "write",
}
"""All that a token of ours may do, whatever else the App was given
(https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app)."""


class PatientRetry(Retry):
    """One more attempt after a hiccup, for requests that may be made twice.

    A redirect is raised at once: PyGithub would follow it without the query, and so read a file
    from another commit than the one that was asked for.
    """

    RETRY_AFTER_STATUS_CODES = frozenset({403, 429, 503})

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """Return the state for another attempt, or end here."""
        if response is not None and _pool is not None:
            _refuse_redirect(response)
            if (seconds_asked(response.headers) or 0) > PATIENCE:
                raise MaxRetryError(_pool, url or "", ResponseError("asked to wait for too long"))
        return super().increment(method, url, response, error, _pool, _stacktrace)

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Return how long to wait, as `increment` read it: a date could be years away."""
        return seconds_asked(response.headers)


def _refuse_redirect(response: BaseHTTPResponse) -> None:
    if response.status in MOVED:
        response.drain_conn()
        raise GithubException(response.status, None, {})


def patient_retry() -> PatientRetry:
    """Return the policy; POST is not in it, as GitHub may have done what it did not answer."""
    return PatientRetry(
        total=1,
        backoff_factor=0.5,
        status_forcelist=frozenset({500, 502, 503, 504}) | MOVED,
        allowed_methods=frozenset({"GET", "HEAD", "PUT", "DELETE", "PATCH"}),
        raise_on_status=False,
    )


def app_auth(app_id: int, pem: str) -> AppAuth:
    """Sign as the App with its key."""

    def sign(claims: dict[str, Any]) -> str:
        return jwt.encode(claims, _key(pem), algorithm="RS256")

    return AppAuth(app_id, sign_func=sign)


@lru_cache(maxsize=1)
def _key(pem: str) -> Any:  # noqa: ANN401  # whatever PyJWT makes of it
    """Read the key once for all: OpenSSL takes 40 ms to check an RSA key that it reads."""
    try:
        return RSAAlgorithm(RSAAlgorithm.SHA256).prepare_key(pem)
    except jwt.InvalidKeyError:
        message = "the GitHub App's private key cannot be read: it is not the whole PEM file"
        raise Broken(message) from None


class Scope(NamedTuple):
    """What one token reaches: a repository, and permissions to read beyond the usual.

    Without a repository it reads names and ids of all there are, and nothing else.
    """

    installation: int
    repository: int
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        extra = f" that may read {', '.join(self.also)}" if self.also else ""
        return f"token for installation {self.installation}{extra}"

    @property
    def wish(self) -> dict[str, Any]:
        """The body that asks for it.

        https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app
        """
        if not self.repository:
            return {"permissions": {"metadata": "read"}}
        permissions = PERMISSIONS | dict.fromkeys(self.also, "read")
        return {"permissions": permissions, "repository_ids": [self.repository]}


class InstallationAuth(AppInstallationAuth):
    """A token for one repository, minted by one thread while the others wait for it.

    Under the name of a renamed repository somebody may make another one: a token of the first
    one's neither writes there nor reads what is private.
    """

    def __init__(self, app: AppAuth, scope: Scope) -> None:
        """Take the App, and what the token shall reach."""
        super().__init__(app, scope.installation)
        self.scope = scope
        self._lock = threading.RLock()
        self._bound = False

    def withRequester(self, requester: Requester) -> InstallationAuth:  # noqa: N802  # PyGithub's
        """Take the first thread's settings for minting, over a connection of its own."""
        with self._lock:
            if not self._bound:
                super().withRequester(requester)
                self._bound = True
            return self

    @property
    def token(self) -> str:
        """The current token, a new one when it is about to expire."""
        with self._lock:
            return super().token

    def _get_installation_authorization(self) -> InstallationAuthorization:
        """Mint it; PyGithub's own wish names no repository."""
        path = f"/app/installations/{self.scope.installation}/access_tokens"
        try:
            headers, minted = self.requester.requestJsonAndCheck(
                "POST", path, input=self.scope.wish
            )
        except TROUBLE as error:
            raise _lost(translated(error, str(self.scope)), error) from None
        finally:
            self.requester.close()
        try:
            msgspec.convert(minted, Minted)
        except msgspec.ValidationError:
            message = f"{self.scope}: GitHub's answer holds none"
            raise Broken(message) from None
        return InstallationAuthorization(self.requester, headers, minted)


def _lost(trouble: Transient | Broken, error: Exception) -> Transient | Broken:
    """Make a missing installation lost, so that nobody takes it for a missing file.

    A repository that it does not reach is refused as unprocessable.
    """
    unreached = isinstance(error, GithubException) and error.status == UNPROCESSABLE
    return Lost(str(trouble)) if unreached or isinstance(trouble, Missing) else trouble


def keep_tokens_out_of_logs() -> None:
    """Silence what prints tokens: PyGithub's copy of the minting, urllib3's signed links."""
    logging.getLogger("github.Requester").addFilter(_above_debug)
    logging.getLogger("urllib3.connectionpool").addFilter(_without_query)


def _above_debug(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


def _without_query(record: logging.LogRecord) -> bool:
    if isinstance(record.args, tuple):
        record.args = tuple(a.split("?")[0] if isinstance(a, str) else a for a in record.args)
    return True
