"""Waiting for something to be seen, with an end that says what was missed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

LOOK_EVERY = 0.25
"""Seconds between looks: a person who watches closely, and no load to speak of."""


MOST_TOLD = 800
"""Characters of what was seen last."""


class Missed(Exception):  # noqa: N818  # it names what happened, and reads so where it is caught
    """Something did not come in time; the text says what, and what was seen last."""


def wait_until(
    what: str, look: Callable[[], T], done: Callable[[T], bool], seconds: float = 120.0
) -> T:
    """Look until it is done and return what was seen; raise Missed after `seconds`."""
    deadline = time.monotonic() + seconds
    while not done(seen := look()):
        if time.monotonic() > deadline:
            message = f"waited {seconds:g} s for {what}. Last seen: {str(seen)[:MOST_TOLD]}"
            raise Missed(message)
        time.sleep(LOOK_EVERY)
    return seen


def next_second(now: Callable[[], float] = time.time) -> None:
    """Let the clock's second, and one more, pass.

    A command counts for a head that was known before the second in which it was written: people
    need longer than that to write one.
    """
    begun = int(now())
    while int(now()) <= begun + 1:
        time.sleep(0.05)
