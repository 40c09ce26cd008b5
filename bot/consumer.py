"""The function that Pub/Sub pushes to: which topic, what event, over to the engine.

functions-framework loads this file as a module of its own, so nothing here may be imported by
others (https://github.com/GoogleCloudPlatform/functions-framework-python).

Next: bot/engine/receive.py
"""

from __future__ import annotations

import base64
from functools import cache
from typing import TYPE_CHECKING, Any

import functions_framework
import msgspec
import structlog

from bot import wiring
from bot.core import events
from bot.engine.receive import build_changed, receive, tick
from bot.settings import Settings, load

if TYPE_CHECKING:
    from cloudevents.http import CloudEvent

    from bot.ports import World

log = structlog.get_logger()


class Build(msgspec.Struct):
    """What a Cloud Build notification is good for: whose build changed."""

    tags: list[str] = msgspec.field(default_factory=list)


@cache
def _settings() -> Settings:
    return load()


@cache
def _world() -> World:
    return wiring.world(_settings())


@functions_framework.cloud_event
def consume(event: CloudEvent) -> None:
    """Take in one message; returning acknowledges it, raising brings it again."""
    settings = _settings()
    topic = event["source"].rpartition("/")[2]
    data = _data(event.data)
    if topic == settings.events_topic:
        _event(data)
    elif topic == settings.builds_topic:
        build_changed(_world(), _tags(data))
    elif topic == settings.ticks_topic:
        tick(_world())
    else:
        log.error("message from an unknown topic", source=event["source"])


def _event(data: bytes) -> None:
    event = events.decode(data)
    if event is None:
        log.error("message that no version of ours wrote", size=len(data))
        return
    receive(_world(), event)


def _tags(data: bytes) -> list[str]:
    try:
        return msgspec.json.decode(data, type=Build).tags
    except msgspec.MsgspecError:
        return []


def _data(wrapped: dict[str, Any]) -> bytes:
    return base64.b64decode(wrapped["message"].get("data", ""))
