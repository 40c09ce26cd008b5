"""A consumer in quick time, ready to begin: everything is imported when it is told to serve.

`python -m tests.faults.launcher PORT` serves after a line on its standard input, and ends with it.
It is the bot's own consumer; only its store and its smoke visitor pass the gate
(`tests/faults/gate.py`), and the engine's patience is a tenth of what it is in real life.
"""

from __future__ import annotations

import faulthandler
import os
import pkgutil
import signal
import sys
import threading
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

import waitress
from msgspec.structs import replace

import bot.clients
import bot.core.report
import bot.core.rollout
import bot.engine
from bot import serve, wiring
from tests.faults.gate import PORT, TIMES, Passer
from tests.faults.watched import WatchedStore, WatchedVisitor

if TYPE_CHECKING:
    from types import ModuleType

    from bot.ports import World
    from bot.settings import Settings

KEPT = {"HEAD_PATIENCE"}
"""How long a delivery of GitHub's is awaited: that is not ours to hurry."""
LEASES = {"LENGTH", "LEASE"}
LEAST_LEASE = timedelta(seconds=3)
"""Under less, a busy machine would lose leases that are held."""
DEADLINES = {"TIMEOUT": 2, "DEADLINE": 4.0, "UNTOLD_WAIT": 1.0, "SILENCE": (2, 4)}
"""Seconds that clients wait for an answer, and after a refusal that says nothing."""
THREADS = 16


def quicken(times: float) -> None:
    """Divide every span of time that the engine waits for; shorten the clients' deadlines.

    The clock itself stays as it is, because GitHub and Google share it.
    """
    for module in _modules(bot.engine, bot.core.rollout, bot.core.report):
        for name, value in vars(module).items():
            if isinstance(value, timedelta) and name not in KEPT:
                least = LEAST_LEASE if name in LEASES else timedelta()
                setattr(module, name, max(least, value / times))
    for module in _modules(bot.clients):
        for name in DEADLINES.keys() & vars(module).keys():
            setattr(module, name, DEADLINES[name])


def _modules(*packages: ModuleType) -> list[ModuleType]:
    names = [f.name for p in packages for f in pkgutil.walk_packages(p.__path__, f"{p.__name__}.")]
    return [import_module(name) for name in names]


def pass_the_gate(port: int) -> None:
    """Have every store write and smoke visit pass the gate."""
    live, passer = wiring.world, Passer(port)

    def world(settings: Settings) -> World:
        real = live(settings)
        store: Any = WatchedStore(real.store, passer)
        visitor: Any = WatchedVisitor(real.visitor, passer)
        return replace(real, store=store, visitor=visitor)

    wiring.world = world


def main() -> None:
    """Wait for the word, then serve until our owner is gone."""
    port = int(sys.argv[1])
    faulthandler.register(signal.SIGUSR1)
    quicken(float(os.environ.get(TIMES, "10")))
    if sys.stdin.readline() != "serve\n":
        return
    if gate := os.environ.get(PORT):
        pass_the_gate(int(gate))
    threading.Thread(target=_end_with_owner, daemon=True).start()
    waitress.serve(serve.consumer(), host="127.0.0.1", port=port, threads=THREADS)


def _end_with_owner() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
