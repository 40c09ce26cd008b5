"""The two WSGI applications as granian serves them, made from the environment's settings."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from functions_framework import create_app
from structlog.tracebacks import ExceptionDictTransformer

from bot import push, webhook, wiring
from bot.core import events
from bot.settings import load

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from flask import Flask

    from bot.core.events import Event

TRACEBACKS = ExceptionDictTransformer(show_locals=False)
"""Local variables hold keys and signed links: they never reach the log."""
FUNCTION = Path(__file__).with_name("consumer.py")


def receiver() -> WSGIApplication:
    """Return the receiver: GitHub's webhooks onto the topic."""
    settings = load()
    configure_logging()
    topic = wiring.publisher(settings)

    def publish(event: Event) -> None:
        topic.publish(events.encode(event), {})

    return webhook.receiver(settings.webhook_secrets, publish, wiring.clock, lambda: True)


def consumer() -> WSGIApplication:
    """Return the consumer: the function, behind the layer that verifies each push."""
    settings = load()
    configure_logging()
    function: Flask = create_app("consume", str(FUNCTION), "cloudevent")  # type: ignore[no-untyped-call]  # it has no types

    @function.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return push.verified(
        function.wsgi_app, settings.push_audience, settings.push_account, settings.oidc_certs_url
    )


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
