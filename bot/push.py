"""The door of the consumer: only Pub/Sub, as the account that we gave it, may push.

Cloud Run's own check is not enough where the consumer is also reachable by others; the token is
verified here, on every push
(https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions).

Next: bot/consumer.py
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import IO, TYPE_CHECKING

import jwt
import structlog
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

ISSUERS = ("https://accounts.google.com", "accounts.google.com")
CLAIMS = ("iss", "aud", "exp", "iat", "email")
LARGEST = 12 * 1024 * 1024
"""Bytes of a push; a message has 10 MB at most (https://cloud.google.com/pubsub/quotas)."""
LEEWAY = 10
"""Seconds that our clock may differ from Google's."""
CERTIFICATES_KEPT = 3600
"""Seconds; an unknown key id fetches them again, at most every 30 s."""
CERTIFICATES_DEADLINE = 5
UNFETCHED = (jwt.PyJWKClientConnectionError, jwt.PyJWKSetError, OSError, ValueError)
"""What comes of a key server that is away, or that answers something else."""
OPEN = "/healthz"

log = structlog.get_logger()


class Refused(Exception):  # noqa: N818  # it says what happened to the push
    """The push does not come in."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def verified(app: WSGIApplication, audience: str, account: str, certs_url: str) -> WSGIApplication:
    """Return `app` behind the check that each request is a push made out to `audience`.

    `account` is the service account that the token must name, `certs_url` its issuer's JSON Web
    Key Set. Refuses with 401, 403, 411 or 413, and with 503 while the keys cannot be fetched,
    so that Pub/Sub tries again. Only GET and HEAD of `/healthz` need no token.
    """
    keys = jwt.PyJWKClient(certs_url, lifespan=CERTIFICATES_KEPT, timeout=CERTIFICATES_DEADLINE)
    return PushDoor(app, keys, audience, account)


class PushDoor:
    """A WSGI application around another one; `verified` makes it."""

    def __init__(
        self, app: WSGIApplication, keys: jwt.PyJWKClient, audience: str, account: str
    ) -> None:
        self._app = app
        self._keys = keys
        self._audience = audience
        self._account = account

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Let the request in, or answer why not without telling a stranger anything."""
        try:
            if not _is_health(environ):
                self._check(environ)
            environ["wsgi.input"] = _bounded(environ)
        except Refused as refused:
            log.warning("push refused", reason=str(refused), status=refused.status.value)
            return _refusal(refused.status, start_response)
        return self._app(environ, start_response)

    def _check(self, environ: WSGIEnvironment) -> None:
        scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refused(HTTPStatus.UNAUTHORIZED, "no bearer token")
        claims = self._claims(token.strip())
        if claims["email"] != self._account or claims.get("email_verified") is not True:
            raise Refused(HTTPStatus.FORBIDDEN, "another account")

    def _claims(self, token: str) -> Mapping[str, object]:
        """Return a genuine token's claims; a refusal names the failed check, never the token."""
        key = self._key(token)
        try:
            claims: Mapping[str, object] = jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=self._audience,
                issuer=ISSUERS,
                leeway=LEEWAY,
                options={"require": list(CLAIMS)},
            )
        except jwt.PyJWTError as error:
            raise Refused(HTTPStatus.UNAUTHORIZED, type(error).__name__) from error
        return claims

    def _key(self, token: str) -> jwt.PyJWK:
        """Return the key that the token names; keys that cannot be had are not its fault."""
        try:
            self._keys.get_jwk_set()
            return self._keys.get_signing_key_from_jwt(token)
        except UNFETCHED as error:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, "no certificates") from error
        except (jwt.PyJWTError, RecursionError) as error:
            raise Refused(HTTPStatus.UNAUTHORIZED, type(error).__name__) from error


def _is_health(environ: WSGIEnvironment) -> bool:
    """Only reading: functions-framework would run the function for a POST to any path."""
    return environ["REQUEST_METHOD"] in {"GET", "HEAD"} and environ["PATH_INFO"] == OPEN


def _bounded(environ: WSGIEnvironment) -> IO[bytes]:
    """Return the body, which must say its length beforehand, as Pub/Sub's always does."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        raise Refused(HTTPStatus.LENGTH_REQUIRED, "no length")
    try:
        return get_input_stream(environ, max_content_length=LARGEST)
    except RequestEntityTooLarge as error:
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large") from error


def _refusal(status: HTTPStatus, start_response: StartResponse) -> Iterable[bytes]:
    body = json.dumps({"error": status.phrase}).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    if status is HTTPStatus.UNAUTHORIZED:
        headers.append(("WWW-Authenticate", "Bearer"))
    start_response(f"{status.value} {status.phrase}", headers)
    return [body]
