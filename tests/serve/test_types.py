"""Many threads that are first to read a record: a restarted consumer meets its backlog so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CROWD = """
import sys, threading
import msgspec
from bot.core.deployment import Deployment
from bot.serve import settle_types
from tests.core.rollout.simulated import deployment, service_plan

settle_types()
body = msgspec.json.encode(deployment(service_plan("ai"), service_plan("api")))
sys.setswitchinterval(1e-6)
together = threading.Barrier(16)

def read():
    together.wait()
    for _ in range(20):
        msgspec.json.decode(body, type=Deployment)

crowd = [threading.Thread(target=read) for _ in range(16)]
for thread in crowd:
    thread.start()
for thread in crowd:
    thread.join()
"""


def test_threads_that_are_first_together_crash_nothing() -> None:
    done = subprocess.run(  # noqa: S603  # our own words
        [sys.executable, "-X", "faulthandler", "-c", CROWD],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[:500]


LOADED = """
import sys
from bot import serve, wiring
assert "google.cloud.run_v2" not in sys.modules, "the receiver starts without it"
wiring.load()
assert "google.cloud.run_v2" in sys.modules
"""


def test_a_process_loads_the_clients_that_it_uses() -> None:
    subprocess.run(  # noqa: S603  # our own words
        [sys.executable, "-c", LOADED],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        check=True,
        timeout=60,
    )
