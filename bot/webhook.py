"""The receiver: checks a delivery's signature, reads what matters, publishes, answers 202.

GitHub waits for 10 s and does not deliver again by itself
(https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries), so nothing
slow happens here. Deliveries pass in front of Flask, whose routing costs more than all the rest.

Next: bot/delivery.py
"""

from __future__ import annotations

import hashlib
import hmac
import math
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import msgspec
import structlog
from flask import Flask
from msgspec import Struct
from werkzeug.exceptions import HTTPException

from bot.delivery import Delivery, Unreadable, read
from bot.ports import Broken, Transient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from bot.core.events import Event

PATH: Final = "/webhooks/github"
LARGEST: Final = 25 * 1024 * 1024
"""Bytes; GitHub delivers nothing larger
(https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap)."""
RETRY_AFTER: Final = 5.0
"""Seconds to wait where the topic names none."""
WORD_LENGTH: Final = 64
"""Characters of a header that are believed and logged; GitHub's are shorter."""

log = structlog.get_logger(__name__)


class Answer(Struct, frozen=True):
    """What the sender is told; `why` never repeats what was sent."""

    status: HTTPStatus
    why: str = ""
    headers: tuple[tuple[str, str], ...] = ()


class Refused(Exception):  # noqa: N818  # an answer rather than an error
    """The delivery goes no further."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.why)
        self.answer = answer


def receiver(
    secrets: Sequence[str],
    publish: Callable[[Event], None],
    clock: Callable[[], datetime],
    ready: Callable[[], bool],
) -> WSGIApplication:
    """Return the WSGI application; any of the secrets may have signed a delivery.

    `publish` returns once the event is safe, and raises Transient or Broken. Raises ValueError
    for an empty secret, with which anybody could sign.
    """
    webhook, flask = Webhook(secrets, publish, clock), _flask(ready)

    def application(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        serve = webhook if environ.get("PATH_INFO") == PATH else flask
        return serve(environ, start)

    return application


class Webhook:
    """The way of one delivery, from its signature to the topic."""

    def __init__(
        self,
        secrets: Sequence[str],
        publish: Callable[[Event], None],
        clock: Callable[[], datetime],
    ) -> None:
        if not secrets or not all(secrets):
            message = "the receiver needs a webhook secret, and none may be empty"
            raise ValueError(message)
        self._keys = tuple(secret.encode() for secret in secrets)
        self._publish = publish
        self._clock = clock

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer one request and leave one line in the log."""
        try:
            answer = self._receive(environ)
        except Refused as refused:
            answer = refused.answer
        log.info(
            "delivery",
            delivery=_word(environ, "HTTP_X_GITHUB_DELIVERY"),
            event_name=_word(environ, "HTTP_X_GITHUB_EVENT"),
            status=answer.status.value,
            outcome=answer.why or answer.status.phrase,
        )
        return _respond(answer, start)

    def _receive(self, environ: WSGIEnvironment) -> Answer:
        body = _body(environ)
        if not self._signed(body, environ.get("HTTP_X_HUB_SIGNATURE_256", "")):
            raise Refused(Answer(HTTPStatus.UNAUTHORIZED, "the signature is missing or wrong"))
        event = self._read(environ, body)
        if event is None:
            return Answer(HTTPStatus.NO_CONTENT)
        self._pass_on(event)
        return Answer(HTTPStatus.ACCEPTED)

    def _signed(self, body: bytes, signature: str) -> bool:
        """Try every secret, so that the time taken does not tell which of them signed."""
        given = signature.encode("latin-1", "replace")
        right = [hmac.compare_digest(given, _signature(key, body)) for key in self._keys]
        return any(right)

    def _read(self, environ: WSGIEnvironment, body: bytes) -> Event | None:
        delivery = Delivery(
            id=_word(environ, "HTTP_X_GITHUB_DELIVERY"),
            event=_word(environ, "HTTP_X_GITHUB_EVENT"),
            body=body,
            received_at=self._clock(),
        )
        try:
            return read(delivery)
        except Unreadable:
            why = "the body is not what GitHub sends for this event"
            raise Refused(Answer(HTTPStatus.BAD_REQUEST, why)) from None

    def _pass_on(self, event: Event) -> None:
        try:
            self._publish(event)
        except (Transient, Broken) as trouble:
            asked = trouble.retry_after if isinstance(trouble, Transient) else None
            wait = math.ceil(RETRY_AFTER if asked is None else asked)
            log.warning("the topic took nothing", trouble=str(trouble))
            later = (("Retry-After", str(wait)),)
            why = "the event could not be kept; deliver it again"
            raise Refused(Answer(HTTPStatus.SERVICE_UNAVAILABLE, why, later)) from None


def _body(environ: WSGIEnvironment) -> bytes:
    """Return the bytes as they were signed; a body without a length or too large stays unread."""
    if environ["REQUEST_METHOD"] != "POST":
        raise Refused(Answer(HTTPStatus.METHOD_NOT_ALLOWED, "only POST", (("Allow", "POST"),)))
    length = _length(environ)
    if length > LARGEST:
        raise Refused(Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "over 25 MB"))
    body: bytes = environ["wsgi.input"].read(length)
    if len(body) != length:
        raise Refused(Answer(HTTPStatus.BAD_REQUEST, "the body is shorter than its length"))
    return body


def _length(environ: WSGIEnvironment) -> int:
    text = environ.get("CONTENT_LENGTH") or ""
    if not text or "HTTP_TRANSFER_ENCODING" in environ:
        raise Refused(Answer(HTTPStatus.LENGTH_REQUIRED, "a Content-Length is needed"))
    if not (text.isascii() and text.isdigit() and len(text) <= WORD_LENGTH):
        raise Refused(Answer(HTTPStatus.BAD_REQUEST, "the Content-Length is no number"))
    return int(text)


def _signature(key: bytes, body: bytes) -> bytes:
    return b"sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest().encode()


def _word(environ: WSGIEnvironment, name: str) -> str:
    """Return a header of plain short words, "" for anything else."""
    text: str = environ.get(name, "")
    plain = text.isascii() and text.isprintable() and len(text) <= WORD_LENGTH
    return text if plain else ""


def _respond(answer: Answer, start: StartResponse) -> Iterable[bytes]:
    headers = list(answer.headers)
    body = b""
    if answer.status is not HTTPStatus.NO_CONTENT:
        told = {"error": answer.why} if answer.why else {"status": "accepted"}
        body = msgspec.json.encode(told)
        headers += [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start(f"{answer.status.value} {answer.status.phrase}", headers)
    return [body]


def _flask(ready: Callable[[], bool]) -> Flask:
    """Serve everything but deliveries; errors are JSON too."""
    flask = Flask(__name__, static_folder=None)

    @flask.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @flask.get("/readyz")
    def readyz() -> tuple[dict[str, str], HTTPStatus]:
        if ready():
            return {"status": "ready"}, HTTPStatus.OK
        return {"status": "not ready"}, HTTPStatus.SERVICE_UNAVAILABLE

    @flask.errorhandler(HTTPException)
    def refused(error: HTTPException) -> tuple[dict[str, str], int, list[tuple[str, str]]]:
        headers = [(name, value) for name, value in error.get_headers() if name == "Allow"]
        return {"error": error.name.lower()}, error.code or HTTPStatus.BAD_REQUEST, headers

    return flask
