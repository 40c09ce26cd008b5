from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from subprocess import PIPE, Popen

CHOOSE = """
import os, sys
os.getpid = lambda: int(sys.argv[1])
from localcloud.runtime.ports import reserve
print(reserve(), flush=True)
sys.stdin.read()
"""


def test_two_clouds_never_start_a_service_on_the_same_port() -> None:
    """They look for ports in the same place, and nobody listens on the first one's yet."""
    chosen = []
    with ExitStack() as running:
        for _ in range(2):
            command = [sys.executable, "-c", CHOOSE, str(os.getpid())]
            begun = Popen(command, stdin=PIPE, stdout=PIPE, text=True)  # noqa: S603  # our own words
            cloud = running.enter_context(begun)
            assert cloud.stdout is not None
            chosen.append(int(cloud.stdout.readline()))
    assert len(set(chosen)) == 2
