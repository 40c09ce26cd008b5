"""Methods of Google's APIs, independent of the transport that carries them.

Every service of this package publishes a `MethodTable`: full gRPC name → request type and function.
Messages are the raw protobuf classes under the client libraries' proto-plus wrappers.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

Proto: TypeAlias = Any
"""A raw protobuf message: its fields carry no static types."""

CALL_ENDS: ContextVar[float] = ContextVar("CALL_ENDS", default=0.0)
"""Monotonic time at which the present caller stops waiting; 0 = unknown."""


def raw(message_type: Proto) -> Proto:
    """Return the protobuf class behind a proto-plus class, or the class itself."""
    return message_type.pb() if hasattr(message_type, "meta") else message_type


@dataclass(frozen=True)
class Method:
    """One method: `request` is a raw protobuf class, `call` maps a request to a response."""

    request: Proto
    call: Callable[[Proto], Proto]


MethodTable: TypeAlias = dict[str, Method]


def method(request: Proto, call: Callable[[Proto], Proto]) -> Method:
    """Return a method that takes this proto-plus or protobuf request type."""
    return Method(raw(request), call)


def patience(longest: float) -> float:
    """Return for how many seconds a long poll may wait, so that its answer still arrives."""
    ends = CALL_ENDS.get()
    return min(longest, max(0.0, ends - time.monotonic() - 0.2)) if ends else longest
