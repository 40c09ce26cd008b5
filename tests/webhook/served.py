"""The receiver with a topic that takes everything, as a server's factory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.webhook import receiver
from tests.webhook.door import NOW, SECRETS

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication


def app() -> WSGIApplication:
    return receiver(SECRETS, lambda _: None, lambda: NOW, lambda: True)
