"""Protobuf times from clock readings."""

from __future__ import annotations

import time

from google.protobuf.timestamp_pb2 import Timestamp

MICROSECONDS = 1_000_000


def stamp(seconds: float) -> Timestamp:
    """Return unix seconds as a Timestamp, exact to the microsecond."""
    whole = Timestamp()
    whole.FromMicroseconds(round(seconds * MICROSECONDS))
    return whole


def seconds(timestamp: Timestamp) -> float:
    """Return a Timestamp as unix seconds."""
    return timestamp.ToMicroseconds() / MICROSECONDS


def now() -> Timestamp:
    """Return the present time."""
    return stamp(time.time())
