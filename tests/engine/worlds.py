"""A world of which only those ports are there that a test hands in."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import fields

from bot.core.deployment import Sampling
from bot.ports import World

SAMPLING = Sampling(window=timedelta(seconds=60), lag=timedelta(seconds=180))


class NothingMissed:
    """GitHub when every delivery has arrived."""

    def attempts(self) -> tuple[()]:
        """Return none."""
        return ()


def world(**ports: object) -> World:
    """The engine's world; whatever is not given cannot be used."""
    nobody = {field.name: object() for field in fields(World)}
    given = {
        "allowed": None,
        "sampling": SAMPLING,
        "pause": lambda _seconds: None,
        "deliveries": NothingMissed(),
        "sweep_every": timedelta(minutes=5),
        **ports,
    }
    return World(**{**nobody, **given})
