"""The two WSGI applications as granian serves them, made from the environment's settings."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import structlog
from functions_framework import create_app
from msgspec import Struct
from structlog.tracebacks import ExceptionDictTransformer

from bot import push, webhook, wiring
from bot.core import events
from bot.ports import Broken, Transient
from bot.settings import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from wsgiref.types import WSGIApplication

    from flask import Flask

    from bot.core.events import Event
    from bot.ports import Publisher
    from bot.settings import Settings

TRACEBACKS = ExceptionDictTransformer(show_locals=False)
"""Local variables hold keys and signed links: they never reach the log."""
RECOVERY = timedelta(seconds=10)
"""How long `/readyz` says no after a publish failed."""
STORE_REFUSED = """\
Error: the consumer does not start on {path}: {trouble}
Next: start the version of Spillway that wrote it, or let SPILLWAY_STORE name another file in a \
folder that this process may write to. A new one has no history, no locks and nothing under way."""
FUNCTION = Path(__file__).with_name("consumer.py")


def receiver() -> WSGIApplication:
    """Return the receiver: GitHub's webhooks onto the topic."""
    settings = load()
    configure_logging()
    settle_types()
    topic = Topic(wiring.publisher(settings), wiring.clock)
    return webhook.receiver(settings.webhook_secrets, topic.publish, wiring.clock, topic.ready)


class Topic:
    """The events topic, which knows whether it could be reached lately."""

    def __init__(self, publisher: Publisher, clock: Callable[[], datetime]) -> None:
        self._publisher = publisher
        self._clock = clock
        self._failed_at: datetime | None = None

    def publish(self, event: Event) -> None:
        """Return once the broker has it; raise Transient or Broken otherwise."""
        try:
            self._publisher.publish(events.encode(event), {})
        except (Transient, Broken):
            self._failed_at = self._clock()
            raise
        self._failed_at = None

    def ready(self) -> bool:
        """Tell whether a delivery would probably be taken: not just after one could not be."""
        return self._failed_at is None or self._clock() - self._failed_at > RECOVERY


def consumer() -> WSGIApplication:
    """Return the consumer: the function, behind the layer that verifies each push.

    Ends the process where the store is not one of ours: it would take messages and do nothing.
    """
    settings = load()
    configure_logging()
    _check_store(settings)
    function: Flask = create_app("consume", str(FUNCTION), "cloudevent")  # type: ignore[no-untyped-call]  # it has no types
    wiring.load()
    settle_types()

    @function.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return push.verified(
        function.wsgi_app, settings.push_audience, settings.push_account, settings.oidc_certs_url
    )


def _check_store(settings: Settings) -> None:
    try:
        wiring.check_store(settings)
    except (Broken, Transient) as trouble:
        sys.exit(STORE_REFUSED.format(trouble=trouble, path=settings.store))


def settle_types() -> None:
    """Let msgspec work out every Struct in this one thread, before requests come in several.

    It does so at a type's first use, and threads that are first at the same time crash the process
    (seen with msgspec 0.22: a segmentation fault when a restarted consumer met its backlog).
    """
    for kind in _kinds(Struct):
        with suppress(TypeError, NameError, AttributeError):  # one that no JSON can hold
            msgspec.json.Decoder(kind)


def _kinds(kind: type[Struct]) -> Iterator[type[Struct]]:
    for below in kind.__subclasses__():
        yield below
        yield from _kinds(below)


def configure_logging() -> None:
    """One JSON object a line, with the severity that Cloud Logging understands."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.EventRenamer("message"),
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.ExceptionRenderer(TRACEBACKS),
            _severity,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )


def _severity(
    _logger: object, _method: str, entry: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Cloud Logging reads `severity` (https://cloud.google.com/logging/docs/structured-logging)."""
    entry["severity"] = str(entry.pop("level", "info")).upper()
    return entry
