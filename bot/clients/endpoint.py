"""How Google's clients reach Google, or a server on this machine, and what errors mean and say.

One setting decides: an empty endpoint is the real thing with application default credentials;
anything without TLS must be on loopback, where no credential is ever sent.
"""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

import requests
from google.api_core import exceptions as google
from google.auth import exceptions as auth
from google.auth.credentials import AnonymousCredentials
from google.protobuf.json_format import ParseError
from grpc import insecure_channel

from bot.ports import Broken, Transient
from bot.trouble import Nameless

if TYPE_CHECKING:
    from collections.abc import Iterator

DEADLINE = 20.0
"""Seconds that one call may take."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")
WAIT = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS, 499)
"""Codes below 500 that pass by themselves; 499 is gRPC's CANCELLED."""
OURS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_IMPLEMENTED)
"""Codes that mean wrong credentials, missing rights or a call that does not exist there."""

PASSING = (
    google.RetryError,
    requests.RequestException,
    auth.TransportError,
    ConnectionError,
    TimeoutError,
)
"""What a network does now and then."""
SENSELESS = (ParseError, UnicodeDecodeError)
"""What an answer raises that is not Google's, such as a proxy's page."""

LONGEST = 200
"""Characters of somebody else's words in a text of ours."""
LINK = "[link]"
SECRETIVE = re.compile(r"\?[^?]*=|://.*[?#@]")
"""In a word that is an address."""

C = TypeVar("C")


def rest(client_class: type[C], url: str) -> C:
    """Return a Google client over REST; an empty `url` is the real thing.

    Raises Broken for a plaintext `url` that is not on loopback, and for missing credentials.
    """
    options = {"api_endpoint": url} if url else None
    with translate(client_class.__name__):
        client = cast("Any", client_class)(
            transport="rest", credentials=credentials_for(url), client_options=options
        )
    client.transport._session.hooks["response"].append(legible)  # noqa: SLF001  # it has no name
    return cast("C", client)


def legible(response: requests.Response, **_: object) -> requests.Response | None:
    """Put an empty body under an error that Google's library would stumble over, as a text is."""
    if response.status_code < HTTPStatus.BAD_REQUEST:
        return None
    with suppress(AttributeError, KeyError, TypeError, RecursionError):
        cast("Any", google).from_http_response(response)
        return None
    bare = requests.Response()
    bare.status_code, bare.headers = response.status_code, response.headers
    bare.request, bare.url, bare.raw = response.request, response.url, BytesIO(b"{}")
    return bare


def grpc(client_class: type[C], target: str, **options: object) -> C:
    """Return a Google client over gRPC; an empty `target` is the real thing, else `host:port`.

    `options` go to the client's constructor. Raises Broken for a target elsewhere: its channel
    would be plaintext.
    """
    construct = cast("Any", client_class)
    with translate(client_class.__name__):
        if target:
            _on_loopback(f"//{target}")
            transport = construct.get_transport_class("grpc")
            options["transport"] = transport(channel=insecure_channel(target))
        return cast("C", construct(**options))


def credentials_for(url: str) -> AnonymousCredentials | None:
    """Return anonymous credentials for plain HTTP on loopback, None for application defaults.

    Raises Broken for plain HTTP anywhere else.
    """
    if not url or url.startswith("https://"):
        return None
    _on_loopback(url)
    return AnonymousCredentials()  # type: ignore[no-untyped-call]  # google-auth has no types here


def _on_loopback(url: str) -> None:
    host = urlsplit(url).hostname
    if host not in LOOPBACK:
        message = f"an endpoint without TLS must be on this machine, not on {host}"
        raise Broken(message)


@contextmanager
def translate(what: str, *, final: bool = False) -> Iterator[None]:
    """Turn Google's and the network's errors into Transient or Broken, by status code.

    Works as a decorator too. Errors that say something about the request (400, 404, 409, 412 …)
    pass through, only the caller knows what they mean; where it has caught all it understands,
    `final` makes the rest Broken.

    Texts end on pull requests, and in logs: none repeats an address, which may be a capability,
    or a body.
    """
    try:
        yield
    except google.GoogleAPICallError as error:
        if trouble := _meaning(what, error, final=final):
            raise trouble from None
        _bare(error)
        raise
    except PASSING as error:
        said = f"{what} cannot be reached: {_kind(error)}"
        raise Transient(said) from None
    except SENSELESS as error:
        said = f"{what}'s answer makes no sense: {_kind(error)}"
        raise Transient(said) from None
    except auth.GoogleAuthError as error:
        said = f"{what}: no credentials: {_kind(error)}"
        raise (Transient if error.retryable else Nameless)(said) from None


def _meaning(
    what: str, error: google.GoogleAPICallError, *, final: bool
) -> Transient | Broken | None:
    code = int(error.code or 0)
    said = f"{what}: {code} {message_of(error)}"
    if code in WAIT or (code >= HTTPStatus.INTERNAL_SERVER_ERROR and code not in OURS):
        return Transient(said, _retry_after(error))
    return Broken(said) if final or code in OURS else None


def _bare(error: google.GoogleAPICallError) -> None:
    """Leave Google's own words in an error, as its users print it."""
    error.message = message_of(error)
    error.args = (error.message,)


def _kind(error: Exception) -> str:
    return type(getattr(error, "cause", None) or error).__name__


def _retry_after(error: google.GoogleAPICallError) -> float | None:
    seconds = getattr(error.response, "headers", {}).get("Retry-After", "")
    return float(seconds) if seconds.isdecimal() else None


def message_of(error: google.GoogleAPICallError) -> str:
    """Return Google's own words in one line, the status's name for a body that is not Google's."""
    has_body = hasattr(error.response, "json")
    said = _body(error).get("message") if has_body else error.message
    return plain(str(said or "")) or _name_of(error)


def _name_of(error: google.GoogleAPICallError) -> str:
    try:
        return HTTPStatus(int(error.code or 0)).phrase
    except ValueError:
        return "without a reason"


def plain(text: str) -> str:
    """Return somebody else's words as one short line without control characters and links.

    A link whose query, fragment or user part may be a secret is left out whole.
    """
    visible = "".join(letter if letter.isprintable() else _blank(letter) for letter in text[:4000])
    words = (LINK if SECRETIVE.search(word) else word for word in visible.split())
    return " ".join(words)[:LONGEST].strip()


def _blank(letter: str) -> str:
    return " " if letter.isspace() else ""


def status_of(error: google.GoogleAPICallError) -> str:
    """Return the canonical status name, e.g. ABORTED, or nothing.

    HTTP 409 is ABORTED as well as ALREADY_EXISTS, and over REST the exception does not tell them
    apart; the body's `status` does (https://cloud.google.com/apis/design/errors#http_mapping).
    """
    known = getattr(error.grpc_status_code, "name", "")
    return str(_body(error).get("status") or known)


def _body(error: google.GoogleAPICallError) -> dict[str, Any]:
    try:
        body = cast("Any", error.response).json()["error"]
    except (AttributeError, KeyError, TypeError, ValueError):
        return {}
    return body if isinstance(body, dict) else {}
